"""Who else runs: the question on which it depends whether time may jump.

It is answered from explicit facts only: what a thread says that it waits for, what a pool was given. Judging
by stack frames was wrong in up to 9 % of the cases, and waiting for several quiet looks only hid that.
"""

from __future__ import annotations

import enum
import threading
from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager

from . import private
from .parking import parking
from .pools import Work, pools

# Threads of tools, started inside a block, that watch the program and take no part in it.
_WATCHERS = ("pytest_timeout ",)


class Company(enum.IntEnum):
    """Who is there beside the calling thread; of several, the greatest."""

    NONE = 0
    WAITING = 1  # others, none of which will run unless somebody wakes it
    AWAITING_IO = 2  # others, one of which may be woken from outside of the process
    RUNNING = 3


class Gate(enum.Enum):
    """What is gated: clocks and sleeps, or also the waits of threads, which are then seen."""

    CLOCKS = enum.auto()
    THREADS = enum.auto()


class Others:
    """The threads beside the one that asks.

    A thread that was there before virtual time began is a *bystander*: it keeps real time and holds nobody up
    (telemetry, a server of the test session), until it takes part: it makes a request, or works for a pool.

    Attributes:
        gate: whether waits of threads are seen. If not, who waits for another thread counts as running.
    """

    def __init__(self) -> None:
        self.gate = Gate.CLOCKS
        self._bystanders: dict[int, threading.Thread] = {}
        self._woken: set[int] = set()
        self._raw_threads = 0
        self._await_process: set[int] = set()

    def begin(self, gate: Gate) -> None:
        """Take down who is there before virtual time begins."""
        self.gate = gate
        pools.begin()
        self._woken.clear()
        me = get_ident()
        self._bystanders = {
            thread.ident: thread
            for thread in private.threads()
            if thread.ident is not None and thread.ident != me and not private.is_anyio_worker(thread)
        }
        self._raw_threads = private.thread_count() - _counted(private.threads())

    def after_fork(self) -> None:
        """Go on in a child process, where there are no other threads."""
        parking.clear()
        self._await_process.clear()
        pools.after_fork()
        self.begin(self.gate)

    def admit(self) -> None:
        """Make the calling thread one of those whose time is virtual."""
        if self._bystanders:
            self._bystanders.pop(get_ident(), None)

    def is_bystander(self) -> bool:
        """Tell whether the calling thread keeps real time."""
        return bool(self._bystanders) and self._is_bystander(private.thread_of(get_ident()))

    def keeps_real_time(self) -> bool:
        """Tell whether the waits of the calling thread are real: a bystander's, and a watcher's."""
        thread = private.thread_of(get_ident())
        return self._is_bystander(thread) or (thread is not None and _watches(thread))

    def wake_bystander(self) -> None:
        """Note that somebody has woken a bystander. Which, nobody can tell: all are waited for."""
        parking.note()
        self._woken.update(self._bystanders)

    def rest(self) -> None:
        """Note that the calling bystander has done what it was woken for."""
        self._woken.discard(get_ident())

    def is_alone(self) -> bool:
        """Tell whether the calling thread is the only one, bystanders counted; those that watch it do not count."""
        threads = private.threads()
        if private.thread_count() - _counted(threads) > self._raw_threads:
            return False
        me = get_ident()
        return all(thread.ident == me or _watches(thread) for thread in threads)

    @contextmanager
    def with_process(self) -> Iterator[None]:
        """Note, inside the block, that the calling thread waits for a child process: nobody may overtake that."""
        ident = get_ident()
        self._await_process.add(ident)
        try:
            yield
        finally:
            self._await_process.discard(ident)

    def company(self) -> Company:
        """Tell who else is there."""
        if self._await_process:
            return Company.RUNNING
        threads, count = private.threads(), private.thread_count()
        if len(threads) == 1 and count <= self._raw_threads:  # the common case: the main thread, and no other
            return Company.NONE
        if count - _counted(threads) > self._raw_threads:
            return Company.RUNNING
        me, found = get_ident(), Company.NONE
        for thread in threads:
            if thread.ident != me:
                found = max(found, self._company_of(thread))
                if found is Company.RUNNING:
                    break
        return found

    def _company_of(self, thread: threading.Thread) -> Company:
        work = pools.work_of(thread)
        if work is Work.ON_ITS_WAY:
            return Company.RUNNING
        if self._is_bystander(thread):
            return Company.RUNNING if thread.ident in self._woken else Company.NONE
        if work is Work.IDLE:
            return Company.WAITING
        if _watches(thread):
            return Company.NONE
        return self._at_its_spot(thread.ident)

    def _at_its_spot(self, ident: int | None) -> Company:
        spot = parking.spot_of(ident) if self.gate is Gate.THREADS else None
        if spot is None or not spot.is_settled():
            return Company.RUNNING
        return Company.AWAITING_IO if spot.awaits_io() else Company.WAITING

    def _is_bystander(self, thread: threading.Thread | None) -> bool:
        # By identity: idents are used again.
        return thread is not None and thread.ident is not None and self._bystanders.get(thread.ident) is thread


def _watches(thread: threading.Thread) -> bool:
    return thread.name.startswith(_WATCHERS) or getattr(thread, "is_pydev_daemon_thread", False)


def _counted(threads: list[threading.Thread]) -> int:
    """Return how many of them `_thread._count` counts; what it counts beyond was started as execnet does."""
    return sum(not isinstance(thread, private.UNCOUNTED) for thread in threads)


others = Others()
