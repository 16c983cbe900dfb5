"""Who else runs: the question on which it depends whether time may jump.

It is answered from explicit facts only: what a thread says that it waits for, what a pool was given. Judging
by stack frames was wrong in up to 9 % of the cases, and waiting for several quiet looks only hid that.
"""

from __future__ import annotations

import enum
import threading
from _thread import get_ident
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from . import private
from .genuine import NS, genuine
from .parking import parking
from .pools import Work, pools

# Threads of tools, started inside a block, that watch the program and take no part in it.
_WATCHERS = ("pytest_timeout ",)
# A bystander that was woken longer ago than this, really, may never say that it rests: a server's thread that was
# told to begin waits in `select` ever after. Who only sleeps then waits for it as for a socket, no longer really.
PATIENCE = NS


class Company(enum.IntEnum):
    """Who is there beside the calling thread; of several, the greatest."""

    NONE = 0
    WAITING = 1  # others, none of which will run unless somebody wakes it
    AWAITING_IO = 2  # others, one of which may be woken from outside of the process
    LINGERING = 3  # others, one of which was woken a while ago and has not said since that it rests
    RUNNING = 4


class Gate(enum.Enum):
    """What is gated: clocks and sleeps, or also the waits of threads, which are then seen."""

    CLOCKS = enum.auto()
    THREADS = enum.auto()


class Errand(NamedTuple):
    """What a bystander does that was woken: the condition that it waited for, and when that was, really."""

    condition: Any
    since: int


class Others:
    """The threads beside the one that asks.

    A thread that was there before virtual time began is a *bystander*: it keeps real time and holds nobody up
    (telemetry, a server of the test session), until it takes part: it makes a request, or works for a pool.
    Whom somebody wakes is waited for until it waits again for the same, or for anything without a timeout.

    Attributes:
        gate: whether waits of threads are seen. If not, who waits for another thread counts as running.
    """

    def __init__(self) -> None:
        self.gate = Gate.CLOCKS
        self._bystanders: dict[int, threading.Thread] = {}
        self._errands: dict[int, Errand] = {}
        self._partakers: dict[int, threading.Thread | None] = {}
        self._raw_threads = 0
        self._await_process: set[int] = set()

    def begin(self, gate: Gate) -> None:
        """Take down who is there before virtual time begins."""
        self.gate = gate
        pools.begin()
        self._errands.clear()
        self._partakers.clear()
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
        """Make the calling thread one of those whose time is virtual: it makes a request, or works for a pool."""
        ident = get_ident()
        self._partakers[ident] = private.thread_of(ident)
        if self._bystanders:
            self._bystanders.pop(ident, None)

    def takes_part(self) -> bool:
        """Tell whether the calling thread has been admitted."""
        ident = get_ident()
        return ident in self._partakers and self._partakers[ident] is private.thread_of(ident)

    def has_bystanders(self) -> bool:
        """Tell whether anybody was there before and has not taken part since."""
        return bool(self._bystanders)

    def is_bystander(self) -> bool:
        """Tell whether the calling thread keeps real time."""
        return bool(self._bystanders) and self._is_bystander(private.thread_of(get_ident()))

    def keeps_real_time(self) -> bool:
        """Tell whether the waits of the calling thread are real: a bystander's, and a watcher's."""
        thread = private.thread_of(get_ident())
        return self._is_bystander(thread) or (thread is not None and _watches(thread))

    def wake(self, condition: Any, idents: Iterable[int | None]) -> None:
        """Note that threads are about to be woken. Where nobody can tell which (None), all are waited for.

        Args:
            condition: what they wait for.
            idents: theirs; who is no bystander is left out.
        """
        parking.note()
        errand = Errand(condition, genuine.monotonic_ns())
        for ident in idents:
            named = self._bystanders if ident is None else self._bystanders.keys() & {ident}
            self._errands.update(dict.fromkeys(named, errand))

    def rest(self, condition: Any = None) -> None:
        """Note that the calling bystander has done what it was woken for.

        Args:
            condition: what it is about to wait for, for a while only; it rests if that is what it was woken by, for
                any other wait may be part of what it does. None: it waits for as long as it takes.
        """
        errand = self._errands.get(get_ident())
        if errand is not None and (condition is None or errand.condition is condition):
            self._errands.pop(get_ident(), None)

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
            return self._on_its_errand(thread.ident)
        if work is Work.IDLE:
            return Company.WAITING
        if _watches(thread):
            return Company.NONE
        return self._at_its_spot(thread.ident)

    def _on_its_errand(self, ident: int | None) -> Company:
        errand = None if ident is None else self._errands.get(ident)
        if errand is None:
            return Company.NONE
        return Company.LINGERING if genuine.monotonic_ns() - errand.since > PATIENCE else Company.RUNNING

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
