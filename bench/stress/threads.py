"""What `time="threads"` promises: the waits of threads jump in order too, and none gives up too early.

A scenario returns whether all of it was right. Times are exact where no thread computes for longer than a
quarter of a second; a machine with other work may keep one from running for longer, so what is compared is
the order of what is due, and that nobody who was in time was given up.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import threading
import time
from collections.abc import Callable, Sequence

from simulator.backend.clock import Clock

from .clocks import FAR, compute

Log = list[tuple[object, int]]


def _together(*functions: Callable[[], object]) -> None:
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def threads_and_tasks(clock: Clock) -> bool:
    """Sleeping threads and tasks wake in the order of their times, and each at its time."""

    async def main() -> Log:
        log: Log = []
        began = clock.now()

        def in_thread(seconds: int) -> None:
            time.sleep(seconds)
            log.append((seconds, round(clock.now() - began)))

        async def task(seconds: int) -> None:
            await asyncio.sleep(seconds)
            log.append((seconds, round(clock.now() - began)))

        sleeps = [asyncio.to_thread(in_thread, seconds) for seconds in (30, 40, 20)]
        await asyncio.gather(*sleeps, task(10), task(50))
        return log

    return asyncio.run(main()) == [(seconds, seconds) for seconds in (10, 20, 30, 40, 50)]


def loop_in_thread(_clock: Clock) -> bool:
    """A result from a loop in another thread comes before a far timeout; a near one strikes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        began = time.monotonic()
        soon = asyncio.run_coroutine_threadsafe(asyncio.sleep(50, result=True), loop).result(timeout=FAR)
        late = asyncio.run_coroutine_threadsafe(asyncio.sleep(500, result=True), loop)
        try:
            late.result(timeout=FAR)
        except (TimeoutError, concurrent.futures.TimeoutError):
            late.cancel()
            # A round of the loop for its task to end in.
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=FAR)
            return soon and round(time.monotonic() - began) == 50 + FAR
        return False
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def handover(_clock: Clock) -> bool:
    """Who waits for an event wakes when it is set, and not at the next time that anybody is due."""
    event = threading.Event()
    log: Log = []
    began = time.monotonic()

    def setter() -> None:
        time.sleep(10)
        event.set()
        time.sleep(100)
        log.append(("setter", round(time.monotonic() - began)))

    def waiter() -> None:
        log.append((event.wait(300), round(time.monotonic() - began)))

    _together(waiter, setter)
    return log == [(True, 10), ("setter", 110)]


def near_timeout(_clock: Clock) -> bool:
    """A wait that ends before the event is set gives up, at its time."""
    event = threading.Event()
    log: Log = []
    began = time.monotonic()

    def setter() -> None:
        time.sleep(30)
        event.set()

    def waiter() -> None:
        log.append((event.wait(20), round(time.monotonic() - began)))

    _together(setter, waiter)
    return log == [(False, 20)]


def ping_pong(clock: Clock) -> bool:
    """A queue between two threads loses nothing, gives up nothing, and takes what was slept."""
    there: queue.Queue[int | None] = queue.Queue()
    back: queue.Queue[int] = queue.Queue()
    began = clock.now()

    def answer() -> None:
        while (seconds := there.get()) is not None:
            time.sleep(seconds)
            back.put(seconds)

    thread = threading.Thread(target=answer)
    thread.start()
    got = []
    for _ in range(10):
        there.put(10)
        got.append(back.get(timeout=15))
    there.put(None)
    thread.join()
    return got == [10] * 10 and round(clock.now() - began) == 100


def as_completed(_clock: Clock) -> bool:
    """Futures of two workers complete in the order of their ends."""

    def work(seconds: int) -> int:
        time.sleep(seconds)
        return seconds

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(work, seconds) for seconds in (30, 10, 25, 50)]
        done = [future.result() for future in concurrent.futures.as_completed(futures, timeout=600)]
    # The workers take 30, 50 and 10, 25: ends at 30, 80, 10, 35.
    return done == [10, 30, 25, 50] and round(time.monotonic() - began) == 80


def busy_future(_clock: Clock) -> bool:
    """A computation, behind others in its pool, is not overtaken by who waits for its result."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for _ in range(3):
            pool.submit(time.thread_time)
        return pool.submit(compute).result(timeout=FAR)


def timer(clock: Clock) -> bool:
    """A timer fires at its time, and a barrier lets go when the last has come."""
    began, fired = clock.now(), threading.Event()
    barrier = threading.Barrier(3, timeout=300)
    log: Log = []

    def arrive(seconds: int) -> None:
        time.sleep(seconds)
        barrier.wait()
        log.append((None, round(clock.now() - began)))

    threading.Timer(70, fired.set).start()
    _together(*(lambda seconds=seconds: arrive(seconds) for seconds in (10, 20, 60)))
    return log == [(None, 60)] * 3 and fired.wait(20) and round(clock.now() - began) == 70


def semaphores(clock: Clock) -> bool:
    """Four threads share two permits; the join with a timeout gives up first, the one without waits."""
    permits, began = threading.BoundedSemaphore(2), clock.now()
    log: list[int] = []

    def use() -> None:
        with permits:
            time.sleep(10)
            log.append(round(clock.now() - began))

    threads: Sequence[threading.Thread] = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    threads[0].join(5)
    gave_up = round(clock.now() - began) == 5
    for thread in threads:
        thread.join()
    return gave_up and log == [10, 10, 20, 20]


SCENARIOS = (
    threads_and_tasks,
    loop_in_thread,
    handover,
    near_timeout,
    ping_pong,
    as_completed,
    busy_future,
    timer,
    semaphores,
)
