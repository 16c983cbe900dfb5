"""Identical creations in any order: the first one asked for gets the first recorded, until a later request disagrees.

Two workers each create a thread with the same body; which is which shows only when they differ. So ids are bound
late: where a request misses, the creation of an id that it uses changes places with a twin, if nothing was built on
either, and the client keeps the ids that it was given: they are renamed on their way in and out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from .bodies import Body
from .gate import Asked, Gate
from .obstacles import Missed
from .paths import place_of
from .preparing import mentioned
from .progress import Progress
from .session import Entry, Session

# Unbounded, the search ran for minutes on two recorded sessions of twenty creations.
MAX_SWAPS = 2
MAX_CANDIDATES = 8


class Names:
    """Which recorded id each id of the client stands for, where they differ.

    Args:
        recorded: by the id that the client was given.
    """

    def __init__(self, recorded: Mapping[str, str]) -> None:
        self.recorded = {shown: id for shown, id in recorded.items() if shown != id}

    @cached_property
    def shown(self) -> Mapping[str, str]:
        """The ids that the client was given, by the recorded ones."""
        return {id: shown for shown, id in self.recorded.items()}

    def inward(self, text: bytes) -> bytes:
        """Return what the client sent in the ids of the recording."""
        return _renamed(text, self._in, self.recorded) if self.recorded else text

    def outward(self, text: bytes) -> bytes:
        """Return what was recorded in the ids of the client."""
        return _renamed(text, self._out, self.shown) if self.recorded else text

    def with_swap(self, pairs: Mapping[str, str]) -> Names:
        """Return names in which these recorded ids have changed places."""
        recorded = dict(self.recorded)
        for one, other in pairs.items():
            recorded[self.shown.get(one, one)] = other
            recorded[self.shown.get(other, other)] = one
        return Names(recorded)

    @cached_property
    def _in(self) -> re.Pattern[bytes]:
        return _any_of(self.recorded)

    @cached_property
    def _out(self) -> re.Pattern[bytes]:
        return _any_of(self.shown)


class Swap(NamedTuple):
    """Two creations that change places."""

    one: Entry
    other: Entry


class Binding:
    """The gate, behind a search for the order in which identical creations were made."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._gate = Gate(session, Progress())
        self.names = Names({})

    @property
    def progress(self) -> Progress:
        """How far the client has come."""
        return self._gate.progress

    def find(self, asked: Asked) -> Entry:
        """Return the interaction that answers a request, in the ids of the client, and note it.

        Raises:
            Missed: none does, in whatever order of twins the search tried; nothing is changed.
        """
        try:
            return self._gate.find(self._translated(asked))
        except Missed as missed:
            found = self._searched(asked, MAX_SWAPS, missed)
            if found is None:
                raise
            return found

    def _translated(self, asked: Asked) -> Asked:
        names = self.names.recorded
        if not names:
            return asked
        key = asked.key
        path = tuple(names.get(segment, segment) for segment in key.path)
        query = tuple((name, names.get(value, value)) for name, value in key.query)
        body = Body(self.names.inward(asked.body.raw), self._session.rules)
        return Asked(key._replace(path=path, query=query), body)

    def _searched(self, asked: Asked, depth: int, missed: Missed) -> Entry | None:
        """Try swaps, one after the other, each with a state of its own; keep the first that leads to an answer."""
        names, progress = self.names, self._gate.progress
        for number, swap in enumerate(self._swaps(self._translated(asked))):
            if depth == 0 or number == MAX_CANDIDATES:
                missed.is_bounded = True
                break
            self._apply(swap)
            try:
                return self._gate.find(self._translated(asked))
            except Missed:
                found = self._searched(asked, depth - 1, missed)
                if found is not None:
                    return found
            self.names, self._gate.progress = names, progress
        return None

    def _swaps(self, asked: Asked) -> Iterator[Swap]:
        """Yield the pairs of twins of which the request uses one, both free."""
        creations = self._session.creations
        mentions = mentioned(place_of(asked.key.path), asked.key, asked.body.raw)
        used = {creations[id].index: creations[id] for id in mentions if id in creations}
        for one in (used[index] for index in sorted(used)):
            if self._is_free(one):
                yield from (Swap(one, other) for other in self._twins(one) if self._is_free(other))

    def _twins(self, one: Entry) -> Sequence[Entry]:
        alike = self._session.twins.get(one.key, ())
        return [
            other for other in alike if other is not one and other.body.rest == one.body.rest and _pairs(one, other)
        ]

    def _is_free(self, entry: Entry) -> bool:
        return entry.makes not in self.progress.built

    def _apply(self, swap: Swap) -> None:
        pairs = _pairs(*swap)
        self.names = self.names.with_swap(pairs)
        progress = self._gate.progress = self._gate.progress.copy()
        made = [bool(entry.bit & progress.made) for entry in swap]
        if made[0] != made[1]:
            progress.made ^= swap.one.bit | swap.other.bit
            shown = {id for pair in pairs.items() for id in pair if id in progress.shown}
            exchange = {**pairs, **{other: one for one, other in pairs.items()}}
            progress.shown = (progress.shown - shown) | {exchange[id] for id in shown}


def _pairs(one: Entry, other: Entry) -> Mapping[str, str]:
    """Return the ids of one creation with those of its twin; none where they do not correspond."""
    ids = [[id for piece in entry.pieces for id in piece.ids] for entry in (one, other)]
    if len(ids[0]) != len(ids[1]):
        return {}
    pairs = {mine: its for mine, its in zip(*ids, strict=True) if mine != its}
    return pairs if len(set(pairs.values())) == len(pairs) else {}


def _any_of(ids: Mapping[str, str]) -> re.Pattern[bytes]:
    # The longest first: one id may begin as another does.
    return re.compile(b"|".join(re.escape(id.encode()) for id in sorted(ids, key=len, reverse=True)))


def _renamed(text: bytes, pattern: re.Pattern[bytes], names: Mapping[str, str]) -> bytes:
    return pattern.sub(lambda found: names[found[0].decode()].encode(), text)
