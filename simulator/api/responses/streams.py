"""Responses as they come: the whole body once the last turn has ended, or the events as they happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from ...backend.fault_kinds import NoResponseKind
from ...backend.objects import JsonDict
from ...backend.responses.engine import Responses
from ...backend.responses.speaking import StreamEvent, events_of
from ...backend.responses.work import Flow, ResponseStream, Work
from ...backend.state import Backend
from ..wire import BrokenOff, Frame, json_body, sse_frame

GiveUp: TypeAlias = Callable[[str], None]
# A delta with its padding has a multiple of so many characters, as recorded.
_PADDED = 16


def whole(work: Work, backend: Backend, read_seconds: float) -> Iterator[Frame]:
    """Yield the body of a response, when it has ended.

    Raises:
        BrokenOff: the client does not wait so long.
    """
    yield from _until_ended(work, backend, read_seconds, give_up=backend.responses.abandon)
    sent = backend.responses.as_sent(work.response, work.include)
    yield Frame(backend.clock.now(), json_body(sent))


def frames(
    work: Work, stream: ResponseStream, backend: Backend, read_seconds: float, *, obfuscated: bool = True
) -> Iterator[Frame]:
    """Yield the events of a response as they happen.

    Raises:
        BrokenOff: the client does not wait so long for the next one.
    """
    write = Writer(backend.responses, work.id, obfuscated=obfuscated).write
    while True:
        backend.engine.settle()
        while stream.waiting:
            yield from _flowing(stream.waiting.popleft(), backend, write)
        if work.ended:
            return
        deadline = backend.clock.now() + read_seconds
        yield from _next_wait(work, backend, deadline, give_up=backend.responses.abandon)


def replayed(
    response_id: str, backend: Backend, read_seconds: float, *, after: int, obfuscated: bool = True
) -> Iterator[Frame]:
    """Yield the events of a stored response once more, at once; of one at work, when it has ended.

    Args:
        after: the number of the last event that is not wanted.
    """
    work = backend.responses.work.get(response_id)
    if work is not None:
        yield from _until_ended(work, backend, read_seconds, give_up=_nothing)
    response = backend.store.responses.get(response_id)
    if response is None:  # deleted meanwhile
        return
    write = Writer(backend.responses, response_id, obfuscated=obfuscated).write
    for number, event in enumerate(_events_again(response, backend.responses)):
        data = write(event)
        if number > after:
            yield Frame(backend.clock.now(), data)


def _events_again(response: Mapping[str, Any], responses: Responses) -> Iterator[StreamEvent]:
    begun = {**response, "status": "in_progress", "output": [], "usage": None, "completed_at": None, "error": None}
    begun["incomplete_details"] = None
    if response["service_tier"] == "default":  # as which `auto` ends
        begun["service_tier"] = "auto"
    for name in ("response.created", "response.in_progress"):
        yield StreamEvent(name, {"response": responses.as_sent(begun, streamed=True)})
    for index, item in enumerate(response["output"]):
        yield from events_of(item, index)
    yield StreamEvent(f"response.{response['status']}", {"response": responses.as_sent(response, streamed=True)})


def _nothing(response_id: str) -> None:
    """Leave a response to the client that asked for it."""


def _until_ended(work: Work, backend: Backend, read_seconds: float, *, give_up: GiveUp) -> Iterator[Frame]:
    deadline = backend.clock.now() + read_seconds
    while not work.ended:
        yield from _next_wait(work, backend, deadline, give_up=give_up)
        backend.engine.settle()


def _next_wait(work: Work, backend: Backend, deadline: float, *, give_up: GiveUp) -> Iterator[Frame]:
    """Yield the wait for the next event, whosever it is.

    Args:
        give_up: what becomes of the response when its client waits no longer.

    Raises:
        BrokenOff: that is so.
    """
    due = backend.engine.next_due()
    if due is not None and due <= deadline:
        yield Frame(due, b"")
        return
    yield Frame(deadline, b"")
    if not work.ended:
        give_up(work.id)
    raise BrokenOff(NoResponseKind.READ_TIMEOUT)


def _flowing(flow: Flow, backend: Backend, write: Callable[[StreamEvent], bytes]) -> Iterator[Frame]:
    clock, engine = backend.clock, backend.engine
    for event, due in zip(flow.events, flow.times, strict=True):
        while due > clock.now() and (first := engine.next_due()) is not None and first <= due:
            yield Frame(first, b"")
            engine.settle()
        if due > flow.stop:
            return
        yield Frame(due, write(event))


class Writer:
    """Makes the frames of one stream: numbers its events, and pads its deltas as the service does.

    Args:
        obfuscated: False where the request does not want the padding.
    """

    def __init__(self, responses: Responses, response_id: str, *, obfuscated: bool) -> None:
        self._sorted = responses.generation.sorts_events
        self._padding = response_id[5:] * 2 if obfuscated else ""
        self._number = 0
        self._orders: dict[tuple[str, ...], list[str]] = {}

    def write(self, event: StreamEvent) -> bytes:
        """Return the frame of the next event."""
        name, data = event
        numbered: JsonDict = {"sequence_number": self._number, **data}
        if self._padding and name.endswith(".delta") and "refusal" not in name:
            start = self._number % _PADDED
            numbered["obfuscation"] = self._padding[start : start + _PADDED - len(data["delta"]) % _PADDED]
        self._number += 1
        return sse_frame(name, {"type": name, **(self._in_order(numbered) if self._sorted else numbered)})

    def _in_order(self, data: JsonDict) -> JsonDict:
        keys = tuple(data)
        order = self._orders.get(keys)
        if order is None:
            order = self._orders[keys] = sorted(keys)
        return {key: data[key] for key in order}
