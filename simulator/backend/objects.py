"""The objects of the API as plain dicts, in the key order of the wire (recorded-traffic.md 1, the last generation).

They are stored as the JSON answers print them. What differs inside a stream is added when it is
sent (`api/streams.py`). A value that cannot be changed in place is shared by all objects: most
messages have no attachments, and a store of many should stay small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

JsonDict: TypeAlias = dict[str, Any]

UPLOAD_LIFETIME_SECONDS = 3_600  # documented
RUN_LIFETIME_SECONDS = 600  # expires_at - created_at in all 726 recorded runs

NOTHING: Sequence[Any] = []  # shared; whoever writes puts a new list in its place
EMPTY: Mapping[str, Any] = {}  # shared likewise

AUTO_TRUNCATION = {"type": "auto", "last_messages": None}
NO_PARAMETERS: Mapping[str, Any] = {"type": "object", "properties": {}}
RANKING_OPTIONS = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
SECONDS_PER_DAY = 86_400
# What a store shows where the request says `auto` or nothing (recorded 2025-09).
AUTO_CHUNKING: Mapping[str, Any] = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
}


def assistant(id: str, created_at: int, model: str, **given: Any) -> JsonDict:
    """Return an assistant; `given` are fields of the request, already validated, nulls left out."""
    tools = [normalised_tool(tool) for tool in given.get("tools", ())]
    return {
        "id": id,
        "object": "assistant",
        "created_at": created_at,
        "name": given.get("name"),
        "description": given.get("description"),
        "model": model,
        "instructions": given.get("instructions"),
        "tools": tools,
        "top_p": given.get("top_p", 1.0),
        "temperature": given.get("temperature", 1.0),
        "reasoning_effort": given.get("reasoning_effort"),
        "tool_resources": tool_resources(tools, given.get("tool_resources", EMPTY)),
        "metadata": given.get("metadata", EMPTY),
        "response_format": given.get("response_format", "auto"),
    }


def thread(id: str, created_at: int, **given: Any) -> JsonDict:
    """Return a thread."""
    return {
        "id": id,
        "object": "thread",
        "created_at": created_at,
        "metadata": given.get("metadata", EMPTY),
        "tool_resources": given.get("tool_resources", EMPTY),
    }


def message(id: str, created_at: int, thread_id: str, role: str, content: Sequence[Any], **given: Any) -> JsonDict:
    """Return a message; `assistant_id` and `run_id` are null unless a run wrote it."""
    return {
        "id": id,
        "object": "thread.message",
        "created_at": created_at,
        "assistant_id": given.get("assistant_id"),
        "thread_id": thread_id,
        "run_id": given.get("run_id"),
        "role": role,
        "content": content,
        "attachments": given.get("attachments", NOTHING),
        "metadata": given.get("metadata", EMPTY),
    }


def run(id: str, created_at: int, thread_id: str, of: Mapping[str, Any], **given: Any) -> JsonDict:
    """Return a queued run.

    Args:
        of: the assistant, whose configuration holds where the request gives nothing else.
        given: fields of the request, nulls left out.
    """
    return {
        "id": id,
        "object": "thread.run",
        "created_at": created_at,
        "assistant_id": of["id"],
        "thread_id": thread_id,
        "status": "queued",
        "started_at": None,
        "expires_at": created_at + RUN_LIFETIME_SECONDS,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        **_configuration(of, given),
        # Empty in every JSON answer, whatever the assistant has (recorded-traffic.md 1).
        "tool_resources": EMPTY,
        "metadata": given.get("metadata", EMPTY),
        **{key: given.get(key, of[key]) for key in ("temperature", "top_p", "reasoning_effort")},
        "max_completion_tokens": given.get("max_completion_tokens"),
        "max_prompt_tokens": given.get("max_prompt_tokens"),
        "truncation_strategy": {**AUTO_TRUNCATION, **given.get("truncation_strategy", EMPTY)},
        "incomplete_details": None,
        "usage": None,
        "response_format": given.get("response_format", of["response_format"]),
        "tool_choice": given.get("tool_choice", "auto"),
        "parallel_tool_calls": given.get("parallel_tool_calls", True),
    }


def _configuration(of: Mapping[str, Any], given: Mapping[str, Any]) -> JsonDict:
    tools = [normalised_tool(tool) for tool in given["tools"]] if "tools" in given else of["tools"]
    return {
        "model": given.get("model", of["model"]),
        "instructions": given.get("instructions", of["instructions"]),
        "tools": tools,
    }


def run_step(id: str, created_at: int, of: Mapping[str, Any], details: JsonDict) -> JsonDict:
    """Return a step in progress of the run `of`; `details` names its own type."""
    return {
        "id": id,
        "object": "thread.run.step",
        "created_at": created_at,
        "run_id": of["id"],
        "assistant_id": of["assistant_id"],
        "thread_id": of["thread_id"],
        "type": details["type"],
        "status": "in_progress",
        "cancelled_at": None,
        "completed_at": None,
        "expires_at": of["expires_at"],
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": None,
    }


def file(id: str, created_at: int, filename: str, purpose: str, size: int) -> JsonDict:
    """Return a file; the id stands second since 2025-09."""
    return {
        "object": "file",
        "id": id,
        "purpose": purpose,
        "filename": filename,
        "bytes": size,
        "created_at": created_at,
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }


def upload(id: str, created_at: int, filename: str, purpose: str, bytes: int, **given: Any) -> JsonDict:
    """Return a pending upload; nothing of it is recorded: the keys and their order are the documentation's."""
    return {
        "id": id,
        "object": "upload",
        "bytes": bytes,
        "created_at": created_at,
        "filename": filename,
        "purpose": purpose,
        "status": "pending",
        "expires_at": created_at + UPLOAD_LIFETIME_SECONDS,
        "file": None,
    }


