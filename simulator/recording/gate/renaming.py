"""Identical creations in any order: the first one asked for gets the first recorded, until a later request disagrees.

Two workers each create a thread with the same body; which is which shows only when they differ. So ids are bound
late: where a request misses, and would not if the ids that it uses were others of their kind, these change places
(`twins`). The client keeps the ids that it was given: they are renamed on their way in and out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice

from .bodies import Body
from .gate import Asked, Gate
from .obstacles import Missed
from .progress import Progress
from .session import Entry, Session
from .twins import Exchange, Shaped, Twins

# Unbounded, a search over all orders ran for minutes on two recorded sessions of twenty creations.
MAX_CANDIDATES = 8

# Where an id may begin and end in JSON: `thread_2` is no part of `msg_thread_2_0`. The letters of `\n` and `\u3042` end
# before the id that follows them.
_BEGINS = re.compile(rb"(?<![\w-])|(?<=\\[bfnrt])|(?<=\\u[\da-fA-F]{4})")
_ENDS = rb"(?![\w-])"


class Names:
    """Which recorded id each id of the client stands for, where they differ.

    Args:
        recorded: by the id that the client was given.
    """

    def __init__(self, recorded: Mapping[str, str]) -> None:
        self.recorded: Mapping[str, str] = {shown: id for shown, id in recorded.items() if shown != id}

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

    def with_exchange(self, ids: Mapping[str, str]) -> Names:
        """Return names in which recorded ids have changed places; each id stands for the one that took its place."""
        recorded = dict(self.recorded)
        for one, other in ids.items():
            recorded[self.shown.get(one, one)] = other
        return Names(recorded)

    @cached_property
    def _in(self) -> re.Pattern[bytes]:
        return _any_of(self.recorded)

    @cached_property
    def _out(self) -> re.Pattern[bytes]:
        return _any_of(self.shown)


class Binding:
    """The gate, behind a search for the twins that a client means."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._gate = Gate(session, Progress())
        self._twins = Twins(session)
        self.names = Names({})

    @property
    def progress(self) -> Progress:
        """How far the client has come."""
        return self._gate.progress

    def find(self, asked: Asked) -> Entry:
        """Return the interaction that answers a request, in the ids of the client, and note it.

        Raises:
            Missed: none does, whichever twins change places; nothing is changed.
        """
        try:
            return self._gate.find(self.translated(asked))
        except Missed as missed:
            found = self._searched(asked, missed) if self._session.has_twins else None
            if found is None:
                raise
            return found

    def translated(self, asked: Asked) -> Asked:
        """Return a request in the ids of the recording."""
        names = self.names.recorded
        if not names:
            return asked
        key = asked.key
        path = tuple(names.get(segment, segment) for segment in key.path)
        query = tuple((name, names.get(value, value)) for name, value in key.query)
        body = Body(self.names.inward(asked.body.raw), self._session.rules)
        return Asked(key._replace(path=path, query=query), body, asked.at)

    def _searched(self, asked: Asked, missed: Missed) -> Entry | None:
        """Try to take the request for each that is alike; keep the first exchange that leads to an answer."""
        now = self.translated(asked)
        shaped = self._twins.shaped(now.key, now.body)
        names, progress = self.names, self._gate.progress
        for exchange in islice(self._exchanges(shaped, missed), MAX_CANDIDATES):
            self.names = names.with_exchange(exchange.ids)
            self._gate.progress = progress.copy()
            exchange.apply(self._gate.progress)
            try:
                return self._gate.find(self.translated(asked))
            except Missed:
                self.names, self._gate.progress = names, progress
        return None

    def _exchanges(self, shaped: Shaped, missed: Missed) -> Iterator[Exchange]:
        """Yield the exchanges that make a request mean another interaction of its shape, each meaning once."""
        tried = {shaped.ids}
        for entry in self._twins.alike(shaped.shape):
            ids = self._twins.shaped_entry(entry).ids
            if ids in tried:
                continue
            tried.add(ids)
            exchange = Exchange(self._twins, self._gate.progress)
            if exchange.takes(shaped.ids, ids):
                yield exchange
            missed.is_bounded |= bool(exchange.places)


def _any_of(ids: Mapping[str, str]) -> re.Pattern[bytes]:
    # In reverse order, which puts an id before those that it begins with.
    either = b"|".join(re.escape(id.encode()) for id in sorted(ids, reverse=True))
    return re.compile(b"(?:%s)%s" % (either, _ENDS))


def _renamed(text: bytes, pattern: re.Pattern[bytes], names: Mapping[str, str]) -> bytes:
    # What stands before is looked at last: a pattern that begins with it is searched for twenty times as long.
    def name(found: re.Match[bytes]) -> bytes:
        return names[found[0].decode()].encode() if _BEGINS.match(text, found.start()) else found[0]

    return pattern.sub(name, text)
