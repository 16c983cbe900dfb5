"""What a session shows of the service's objects: the tool calls, runs and messages that went by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..backend.objects import JsonDict
from ..backend.records import ToolCallRecord
from .cassette import Interaction
from .shown import Shown, said_in


def tool_calls_in(interactions: Iterable[Interaction]) -> list[ToolCallRecord]:
    """Return every function call that a run asked for, in the order in which they were shown, with its output."""
    interactions = list(interactions)
    outputs = dict(_outputs(interactions))
    calls: dict[str, ToolCallRecord] = {}
    for run in _shown(interactions, "thread.run"):
        for call in _asked_for(run):
            calls.setdefault(call["id"], _record(run, call, outputs.get(call["id"])))
    return list(calls.values())


def runs_in(interactions: Iterable[Interaction]) -> list[JsonDict]:
    """Return the runs, as last shown, in the order in which they were first."""
    return _last_shown(interactions, "thread.run")


def messages_in(interactions: Iterable[Interaction], thread_id: str) -> list[JsonDict]:
    """Return the messages of a thread, as last shown, the oldest first."""
    messages = [one for one in _last_shown(interactions, "thread.message") if one.get("thread_id") == thread_id]
    return sorted(messages, key=lambda one: one.get("created_at") or 0)


def _last_shown(interactions: Iterable[Interaction], kind: str) -> list[JsonDict]:
    found: dict[str, JsonDict] = {}
    for one in _shown(interactions, kind):
        found[one["id"]] = one
    return [json.loads(json.dumps(one)) for one in found.values()]


def _shown(interactions: Iterable[Interaction], kind: str) -> Iterator[JsonDict]:
    """Yield the objects of a kind; a page is read from its end: it has the newest first."""
    for one in interactions:
        shown = one.response.shown
        yield from (each for each in _oldest_first(shown) if each.get("object") == kind)


def _oldest_first(shown: Shown) -> Iterable[JsonDict]:
    return reversed(shown.objects) if shown.is_page else shown.objects


def _asked_for(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    action = run.get("required_action")
    return (
        [call for call in action["submit_tool_outputs"]["tool_calls"] if call["type"] == "function"] if action else []
    )


def _outputs(interactions: Iterable[Interaction]) -> Iterator[tuple[str, str | None]]:
    for one in interactions:
        if one.request.path.endswith("/submit_tool_outputs") and one.response.status < 300:
            body = said_in("runs.submit_tool_outputs", one.request.json).value
            yield from ((each["tool_call_id"], each.get("output")) for each in body.get("tool_outputs") or ())


def _record(run: Mapping[str, Any], call: Mapping[str, Any], output: str | None) -> ToolCallRecord:
    raw = call["function"]["arguments"]
    try:
        arguments = json.loads(raw)
    except ValueError:
        arguments = None
    return ToolCallRecord(
        id=call["id"],
        name=call["function"]["name"],
        arguments=arguments if isinstance(arguments, dict) else None,
        raw=raw,
        output=output,
        run_id=run["id"],
        thread_id=run["thread_id"],
    )
