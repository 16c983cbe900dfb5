"""A run as server-sent events: what fired, in order, and the deltas between, each frame at its time.

Order and shapes: recorded-traffic.md 6 and 7. Objects inside a stream differ from those in JSON
answers: a run shows tool resources that it does not have, and a message has a status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from ..backend.execution import Deltas, RunStream, StreamEvent
from ..backend.objects import JsonDict
from ..backend.state import Backend
from .steps import as_included
from .wire import SSE_DONE, Frame, sse_frame

# In every v2 event, whatever the tools are (recorded-traffic.md 1).
_STREAMED_RESOURCES: JsonDict = {"code_interpreter": {"file_ids": []}}


Write: TypeAlias = Callable[[str, Mapping[str, Any]], bytes]
"""Makes the frame of an event from its name and its data, both as version 2 has them."""


def frames(stream: RunStream, backend: Backend, query: Mapping[str, Any], write: Write = sse_frame) -> Iterator[Frame]:
    """Yield the frames of a stream until the run waits for outputs or has ended.

    Between two frames others may use the service: nothing is held. A frame without data asks the
    door to come back when it is that late. If nothing will ever happen again (a placed run that
    hangs and never expires), the stream ends without `[DONE]`.
    """
    engine = backend.engine
    while True:
        engine.settle()
        while stream.waiting:
            item = stream.waiting.popleft()
            if isinstance(item, StreamEvent):
                yield Frame(item.at, write(item.name, shown(item, query)))
            else:
                yield from _delta_frames(item, backend, write)
        if stream.ended:
            yield Frame(backend.clock.now(), SSE_DONE)
            return
        due = engine.next_due()
        if due is None:
            return
        yield Frame(due, b"")


def shown(event: StreamEvent, query: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the data of something that fired, with what the request's `query` includes."""
    show = _SHOWN.get(str(event.data["object"]))
    return show(event, query) if show else event.data


def _delta_frames(deltas: Deltas, backend: Backend, write: Write) -> Iterator[Frame]:
    object_name, wrap = _DELTA_SHAPES[deltas.name]
    clock, engine = backend.clock, backend.engine
    for part, due in zip(deltas.parts, deltas.times, strict=True):
        # What is due before this piece fires first: it may cut the answer short.
        while due > clock.now() and (first := engine.next_due()) is not None and first <= due:
            yield Frame(first, b"")
            engine.settle()
        if due > deltas.stop:
            return
        yield Frame(due, write(deltas.name, {"id": deltas.id, "object": object_name, "delta": wrap(part)}))


def _message_delta(part: JsonDict) -> JsonDict:
    return {"content": [part]}


def _step_delta(part: JsonDict) -> JsonDict:
    return {"step_details": {"type": "tool_calls", "tool_calls": [part]}}


_DELTA_SHAPES: Mapping[str, tuple[str, Callable[[JsonDict], JsonDict]]] = {
    "thread.message.delta": ("thread.message.delta", _message_delta),
    "thread.run.step.delta": ("thread.run.step.delta", _step_delta),
}


def _show_run(event: StreamEvent, query: Mapping[str, Any]) -> JsonDict:
    return {**event.data, "tool_resources": _STREAMED_RESOURCES}


def _show_step(event: StreamEvent, query: Mapping[str, Any]) -> JsonDict:
    return as_included(event.data, query)


def _show_message(event: StreamEvent, query: Mapping[str, Any]) -> JsonDict:
    """Return a message with the keys that only streams have, between `run_id` and `role`."""
    message = dict(event.data)
    after = {key: message.pop(key) for key in ("role", "content", "attachments", "metadata")}
    return {**message, **_message_status(event), **after}


def _message_status(event: StreamEvent) -> JsonDict:
    status = event.name.rpartition(".")[2]
    at = int(event.at)
    return {
        "status": "in_progress" if status == "created" else status,
        "incomplete_details": None if event.reason is None else {"reason": event.reason},
        "incomplete_at": at if status == "incomplete" else None,
        "completed_at": at if status == "completed" else None,
    }


_SHOWN: Mapping[str, Callable[[StreamEvent, Mapping[str, Any]], Mapping[str, Any]]] = {
    "thread.run": _show_run,
    "thread.run.step": _show_step,
    "thread.message": _show_message,
}
