"""What a test asks of the state afterwards: copies, never the stored objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .objects import JsonDict
from .store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallRecord:
    """A function call that a run made, or a response.

    Args:
        run_id: the id of the run or the response.
        thread_id: of the thread or the conversation; of the first response of a chain that is in none.
        arguments: parsed; None where `raw` is no JSON object.
        raw: the argument text as the model wrote it.
        output: what was submitted; None as long as nothing was.
    """

    id: str
    name: str
    arguments: Mapping[str, Any] | None
    raw: str
    output: str | None
    run_id: str
    thread_id: str


def tool_calls_of(store: Store, run_steps: int = 0, of_responses: int = 0) -> list[ToolCallRecord]:
    """Return every function call of every run, in the order in which they were made, then those of responses.

    Args:
        run_steps: how many of the first are left out.
        of_responses: how many of the first calls of responses are left out.
    """
    of_runs = [
        _record(step, call)
        for step in islice(store.run_steps, run_steps, None)
        if step["type"] == "tool_calls"
        for call in step["step_details"]["tool_calls"]
        if call["type"] == "function"
    ]
    return [*of_runs, *map(_record_of_response, islice(store.function_calls.values(), of_responses, None))]


def copies(items: Any) -> list[JsonDict]:
    """Return deep copies of stored objects."""
    copied: list[JsonDict] = json.loads(json.dumps(list(items)))
    return copied


def _record(step: Mapping[str, Any], call: Mapping[str, Any]) -> ToolCallRecord:
    function = call["function"]
    return ToolCallRecord(
        id=call["id"],
        name=function["name"],
        arguments=_object(function["arguments"]),
        raw=function["arguments"],
        output=function.get("output"),
        run_id=step["run_id"],
        thread_id=step["thread_id"],
    )


def _record_of_response(call: Mapping[str, Any]) -> ToolCallRecord:
    return ToolCallRecord(
        id=call["id"],
        name=call["name"],
        arguments=_object(call["arguments"]),
        raw=call["arguments"],
        output=call["output"],
        run_id=call["response_id"],
        thread_id=call["conversation"],
    )


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
