"""Secrets out of a stream: of each event, and of what many events say piece by piece."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .events import Event
from .json_values import dumped
from .scrubbed_texts import TextScrubber

# Which text a piece belongs to: the event's name, the object, and where in it.
Lane = tuple[Any, ...]
# Beside the id, what tells apart the texts of a stream of the Responses API.
_MARKS = ("id", "item_id", "output_index", "content_index")


class _Piece(NamedTuple):
    """One piece of a text: `holder[key]`, in the data of an event."""

    holder: Any
    key: Any


def scrubbed_events(events: Sequence[Event], texts: TextScrubber, place: str) -> list[Event]:
    """Return the events of a stream without secrets, those included that only show when deltas are joined."""
    before = [each.json for each in events]
    values = [each.json for each in events]  # changed in place
    for lane, pieces in _lanes(events, values).items():
        if len(pieces) > 1:
            _scrub_joined(pieces, texts, f"{place}, the deltas of {lane[0] or 'it'} joined")
    return [
        _event(each, old, value, texts, f"{place} event {number}")
        for number, (each, old, value) in enumerate(zip(events, before, values, strict=True), 1)
    ]


def _event(event: Event, before: Any, value: Any, texts: TextScrubber, place: str) -> Event:
    event = event._replace(event=texts.text(event.event, place))
    if not isinstance(value, dict | list):
        return event._replace(data=texts.text(event.data, place))
    value = texts.json(value, f"{place} $")
    if value == before:
        return event._replace(data=texts.text(event.data, place))  # what JSON hides: a key that stands twice
    return event._replace(data=dumped(value, separators=(",", ":")))


def _lanes(events: Sequence[Event], values: Sequence[Any]) -> dict[Lane, list[_Piece]]:
    lanes: dict[Lane, list[_Piece]] = defaultdict(list)
    for event, value in zip(events, values, strict=True):
        if isinstance(value, dict):
            marks = tuple(value.get(name) for name in _MARKS)
            for path, piece in _pieces(value):
                lanes[event.event, *map(str, marks), *path].append(piece)
    return lanes


def _pieces(value: dict[str, Any]) -> Iterator[tuple[Lane, _Piece]]:
    for key in ("delta", "choices"):  # of Assistants and Responses; of chat completions
        if isinstance(value.get(key), str):
            yield (key,), _Piece(value, key)
        else:
            yield from _leaves(value.get(key), (key,))


def _leaves(value: Any, path: Lane) -> Iterator[tuple[Lane, _Piece]]:
    children: Any = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        step = str(child.get("index", key)) if isinstance(value, list) and isinstance(child, dict) else key
        if isinstance(child, str):
            yield (*path, step), _Piece(value, key)
        else:
            yield from _leaves(child, (*path, step))


def _scrub_joined(pieces: Sequence[_Piece], texts: TextScrubber, place: str) -> None:
    """Scrub the text that pieces make together, and cut it again as it was cut; the last takes what is over."""
    joined = "".join(piece.holder[piece.key] for piece in pieces)
    rest = texts.text(joined, place)
    if rest == joined:
        return
    for piece in pieces[:-1]:
        length = len(piece.holder[piece.key])
        piece.holder[piece.key], rest = rest[:length], rest[length:]
    pieces[-1].holder[pieces[-1].key] = rest
