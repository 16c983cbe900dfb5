"""Items: what a conversation is made of on this surface, as on the wire and in the recorded order of keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

from ..objects import NOTHING, JsonDict

Item: TypeAlias = JsonDict
"""One of the items below; a `dict`, since items that were placed or sent may have other keys."""


class Message(TypedDict):
    """What somebody said; `status` is also `in_progress` and `incomplete`."""

    id: str
    type: str
    status: str
    content: Sequence[JsonDict]
    role: str


class FunctionCall(TypedDict):
    """A function that the program is to call."""

    id: str
    type: str
    status: str
    arguments: str
    call_id: str
    name: str


class FunctionCallOutput(TypedDict):
    """What a function gave; `output` is a text, or parts of content."""

    id: str
    type: str
    status: str
    call_id: str
    output: Any


class FileSearchCall(TypedDict):
    """A search in vector stores; `results` are null unless they were asked for."""

    id: str
    type: str
    status: str
    queries: Sequence[str]
    results: Sequence[JsonDict] | None


class CodeInterpreterCall(TypedDict):
    """Code that was run; `outputs` are null unless they were asked for."""

    id: str
    type: str
    status: str
    code: str
    container_id: str
    outputs: Sequence[JsonDict] | None


PREFIXES: Mapping[str, str] = {
    "message": "msg_",
    "function_call": "fc_",
    "function_call_output": "fc_",  # as recorded
    "file_search_call": "fs_",
    "code_interpreter_call": "ci_",
}
"""How the ids of items begin, by type: the items that there are."""

CALLS_AND_OUTPUTS = frozenset({"function_call", "function_call_output"})
TOOL_CALLS = frozenset({"function_call", "file_search_call", "code_interpreter_call"})

RESULTS = "file_search_call.results"
OUTPUTS = "code_interpreter_call.outputs"
IMAGE_URLS = "message.input_image.image_url"
INCLUDABLE = (RESULTS, OUTPUTS, IMAGE_URLS)
"""What is shown of items only where `include` names it, and this simulator has."""


def message(
    id: str, role: str, content: Sequence[JsonDict], status: str = "completed", phase: str | None = None
) -> Item:
    """Return a message; with some models it says in which phase the model wrote it."""
    if phase is not None:
        return {"id": id, "type": "message", "status": status, "content": content, "phase": phase, "role": role}
    made: Message = {"id": id, "type": "message", "status": status, "content": content, "role": role}
    return {**made}


def output_text(text: str, annotations: Sequence[JsonDict] = NOTHING) -> JsonDict:
    """Return the part of a message that the model says."""
    return {"type": "output_text", "annotations": annotations, "logprobs": [], "text": text}


def input_text(text: str) -> JsonDict:
    """Return the part of a message that the program sends."""
    return {"type": "input_text", "text": text}


def function_call(id: str, call_id: str, name: str, arguments: str, status: str = "completed") -> Item:
    """Return a call of a function."""
    made: FunctionCall = {
        "id": id,
        "type": "function_call",
        "status": status,
        "arguments": arguments,
        "call_id": call_id,
        "name": name,
    }
    return {**made}


def function_call_output(id: str, call_id: str, output: Any) -> Item:
    """Return what a function gave."""
    made: FunctionCallOutput = {
        "id": id,
        "type": "function_call_output",
        "status": "completed",
        "call_id": call_id,
        "output": output,
    }
    return {**made}


def file_search_call(
    id: str, queries: Sequence[str], results: Sequence[JsonDict] | None, status: str = "completed"
) -> Item:
    """Return a search."""
    made: FileSearchCall = {
        "id": id,
        "type": "file_search_call",
        "status": status,
        "queries": queries,
        "results": results,
    }
    return {**made}


def code_interpreter_call(
    id: str, code: str, container_id: str, outputs: Sequence[JsonDict] | None, status: str = "completed"
) -> Item:
    """Return a run of code."""
    made: CodeInterpreterCall = {
        "id": id,
        "type": "code_interpreter_call",
        "status": status,
        "code": code,
        "container_id": container_id,
        "outputs": outputs,
    }
    return {**made}


def from_input(given: Mapping[str, Any], id: str) -> Item:
    """Return an item of a request as it is stored.

    Args:
        given: checked, without nulls.
        id: for one that has none; what the model said earlier may come back with its own.
    """
    kind = given.get("type", "message")
    return _STORED[kind]({**given, "id": given.get("id", id)})


def _stored_message(given: Mapping[str, Any]) -> Item:
    role, content = given["role"], given["content"]
    if isinstance(content, str):
        content = [output_text(content) if role == "assistant" else input_text(content)]
    parts = [_stored_part(part) for part in content]
    return message(given["id"], role, parts, given.get("status", "completed"), given.get("phase"))


def _stored_part(part: Mapping[str, Any]) -> JsonDict:
    if part["type"] == "output_text":
        return output_text(part["text"], part.get("annotations", NOTHING))
    if part["type"] == "input_image":
        return {"type": "input_image", "detail": "auto", "file_id": None, "image_url": None, **part}
    if part["type"] == "input_file":
        return {"type": "input_file", "file_id": None, **part}
    return dict(part)


def _stored_call(given: Mapping[str, Any]) -> Item:
    return function_call(given["id"], given["call_id"], given["name"], given["arguments"])


def _stored_output(given: Mapping[str, Any]) -> Item:
    return function_call_output(given["id"], given["call_id"], given["output"])


def _stored_search(given: Mapping[str, Any]) -> Item:
    return file_search_call(given["id"], given["queries"], given.get("results"))


def _stored_code(given: Mapping[str, Any]) -> Item:
    return code_interpreter_call(given["id"], given.get("code", ""), given["container_id"], given.get("outputs"))


_STORED = {
    "message": _stored_message,
    "function_call": _stored_call,
    "function_call_output": _stored_output,
    "file_search_call": _stored_search,
    "code_interpreter_call": _stored_code,
}


def shown(item: Mapping[str, Any], include: Collection[str] = ()) -> JsonDict:
    """Return an item as it is sent: without what is large and was not asked for (recorded)."""
    kind = item["type"]
    if kind == "file_search_call" and RESULTS not in include:
        return {**item, "results": None}
    if kind == "code_interpreter_call" and OUTPUTS not in include:
        return {**item, "outputs": None}
    if kind == "message" and item["role"] != "assistant":
        return {**item, "content": [_shown_part(part, include) for part in item["content"]]}
    return dict(item)


def _shown_part(part: Mapping[str, Any], include: Collection[str]) -> Mapping[str, Any]:
    if part["type"] == "input_image" and IMAGE_URLS not in include:
        return {**part, "image_url": None}
    if part["type"] == "input_file":  # what a file holds is never sent back
        return {key: value for key, value in part.items() if key not in ("file_data", "file_url")}
    return part


def text_of_message(message: Mapping[str, Any]) -> str:
    """Return the texts of a message, joined."""
    return text_of(message["content"])


def text_of(content: str | Iterable[Mapping[str, Any]]) -> str:
    """Return the texts of a content, joined; a refusal is none."""
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if "text" in part)
