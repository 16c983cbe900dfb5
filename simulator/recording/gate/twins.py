"""Creations that may change places: what must go along when the ids of one are taken for those of its twin.

If a client's thread 1 turns out to be the recorded thread 2, then the messages that it wrote there are those of
thread 2 as well. So an exchange is closed: every effect that was made with one of the ids goes along, and must have a
twin of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .bodies import Body
from .ids import blanked
from .paths import Key, Place, place_of
from .progress import Progress
from .session import Entry, Session

# What is alike goes along without a choice; whoever made more alike than this gave nothing to tell it by.
MAX_PAIRS = 32


class Shape(NamedTuple):
    """A request without its ids: twins have the same."""

    method: str
    generation: str | None
    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    body: str | bytes


class Shaped(NamedTuple):
    """The shape of a request, and the ids in their order."""

    shape: Shape
    ids: tuple[str, ...]


class Twins:
    """Finds twins among the interactions of a session, each read when it is first needed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._shaped: list[Shaped] = []
        self._by_shape: dict[Shape, list[Entry]] = defaultdict(list)

    def shaped(self, key: Key, body: Body) -> Shaped:
        """Return the shape of a request in the ids of the recording."""
        place = place_of(key.path)
        rest, mentioned = blanked(body.rest) if isinstance(body.rest, str) else (body.rest, ())
        query = tuple((name, "*" if self._is_id(value) else value) for name, value in key.query)
        ids = (*place.ids, *(value for _, value in key.query if self._is_id(value)), *mentioned)
        return Shaped(Shape(key.method, key.generation, _blank(key.path, place), query, rest), ids)

    def shaped_entry(self, entry: Entry) -> Shaped:
        """Return the shape of an interaction."""
        self._read()
        return self._shaped[entry.index]

    def alike(self, shape: Shape) -> Sequence[Entry]:
        """Return the interactions of a shape, in their order."""
        self._read()
        return self._by_shape.get(shape, ())

    def shown_by(self, id: str) -> Entry | None:
        """Return the effect whose answer showed an id first, or made it in a file that is out of order."""
        entry = self._session.shown_first.get(id) or self._session.creations.get(id)
        return entry if entry is not None and entry.lane is not None else None

    def made(self, progress: Progress) -> Iterator[Entry]:
        """Yield the effects that were made."""
        return self._session.of_mask(progress.made)

    def _read(self) -> None:
        if not self._shaped:
            self._shaped = [self.shaped(entry.key, entry.body) for entry in self._session.entries]
            for entry, shaped in zip(self._session.entries, self._shaped, strict=True):
                self._by_shape[shaped.shape].append(entry)

    def _is_id(self, value: str) -> bool:
        return value in self._session.shown_first


class Exchange:
    """Interactions that change places: each is taken for its twin, in a circle of two or more.

    Args:
        ids: each id by the one that it is taken for.
        places: the interactions, each with the one that it is taken for, by their indices.
    """

    def __init__(self, twins: Twins, progress: Progress) -> None:
        self._twins = twins
        self._progress = progress
        self._from: dict[str, str] = {}
        self._targets: set[int] = set()
        self.ids: dict[str, str] = {}
        self.places: dict[int, tuple[Entry, Entry]] = {}

    def takes(self, ones: Sequence[str], others: Sequence[str]) -> bool:
        """Take ids for others, and with them all that was made with them; return whether that can be."""
        return self._all(ones, others) and self._closes() and not self._progress.settled & self._moved()

    def apply(self, progress: Progress) -> None:
        """Let them change places in a progress: what was made of one was made of its twin."""
        made = [(one, other) for one, other in self.places.values() if one.bit & progress.made]
        for one, _ in made:
            progress.made ^= one.bit
            progress.shown -= one.ids - one.mentions
            for id, _ in one.statuses:
                progress.statuses.pop(id, None)
        for _, other in made:
            progress.make(other)
            for piece in other.pieces:
                progress.show(piece)

    def _all(self, ones: Sequence[str], others: Sequence[str]) -> bool:
        return len(ones) == len(others) and all(map(self._takes_one, ones, others))

    def _takes_one(self, one: str, other: str) -> bool:
        if one in self.ids or other in self._from:
            return self.ids.get(one) == other
        if one == other:
            return self._pair(one, other)
        makers = self._twins.shown_by(one), self._twins.shown_by(other)
        return makers[0] is not None and makers[1] is not None and self._add(makers[0], makers[1])

    def _pair(self, one: str, other: str) -> bool:
        return self.ids.setdefault(one, other) == other and self._from.setdefault(other, one) == one

    def _add(self, one: Entry, other: Entry) -> bool:
        """Take an interaction for another, if they are alike but for ids that are taken for others as well."""
        if len(self.places) == MAX_PAIRS:
            return False
        shaped, its = self._twins.shaped_entry(one), self._twins.shaped_entry(other)
        is_stream = one.interaction.response.is_stream or other.interaction.response.is_stream
        is_taken = one.index in self.places or other.index in self._targets
        if is_taken or is_stream or shaped.shape != its.shape:
            return False
        self.places[one.index] = (one, other)
        self._targets.add(other.index)
        # What the answers show is paired here; what the requests mention has makers of its own.
        shown = [[id for id in entry.shown_in_order if id not in entry.mentions] for entry in (one, other)]
        is_paired = len(shown[0]) == len(shown[1]) and all(map(self._pair, *shown))
        return is_paired and self._all(shaped.ids, its.ids)

    def _closes(self) -> bool:
        """Close the circles, and take along what was made with the ids in them."""
        before = -1
        while before != len(self.places):
            before = len(self.places)
            if not self._closes_circles() or not all(map(self._goes_along, self._twins.made(self._progress))):
                return False
        return True

    def _closes_circles(self) -> bool:
        """Let the last of a chain take the place of the first."""
        for last in tuple(self._from):
            if last in self.ids:  # its circle is closed, perhaps together with another one
                continue
            first = last
            while first in self._from:
                first = self._from[first]
            if not self._takes_one(last, first):
                return False
        return True

    def _goes_along(self, entry: Entry) -> bool:
        if entry.index in self.places or not entry.mentions & self._moved():
            return True
        shape, ids = self._twins.shaped_entry(entry)
        wanted = tuple(self.ids.get(id, id) for id in ids)
        alike = (each for each in self._twins.alike(shape) if self._twins.shaped_entry(each).ids == wanted)
        # Of several in one lane, each takes the place of one.
        twin = next((each for each in alike if each.index not in self._targets), None)
        return twin is not None and self._add(entry, twin)

    def _moved(self) -> set[str]:
        return {one for one, other in self.ids.items() if one != other}


def _blank(path: tuple[str, ...], place: Place) -> tuple[str, ...]:
    """Return the segments of a path with a `*` for each id."""
    if place.id is None:
        return path
    first = len(path) - len(place.rest) - 1
    return tuple("*" if index >= first and (index - first) % 2 == 0 else each for index, each in enumerate(path))
