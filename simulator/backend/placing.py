"""Puts objects in their place without the API: what is given is kept, what is missing is filled."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from ..errors import StateError, suggestion
from . import objects
from .assistant_files import attach
from .ids import STAMPED
from .lifecycle import TABLES, TERMINAL, RunStatus
from .objects import EMPTY, NOTHING, JsonDict
from .responses.placing import place_conversation, place_item, place_response
from .shapes import PLACED, first_problem
from .state import Backend
from .store import NO_PARENT


def place(backend: Backend, collection: str, item: Mapping[str, Any]) -> JsonDict:
    """Place an object, or put it in the place of the one with its id.

    A thread or run that the object belongs to is made too where it is missing. An active run does
    not move by itself, except to expire; one in `requires_action` takes a submit. `file_ids`, of version 1,
    are stored as version 2 has them, and shown to version 1.

    Args:
        collection: `assistants`, `threads`, `messages`, `runs`, `run_steps`, `files`, `uploads`, `vector_stores`,
            `vector_store_files`, `vector_store_file_batches`, `responses`, `conversations` or `conversation_items`.
        item: fields as on the wire; a file may have `content` (bytes or text), a batch the `file_ids` that came in it,
            an upload its `parts`: content by id, a response the `input` that it was given, a conversation its `items`.

    Returns:
        The stored object; not a copy.

    Raises:
        StateError: no such collection, a value that JSON cannot hold or that is not formed as on the wire,
            or a parent that is not named. Nothing is changed.
    """
    if collection not in _PLACERS:
        hint = suggestion(collection, _PLACERS)
        raise StateError(f"There is no collection {collection!r}.{hint} There are: {', '.join(_PLACERS)}.")
    if not isinstance(item, Mapping):
        raise StateError(f"put({collection!r}, …) takes an object, not {item!r}.")
    return _PLACERS[collection](backend, dict(item))


def _copied(collection: str, item: JsonDict) -> JsonDict:
    """Return a copy that every operation can serve; whoever calls this has changed nothing yet."""
    try:
        copy: JsonDict = json.loads(json.dumps(item, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError) as error:  # UnicodeEncodeError too: half of a surrogate pair
        raise StateError(f"put({collection!r}, …): JSON cannot hold the object: {error}.") from None
    _check_identity(collection, copy)
    if isinstance(copy.get("content"), str) and collection != "conversation_items":
        copy["content"] = [objects.text_part(copy["content"], [])]
    try:
        PLACED[collection].validate_python(copy)
    except ValidationError as error:
        raise StateError(
            f"put({collection!r}, …): the object is not formed as on the wire. {first_problem(error)}."
        ) from None
    return copy


def _check_identity(collection: str, copy: JsonDict) -> None:
    id = copy.get("id")
    if id is not None and (not isinstance(id, str) or not id):
        raise StateError(f"put({collection!r}, …): an id is a text that is not empty, not {id!r}.")
    for key in ("created_at", "expires_at"):
        seconds = copy.get(key)
        if seconds is not None and not _is_time(seconds):
            raise StateError(f"put({collection!r}, …): {key} is a number of seconds or null, not {copy[key]!r}.")


def _is_time(value: object) -> bool:
    # Past the bound, no float can hold the sum of two.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _filled(given: JsonDict, **usual: Any) -> None:
    """Put a value in the place of a null that no operation could serve."""
    for key, value in usual.items():
        if key in given and given[key] is None:
            given[key] = value


def _place_assistant(backend: Backend, item: JsonDict) -> JsonDict:
    given = _copied("assistants", item)
    file_ids = given.pop("file_ids", None)
    _filled(given, tools=[], tool_resources={})
    id, created_at = _identity(backend, given, "asst_")
    usual = objects.assistant(id, created_at, given.get("model") or "gpt-4o", **_present(given))
    assistant = backend.store.assistants.replace({**usual, **given})
    if file_ids is not None:
        attach(backend.store, assistant, file_ids, int(created_at or 0))
    return assistant


def _place_thread(backend: Backend, item: JsonDict) -> JsonDict:
    given = _copied("threads", item)
    return backend.store.threads.replace({**objects.thread(*_identity(backend, given, "thread_")), **given})


def _place_message(backend: Backend, item: JsonDict) -> JsonDict:
    given = _copied("messages", item)
    thread_id = _parent(given, "messages", "thread_id")
    if given.get("content"):
        given["content"] = [_stored_part(part) for part in given["content"]]
    file_ids = given.pop("file_ids", None)
    if file_ids:
        given.setdefault("attachments", objects.attachments(file_ids))
    id, created_at = _identity(backend, given, "msg_")
    usual = objects.message(id, created_at, thread_id, "user", NOTHING)
    _require_thread(backend, thread_id)
    return backend.store.messages.replace({**usual, **given}, thread_id)


def _stored_part(part: JsonDict) -> JsonDict:
    """Return a part of a message as it is stored; a request has its text bare."""
    if part["type"] != "text":
        return part
    text = {"value": part["text"]} if isinstance(part["text"], str) else part["text"]
    return {**part, "text": {"value": "", "annotations": [], **text}}


def _place_run(backend: Backend, item: JsonDict) -> JsonDict:
    given = _copied("runs", item)
    file_ids = given.pop("file_ids", None)
    thread_id = _parent(given, "runs", "thread_id")
    _check_status("runs", given, "thread.run")
    id, created_at = _identity(backend, given, "run_")
    assistant = backend.store.assistants.get(given.get("assistant_id", ""))
    if assistant is None:
        assistant = objects.assistant(given.get("assistant_id") or backend.ids.new("asst_"), created_at, "gpt-4o")
    usual = objects.run(id, int(created_at or 0), thread_id, assistant, **_present(given))
    if given.get("status") in TERMINAL:
        usual["expires_at"] = None
    elif usual["expires_at"] <= backend.clock.now():  # it was made long ago and is said to be active
        usual["expires_at"] = int(backend.clock.now()) + objects.RUN_LIFETIME_SECONDS
    _require_thread(backend, thread_id)
    run = backend.store.runs.replace({**usual, **given}, thread_id)
    if file_ids is not None:
        backend.store.run_files[id] = file_ids
    backend.engine.adopt(run)
    return run


def _place_step(backend: Backend, item: JsonDict) -> JsonDict:
    given = _copied("run_steps", item)
    run_id = _parent(given, "run_steps", "run_id")
    thread_id = _parent(given, "run_steps", "thread_id")
    _check_status("run_steps", given, "thread.run.step")
    details = given["step_details"] = given.get("step_details") or objects.tool_calls([])
    if given.setdefault("type", details["type"]) != details["type"]:
        raise StateError(f"put('run_steps', …): its type is {given['type']!r}, and not that of {details!r}.")
    run = backend.store.runs.get(run_id, thread_id) or _run_of(backend, run_id, thread_id, given)
    id, created_at = _identity(backend, given, "step_")
    step = {**objects.run_step(id, created_at, run, details), **given}
    placed = backend.store.run_steps.replace(step, run_id)
    backend.engine.adopt_step(placed)
    return placed


def _run_of(backend: Backend, run_id: str, thread_id: str, step: Mapping[str, Any]) -> JsonDict:
    # What is known of it is the status of its step: the run of a finished one must not lock its thread.
    status = step.get("status", RunStatus.IN_PROGRESS)
    return _place_run(backend, {"id": run_id, "thread_id": thread_id, "status": status})


def _place_file(backend: Backend, item: JsonDict) -> JsonDict:
    data = _content("files", item.pop("content", b""))
    given = _copied("files", item)
    id, created_at = _identity(backend, given, "file-")
    usual = objects.file(id, created_at, f"{id}.txt", "assistants", len(data))
    backend.store.contents[id] = data
    return backend.store.files.replace({**usual, **given})


def _place_vector_store(backend: Backend, item: JsonDict) -> JsonDict:
    given = _copied("vector_stores", item)
    _check_status("vector_stores", given, "vector_store")
    id, created_at = _identity(backend, given, "vs_")
    given.setdefault("last_active_at", created_at)
    _with_counts(given)
    usual = objects.vector_store(id, int(created_at or 0), **_present(given))
    usual["expires_at"] = objects.expiry(given["last_active_at"] or 0, usual["expires_after"])
    placed = backend.store.vector_stores.replace({**usual, **given})
    backend.engine.vector_stores.plan_expiry(placed)
    return placed


def _place_vector_store_file(backend: Backend, item: JsonDict) -> JsonDict:
    given = _copied("vector_store_files", item)
    vector_store_id = _parent(given, "vector_store_files", "vector_store_id")
    _check_status("vector_store_files", {"status": "completed", **given}, "vector_store.file")
    id, created_at = _identity(backend, given, "file-")
    usual = {**objects.vector_store_file(id, created_at, vector_store_id), "status": "completed"}
    vector_store = _vector_store(backend, vector_store_id)
    return backend.engine.vector_stores.place_file(vector_store, {**usual, **given})


def _place_batch(backend: Backend, item: JsonDict) -> JsonDict:
    given = _copied("vector_store_file_batches", item)
    vector_store_id = _parent(given, "vector_store_file_batches", "vector_store_id")
    _check_status("vector_store_file_batches", {"status": "completed", **given}, "vector_store.file_batch")
    file_ids = given.pop("file_ids", None)
    _with_counts(given)
    id, created_at = _identity(backend, given, "vsfb_ibj_")
    usual = {**objects.vector_store_file_batch(id, created_at, vector_store_id), "status": "completed"}
    if file_ids is not None:
        counted = {usual["status"]: len(file_ids), "total": len(file_ids)}
        usual["file_counts"] = {**usual["file_counts"], **counted}
    _vector_store(backend, vector_store_id)
    backend.store.batch_files[id] = file_ids or []
    return backend.store.vector_store_file_batches.replace({**usual, **given}, vector_store_id)


def _with_counts(given: JsonDict) -> None:
    if "file_counts" in given:
        given["file_counts"] = {**objects.file_counts(), **given["file_counts"]}


def _vector_store(backend: Backend, id: str) -> JsonDict:
    """Return the vector store that is named as a parent; it is made where it is missing."""
    found = backend.store.vector_stores.get(id)
    return found or backend.store.vector_stores.add(objects.vector_store(id, int(backend.clock.now())))


def _content(collection: str, content: object) -> bytes:
    if not isinstance(content, str | bytes):
        raise StateError(f"put({collection!r}, …): content is bytes or a text, not {content!r}.")
    try:
        return content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        raise StateError(f"put({collection!r}, …): content cannot be written as UTF-8: {error}.") from None


def _place_upload(backend: Backend, item: JsonDict) -> JsonDict:
    parts = {part_id: _content("uploads", content) for part_id, content in item.pop("parts", {}).items()}
    given = _copied("uploads", item)
    id, created_at = _identity(backend, given, "upload_")
    size = given.get("bytes", sum(map(len, parts.values())))
    usual = objects.upload(id, created_at, f"{id}.txt", "assistants", size)
    for part_id, content in parts.items():
        backend.store.contents[part_id] = content
        backend.store.upload_parts.replace(objects.upload_part(part_id, created_at, id), id)
    return backend.store.uploads.replace({**usual, **given})


def _place_response(backend: Backend, item: JsonDict) -> JsonDict:
    given = _copied("responses", item)
    return place_response(backend.responses, given, given.get("created_at") or backend.clock.now())


def _place_conversation(backend: Backend, item: JsonDict) -> JsonDict:
    given = _copied("conversations", item)
    return place_conversation(backend.responses, given, given.get("created_at") or backend.clock.now())


def _place_conversation_item(backend: Backend, item: JsonDict) -> JsonDict:
    conversation_id = _parent(item, "conversation_items", "conversation_id")
    given = {key: value for key, value in item.items() if key != "conversation_id"}
    return place_item(backend.responses, _copied("conversation_items", given), conversation_id, backend.clock.now())


def _identity(backend: Backend, given: Mapping[str, Any], prefix: str) -> tuple[str, Any]:
    created_at = given.get("created_at", int(backend.clock.now()))
    id = given.get("id")
    if id is None:
        id = backend.ids.stamped(prefix, int(created_at or 0)) if prefix in STAMPED else backend.ids.new(prefix)
    return id, created_at


def _present(given: Mapping[str, Any]) -> JsonDict:
    identity = ("id", "object", "created_at", "model", "thread_id", "of")
    return {key: value for key, value in given.items() if value is not None and key not in identity}


def _parent(given: Mapping[str, Any], collection: str, key: str) -> str:
    parent = given.get(key)
    if not isinstance(parent, str) or not parent:
        raise StateError(f"put({collection!r}, …) needs a {key!r}: where would the object be listed?")
    return parent


def _require_thread(backend: Backend, thread_id: str) -> None:
    if backend.store.threads.get(thread_id, NO_PARENT) is None:
        backend.store.threads.add(objects.thread(thread_id, int(backend.clock.now()), metadata=dict(EMPTY)))


def _check_status(collection: str, given: Mapping[str, Any], kind: str) -> None:
    statuses = list(map(str, TABLES[kind]))
    if given.get("status", statuses[0]) not in statuses:
        raise StateError(
            f"put({collection!r}, …): there is no status {given['status']!r}. There are: {', '.join(statuses)}."
        )


_PLACERS: Mapping[str, Callable[[Backend, JsonDict], JsonDict]] = {
    "assistants": _place_assistant,
    "threads": _place_thread,
    "messages": _place_message,
    "runs": _place_run,
    "run_steps": _place_step,
    "files": _place_file,
    "vector_stores": _place_vector_store,
    "vector_store_files": _place_vector_store_file,
    "vector_store_file_batches": _place_batch,
    "uploads": _place_upload,
    "responses": _place_response,
    "conversations": _place_conversation,
    "conversation_items": _place_conversation_item,
}
