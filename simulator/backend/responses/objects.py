"""Responses and conversations as plain dicts, in the order of keys of the wire, as of each day.

A response is stored as the last generation has it. What a day did not have yet, and what only JSON answers
have, is left out when it is sent: `as_sent`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ..objects import EMPTY, NOTHING, JsonDict
from ..tokens import Tokens
from .traits import traits_of


class Response(TypedDict):
    """A response of the last generation; `conversation` is there only if it is in one."""

    id: str
    object: str
    created_at: int
    status: str
    background: bool
    billing: Mapping[str, str]
    completed_at: int | None
    error: Mapping[str, str] | None
    frequency_penalty: float
    incomplete_details: Mapping[str, str] | None
    instructions: str | None
    max_output_tokens: int | None
    max_tool_calls: int | None
    model: str
    moderation: None
    output: list[JsonDict]
    parallel_tool_calls: bool
    presence_penalty: float
    previous_response_id: str | None
    prompt_cache_key: str | None
    prompt_cache_retention: str | None
    reasoning: Mapping[str, str | None]
    safety_identifier: str | None
    service_tier: str
    store: bool
    temperature: float
    text: Mapping[str, Any]
    tool_choice: Any
    tool_usage: Mapping[str, Any]
    tools: Sequence[JsonDict]
    top_logprobs: int
    top_p: float
    truncation: str
    usage: Mapping[str, Any] | None
    user: str | None
    metadata: Mapping[str, str]


class Conversation(TypedDict):
    """A conversation; its items are stored beside it."""

    id: str
    object: str
    created_at: int
    metadata: Mapping[str, str]


# The day of the first recording that has a key; all before have it not.
RESPONSE_KEYS_SINCE: Mapping[str, str] = {
    "billing": "2025-09-23",
    "prompt_cache_retention": "2025-11-06",
    "completed_at": "2026-02-05",
    "frequency_penalty": "2026-02-05",
    "presence_penalty": "2026-02-05",
    "moderation": "2026-04-29",
    "tool_usage": "2026-06-25",
}
REASONING_KEYS_SINCE: Mapping[str, str] = {"context": "2026-06-25", "mode": "2026-08-07"}
CACHE_RETENTION_SINCE = "2026-04-29"  # null before
CACHE_WRITES_SINCE = "2026-08-07"
NOT_IN_STREAMS = frozenset({"billing"})
# The keys of events stand in alphabetical order after the type from then on.
SORTED_EVENTS_SINCE = "2026-02-05"

_NO_IMAGES = {"image_tokens": 0, "text_tokens": 0}
_NO_TOOL_USAGE: Mapping[str, Any] = {
    "image_gen": {
        "input_tokens": 0,
        "input_tokens_details": _NO_IMAGES,
        "output_tokens": 0,
        "output_tokens_details": _NO_IMAGES,
        "total_tokens": 0,
    },
    "web_search": {"num_requests": 0},
}
# What the service called the model of a name, as recorded; another name stays as it is.
SNAPSHOTS: Mapping[str, str] = {
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "gpt-5.1": "gpt-5.1-2025-11-13",
    "gpt-5.2": "gpt-5.2-2025-12-11",
    "gpt-5.5": "gpt-5.5-2026-04-23",
    "o3-mini": "o3-mini-2025-01-31",
}


def response(id: str, created_at: int, model: str, **given: Any) -> JsonDict:
    """Return a response that has just begun; `given` are fields of the request, nulls left out."""
    conversation = {"conversation": given["conversation"]} if "conversation" in given else {}
    traits = traits_of(model)
    effort = given.get("reasoning", EMPTY).get("effort", traits.effort)
    made: Response = {
        "id": id,
        "object": "response",
        "created_at": created_at,
        "status": "in_progress",
        "background": False,
        "billing": {"payer": "developer"},
        "completed_at": None,
        **conversation,  # type: ignore[typeddict-item]  # only where there is one
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": None,
        "instructions": given.get("instructions"),
        "max_output_tokens": given.get("max_output_tokens"),
        "max_tool_calls": None,
        "model": SNAPSHOTS.get(model, model),
        "moderation": None,
        "output": [],
        "parallel_tool_calls": given.get("parallel_tool_calls", True),
        "presence_penalty": 0.0,
        "previous_response_id": given.get("previous_response_id"),
        "prompt_cache_key": given.get("prompt_cache_key"),
        "prompt_cache_retention": given.get("prompt_cache_retention", traits.retention),
        "reasoning": {"context": traits.context, "effort": effort, "mode": "standard", "summary": None},
        "safety_identifier": given.get("safety_identifier"),
        "service_tier": given.get("service_tier", "auto"),
        "store": given.get("store", True),
        "temperature": given.get("temperature", 1.0),
        "text": _text(given.get("text", EMPTY)),
        "tool_choice": given.get("tool_choice", "auto"),
        "tool_usage": _NO_TOOL_USAGE,
        "tools": given.get("tools", NOTHING),
        "top_logprobs": 0,
        "top_p": given.get("top_p", traits.top_p),
        "truncation": given.get("truncation", "disabled"),
        "usage": None,
        "user": given.get("user"),
        "metadata": given.get("metadata", EMPTY),
    }
    return {**made}


def conversation(id: str, created_at: int, **given: Any) -> JsonDict:
    """Return a conversation."""
    made: Conversation = {
        "id": id,
        "object": "conversation",
        "created_at": created_at,
        "metadata": given.get("metadata", EMPTY),
    }
    return {**made}


def usage(tokens: Tokens) -> JsonDict:
    """Return what a response cost."""
    return {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": tokens.cached},
        "output_tokens": tokens.completion,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.prompt + tokens.completion,
    }


def _text(given: Mapping[str, Any]) -> JsonDict:
    wanted = given.get("format", {"type": "text"})
    if wanted["type"] == "json_schema":
        named = {key: wanted[key] for key in ("name", "schema")}
        strict = wanted.get("strict", True)
        wanted = {"type": "json_schema", "description": wanted.get("description"), **named, "strict": strict}
    return {"format": wanted, "verbosity": given.get("verbosity", "medium")}


class Generation:
    """How responses looked on a day.

    Args:
        as_of: the day, an ISO date; None: the last.
    """

    def __init__(self, as_of: str | None) -> None:
        def missing(since: Mapping[str, str]) -> frozenset[str]:
            return frozenset(key for key, day in since.items() if as_of is not None and as_of < day)

        self._missing = missing(RESPONSE_KEYS_SINCE)
        self._missing_of_reasoning = missing(REASONING_KEYS_SINCE)
        self._days = missing({"retention": CACHE_RETENTION_SINCE, "writes": CACHE_WRITES_SINCE})
        self.sorts_events = as_of is None or as_of >= SORTED_EVENTS_SINCE

    def as_sent(self, response: Mapping[str, Any], *, streamed: bool = False) -> JsonDict:
        """Return a response as it was sent on the day."""
        missing = self._missing | NOT_IN_STREAMS if streamed else self._missing
        sent = {key: value for key, value in response.items() if key not in missing}
        if self._missing_of_reasoning and isinstance(sent.get("reasoning"), dict):
            sent["reasoning"] = _without(sent["reasoning"], self._missing_of_reasoning)
        if "retention" in self._days and sent.get("prompt_cache_retention") == "in_memory":
            sent["prompt_cache_retention"] = None
        if "writes" in self._days and sent.get("usage"):
            details = _without(sent["usage"]["input_tokens_details"], {"cache_write_tokens"})
            sent["usage"] = {**sent["usage"], "input_tokens_details": details}
        return sent


def _without(value: Mapping[str, Any], keys: Any) -> JsonDict:
    return {key: one for key, one in value.items() if key not in keys}
