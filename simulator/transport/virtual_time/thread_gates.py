"""Waits of threads in virtual time: what stands in the place of `Condition.wait`, `Thread.join` and their kin.

Events, semaphores, barriers, timers, queues and futures all wait by a `Condition`; so these few gates cover
them. `queue.SimpleQueue` and a bare `Lock` wait inside C: who waits for one of them counts as running.

Where only clocks and sleeps are gated, `Event.wait` is a sleep if there is no other thread: the poll loop of a
program that can be stopped, `while not stop.wait(1)`. Waited really, it would not move the clock, and a deadline
of 5 s was met after 32 real ones. It becomes one when the last other thread has ended: an idle worker of trio's,
which lives for 10 s, made a wait of 600 s a real one. Where other threads stay, it is waited really, and what was
waited in vain by a thread that makes requests moves the clock, as a sleep does: else such a poll loop beside a
server's thread would need the length of a run in requests. Other threads' waits do not: a heartbeat would make the
times of a test those of the machine.
"""

from __future__ import annotations

import concurrent.futures.thread as executors
import queue
import sys
import threading
from _thread import allocate_lock, get_ident
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from ..patching import Patch
from . import private
from .gates import keeps_real_time
from .genuine import NS, genuine
from .others import Gate, others
from .parking import parking
from .pools import pools
from .process_clock import clock
from .waiting import FIRST_SLICE, LONGEST_SLICE, sleep, wait


