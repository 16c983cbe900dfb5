"""What the workers of thread pools have to do.

A worker with nothing to do waits inside C, so that only its work can tell. That is counted here: an item is
*given* from before it is put into the queue of its pool until a worker begins it, and a worker *works* until
it has told everybody of the result. (The semaphore by which a pool counts idle workers is no substitute: in
3.11.7 it counts too many once all were busy, in 3.12 and 3.13 too few.)
"""

from __future__ import annotations

import enum
import threading
from _thread import get_ident
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from . import private
from .parking import parking


class Work(enum.Enum):
    """What a thread has to do as the worker of a pool."""

    IDLE = enum.auto()
    ON_ITS_WAY = enum.auto()
    BEGUN = enum.auto()


class Pools:
    """The work that was given to pools, and the workers that have begun some."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # re-entrant: a finalizer may give work at any time
        self._given: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._ended: WeakSet[Any] = WeakSet()
        self._at_work: set[int] = set()

    def begin(self) -> None:
        """Take stock: what waits in the queues of pools now. Workers that work already do so without us."""
        with self._lock:
            self._at_work.clear()
            self._given.clear()
            for executor in map(private.executor_of, private.threads()):
                if executor is not None:
                    self._take_stock(executor)

    def _take_stock(self, executor: Any) -> None:
        if executor._shutdown:
            self._ended.add(executor)
        else:
            self._given[executor] = executor._work_queue.qsize()

    def after_fork(self) -> None:
        """Go on in a child process, where nobody holds the lock."""
        self._lock = threading.RLock()

    def give(self, executor: Any, items: int) -> None:
        """Note work that is about to be put into a pool's queue; negative: that was refused, or begun."""
        parking.note()
        with self._lock:
            self._given[executor] = max(0, self._given.get(executor, 0) + items)

    def start(self) -> None:
        """Note that the calling worker has begun an item."""
        self._at_work.add(get_ident())
        executor = private.executor_of_worker(threading.current_thread())
        if executor is not None:
            self.give(executor, -1)

    def finish(self) -> None:
        """Note that the calling worker has done with an item."""
        self._at_work.discard(get_ident())
        parking.note()

    def work_of(self, thread: threading.Thread) -> Work | None:
        """Tell what a thread has to do as the worker of a pool; None: it is no such worker."""
        if private.is_anyio_worker(thread):
            return Work.IDLE if private.is_idle_in_anyio(thread) else Work.BEGUN
        if thread.ident in self._at_work:
            return Work.BEGUN
        executor = private.executor_of(thread)
        if executor is None:
            return None
        # A worker that is told of the end of its pool is about to end, and to wake who waits for that.
        is_ending = executor._shutdown and executor not in self._ended
        return Work.ON_ITS_WAY if is_ending or self._given.get(executor) else Work.IDLE


pools = Pools()
