"""Which values were others, and until when: the second table behind `as_of`.

What has no last day was so as long as its version was served. Where a recording gives only the days between which
something changed, the day of the announcement is taken, else that of the first recording that has the new value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from ...backend.objects import EMPTY, JsonDict
from .generation import ABSENT

Convert: TypeAlias = Callable[[Any], Any]
"""From the value of a key, which may be null where it was placed, to the older one."""

STRUCTURED_OUTPUTS = "2024-08-06"
SEARCH_RESULTS = "2024-08-29"
# openai-python 1.30.0, the first whose polling helpers end at `incomplete`; no recording says more.
INCOMPLETE_RUNS = "2024-05-14"


class Change(NamedTuple):
    """A value that was another.

    Args:
        kind: the `object`.
        key: whose value.
        convert: from the newer value to the older.
        what: says it, for the documentation.
        until: the first day of the newer value; `""`: never.
        version: the one version that it holds for; `""`: both.
    """

    kind: str
    key: str
    convert: Convert
    what: str
    until: str = ""
    version: str = ""


class Event(NamedTuple):
    """A stream event that had another name."""

    name: str
    older: str
    until: str = ""
    version: str = ""


def _maybe(convert: Convert) -> Convert:
    """Leave a null as it is."""
    return lambda value: None if value is None else convert(value)


def _each(convert: Convert) -> Convert:
    return _maybe(lambda values: [convert(value) for value in values])


def _without(*keys: str) -> Convert:
    return _maybe(lambda value: {key: one for key, one in value.items() if key not in keys})


def _absent_if_null(value: object) -> object:
    return ABSENT if value is None else value


# Tools.


def _as_retrieval(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "retrieval"} if tool["type"] == "file_search" else tool


def _as_given(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    # What was not given was not invented: such answers have neither `strict` nor a null.
    if tool["type"] != "function":
        return tool
    function = {key: value for key, value in tool["function"].items() if key != "strict" and value is not None}
    return {"type": "function", "function": function}


def _search_without(*names: str) -> Convert:
    """Leave options out of a file search, and the empty rest with them."""

    def convert(tool: Mapping[str, Any]) -> Mapping[str, Any]:
        if tool["type"] != "file_search":
            return tool
        options = {key: value for key, value in (tool.get("file_search") or EMPTY).items() if key not in names}
        return {"type": "file_search", **({"file_search": options} if options else {})}

    return convert


def _not_hybrid(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    ranking = (tool.get("file_search") or EMPTY).get("ranking_options")
    if not ranking:
        return tool
    plain = {key: value for key, value in ranking.items() if key != "hybrid_search"}
    return {**tool, "file_search": {**tool["file_search"], "ranking_options": plain}}


def _choice(choice: object) -> object:
    return {"type": "retrieval"} if choice == {"type": "file_search"} else choice


# Steps.


def _calls(convert: Convert) -> Convert:
    """Convert the calls of step details, if they have any."""

    def details(value: Mapping[str, Any]) -> Mapping[str, Any]:
        if "tool_calls" not in value:
            return value
        return {**value, "tool_calls": [convert(call) for call in value["tool_calls"]]}

    return details


def _retrieved(call: Mapping[str, Any]) -> Mapping[str, Any]:
    if call["type"] != "file_search":
        return call
    kept = {key: value for key, value in call.items() if key not in {"type", "file_search"}}
    return {**kept, "type": "retrieval", "retrieval": {}}


def _searched(call: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**call, "file_search": {}} if call["type"] == "file_search" else call


def _waiting(call: Mapping[str, Any]) -> Mapping[str, Any]:
    if call["type"] != "function":
        return call
    return {**call, "function": {key: value for key, value in call["function"].items() if value is not None}}


def _of_delta(convert: Convert) -> Convert:
    return lambda delta: {**delta, "step_details": convert(delta["step_details"])}


# Messages.


def _part(part: Mapping[str, Any]) -> Mapping[str, Any]:
    if part["type"] == "image_file":  # `detail` came in May 2024
        return {**part, "image_file": {"file_id": (part.get("image_file") or EMPTY).get("file_id")}}
    if part["type"] == "text":
        return {**part, "text": {**part["text"], "annotations": [_quoting(one) for one in part["text"]["annotations"]]}}
    return part


def _quoting(annotation: Mapping[str, Any]) -> Mapping[str, Any]:
    # A citation has the passage; what a script does not give is empty.
    citation = annotation.get("file_citation")
    if not isinstance(citation, Mapping):
        return annotation
    return {**annotation, "file_citation": {"file_id": citation.get("file_id"), "quote": "", **citation}}


# Runs.


def older_status(status: str) -> str:
    """Return the status of a run in version 1: one that hit its limit was `completed` (recorded)."""
    return "completed" if status == "incomplete" else status


def _reason(details: Mapping[str, Any]) -> JsonDict:
    return {**details, "reason": "max_prompt_tokens"}


def _tools(convert: Convert, what: str, until: str = "", version: str = "") -> Sequence[Change]:
    """Return the rows of a change of tools, which assistants and runs show alike."""
    return [Change(kind, "tools", _each(convert), what, until, version) for kind in ("assistant", "thread.run")]


def _usage(key: str, until: str) -> Sequence[Change]:
    what = f"no `{key}`"
    return [Change(kind, "usage", _without(key), what, until) for kind in ("thread.run", "thread.run.step")]


def _searches(convert: Convert, what: str, until: str = "", version: str = "") -> Sequence[Change]:
    calls = _calls(convert)
    return (
        Change("thread.run.step", "step_details", _maybe(calls), what, until, version),
        Change("thread.run.step.delta", "delta", _maybe(_of_delta(calls)), what, until, version),
    )


CHANGES: Sequence[Change] = (
    Change("thread.run", "required_action", _absent_if_null, "left out unless it is set", "2024-02-05"),
    Change(
        "thread.run",
        "incomplete_details",
        _maybe(_reason),
        "the reason is `max_prompt_tokens`, whichever limit was hit",
        INCOMPLETE_RUNS,
    ),
    Change("thread.run", "status", older_status, "`completed` for `incomplete`", version="v1"),
    Change("thread.run", "tool_choice", _choice, "`retrieval` for `file_search`", version="v1"),
    *_tools(_as_retrieval, "`retrieval` for `file_search`", version="v1"),
    *_tools(_as_given, "no `strict`, and no description that was not given", version="v1"),
    *_tools(_as_given, "no `strict`, and no description that was not given", STRUCTURED_OUTPUTS, "v2"),
    *_tools(_search_without("ranking_options"), "no `ranking_options`", SEARCH_RESULTS, "v2"),
    *_tools(_not_hybrid, "no `hybrid_search`", "2025-09-16", "v2"),
    *_usage("prompt_token_details", "2025-01-14"),
    *_usage("completion_tokens_details", "2025-03-06"),
    *_searches(_retrieved, "`retrieval`, empty, for `file_search`", version="v1"),
    *_searches(_searched, "`file_search` is empty", SEARCH_RESULTS, "v2"),
    Change(
        "thread.run.step",
        "step_details",
        _maybe(_calls(_waiting)),
        "no `output` in a function that waits for one",
        "2024-04-17",
    ),
    Change(
        "thread.message",
        "content",
        _each(_part),
        "citations have a `quote`, images no `detail`",
        version="v1",
    ),
)
EVENTS: Sequence[Event] = (
    # Recorded on 2024-04-27 and 29; of a later day there is no recording.
    Event("thread.run.incomplete", "thread.run.completed", INCOMPLETE_RUNS),
    Event("thread.run.incomplete", "thread.run.completed", version="v1"),
)
