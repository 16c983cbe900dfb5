"""Version 1, `OpenAI-Beta: assistants=v1`, in its last generation (recorded on 27 April 2024).

Keys and their order: recorded-traffic.md 1. What is not recorded says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...backend import assistant_files
from ...backend.objects import EMPTY, JsonDict
from ...backend.store import Store
from .. import message_files
from ..refusals import CannotCancel, NotFound, OutputsNotAwaited, Refusal, WrongPrefix
from .dialect import Dialect
from .generation import Generation, Value
from .v1_operations import OPERATIONS
from .v1_texts import refuse

_KEYS = {
    "assistant": (
        *("id", "object", "created_at", "name", "description", "model", "instructions", "tools"),
        *("top_p", "temperature", "file_ids", "metadata", "response_format"),
    ),
    "thread": ("id", "object", "created_at", "metadata"),
    "thread.message": (
        *("id", "object", "created_at", "assistant_id", "thread_id", "run_id"),
        *("status", "incomplete_details", "incomplete_at", "completed_at"),  # in streams only
        *("role", "content", "file_ids", "metadata"),
    ),
    "thread.run": (
        *("id", "object", "created_at", "assistant_id", "thread_id", "status", "started_at", "expires_at"),
        *("cancelled_at", "failed_at", "completed_at", "required_action", "last_error", "model", "instructions"),
        *("tools", "file_ids", "metadata", "temperature", "top_p", "max_completion_tokens", "max_prompt_tokens"),
        *("truncation_strategy", "incomplete_details", "usage", "response_format", "tool_choice"),
    ),
    "thread.run.step": (
        *("id", "object", "created_at", "run_id", "assistant_id", "thread_id", "type", "status", "cancelled_at"),
        *("completed_at", "expires_at", "failed_at", "last_error", "step_details", "usage"),
    ),
    "thread.run.step.delta": ("id", "object", "delta"),
}
_LATER = frozenset({"tool_resources", "attachments", "reasoning_effort", "parallel_tool_calls"})
_LATER_IN_USAGE = frozenset({"prompt_token_details", "completion_tokens_details"})


def _tool(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    kind = tool["type"]
    if kind == "file_search":
        return {"type": "retrieval"}
    if kind != "function":
        return tool
    # `strict` came in summer 2024. What was not given was not invented either: such answers have no null.
    function = {key: value for key, value in tool["function"].items() if key != "strict" and value is not None}
    return {"type": "function", "function": function}


def _called(call: Mapping[str, Any]) -> Mapping[str, Any]:
    if call["type"] != "file_search":
        return call
    kept = {key: value for key, value in call.items() if key not in ("type", "file_search")}
    return {**kept, "type": "retrieval", "retrieval": {}}


def _details(details: Mapping[str, Any]) -> Mapping[str, Any]:
    if "tool_calls" not in details:
        return details
    return {**details, "tool_calls": [_called(call) for call in details["tool_calls"]]}


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


def _usage(usage: Mapping[str, Any]) -> JsonDict:
    return {key: value for key, value in usage.items() if key not in _LATER_IN_USAGE}


def _choice(choice: object) -> object:
    return {"type": "retrieval"} if choice == {"type": "file_search"} else choice


def _status(status: str) -> str:
    # A run that hit its limit was `completed`, with the reason in `incomplete_details` (recorded).
    return "completed" if status == "incomplete" else status


def _unless_null(key: str, convert: Callable[[Any], Any]) -> Value:
    """Show the value of a key converted; what was placed may have a null anywhere."""
    return lambda item, store: None if item.get(key) is None else convert(item[key])


def _each(key: str, convert: Callable[[Any], Any]) -> Value:
    return _unless_null(key, lambda values: [convert(value) for value in values])


def _run_files(run: Mapping[str, Any], store: Store) -> list[str]:
    return store.run_files.get(run["id"], [])


_SHOWN_USAGE = _unless_null("usage", _usage)
_VALUES: Mapping[str, Mapping[str, Value]] = {
    "assistant": {
        "tools": _each("tools", _tool),
        "file_ids": lambda item, store: assistant_files.file_ids(store, item["id"]),
    },
    "thread.message": {
        "content": _each("content", _part),
        "file_ids": lambda item, store: message_files.file_ids(item),
    },
    "thread.run": {
        "status": lambda item, store: _status(item["status"]),
        "tools": _each("tools", _tool),
        "file_ids": _run_files,
        "usage": _SHOWN_USAGE,
        "tool_choice": _unless_null("tool_choice", _choice),
    },
    "thread.run.step": {"step_details": _unless_null("step_details", _details), "usage": _SHOWN_USAGE},
    "thread.run.step.delta": {
        "delta": _unless_null("delta", lambda delta: {**delta, "step_details": _details(delta["step_details"])})
    },
}

GENERATION = Generation(
    keys=_KEYS, values=_VALUES, unknown=_LATER, events={"thread.run.incomplete": "thread.run.completed"}
)


def _reworded(refusal: Refusal) -> Refusal:
    # Ids were not judged by their prefix: three recordings have a 404 for an `asst_` where a thread should be.
    if isinstance(refusal, WrongPrefix):
        return NotFound(str(refusal.param).removesuffix("_id"), refusal.value)
    if isinstance(refusal, CannotCancel | OutputsNotAwaited):
        return type(refusal)(_status(refusal.run_status))
    return refusal


V1 = Dialect(name="v1", operations=OPERATIONS, generation=GENERATION, refuse=refuse, reworded=_reworded)
