"""What a fault does to one request: the step of `Service` between the route and the operation.

A row of `_STRIKES` per kind of fault. Each is given how to perform the operation, and returns, instead of
its answer, what the client gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ..backend import objects
from ..backend.fault_kinds import (
    STREAM_STARTERS,
    CutStream,
    Delay,
    HttpError,
    LockLag,
    NoAnswer,
    NoResponseKind,
    RivalRun,
    SplitStream,
    Stay,
    StreamEnding,
)
from ..backend.faults import Moment, Planned, Target
from ..backend.state import Backend
from ..backend.turns import say
from .refusals.refusal import envelope
from .routes import Match
from .wire import JSON_TYPE, BrokenOff, Frame, NoResponse, Request, Response, json_body, sse_frame

Answer: TypeAlias = "Response | NoResponse"

# What the SDKs wait for: 5 s for a connection, and 600 s for an answer where the client has no limit of its own.
CONNECT_SECONDS = 5.0
READ_SECONDS = 600.0
_STREAM_ERROR = {
    "code": None,
    "message": "The server had an error while processing your request. Sorry about that!",
    "param": None,
    "type": "server_error",
}
_ERROR_EVENTS: Mapping[StreamEnding, bytes] = {
    StreamEnding.ERROR: sse_frame("error", _STREAM_ERROR),
    StreamEnding.WRAPPED_ERROR: sse_frame("error", {"error": _STREAM_ERROR}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """A request that a fault strikes.

    Args:
        perform: answers it as if nothing were wrong, and raises a `Refusal` where it is refused.
        headers: those of its answer.
    """

    planned: Planned
    match: Match
    request: Request
    backend: Backend
    headers: Mapping[str, str]
    perform: Callable[[], Response]

    @property
    def is_early(self) -> bool:
        """Whether the fault strikes before the effect."""
        return self.planned.at is Moment.BEFORE

    @property
    def read_seconds(self) -> float:
        """How long its client waits for an answer."""
        return READ_SECONDS if self.request.timeout is None else self.request.timeout


def target_of(match: Match, request: Request) -> Target:
    """Return what faults ask about a request."""
    name, ids = match.operation.name, match.ids
    on_thread = match.operation.path.startswith("threads/*")
    on_run = on_thread and match.operation.path.startswith("threads/*/runs/*")
    body = request.json if name in STREAM_STARTERS else None
    streams = isinstance(body, dict) and body.get("stream") is True
    return Target(name, ids[0] if on_thread else None, ids[1] if on_run else None, streams)


def strike(struck: Struck) -> Answer:
    """Answer a request that a fault strikes.

    Raises:
        Refusal: the request is one that the service refuses, and the fault would have come after that.
    """
    return _STRIKES[type(struck.planned.fault)](struck, struck.planned.fault)


def _http_error(struck: Struck, fault: HttpError) -> Answer:
    if not struck.is_early:
        struck.perform()  # what a streamed answer would have been is thrown away; its run goes on
    message = fault.message.replace("{request_id}", struck.headers["x-request-id"])
    sent = {**struck.headers, "content-type": JSON_TYPE, **fault.headers}
    return Response(fault.status, sent, json_body(envelope(message, fault.type, fault.param, fault.code)))


def _no_answer(struck: Struck, fault: NoAnswer) -> Answer:
    if not struck.is_early:
        struck.perform()
    _wait_in_vain(struck, fault.kind)
    return NoResponse(fault.kind)


def _wait_in_vain(struck: Struck, kind: NoResponseKind) -> None:
    if kind is NoResponseKind.CONNECT_TIMEOUT:
        _pass_time(struck.backend, CONNECT_SECONDS)
    elif kind is NoResponseKind.READ_TIMEOUT:
        _pass_time(struck.backend, struck.read_seconds)


def _delay(struck: Struck, fault: Delay) -> Answer:
    if struck.is_early:
        _pass_time(struck.backend, fault.seconds)
        return struck.perform()
    response = struck.perform()
    _pass_time(struck.backend, fault.seconds)
    return response


def _stay(struck: Struck, fault: Stay) -> Answer:
    response = struck.perform()
    struck.backend.engine.hold(_run_id(struck), fault.status, fault.seconds)
    return response


def _lock_lag(struck: Struck, fault: LockLag) -> Answer:
    response = struck.perform()
    struck.backend.engine.executions[_run_id(struck)].lock_lag = fault.seconds
    return response


def _rival_run(struck: Struck, fault: RivalRun) -> Answer:
    backend, thread_id, body = struck.backend, struck.match.ids[0], struck.request.json
    engine, store = backend.engine, backend.store
    asked_for = body.get("assistant_id") if isinstance(body, dict) else None
    assistant = store.assistants.get(asked_for) if isinstance(asked_for, str) else None
    is_free = store.threads.get(thread_id) is not None and engine.active_run(thread_id) is None
    if assistant is not None and is_free:
        run = objects.run(backend.ids.new("run_"), int(backend.clock.now()), thread_id, assistant)
        engine.begin(run, say(fault.says, takes=fault.seconds))
    return struck.perform()


def _cut_stream(struck: Struck, fault: CutStream) -> Answer:
    return _with_frames(struck.perform(), lambda frames: cut(frames, fault, struck))


def _split_stream(struck: Struck, fault: SplitStream) -> Answer:
    return _with_frames(struck.perform(), lambda frames: split(frames, fault.size))


_STRIKES: Mapping[type, Callable[[Struck, Any], Answer]] = {
    HttpError: _http_error,
    NoAnswer: _no_answer,
    Delay: _delay,
    Stay: _stay,
    LockLag: _lock_lag,
    RivalRun: _rival_run,
    CutStream: _cut_stream,
    SplitStream: _split_stream,
}


def _pass_time(backend: Backend, seconds: float) -> None:
    backend.clock.advance_to(backend.clock.now() + seconds)
    backend.engine.settle()


def _run_id(struck: Struck) -> str:
    """Return the run of the path, or else the one that the request has just begun."""
    executions = struck.backend.engine.executions
    return target_of(struck.match, struck.request).run or next(reversed(executions))


def _with_frames(response: Response, change: Callable[[Iterator[Frame]], Iterator[Frame]]) -> Response:
    return response if isinstance(response.body, bytes) else replace(response, body=change(response.body))


def cut(frames: Iterator[Frame], fault: CutStream, struck: Struck) -> Iterator[Frame]:
    """Yield the frames up to where a stream is cut, and what comes instead of the rest.

    Raises:
        BrokenOff: the connection fails there.
    """
    events, named = 0, 0
    for frame in frames:
        if frame.data:
            named += _event_of(frame.data) == fault.before
            if events == fault.before or named == fault.nth:
                yield from _ending(frame, fault, struck)
                return
            events += 1
        yield frame


def _ending(frame: Frame, fault: CutStream, struck: Struck) -> Iterator[Frame]:
    due, data = frame
    if fault.inside:
        yield Frame(due, data[: len(data) // 2])
    if fault.ending in _ERROR_EVENTS:
        yield Frame(due, _error_event(struck, fault.ending))
    elif fault.ending is not StreamEnding.END:
        kind = NoResponseKind(fault.ending)
        if kind is NoResponseKind.READ_TIMEOUT:
            yield Frame(due + struck.read_seconds, b"")
        raise BrokenOff(kind)


def _error_event(struck: Struck, ending: StreamEnding) -> bytes:
    """Return the event that ends a stream in an error; that of the Responses API is one of its events (documented)."""
    if ending is StreamEnding.WRAPPED_ERROR or struck.match.operation.surface != "responses":
        return _ERROR_EVENTS[ending]
    return sse_frame("error", {**_STREAM_ERROR, "type": "error", "code": "server_error", "sequence_number": 0})


def split(frames: Iterator[Frame], size: int) -> Iterator[Frame]:
    """Yield the bytes of the frames in pieces of `size`, each when its frame is due."""
    for due, data in frames:
        if not data:
            yield Frame(due, data)
        for start in range(0, len(data), size):
            yield Frame(due, data[start : start + size])


def _event_of(data: bytes) -> str:
    return data.partition(b"\n")[0].removeprefix(b"event: ").decode()
