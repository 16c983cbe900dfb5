"""The settings of a turn as they hold, under names that belong to no surface.

Both surfaces have most of them, in other words: `response_format` with an inner `json_schema` is `text.format` without
one, `max_completion_tokens` of a whole run is `max_output_tokens` of each response. What nobody set has the default
of the surface. A setting whose value is `COMMON` is left out: both surfaces give it where a program says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

# What holds on both surfaces where nobody says anything (spec: createRun, createResponse).
COMMON: Mapping[str, Any] = {
    "response_format": "text",
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "temperature": 1.0,
    "top_p": 1.0,
    "max_prompt_tokens": None,
    "max_output_tokens": None,
}


class Surface(NamedTuple):
    """What a surface of the API does where a program says nothing.

    Args:
        strict: whether functions are strict. Responses: "Default `true`" (spec, FunctionTool).
        truncation: what happens to a history that does not fit. Responses: `disabled`, which refuses it.
    """

    name: str
    strict: bool
    truncation: str


ASSISTANTS = Surface("assistants", strict=False, truncation="auto")
RESPONSES = Surface("responses", strict=True, truncation="disabled")
# By the kind of object that answers a view.
_BY_OBJECT = {"thread.run": ASSISTANTS, "response": RESPONSES}


def surface_of(run: Mapping[str, Any]) -> Surface:
    """Return the surface that a view's `run` belongs to."""
    return _BY_OBJECT.get(str(run.get("object")), ASSISTANTS)


def resolved(settings: Mapping[str, Any], surface: Surface) -> dict[str, Any]:
    """Return the settings of a view, as they hold, without what is common."""
    found = {name: read(settings) for name, read in _READERS.items()}
    found["truncation"] = _truncation(settings, surface)
    return {name: value for name, value in found.items() if name not in COMMON or value != COMMON[name]}


def _first(*names: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda settings: next((settings[name] for name in names if settings.get(name) is not None), None)


def _or(name: str) -> Callable[[Mapping[str, Any]], Any]:
    def read(settings: Mapping[str, Any]) -> Any:
        value = settings.get(name)
        return COMMON[name] if value is None else value

    return read


def _response_format(settings: Mapping[str, Any]) -> Any:
    given = _first("response_format", "format")(settings)
    if given is None and isinstance(settings.get("text"), Mapping):
        given = settings["text"].get("format")
    if not isinstance(given, Mapping):
        return "text"
    if given.get("type") != "json_schema":
        return given.get("type", "text")
    inner = given.get("json_schema") or given
    # `strict` of a format has no default of its own on either surface: not strict.
    return {"name": inner.get("name"), "schema": inner.get("schema"), "strict": bool(inner.get("strict"))}


def _tool_choice(settings: Mapping[str, Any]) -> Any:
    given = settings.get("tool_choice")
    if not isinstance(given, Mapping):
        return given or "auto"
    if given.get("type") != "function":
        return given.get("type")
    return {"function": (given.get("function") or given).get("name")}


def _truncation(settings: Mapping[str, Any], surface: Surface) -> Any:
    given = _first("truncation_strategy", "truncation")(settings)
    if isinstance(given, Mapping):
        kept = given.get("last_messages")
        return {"last_messages": kept} if given.get("type") == "last_messages" else given.get("type")
    return given or surface.truncation


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "response_format": _response_format,
    "tool_choice": _tool_choice,
    "parallel_tool_calls": _or("parallel_tool_calls"),
    "temperature": _or("temperature"),
    "top_p": _or("top_p"),
    "max_prompt_tokens": _first("max_prompt_tokens"),
    "max_output_tokens": _first("max_output_tokens", "max_completion_tokens"),
}
