"""What version 1 takes, read into what version 2 takes, and the operations that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from ...backend import objects
from ...backend.assistant_files import attach, file_ids
from ...backend.documents import unsupported
from ...backend.models import can_be_used_in_v1
from ...backend.objects import JsonDict
from .. import assistants, messages, routes, runs, threads
from ..assistant_files import require_files
from ..call import Call
from ..refusals.parameters import UnsupportedInV1
from ..routes import Handler, Operation
from ..vector_stores import uploaded
from . import v1_bodies as bodies


def _tools(tools: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [{"type": "file_search"} if tool["type"] == "retrieval" else tool for tool in tools]


def _choice(choice: object) -> object:
    return {"type": "file_search"} if choice == {"type": "retrieval"} else choice


def _messages(given: Iterable[Mapping[str, Any]]) -> list[JsonDict]:
    return [read(message) for message in given]


def read(body: Mapping[str, Any]) -> JsonDict:
    """Return a body, or a part of one, as version 2 takes it."""
    return {_KEYS.get(key, key): _READ[key](value) if key in _READ else value for key, value in body.items()}


_KEYS: Mapping[str, str] = {"file_ids": "attachments"}  # of messages; assistants have theirs apart
_READ: Mapping[str, Callable[[Any], Any]] = {
    "tools": _tools,
    "tool_choice": _choice,
    "file_ids": objects.attachments,
    "messages": _messages,
    "additional_messages": _messages,
    "thread": read,
}


def _named_files(body: Mapping[str, Any]) -> Iterable[str]:
    """Yield the ids of all files that a body names, at whatever depth."""
    yield from body.get("file_ids", ())
    for key in ("messages", "additional_messages"):
        for message in body.get(key, ()):
            yield from _named_files(message)
    if "thread" in body:
        yield from _named_files(body["thread"])


def _require_model(body: Mapping[str, Any]) -> None:
    if "model" in body and not can_be_used_in_v1(body["model"]):
        raise UnsupportedInV1(body["model"])


def _reading(handler: Handler) -> Handler:
    def handle(call: Call) -> Any:
        _require_model(call.body)
        require_files(call, _named_files(call.body))
        body = read(call.body)
        _search_what_can_be(call, body)
        return handler(replace(call, body=body))

    return handle


def _search_what_can_be(call: Call, body: JsonDict) -> None:
    """Take attached files that file search refuses from it: version 1 took any, for both tools."""
    for part in (*body.get("messages", ()), *body.get("additional_messages", ()), *filter(None, [body.get("thread")])):
        _search_what_can_be(call, part)
    for attachment in body.get("attachments", ()):
        (file,) = uploaded(call, [attachment["file_id"]])
        if unsupported([file["filename"] or ""]):
            attachment["tools"] = [{"type": "code_interpreter"}]


def _assistant(handler: Callable[[Call], JsonDict]) -> Handler:
    """Return a handler that also attaches the files, after `handler` has made or changed the assistant."""

    def handle(call: Call) -> JsonDict:
        _require_model(call.body)
        require_files(call, _named_files(call.body))
        body = {key: value for key, value in call.body.items() if key != "file_ids"}
        assistant = handler(replace(call, body=read(body)))
        store = call.backend.store
        wanted = call.body.get("file_ids", file_ids(store, assistant["id"]))
        attach(store, assistant, wanted, call.created_at)
        return assistant

    return handle


_ROWS: Mapping[str, tuple[Handler, Any]] = {
    "assistants.create": (_assistant(assistants.create), bodies.AssistantCreate),
    "assistants.update": (_assistant(assistants.update), bodies.AssistantUpdate),
    "threads.create": (_reading(threads.create), bodies.ThreadCreate),
    "threads.update": (threads.update, bodies.MetadataUpdate),
    "threads.create_and_run": (
        _reading(partial(runs.create_and_run, require=runs.nothing)),
        bodies.ThreadAndRunCreate,
    ),
    "messages.create": (_reading(messages.create), bodies.MessageCreate),
    "messages.update": (messages.change, bodies.MetadataUpdate),
    # It took a run on an empty thread without instructions (recorded; assistants-api.md 6).
    "runs.create": (_reading(partial(runs.create, require=runs.nothing)), bodies.RunCreate),
    "runs.update": (runs.update, bodies.MetadataUpdate),
}

_SHARED: Mapping[str, Operation] = {operation.name: operation for operation in routes.OPERATIONS}

OPERATIONS: Mapping[str, Operation] = {
    name: replace(_SHARED[name], handler=handler, body=TypeAdapter(body)) for name, (handler, body) in _ROWS.items()
}