class Waiter:
    """The spot of who waits for a condition; stands where the condition has a plain lock, and is released as that.

    Whether a lock is locked does not tell whether its waiter was notified: woken, it has locked it again. So
    it is written down, by whoever notifies, before anything else happens.

    Attributes:
        thread: who waits. One from an earlier block is a bystander by now.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()
        self._is_notified = False
        self.thread = get_ident()

    def release(self) -> None:
        """Wake the waiter; `Condition.notify` calls this.

        Raises:
            RuntimeError: it has been woken already.
        """
        self._is_notified = True
        self._lock.release()

    def poll(self, seconds: float) -> bool:
        """Wait for the notice, so many real seconds at most."""
        return self._lock.acquire(timeout=seconds) if seconds else self._lock.acquire(blocking=False)

    def is_settled(self) -> bool:
        """Tell whether nobody has notified it."""
        return not self._is_notified

    def awaits_io(self) -> bool:
        """Tell that it does not."""
        return False

    def wait(self, timeout: float | None) -> bool:
        """Wait for the notice, so many virtual seconds at most; tell whether it came."""
        if timeout is None:
            with parking.park(self):
                return self._lock.acquire()
        with clock.wait(_ns(timeout)) as target:
            return wait(self, target)


class Joiner:
    """The spot of who waits for the end of a thread."""

    def __init__(self, thread: threading.Thread, join: Callable[..., None]) -> None:
        self._thread = thread
        self._join = join

    def poll(self, seconds: float) -> bool:
        """Wait for the end, so many real seconds at most."""
        self._join(self._thread, seconds)
        return not self._thread.is_alive()

    def is_settled(self) -> bool:
        """Tell whether the thread is registered: it leaves the register before it wakes who joins it."""
        ident = self._thread.ident
        return ident is not None and private.thread_of(ident) is self._thread

    def awaits_io(self) -> bool:
        """Tell that it does not."""
        return False


def _is_virtual(timeout: float | None, condition: Any = None) -> bool:
    """Tell whether a wait is virtual. One that does not wait, or cannot, is left to the genuine function."""
    if not clock.active:
        return False
    if others.keeps_real_time():
        if timeout is None:
            others.rest()
        elif condition is not None:
            others.rest(condition)
        return False
    return timeout is None or 0 < timeout <= threading.TIMEOUT_MAX


def _wrap_wait(original: Any) -> Any:
    def wait(self: Any, timeout: float | None = None) -> bool:
        if not _is_virtual(timeout, self) or not self._is_owned():
            return bool(original(self, timeout))
        waiter = Waiter()
        self._waiters.append(waiter)
        saved = self._release_save()
        is_notified = False
        try:
            is_notified = waiter.wait(timeout)
            return is_notified
        finally:
            self._acquire_restore(saved)
            if not is_notified and waiter in self._waiters:
                self._waiters.remove(waiter)

    return wait


def _may_be_a_sleep(timeout: float | None, module: str | None) -> bool:
    """Tell whether a wait for an event is a sleep once nobody is there who could end it before its timeout."""
    if not clock.active or others.gate is not Gate.CLOCKS or keeps_real_time(module) or others.keeps_real_time():
        return False
    return timeout is not None and 0 < timeout <= threading.TIMEOUT_MAX


def _wait_in_company(wait: Callable[[float], Any], timeout: float) -> bool | None:
    """Wait really while other threads are there; tell whether the event came, None if the waiter is left alone."""
    end, slice_ = genuine.monotonic_ns() + _ns(timeout), FIRST_SLICE
    while clock.active and not others.is_alone():
        left = max(0, end - genuine.monotonic_ns())
        if wait(min(left, slice_) / NS):
            return True
        if left <= slice_:
            return False
        slice_ = min(slice_ * 2, LONGEST_SLICE)
    return None


def _wrap_event(original: Any) -> Any:
    def wait(self: Any, timeout: float | None = None) -> bool:
        module = sys._getframe(1).f_globals.get("__name__")
        if timeout is None or self.is_set() or not _may_be_a_sleep(timeout, module):
            return bool(original(self, timeout))
        with clock.wait(_ns(timeout)) as target:
            has_come = _wait_in_company(lambda seconds: original(self, seconds), timeout)
            if has_come is None and not self.is_set():  # looked at last: whoever has ended may have set it before
                sleep(target)
            elif has_come is False and others.takes_part():
                clock.arrive(target)
        return self.is_set() if has_come is None else has_come

    return wait


def _about_to_be_woken(condition: Any, n: int) -> list[int | None]:
    """Return the threads to which a notice goes; None stands for one that cannot be found."""
    waiters = list(islice(condition._waiters, n)) if condition._is_owned() else []
    strangers = private.threads_in_wait(condition) if any(not isinstance(each, Waiter) for each in waiters) else {}
    return [each.thread if isinstance(each, Waiter) else strangers.get(each) for each in waiters]


def _wrap_notify(original: Any) -> Any:
    def notify(self: Any, n: int = 1) -> None:
        if clock.active and others.has_bystanders() and not others.is_bystander():
            others.wake(self, _about_to_be_woken(self, n))
        original(self, n)

    return notify


def _wrap_join(original: Any) -> Any:
    def join(self: Any, timeout: float | None = None) -> None:
        is_possible = self.ident is not None and self is not threading.current_thread()
        if not is_possible or not _is_virtual(timeout):
            original(self, timeout)
            return
        spot = Joiner(self, original)
        if timeout is None:
            with parking.park(spot):
                original(self)
        else:
            with clock.wait(_ns(timeout)) as target:
                wait(spot, target)

    return join


def _wrap_clock(original: Any) -> Any:
    def monotonic() -> float:
        """Return the clock by which semaphores and queues count what is left of a timeout."""
        is_virtual = clock.active and others.gate is Gate.THREADS and not others.keeps_real_time()
        return (clock.look() if is_virtual else clock.real_ns()) / NS

    return monotonic


def _wrap_submit(original: Any) -> Any:
    def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        pools.give(self, 1)
        try:
            return original(self, fn, *args, **kwargs)
        except BaseException:
            pools.give(self, -1)
            raise

    return submit


def _wrap_run(original: Any) -> Any:
    def run(self: Any, *args: Any) -> None:
        others.admit()
        pools.start()
        try:
            original(self, *args)
        finally:
            pools.finish()

    return run


def _ns(seconds: float) -> int:
    return max(1, round(seconds * NS))


# What tells of work in pools, whatever is gated.
POOL_PATCHES = (
    Patch(ThreadPoolExecutor, "submit", _wrap_submit),
    Patch(executors._WorkItem, "run", _wrap_run),
)
# What makes a lone wait for an event a sleep, where waits are not gated.
EVENT_PATCHES = (Patch(threading.Event, "wait", _wrap_event),)
# The clocks of waits. They stay, as `time.monotonic` does: a wait may outlive its block.
CLOCK_PATCHES = (Patch(threading, "_time", _wrap_clock), Patch(queue, "time", _wrap_clock))
# What makes waits of threads virtual.
WAIT_PATCHES = (
    Patch(threading.Condition, "wait", _wrap_wait),
    Patch(threading.Condition, "notify", _wrap_notify),
    Patch(threading.Thread, "join", _wrap_join),
)
