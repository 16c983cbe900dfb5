"""The clock of the process while time is virtual: one for all simulators, in whole nanoseconds.

It has two hands.

*Position* is what the program sees as `time.monotonic()`. It moves by what is slept and by what requests
cost. Real time shows in it only while other threads run, on an event loop whose sleeps are real, or while
the program looks at the clock again and again and nothing else happens: a loop that waits without sleeping
must end.

*Shared* is what simulators follow. Only virtual movements enter it, so that the same test sees the same
times, however slow the machine.

The *wall clock* is the position, counted from the time of the simulator that began the block. So dates that
the API gave and dates that the program takes agree, and are the same in every run.
"""

from __future__ import annotations

import math
import os
import threading
from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ...backend.clock import Clock
from . import private
from .genuine import NS, genuine
from .others import Company, Gate, others

# Real time that passes between two movements before a busy program sees any of it (importing a library may
# take longer, but does not look at the clock so often); and, where waits of threads are virtual, before one
# thread sees of it while another one computes.
HIDDEN = NS // 4
# A program is busy after this much effort without a movement: 50 looks, or 10,000 steps of an event loop.
_EFFORT_OF_A_LOOK = 200
_BUSY = 10_000
# Times begin on a whole 1/512 s: sums of such a time with whole and half seconds are exact as floats, so
# that `after - before == 600` holds.
_GRAIN = NS // 512


class Target(NamedTuple):
    """Where both hands will stand at the end of a wait, which began in a `block` and a `thread`."""

    position: int
    shared: int
    block: int
    thread: int


