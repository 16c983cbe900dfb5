"""What a session shows of the service's objects: the tool calls, runs and messages that went by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..backend.objects import JsonDict
from ..backend.records import ToolCallRecord
from .cassette import Interaction, RecordedResponse


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
    for one in interactions:
        for value in _values(one.response):
            yield from _objects(value, kind)


def _values(response: RecordedResponse) -> Iterator[Any]:
    yield from (event.json for event in response.events)
    yield response.json


def _objects(value: Any, kind: str) -> Iterator[JsonDict]:
    """Yield the objects of a kind: the value itself, or the items of a page, which are newest first."""
    if not isinstance(value, dict):
        return
    if value.get("object") == kind and isinstance(value.get("id"), str):
        yield value
    elif value.get("object") == "list" and isinstance(value.get("data"), list):
        for item in reversed(value["data"]):
            yield from _objects(item, kind)


def _asked_for(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    action = run.get("required_action") or {}
    return [call for call in (action.get("submit_tool_outputs") or {}).get("tool_calls", ()) if "function" in call]


def _outputs(interactions: Iterable[Interaction]) -> Iterator[tuple[str, str | None]]:
    for one in interactions:
        body = one.request.json
        if one.request.path.endswith("/submit_tool_outputs") and one.response.status < 300 and isinstance(body, dict):
            yield from ((each.get("tool_call_id"), each.get("output")) for each in body.get("tool_outputs") or ())


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
