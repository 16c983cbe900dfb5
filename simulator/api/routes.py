"""The operations: name, method, path, what the body may hold, how long it takes. One row each.

An operation is named as the SDK names it under `beta`. `seconds` is what the request costs in
virtual time, so that a loop without sleeps still ends: the medians of `openai-processing-ms` in the
recordings (recorded-traffic.md 3); operations that have none there take those of their like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import unquote

from pydantic import TypeAdapter

from . import (
    assistant_files,
    assistants,
    bodies,
    file_batches,
    files,
    forms,
    message_files,
    messages,
    runs,
    steps,
    threads,
    uploads,
    vector_store_bodies,
    vector_store_files,
    vector_stores,
)
from .call import Call, Reply
from .forms import Form
from .refusals.addresses import MethodNotAllowed, UnknownUrl
from .refusals.refusal import Refusal
from .refusals.surprises import NotSimulated
from .responses import bodies as response_bodies
from .responses import conversations, responses

Handler: TypeAlias = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table.

    Args:
        path: below the version, with `*` for an id.
        seconds: virtual time that a request takes.
        body: checks the body; None where there is none.
        polled: whether the answer tells pollers how long to wait.
        only: the one version of the API that has it, `v1` or `v2`; None: both.
        form: checks the fields of a body that uploads; None where there is none.
        query: checks the query; None: as that of every list.
        surface: `responses` for the Responses and Conversations APIs, whose answers no dialect changes.
        needs_beta: whether a request without `OpenAI-Beta` is refused. Files and vector stores outlived the
            Assistants API and need no header (assistants-api.md 4, 9); stores were served without to all 110 recorded
            requests of September and October 2025.
    """

    name: str
    method: str
    path: str
    seconds: float
    handler: Handler
    body: TypeAdapter[Any] | None = None
    polled: bool = False
    only: str | None = None
    form: Form | None = None
    query: TypeAdapter[Any] | None = None
    needs_beta: bool = True
    surface: str = "assistants"


def _get(name: str, path: str, seconds: float, handler: Handler, *, polled: bool = False) -> Operation:
    return Operation(name, "GET", path, seconds, handler, polled=polled)


def _post(name: str, path: str, seconds: float, handler: Handler, body: Any = None) -> Operation:
    return Operation(name, "POST", path, seconds, handler, None if body is None else TypeAdapter(body))


def _delete(name: str, path: str, seconds: float, handler: Handler) -> Operation:
    return Operation(name, "DELETE", path, seconds, handler)


def _only(version: str, operation: Operation) -> Operation:
    return replace(operation, only=version)


_RUN = "threads/*/runs/*"
_ASSISTANT_FILES = "assistants/*/files"
_MESSAGE_FILES = "threads/*/messages/*/files"
_STORE = "vector_stores/*"
_STORE_FILES = f"{_STORE}/files"
_BATCHES = f"{_STORE}/file_batches"

_VECTOR_STORES: Sequence[Operation] = (
    _post("vector_stores.create", "vector_stores", 0.2, vector_stores.create, vector_store_bodies.VectorStoreCreate),
    _get("vector_stores.list", "vector_stores", 0.541, vector_stores.list_),
    _get("vector_stores.retrieve", _STORE, 0.114, vector_stores.retrieve),
    _post("vector_stores.update", _STORE, 0.2, vector_stores.update, vector_store_bodies.VectorStoreUpdate),
    _delete("vector_stores.delete", _STORE, 2.624, vector_stores.delete),
    _post("vector_stores.search", f"{_STORE}/search", 0.541, vector_stores.search, vector_store_bodies.Search),
    _post("vector_stores.files.create", _STORE_FILES, 0.384, vector_store_files.create, vector_store_bodies.FileCreate),
    _get("vector_stores.files.list", _STORE_FILES, 0.102, vector_store_files.list_),
    _get("vector_stores.files.retrieve", f"{_STORE_FILES}/*", 0.114, vector_store_files.retrieve, polled=True),
    _post(
        "vector_stores.files.update",
        f"{_STORE_FILES}/*",
        0.2,
        vector_store_files.update,
        vector_store_bodies.FileUpdate,
    ),
    _delete("vector_stores.files.delete", f"{_STORE_FILES}/*", 0.194, vector_store_files.delete),
    _get("vector_stores.files.content", f"{_STORE_FILES}/*/content", 0.114, vector_store_files.content),
    _post(
        "vector_stores.file_batches.create", _BATCHES, 0.677, file_batches.create, vector_store_bodies.FileBatchCreate
    ),
    _get("vector_stores.file_batches.retrieve", f"{_BATCHES}/*", 0.114, file_batches.retrieve, polled=True),
    _post("vector_stores.file_batches.cancel", f"{_BATCHES}/*/cancel", 0.2, file_batches.cancel),
    _get("vector_stores.file_batches.list_files", f"{_BATCHES}/*/files", 0.152, file_batches.list_files),
)