class ProcessClock:
    """See the module. All methods may be called by all threads."""

    def __init__(self) -> None:
        self.active = False
        # Nanoseconds by which the process's monotonic clock is ahead of the machine's outside of blocks.
        self.ahead = 0
        self._lock = threading.RLock()  # re-entrant: a signal handler may look at the clock
        self._followers: tuple[Clock, ...] = ()
        self._leader: Clock | None = None
        self._is_foreign = False
        self._position = self._shared = self._wall = 0
        self._effort = self._moved_at = 0
        self._flows_since: int | None = None
        self._waits: list[Target] = []
        self._block = 0
        self._lone_count = -1  # the number of threads when nobody else was there

    # Beginning and end.

    def start(self, leader: Clock, seen_ns: int = 0) -> None:
        """Begin virtual time where the process's monotonic clock stands; the wall clock stands where `leader` does.

        Args:
            seen_ns: what the program may have seen of the monotonic clock by other means.
        """
        with self._lock:
            self._position = _round_up(max(self.real_ns(), seen_ns))
            self._leader, self._wall = leader, _ns(leader) - self._position
            self._shared, self._flows_since, self._is_foreign = 0, None, False
            self._block += 1
            self._waits.clear()
            self.active = True
            self._rest(genuine.monotonic_ns())

    def stop(self) -> None:
        """End it. The monotonic clock goes on from where it stands: it must never go back."""
        with self._lock:
            self._take_in(genuine.monotonic_ns())
            self.ahead = max(self.ahead, self._position - genuine.monotonic_ns())
            self.active, self._lone_count, self._leader = False, -1, None

    def add(self, clock: Clock) -> None:
        """Let a simulator's clock follow."""
        with self._lock:
            self._followers = (*self._followers, clock)

    def discard(self, clock: Clock) -> None:
        """Let a simulator's clock follow no more."""
        with self._lock:
            self._followers = tuple(other for other in self._followers if other is not clock)

    def set_back(self, clock: Clock) -> None:
        """Let the wall clock go back with that of a simulator that was reset, if it is the one that leads."""
        with self._lock:
            if clock is self._leader:
                self._wall = _ns(clock) - self._position

    def flow(self) -> None:
        """Let real time show for the rest of the block: the program is on a loop whose sleeps are real."""
        with self._lock:
            if self.active and not self._is_foreign:
                self._is_foreign, self._lone_count = True, -1
                self._flows_since = genuine.monotonic_ns()

    def after_fork(self) -> None:
        """Go on in a child process, where there are no other threads, and nobody who holds the lock."""
        self._lock = threading.RLock()
        self._waits.clear()
        if self.active:
            others.after_fork()
            self._rest(genuine.monotonic_ns())

    # Looking at it.

    def look(self) -> int:
        """Return the position, as the program sees it; looking often makes real time show."""
        self._effort += _EFFORT_OF_A_LOOK
        return self.glance()

    def glance(self) -> int:
        """Return the position, for event loops.

        As long as the number of threads stays, nobody new is believed to run. That may be wrong, for as many
        looks as make the program busy; a wait must not rely on it.
        """
        if self._effort < _BUSY and private.thread_count() == self._lone_count:
            return self._position
        return self.watch()

    def watch(self) -> int:
        """Return the position after a look around; for waits, which end when real time shows."""
        with self._lock:
            if not self.active:
                return self.real_ns()
            now = genuine.monotonic_ns()
            self._take_in(now)
            self._judge(now)
            return self._position

    def spin(self) -> None:
        """Note a step of an event loop that had something to do."""
        self._effort += 1

    def wall_ns(self) -> int:
        """Return the virtual wall clock: the leader's when it began, and what has passed since."""
        return self.look() + self._wall

    def real_ns(self) -> int:
        """Return the monotonic clock of whoever keeps real time."""
        return int(genuine.monotonic_ns()) + self.ahead

    # Waiting, and moving it.

    @contextmanager
    def wait(self, ns: int) -> Iterator[Target]:
        """Have where the hands will stand after a wait of `ns` that begins now. Real time does not pass that.

        So whoever is due first comes first, even where the machine stops for longer than lies between two.
        A wait inside of a wait (in a signal handler) is the only one that its thread can end.
        """
        with self._lock:
            thread = get_ident()
            target = Target(self.watch() + ns, self._shared + ns, self._block, thread)
            self._waits = [other for other in self._waits if other.thread != thread]
            self._waits.append(target)
        try:
            yield target
        finally:
            with self._lock:
                if target in self._waits:
                    self._waits.remove(target)

    def is_current(self, target: Target) -> bool:
        """Tell whether the block in which a wait began goes on."""
        return self.active and target.block == self._block

    def is_first(self, target: Target) -> bool:
        """Tell whether nobody who waits is due before the end of a wait."""
        with self._lock:
            return all(target.position <= other.position for other in self._waits)

    def left(self, target: Target) -> int:
        """Return how much of a wait is left."""
        return target.position - (self.watch() if self.is_current(target) else self.real_ns())

    def arrive(self, target: Target) -> None:
        """Move to the end of a wait. Two that waited side by side move the clock once."""
        with self._lock:
            if self.is_current(target):
                now = genuine.monotonic_ns()
                self._take_in(now)
                self._move(target.position, target.shared, None, now)

    def pass_(self, ns: int) -> None:
        """Move by `ns`."""
        self._tell(None, ns)

    def tell(self, origin: Clock, seconds: float) -> None:
        """Move because a simulator's clock did: a request, a frame, or the test itself."""
        self._tell(origin, round(seconds * NS))

    def _tell(self, origin: Clock | None, ns: int) -> None:
        with self._lock:
            if self.active:
                now = genuine.monotonic_ns()
                self._take_in(now)
                self._move(self._position + ns, self._shared + ns, origin, now)

    def _move(self, position: int, shared: int, origin: Clock | None, now: int) -> None:
        self._position = max(self._position, position)
        ns = shared - self._shared
        if ns > 0:
            self._shared = shared
            for clock in self._followers:
                if clock is not origin:
                    clock.follow(ns / NS)
        self._rest(now)

    def _rest(self, now: int) -> None:
        """Begin a time in which real time does not show, unless others run."""
        self._effort, self._moved_at = 0, now
        self._judge(now)

    def _take_in(self, now: int) -> None:
        """Add the real time that shows, up to the first that is due."""
        if self._flows_since is not None:
            flown = self._position + now - self._flows_since
            due = min((target.position for target in self._waits), default=flown)
            self._position = max(self._position, min(flown, due))
            self._flows_since = now

    def _judge(self, now: int) -> None:
        """Find out whether real time shows from now on."""
        company = others.company()
        is_alone = company is Company.NONE and not self._is_foreign
        self._lone_count = private.thread_count() if is_alone else -1
        self._flows_since = now if self._is_foreign or self._shows(company, now - self._moved_at) else None

    def _shows(self, company: Company, since_movement: int) -> bool:
        if company >= Company.LINGERING:
            return others.gate is Gate.CLOCKS or since_movement >= HIDDEN
        return self._effort >= _BUSY and since_movement >= HIDDEN


def _ns(clock: Clock) -> int:
    return round(clock.now() * NS)


def _round_up(ns: int) -> int:
    return math.ceil(ns / _GRAIN) * _GRAIN


clock = ProcessClock()
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=clock.after_fork)
