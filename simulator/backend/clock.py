"""Virtual time: a clock that only the caller moves, and the calendar of what is due."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from ..errors import ClockError

END_OF_TIME = 253_402_300_799.0  # the last second that Python's `datetime`, and so the SDKs' users, can write as a date


class Clock:
    """Virtual seconds since the epoch; it never goes back.

    Args:
        start: where it stands at first.

    Attributes:
        listener: told of every advance, in seconds, and of a reset, by how much it went back; it keeps the
            process's time in step.
    """

    def __init__(self, start: float) -> None:
        self._start = self._now = float(start)
        self.listener: Callable[[float], None] | None = None

    def now(self) -> float:
        """Return the virtual time in seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> float:
        """Move forward by `seconds` and return the new time.

        Raises:
            ClockError: `seconds` is negative, infinite, no number, or leads beyond the year 9999; the clock stands
                where it stood.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not _is_finite(self._now, seconds):
            raise ClockError(f"The clock advances by a finite number of seconds, not by {seconds!r}.")
        if seconds < 0:
            raise ClockError(f"Time cannot go back: {seconds!r} seconds. A reset begins anew.")
        if self._now + seconds > END_OF_TIME:
            raise ClockError(f"The clock ends with the year 9999, as dates do: {seconds!r} seconds lead beyond.")
        self.follow(seconds)
        self._tell(seconds)
        return self._now

    def advance_to(self, due: float) -> None:
        """Move forward to `due`; where the clock is past it already, nothing happens."""
        seconds = due - self._now
        if seconds > 0:
            self._now = due
            self._tell(seconds)

    def follow(self, seconds: float) -> None:
        """Move forward because another clock did: the listener is not told."""
        self._now += seconds

    def restart(self, start: float | None = None) -> None:
        """Go back to where it stood at first: only a reset does, which leaves nothing that knew the time.

        Args:
            start: or to another time, which is its first from now on.
        """
        before, self._start = self._now, self._start if start is None else float(start)
        self._now = self._start
        self._tell(self._start - before)

    def _tell(self, seconds: float) -> None:
        if self.listener is not None:
            self.listener(seconds)


class Due(NamedTuple):
    """Something that happens to a run or a vector store at a time: data, so that it can be saved.

    `order` keeps equal times in the order in which they were planned. `epoch` is that of the run's
    plan: what was planned before a cancel is void after it. `part` is the file of a vector store, if it
    is about one.
    """

    due: float
    order: int
    subject: str
    epoch: int
    action: str
    part: str = ""


class Calendar:
    """Due events, the earliest first."""

    def __init__(self) -> None:
        self._heap: list[Due] = []
        self._order = 0

    def add(self, due: float, subject: str, epoch: int, action: str, part: str = "") -> None:
        """Plan `action` of a run or a vector store for the time `due`."""
        self._order += 1
        heapq.heappush(self._heap, Due(due, self._order, subject, epoch, action, part))

    def drop(self, subject: str) -> None:
        """Forget what is planned for a run or a vector store."""
        self._heap = sorted(due for due in self._heap if due.subject != subject)

    def drop_part(self, subject: str, part: str) -> None:
        """Forget what is planned for one file of a vector store."""
        self._heap = sorted(due for due in self._heap if (due.subject, due.part) != (subject, part))

    def take(self, subject: str, actions: Collection[str]) -> list[Due]:
        """Take out what is planned for a run or a vector store, of these actions."""
        taken = [due for due in self if due.subject == subject and due.action in actions]
        self._heap = sorted(set(self._heap).difference(taken))
        return taken

    def is_due(self, now: float) -> bool:
        """Return whether anything should have happened by `now`."""
        return bool(self._heap) and self._heap[0].due <= now

    def next_due(self) -> float | None:
        """Return the time of the earliest, or None where nothing is planned."""
        return self._heap[0].due if self._heap else None

    def pop(self) -> Due:
        """Take out the earliest."""
        return heapq.heappop(self._heap)

    def __iter__(self) -> Iterator[Due]:
        """Iterate over what is planned, in order."""
        return iter(sorted(self._heap))

    def __len__(self) -> int:
        return len(self._heap)


def _is_finite(now: float, seconds: float) -> bool:
    try:
        return math.isfinite(now + seconds)
    except OverflowError:  # an integer that no float can hold
        return False
