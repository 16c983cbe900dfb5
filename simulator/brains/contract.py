"""What a run asks of the model's answers, and which answers break it.

The service makes models keep to `response_format`, `tool_choice` and `parallel_tool_calls`. An answer that
does not is a mistake of whoever wrote it, and not of the program under test. Functions that nobody
declared are no breach: models call such too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ..backend.brain import View
from ..backend.turns import CallTools, Image, RefusedText, RunCode, Say, SearchFiles, Turn
from ..errors import told

Rule: TypeAlias = Callable[[View, Any], str | None]
"""Says what is wrong with a turn of its kind, or None."""
_Tools: TypeAlias = CallTools | RunCode | SearchFiles


def breach(view: View, turn: Turn) -> str | None:
    """Return what is wrong with a turn as an answer to a view, and what to do; None if nothing is."""
    if isinstance(turn, Say) and (problem := _images(view, turn)) is not None:
        return problem
    if _USUAL.items() <= view.settings.items():
        return None
    for rule in _RULES.get(type(turn), ()):
        problem = rule(view, turn)
        if problem is not None:
            return problem
    return None


def _images(view: View, turn: Say) -> str | None:
    if view.run.get("object") != "response" or not any(isinstance(part, Image) for part in turn.parts):
        return None
    return "A message of the Responses API holds no images. Script run_code(…, images=[…]), whose outputs do."


def _parallel(view: View, turn: CallTools) -> str | None:
    if len(turn.calls) < 2 or view.settings.get("parallel_tool_calls") is not False:
        return None
    return f"It has parallel_tool_calls=False, and these are {len(turn.calls)} calls at once. Script one after another."


def _none(view: View, turn: _Tools) -> str | None:
    if view.settings.get("tool_choice") != "none":
        return None
    return "It has tool_choice='none', and this calls a tool. Script say(…)."


def _required(view: View, turn: Say) -> str | None:
    # "The model must call one or more tools before responding to the user" (spec): after that it may.
    if view.tools_called or view.settings.get("tool_choice") != "required":
        return None
    return "It has tool_choice='required', and this answers before any tool was called. Script a call first."


def _named(view: View, turn: Say | _Tools) -> str | None:
    choice = view.settings.get("tool_choice")
    if view.tools_called or not isinstance(choice, Mapping):
        return None
    wanted = (choice.get("function") or {}).get("name") if choice.get("type") == "function" else choice.get("type")
    if not isinstance(turn, Say) and _called(turn) == {wanted}:
        return None
    return f"It has a tool_choice that names {wanted}, and this does something else first. Script that call first."


def _called(turn: _Tools) -> set[str]:
    if isinstance(turn, CallTools):
        return {call.name for call in turn.calls}
    return {"code_interpreter" if isinstance(turn, RunCode) else "file_search"}


def _format(view: View, turn: Say) -> str | None:
    wanted = view.settings.get("response_format")
    if not isinstance(wanted, Mapping) or turn.off_format:
        return None
    check = _FORMATS.get(wanted.get("type", ""), _anything)
    text = "".join(part for part in turn.parts if isinstance(part, str))
    if not text or any(isinstance(part, RefusedText) for part in turn.parts):  # a refusal has no format
        return None
    problem = check(text, wanted)
    if problem is None:
        return None
    return (
        f"Its response_format is {wanted['type']}, and {problem}. Script what fits; if the model is to break the"
        " format: say(…, off_format=True)."
    )


def _anything(text: str, wanted: Mapping[str, Any]) -> None:
    """Find nothing wrong with a text."""


def _no_object(text: str, wanted: Mapping[str, Any]) -> str | None:
    value, problem = _parsed(text)
    return problem if problem is not None or isinstance(value, dict) else "the text is JSON, but no object"


def _not_by_schema(text: str, wanted: Mapping[str, Any]) -> str | None:
    value, problem = _parsed(text)
    if problem is not None:
        return problem
    named = wanted.get("json_schema")
    schema = named.get("schema") if isinstance(named, Mapping) else None
    return None if schema is None else _mismatch(value, schema)


def _parsed(text: str) -> tuple[Any, str | None]:
    try:
        return json.loads(text), None
    except (ValueError, RecursionError) as error:
        return None, f"the text is no JSON: {error}"


def _mismatch(value: Any, schema: Any) -> str | None:
    from jsonschema import Draft202012Validator, exceptions, validators

    # With a registry of its own a validator fetches nothing: what a schema refers to outside is unknown.
    registry = validators.SPECIFICATIONS  # type: ignore[attr-defined]  # the stubs leave it out
    try:
        Draft202012Validator.check_schema(schema)
        error = exceptions.best_match(Draft202012Validator(schema, registry=registry).iter_errors(value))
    except Exception as problem:  # noqa: BLE001  # a schema of the program's may be wrong, or lead nowhere
        return f"its schema cannot be used: {told(problem)}"
    return None if error is None else f"the text breaks the schema at {error.json_path}: {error.message}"


_FORMATS: Mapping[str, Callable[[str, Mapping[str, Any]], str | None]] = {
    "json_object": _no_object,
    "json_schema": _not_by_schema,
}
# What most runs ask for, and no answer can break.
_USUAL: Mapping[str, Any] = {"response_format": "auto", "tool_choice": "auto", "parallel_tool_calls": True}
_RULES: Mapping[type, Sequence[Rule]] = {
    Say: (_required, _named, _format),
    CallTools: (_none, _parallel, _named),
    RunCode: (_none, _named),
    SearchFiles: (_none, _named),
}
