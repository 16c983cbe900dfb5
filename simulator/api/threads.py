"""Threads: create, retrieve, update, delete; and the messages that come with a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..backend import objects
from ..backend.objects import JsonDict
from ..backend.vector_stores import THREAD_EXPIRY
from .call import Call, deleted
from .messages import new_message
from .tool_resources import NewStore, attach, check_attachments, keep, with_resources

# What a thread without files shows when it is read or streamed; the answers to create and update show `{}`
# (recorded-traffic.md 1, thread).
_SHOWN_WHEN_READ: JsonDict = {"code_interpreter": {"file_ids": []}}


class NewThread(NamedTuple):
    """A thread that is made but not stored."""

    thread: JsonDict
    messages: list[JsonDict]
    stores: list[NewStore]


def create(call: Call) -> JsonDict:
    """Make a thread, perhaps with messages."""
    new = new_thread(call, call.body)
    keep_thread(call, new)
    for message in new.messages:
        call.backend.store.messages.add(message, new.thread["id"])
    return new.thread


def retrieve(call: Call) -> JsonDict:
    """Return a thread."""
    return as_read(call.thread())


def update(call: Call) -> JsonDict:
    """Change metadata and tool resources, where given."""
    thread = call.thread()
    changes, stores = with_resources(call, call.body, THREAD_EXPIRY)
    keep(call, stores)
    thread.update(changes)
    return thread


def delete(call: Call) -> JsonDict:
    """Delete a thread with its messages and runs; whether an active run prevents it is not known."""
    thread = call.thread()
    for run in call.backend.store.runs.of(thread["id"]):
        call.backend.engine.forget(run["id"])
    call.backend.store.drop_thread(thread["id"])
    return deleted(thread)


def as_read(thread: Mapping[str, Any]) -> JsonDict:
    """Return a thread as a GET and a stream show it."""
    return {**thread, "tool_resources": thread["tool_resources"] or _SHOWN_WHEN_READ}


def new_thread(call: Call, body: Mapping[str, Any], where: str = "messages") -> NewThread:
    """Return a thread with its first messages and vector stores, made but not stored.

    Args:
        where: the path of its messages in the request.

    Raises:
        NotFound, NotForRetrieval: a vector store or a file that it names cannot be searched.
    """
    created: Sequence[Mapping[str, Any]] = body.get("messages", ())
    check_attachments(call, created, where=where)
    fields, stores = with_resources(call, body, THREAD_EXPIRY)
    fields.pop("messages", None)
    thread = objects.thread(call.backend.ids.new("thread_"), call.created_at, **fields)
    return NewThread(thread, [new_message(call, thread["id"], message) for message in created], stores)


def keep_thread(call: Call, new: NewThread) -> None:
    """Store a thread with its vector stores; the messages are stored by whoever runs or makes it."""
    call.backend.store.threads.add(new.thread)
    keep(call, new.stores)
    attach(call, new.thread, new.messages)