_FILE_LIST: TypeAdapter[Any] = TypeAdapter(bodies.FileListQuery)

# What they cost is the median of few recordings each; uploads have none.
_FILES: Sequence[Operation] = (
    replace(_post("files.create", "files", 1.124, files.create), form=forms.FILE),
    replace(_get("files.list", "files", 0.142, files.list_), query=_FILE_LIST),
    _get("files.retrieve", "files/*", 0.142, files.retrieve),
    _delete("files.delete", "files/*", 0.19, files.delete),
    _get("files.content", "files/*/content", 0.142, files.content),
    _post("uploads.create", "uploads", 0.142, uploads.create, bodies.UploadCreate),
    replace(_post("uploads.parts.create", "uploads/*/parts", 0.142, uploads.add_part), form=forms.UPLOAD_PART),
    _post("uploads.complete", "uploads/*/complete", 0.142, uploads.complete, bodies.UploadComplete),
    _post("uploads.cancel", "uploads/*/cancel", 0.142, uploads.cancel),
)

_RESPONSE_QUERY: TypeAdapter[Any] = TypeAdapter(response_bodies.ResponseQuery)
_ITEM_QUERY: TypeAdapter[Any] = TypeAdapter(response_bodies.ItemQuery)
_ITEM_LIST: TypeAdapter[Any] = TypeAdapter(response_bodies.ItemListQuery)
_CONVERSATION = "conversations/*"
_ITEMS = f"{_CONVERSATION}/items"

# Nothing is known of what these cost: the recordings have no times. Chosen, as their like; what the model takes
# for its turns comes on top of `responses.create`.
_RESPONSES: Sequence[Operation] = (
    _post("responses.create", "responses", 0.1, responses.create, response_bodies.ResponseCreate),
    replace(_get("responses.retrieve", "responses/*", 0.074, responses.retrieve), query=_RESPONSE_QUERY),
    _delete("responses.delete", "responses/*", 0.142, responses.delete),
    _post("responses.cancel", "responses/*/cancel", 0.13, responses.cancel),
    replace(
        _get("responses.input_items.list", "responses/*/input_items", 0.074, responses.list_input_items),
        query=_ITEM_LIST,
    ),
    _post("conversations.create", "conversations", 0.042, conversations.create, response_bodies.ConversationCreate),
    _get("conversations.retrieve", _CONVERSATION, 0.042, conversations.retrieve),
    _post("conversations.update", _CONVERSATION, 0.042, conversations.update, response_bodies.ConversationUpdate),
    _delete("conversations.delete", _CONVERSATION, 0.042, conversations.delete),
    replace(
        _post("conversations.items.create", _ITEMS, 0.142, conversations.create_items, response_bodies.ItemsCreate),
        query=_ITEM_QUERY,
    ),
    replace(_get("conversations.items.list", _ITEMS, 0.074, conversations.list_items), query=_ITEM_LIST),
    replace(_get("conversations.items.retrieve", f"{_ITEMS}/*", 0.074, conversations.retrieve_item), query=_ITEM_QUERY),
    _delete("conversations.items.delete", f"{_ITEMS}/*", 0.142, conversations.delete_item),
)

OPERATIONS: Sequence[Operation] = (
    _post("assistants.create", "assistants", 0.142, assistants.create, bodies.AssistantCreate),
    _get("assistants.list", "assistants", 0.074, assistants.list_),
    _get("assistants.retrieve", "assistants/*", 0.074, assistants.retrieve),
    _post("assistants.update", "assistants/*", 0.142, assistants.update, bodies.AssistantUpdate),
    _delete("assistants.delete", "assistants/*", 0.142, assistants.delete),
    _post("threads.create", "threads", 0.042, threads.create, bodies.ThreadCreate),
    _post("threads.create_and_run", "threads/runs", 0.322, runs.create_and_run, bodies.ThreadAndRunCreate),
    _get("threads.retrieve", "threads/*", 0.042, threads.retrieve),
    _post("threads.update", "threads/*", 0.042, threads.update, bodies.ThreadUpdate),
    _delete("threads.delete", "threads/*", 0.042, threads.delete),
    _post("messages.create", "threads/*/messages", 0.142, messages.create, bodies.MessageCreate),
    _get("messages.list", "threads/*/messages", 0.074, messages.list_),
    _get("messages.retrieve", "threads/*/messages/*", 0.074, messages.retrieve),
    _post("messages.update", "threads/*/messages/*", 0.142, messages.update, bodies.MetadataUpdate),
    # SDKs that speak version 1 cannot delete a message (assistants-api.md 6).
    _only("v2", _delete("messages.delete", "threads/*/messages/*", 0.142, messages.delete)),
    _post("runs.create", "threads/*/runs", 0.322, runs.create, bodies.RunCreate),
    _get("runs.list", "threads/*/runs", 0.161, runs.list_),
    _get("runs.retrieve", _RUN, 0.161, runs.retrieve, polled=True),
    _post("runs.update", _RUN, 0.142, runs.update, bodies.MetadataUpdate),
    _post("runs.cancel", f"{_RUN}/cancel", 0.13, runs.cancel),
    _post(
        "runs.submit_tool_outputs",
        f"{_RUN}/submit_tool_outputs",
        0.185,
        runs.submit_tool_outputs,
        bodies.ToolOutputsSubmit,
    ),
    _get("steps.list", f"{_RUN}/steps", 0.146, steps.list_),
    _get("steps.retrieve", f"{_RUN}/steps/*", 0.146, steps.retrieve),
    *(
        _only("v1", operation)
        for operation in (
            _post("assistants.files.create", _ASSISTANT_FILES, 0.142, assistant_files.create, bodies.FileCreate),
            _get("assistants.files.list", _ASSISTANT_FILES, 0.074, assistant_files.list_),
            _get("assistants.files.retrieve", f"{_ASSISTANT_FILES}/*", 0.074, assistant_files.retrieve),
            _delete("assistants.files.delete", f"{_ASSISTANT_FILES}/*", 0.142, assistant_files.delete),
            _get("messages.files.list", _MESSAGE_FILES, 0.074, message_files.list_),
            _get("messages.files.retrieve", f"{_MESSAGE_FILES}/*", 0.074, message_files.retrieve),
        )
    ),
    *(replace(operation, only="v2", needs_beta=False) for operation in _VECTOR_STORES),
    *(replace(operation, needs_beta=False) for operation in _FILES),
    *(replace(operation, needs_beta=False, surface="responses") for operation in _RESPONSES),
)

