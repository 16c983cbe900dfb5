"""Threads: create, retrieve, update, delete; and the messages that come with a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..backend import objects
from ..backend.objects import JsonDict
from .assistants import with_resources
from .call import Call, deleted
from .messages import new_message

# What a thread without files shows when it is read or streamed; the answers to create and update show `{}`
# (recorded-traffic.md 1, thread).
_SHOWN_WHEN_READ: JsonDict = {"code_interpreter": {"file_ids": []}}


def create(call: Call) -> JsonDict:
    """Make a thread, perhaps with messages."""
    thread, messages = new_thread(call, call.body)
    store = call.backend.store
    store.threads.add(thread)
    for message in messages:
        store.messages.add(message, thread["id"])
    return thread


def retrieve(call: Call) -> JsonDict:
    """Return a thread."""
    return as_read(call.thread())


def update(call: Call) -> JsonDict:
    """Change metadata and tool resources, where given."""
    thread = call.thread()
    thread.update(with_resources(call.body))
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


def new_thread(call: Call, body: Mapping[str, Any]) -> tuple[JsonDict, list[JsonDict]]:
    """Return a thread and its first messages, made but not stored."""
    fields = with_resources(body)
    created: Iterable[Mapping[str, Any]] = fields.pop("messages", ())
    thread = objects.thread(call.backend.ids.new("thread_"), call.created_at, **fields)
    return thread, [new_message(call, thread["id"], message) for message in created]
