"""The private parts of the standard library and of anyio that virtual time stands on, all in one place.

Seen in CPython 3.11.7, 3.12.1 and 3.13.0, and anyio 4.16:

    threading._active, _limbo                   threads that run, threads being born
    _thread._count                              threads started, those unknown to `threading` too
    Condition._waiters, _is_owned, _release_save, _acquire_restore   (`thread_gates`)
    the local variable `waiter` of Condition.wait   which thread waits by a lock
    threading._time, queue.time                 the clocks by which semaphores and queues count timeouts
    concurrent.futures.thread._threads_queues   the workers of thread pools
    concurrent.futures.thread._WorkItem.run     one piece of their work, with telling of its result
    ThreadPoolExecutor._work_queue, _shutdown   what waits for them
    Thread._args[0]                             of such a worker: a weak reference to its executor
    anyio WorkerThread.idle_workers             a worker is in it exactly while it has nothing to do
    BaseEventLoop._run_once, time               the step of a loop and its clock (`event_loop`)
    BaseEventLoop._ready, _scheduled, _stopping, _timer_cancelled_count, _selector, _process_events,
                  _internal_fds
    BaseEventLoop._debug                        whether it looks at how long callbacks take
    Handle._callback                            of the readers in its selector: a PidfdChildWatcher's method
    TimerHandle._when, _cancelled, _scheduled
    the dict behind `datetime.datetime.__dict__`, PyType_Modified   (`wall_clock`)
"""

from __future__ import annotations

import _thread
import asyncio
import concurrent.futures.thread as executors
import heapq
import sys
import threading
from asyncio.base_events import BaseEventLoop
from collections.abc import Iterator
from types import FrameType
from typing import Any

thread_count = _thread._count  # type: ignore[attr-defined, unused-ignore]


_active: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]
_limbo: dict[threading.Thread, threading.Thread] = threading._limbo  # type: ignore[attr-defined]
# Threads that `_thread._count` does not count: the main one, and those that C code has made.
UNCOUNTED = (threading._MainThread, threading._DummyThread)  # type: ignore[attr-defined]


def threads() -> list[threading.Thread]:
    """Return the threads. Those being born are looked at first, so that none is missed that is born meanwhile.

    `threading.enumerate()` takes a lock that another thread may hold while it waits for ours.
    """
    return [*_limbo.values(), *_active.values()]


def thread_of(ident: int) -> threading.Thread | None:
    """Return the thread that runs under an ident now; idents are used again."""
    return _active.get(ident)


def threads_in_wait(condition: Any) -> dict[Any, int]:
    """Return who waits for a condition whose lock the caller has: the ident of each thread, by its waiter.

    This is identity and no guess at what a thread does: who is among the waiters is inside `Condition.wait`, in
    whose frame the waiter is, from before it gave the lock away until it has it again.
    """
    waiters = {id(waiter): waiter for waiter in condition._waiters}
    found = {}
    for ident, innermost in sys._current_frames().items():
        for frame in _outwards(innermost):
            if frame.f_code.co_name == "wait" and "waiter" in frame.f_code.co_varnames:
                waiter = waiters.get(id(frame.f_locals.get("waiter")))
                if waiter is not None:
                    found[waiter] = ident
    return found


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def is_anyio_worker(thread: threading.Thread) -> bool:
    """Tell whether a thread is one of those in which anyio runs what blocks."""
    return hasattr(thread, "idle_workers")


def is_idle_in_anyio(thread: Any) -> bool:
    """Tell whether such a thread has no work, and its loop knows that it has done with the last."""
    return thread in thread.idle_workers


def executor_of(thread: threading.Thread) -> Any:
    """Return the executor that a thread works for; None: for none, or its owner has dropped it."""
    return executor_of_worker(thread) if thread in executors._threads_queues else None


def executor_of_worker(thread: threading.Thread) -> Any:
    """Return the same of a thread that is a worker. A new one may begin work before its pool has registered it."""
    try:
        return thread._args[0]()  # type: ignore[attr-defined]
    except (AttributeError, IndexError, TypeError):  # an ended thread has no _args any more
        return None


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs in this thread."""
    return asyncio._get_running_loop()


def steps_as_usual(loop: object) -> bool:
    """Tell whether a loop's steps and clock are those of `BaseEventLoop`: not uvloop's, not nest_asyncio's."""
    kind: Any = type(loop)
    return (
        isinstance(loop, BaseEventLoop)
        and kind._run_once is BaseEventLoop._run_once  # type: ignore[attr-defined]
        and kind.time is BaseEventLoop.time
        and getattr(loop, "_selector", None) is not None
    )


def drop_cancelled_timers(loop: Any) -> None:
    """Take cancelled timers off the head, as `_run_once` would: the clock must not move to one of them."""
    while loop._scheduled and loop._scheduled[0]._cancelled:
        loop._timer_cancelled_count -= 1
        heapq.heappop(loop._scheduled)._scheduled = False


def poll(loop: Any, seconds: float | None) -> bool:
    """Wait for I/O and for other threads' calls, `seconds` of real time; tell whether callbacks are ready.

    None: for as long as it takes.
    """
    loop._process_events(loop._selector.select(seconds))
    return bool(loop._ready)


def has_foreign_sockets(loop: Any) -> bool:
    """Tell whether a loop waits for more than its own wake-up pipe. Where that cannot be told: yes."""
    get_map = getattr(loop._selector, "get_map", None)
    return get_map is None or len(get_map()) > loop._internal_fds


def awaits_process(loop: Any) -> bool:
    """Tell whether a loop waits for the end of a child process, as it does by a reader of its own from 3.12 on."""
    get_map = getattr(loop._selector, "get_map", None)
    if get_map is None or len(get_map()) <= loop._internal_fds:
        return False
    readers = (key.data[0] for key in list(get_map().values()) if isinstance(key.data, tuple))
    return any(_is_child_watcher(getattr(reader, "_callback", None)) for reader in readers)


def _is_child_watcher(callback: object) -> bool:
    return "ChildWatcher" in type(getattr(callback, "__self__", None)).__name__
