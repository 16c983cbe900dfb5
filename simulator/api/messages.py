"""Messages: create, retrieve, update, list, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..backend import objects
from ..backend.objects import EMPTY, NOTHING, JsonDict
from .call import Call, deleted
from .refusals.states import ThreadLocked
from .tool_resources import attach, check_attachments


def create(call: Call) -> JsonDict:
    """Add a message to a thread.

    Raises:
        ThreadLocked: a run is active on it.
        NotFound, NotForRetrieval, VectorStoreExpired: an attached file cannot be searched.
    """
    thread = call.thread()
    run_id = call.backend.engine.active_run(thread["id"])
    if run_id is not None:
        raise ThreadLocked(thread["id"], run_id)
    check_attachments(call, [call.body], thread)
    attach(call, thread, [call.body])
    return call.backend.store.messages.add(new_message(call, thread["id"], call.body), thread["id"])


def retrieve(call: Call) -> JsonDict:
    """Return a message.

    Raises:
        NotFound: there is no such message.
    """
    return call.message()


def change(call: Call) -> JsonDict:
    """Change the metadata and return the message.

    Raises:
        NotFound: there is no such message.
    """
    message = call.message()
    message.update(call.body)
    return message


def update(call: Call) -> JsonDict:
    """Change the metadata. The answer has `file_ids` where all others have `attachments` (assistants-api.md 3).

    Raises:
        NotFound: there is no such message.
    """
    message = change(call)
    return {
        ("file_ids" if key == "attachments" else key): value for key, value in {**message, "attachments": []}.items()
    }


def list_(call: Call) -> JsonDict:
    """Return a page of the messages of a thread, perhaps only those that one run wrote.

    Raises:
        NotFound: there is no such thread.
    """
    messages = call.backend.store.messages.of(call.thread()["id"])
    return call.page(messages, "message", run_id=call.query.get("run_id"))


def delete(call: Call) -> JsonDict:
    """Delete a message; whether an active run prevents it is not known.

    Raises:
        NotFound: there is no such message.
    """
    message = call.message()
    call.backend.store.messages.remove(message["id"], call.ids[0])
    return deleted(message)


def new_message(call: Call, thread_id: str, body: Mapping[str, Any]) -> JsonDict:
    """Return a message, made but not stored."""
    return objects.message(
        call.backend.ids.new("msg_"),
        call.created_at,
        thread_id,
        body["role"],
        _content(body["content"]),
        attachments=body.get("attachments", NOTHING),
        metadata=body.get("metadata", EMPTY),
    )


def _content(content: str | list[Mapping[str, Any]]) -> list[JsonDict]:
    if isinstance(content, str):
        return [objects.text_part(content)]
    return [_part(part) for part in content]


def _part(part: Mapping[str, Any]) -> JsonDict:
    kind = part["type"]
    if kind == "text":
        return objects.text_part(part["text"])
    # `detail` is echoed, as `auto` where it was not given (assistants-api.md 3).
    source = part[kind]
    return {"type": kind, kind: {**source, "detail": source.get("detail", "auto")}}