OPERATION_NAMES = tuple(operation.name for operation in OPERATIONS)

_BY_ROUTE: Mapping[tuple[str, str], Operation] = {(one.method, one.path): one for one in OPERATIONS}
_METHODS: Mapping[str, Sequence[str]] = {
    path: [one.method for one in OPERATIONS if one.path == path] for _, path in _BY_ROUTE
}
# The nouns of this API, and others of the same host which are not simulated.
_SWITCHED_OFF = frozenset({"assistants", "threads"})
_NOUNS = _SWITCHED_OFF | {"files", "uploads", "vector_stores", "responses", "conversations"}
_OTHER_NOUNS = frozenset(
    {
        *("audio", "batches", "chat", "completions", "containers", "edits", "embeddings", "evals"),
        *("fine_tuning", "images", "models", "moderations", "organization", "realtime"),
        "videos",
    }
)
_OTHER_ROUTES = frozenset({("POST", "responses/compact"), ("POST", "responses/input_tokens")})
_VERSION = "/v1/"


@dataclass(frozen=True, slots=True)
class Match:
    """An operation, and the ids in the path."""

    operation: Operation
    ids: tuple[str, ...]


def find(method: str, path: str) -> Match:
    """Return the operation of a request.

    The prefix of the base URL may be anything: `/v1`, Azure's `/openai`, a proxy's own.

    Raises:
        NotSimulated: another product's route.
        MethodNotAllowed: the route takes other methods.
        UnknownUrl: there is no such route.
    """
    segments = segments_of(path)
    ids = tuple(segments[1::2])
    literal = None if "*" in ids else _BY_ROUTE.get((method, "/".join(segments)))
    if literal is not None:
        return Match(literal, ())
    segments[1::2] = ["*" if id else "" for id in ids]
    shape = "/".join(segments)
    operation = _BY_ROUTE.get((method, shape))
    if operation is None:
        raise _no_operation(method, path, segments, shape)
    return Match(operation, ids)


def is_assistants_route(path: str) -> bool:
    """Tell whether a path belongs to the API that was switched off."""
    return segments_of(path)[0] in _SWITCHED_OFF


def segments_of(path: str) -> list[str]:
    """Return the segments of a path below the version, whatever the prefix of the base URL is."""
    versioned = path.startswith(_VERSION)
    segments = (path[len(_VERSION) :] if versioned else path.strip("/")).split("/")
    if "%" in path:  # an encoded slash is part of an id
        segments = [unquote(segment) for segment in segments]
    if versioned:
        return segments
    known = [index for index, segment in enumerate(segments) if segment in _NOUNS or segment in _OTHER_NOUNS]
    # The prefix may hold a noun itself, as in `/threads/v1/assistants`: where a version stands, it ends there.
    after_version = [index for index in known if index and segments[index - 1] == "v1"]
    return segments[next(iter(after_version or known), 0) :]


def _no_operation(method: str, path: str, segments: Sequence[str], shape: str) -> Refusal:
    if segments[0] in _OTHER_NOUNS or (method, "/".join(segments_of(path))) in _OTHER_ROUTES:
        return NotSimulated(method, path)
    if shape in _METHODS:
        return MethodNotAllowed(method, path, _METHODS[shape])
    return UnknownUrl(method, path)