def upload_part(id: str, created_at: int, upload_id: str) -> JsonDict:
    """Return a part of an upload."""
    return {"id": id, "object": "upload.part", "created_at": created_at, "upload_id": upload_id}


def assistant_file(file_id: str, created_at: int, assistant_id: str) -> JsonDict:
    """Return the link by which version 1 attaches a file to an assistant; it has the id of the file."""
    return {"id": file_id, "object": "assistant.file", "created_at": created_at, "assistant_id": assistant_id}


def message_file(file_id: str, created_at: int, message_id: str) -> JsonDict:
    """Return the link by which version 1 attaches a file to a message; it has the id of the file."""
    return {"id": file_id, "object": "thread.message.file", "created_at": created_at, "message_id": message_id}


def attachments(file_ids: Iterable[str]) -> list[JsonDict]:
    """Return the files of a message as version 2 has them: each for both tools, which shared them in version 1."""
    tools = [{"type": "file_search"}, {"type": "code_interpreter"}]
    return [{"file_id": id, "tools": tools} for id in dict.fromkeys(file_ids)]


def text_part(value: str, annotations: Sequence[Any] = NOTHING) -> JsonDict:
    """Return a text of a message as it is stored and sent."""
    return {"type": "text", "text": {"value": value, "annotations": annotations}}


def message_text(message: Mapping[str, Any]) -> str:
    """Return the texts of a message in one."""
    return "".join([part["text"]["value"] for part in message["content"] or () if part["type"] == "text"])


def message_creation(message_id: str) -> JsonDict:
    """Return the details of a step that writes a message."""
    return {"type": "message_creation", "message_creation": {"message_id": message_id}}


def tool_calls(calls: Sequence[Any]) -> JsonDict:
    """Return the details of a step that calls tools."""
    return {"type": "tool_calls", "tool_calls": calls}


def waiting_calls(run: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the calls that a run in `requires_action` waits for."""
    action = run["required_action"] or {}
    calls: Sequence[Mapping[str, Any]] = action.get("submit_tool_outputs", {}).get("tool_calls", ())
    return calls


def usage(prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0, reasoning_tokens: int = 0) -> JsonDict:
    """Return a usage object; the first detail key is singular on this API (recorded-traffic.md 1)."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_token_details": {"cached_tokens": cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": reasoning_tokens},
    }


def normalised_tool(tool: Mapping[str, Any]) -> JsonDict:
    """Return a tool as the service echoes it: `type` first, defaults filled (recorded-traffic.md 1, assistant)."""
    kind = tool["type"]
    if kind == "function":
        given = tool["function"]
        return {
            "type": "function",
            "function": {
                "name": given["name"],
                "description": given.get("description"),
                "parameters": given.get("parameters", NO_PARAMETERS),
                "strict": given.get("strict", False),
            },
        }
    if kind == "file_search":
        options = tool.get("file_search", EMPTY)
        ranking = {**RANKING_OPTIONS, "hybrid_search": None, **options.get("ranking_options", EMPTY)}
        return {"type": "file_search", "file_search": {**options, "ranking_options": ranking}}
    return dict(tool)


def tool_resources(tools: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> JsonDict:
    """Return the resources of an assistant: an empty list for each built-in tool that has none."""
    kinds = {tool["type"] for tool in tools}
    resources: JsonDict = {}
    if "code_interpreter" in kinds:
        resources["code_interpreter"] = {"file_ids": []}
    if "file_search" in kinds:
        resources["file_search"] = {"vector_store_ids": []}
    return {**resources, **given}


def vector_store(id: str, created_at: int, **given: Any) -> JsonDict:
    """Return a vector store without files, which is ready at once."""
    expires_after = given.get("expires_after")
    return {
        "id": id,
        "object": "vector_store",
        "created_at": created_at,
        "name": given.get("name"),
        "description": given.get("description"),
        "usage_bytes": 0,
        "file_counts": file_counts(),
        "status": "completed",
        "expires_after": expires_after,
        "expires_at": expiry(created_at, expires_after),
        "last_active_at": created_at,
        "metadata": given.get("metadata", EMPTY),
    }


def expiry(last_active_at: int, expires_after: Mapping[str, Any] | None) -> int | None:
    """Return when a vector store expires that was last used then, or None."""
    return None if expires_after is None else last_active_at + expires_after["days"] * SECONDS_PER_DAY


def vector_store_file(
    file_id: str, created_at: int, store_id: str, chunking: Mapping[str, Any] = AUTO_CHUNKING, attributes: Any = EMPTY
) -> JsonDict:
    """Return a file that was just added to a vector store; it has the id of the file."""
    return {
        "id": file_id,
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": created_at,
        "vector_store_id": store_id,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": AUTO_CHUNKING if chunking["type"] == "auto" else chunking,
        "attributes": attributes,
    }


def vector_store_file_batch(id: str, created_at: int, store_id: str) -> JsonDict:
    """Return a batch of files that was just added to a vector store; whoever adds files counts them."""
    return {
        "id": id,
        "object": "vector_store.file_batch",
        "created_at": created_at,
        "status": "in_progress",
        "vector_store_id": store_id,
        "file_counts": file_counts(),
    }


def file_counts() -> dict[str, int]:
    """Return the counts of a vector store, or of a batch, without files."""
    return {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}
