"""Server-sent events: a recorded stream as a list of events, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from .json_values import parsed, whole


class Event(NamedTuple):
    """One event.

    Args:
        event: its name; empty where it has none (the Responses API repeats it in the data).
        data: the text, lines joined as the standard says.
    """

    event: str
    data: str

    @property
    def json(self) -> Any:
        """The data, parsed; None where it is no JSON (`[DONE]`)."""
        return parsed(self.data)


def events_of(body: bytes) -> Sequence[Event]:
    """Return the events of a stream, in order; what stands after the last empty line was cut, and counts."""
    return tuple(_events(body.decode("utf-8", "replace")))


def _events(text: str) -> Iterator[Event]:
    for block in text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        event = _event(block)
        if event is not None:
            yield event


def _event(block: str) -> Event | None:
    name, data = "", []
    for line in block.split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
    return Event(name, "\n".join(data)) if name or data else None


def frame_of(event: Event) -> bytes:
    """Return one event as the bytes that the service sends."""
    lines = [f"event: {event.event}"] if event.event else []
    lines += [f"data: {line}" for line in event.data.split("\n")]
    return (whole("\n".join(lines)) + "\n\n").encode()


def stream_of(events: Iterable[Event]) -> bytes:
    """Return a stream: its events one after the other."""
    return b"".join(map(frame_of, events))
