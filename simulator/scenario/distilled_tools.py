"""The functions of a recorded session: how they were declared, and what they returned."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..recording.examining.conversation import Call, Conversation, Run
from ..recording.examining.distilled_requests import assistant_settings, run_settings
from .distilled_runs import arguments_of, calls_of, output_of


def tools_of(conversation: Conversation, runs: Sequence[Run], note: Callable[[str], None]) -> dict[str, Any]:
    """Return the functions that were declared or called, by name."""
    declared = _declared(conversation, runs)
    calls = [(call, output_of(run, call)) for run in runs for call in calls_of(run)]
    for call, _ in calls:
        if call.name not in declared:
            note(f"How {call.name!r} was declared; the session does not show it.")
            declared[call.name] = {}
    return {
        name: {**tool, **_returned([(call, output) for call, output in calls if call.name == name])}
        for name, tool in declared.items()
    }


def _declared(conversation: Conversation, runs: Sequence[Run]) -> dict[str, dict[str, Any]]:
    settings = [*map(assistant_settings, conversation.assistants), *map(run_settings, runs)]
    functions = [one["function"] for given in settings for one in given.get("tools", ()) if one["type"] == "function"]
    return {str(one["name"]): _declaration(one) for one in functions}


def _declaration(function: Mapping[str, Any]) -> dict[str, Any]:
    tool: dict[str, Any] = {}
    if isinstance(function.get("description"), str):
        tool["description"] = function["description"]
    if parameters := function.get("parameters"):
        # Without a type it would be read as the short form.
        tool["parameters"] = parameters if parameters.get("type") == "object" else {"type": "object", **parameters}
    return tool | ({"strict": True} if function.get("strict") else {})


def _returned(calls: Sequence[tuple[Call, str | None]]) -> dict[str, Any]:
    """Return what a function returned: always the same, or by its arguments."""
    answers = [{"arguments": arguments_of(call), "returns": _value(out)} for call, out in calls if out is not None]
    returned = [one["returns"] for one in answers]
    if not answers:
        return {}
    if all(one == returned[0] and type(one) is type(returned[0]) for one in returned):
        return {"returns": returned[0]}
    return {"returns_for": list(_without_repetition(answers))}


def _without_repetition(answers: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Leave out what is said already: the last answer to the same arguments is for good."""
    kept: list[dict[str, Any]] = []
    for place, one in enumerate(answers):
        same = [other for other in answers[:place] if other["arguments"] == one["arguments"]]
        later = [other for other in answers[place:] if other["arguments"] == one["arguments"]]
        if not same or any(other["returns"] != same[-1]["returns"] for other in later):
            kept.append(one)
    return kept


def _value(output: str) -> Any:
    """Return the value that the loop submits as just this text."""
    try:
        value = json.loads(output)
    except ValueError:
        return output
    return value if not isinstance(value, str) and json.dumps(value, ensure_ascii=False) == output else output
