"""Where threads wait, as they say themselves: what each waits for, and whether that is on its way already."""

from __future__ import annotations

import itertools
from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Spot(Protocol):
    """What a thread waits for."""

    def poll(self, seconds: float) -> bool:
        """Wait for it, `seconds` of real time at most; tell whether it has come. Called by the waiting thread only."""

    def is_settled(self) -> bool:
        """Tell whether no wake-up is under way: the thread stays asleep unless somebody does something more."""

    def awaits_io(self) -> bool:
        """Tell whether what wakes it may come from outside of the process, unseen."""


class Parking:
    """The spots of all threads that wait.

    Attributes:
        moves: another number after every change. Who has looked at several threads, one after the other, has seen
            them at one time if it is the same before and afterwards.
    """

    def __init__(self) -> None:
        self._spots: dict[int, Spot] = {}
        # `+= 1` by two threads at once could give the same number twice; `next` cannot.
        self._numbers = itertools.count(1)
        self.moves = 0

    def note(self) -> None:
        """Let the change be seen of what somebody does."""
        self.moves = next(self._numbers)

    @contextmanager
    def park(self, spot: Spot) -> Iterator[None]:
        """Wait inside the block. A wait inside of another one (of a signal handler) hides that meanwhile."""
        ident = get_ident()
        before = self._spots.get(ident)
        self.note()
        self._spots[ident] = spot
        try:
            yield
        finally:
            self.note()
            if before is None:
                self._spots.pop(ident, None)  # None: it is gone where this is the child of a fork
            else:
                self._spots[ident] = before

    def spot_of(self, ident: int | None) -> Spot | None:
        """Return what a thread waits for; None: it runs, or waits by means that nobody sees."""
        return None if ident is None else self._spots.get(ident)

    def clear(self) -> None:
        """Forget all: in the child of a fork there are no other threads."""
        self._spots.clear()
        self.note()


parking = Parking()
