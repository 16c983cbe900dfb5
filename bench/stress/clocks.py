"""What the default mode promises: jumps of one thread, real time beside others, no false timeout.

A scenario returns whether all of it was right.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import socket
import subprocess
import sys
import threading
import time

from simulator.backend.clock import Clock

CPU_SECONDS = 0.03
FAR = 60.0


def tasks(clock: Clock) -> bool:
    """Three tasks and a timeout: order and times are exact, in every clock."""

    async def main() -> tuple[list[object], float, float]:
        log: list[object] = []
        began, before = time.monotonic(), clock.now()

        async def task(seconds: float) -> None:
            await asyncio.sleep(seconds)
            log.append(seconds)

        await asyncio.gather(task(5), task(1), task(3.25))
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 300)
        except TimeoutError:
            log.append("timeout")
        return log, round(time.monotonic() - began, 6), round(clock.now() - before, 6)

    return asyncio.run(main()) == ([1, 3.25, 5, "timeout"], 305.0, 305.0)


def poll_loop(clock: Clock) -> bool:
    """A loop that polls against a deadline makes the same number of rounds every time."""
    rounds, before, deadline = 0, clock.now(), time.time() + 60
    while time.time() < deadline:
        clock.advance(0.25)  # what a request costs
        time.sleep(0.5)
        rounds += 1
    return (rounds, clock.now() - before) == (80, 60.0)


def compute() -> bool:
    """Use the processor for a while, without a look at any clock that is gated."""
    began = time.thread_time()
    while time.thread_time() - began < CPU_SECONDS:
        pass
    return True


def busy_thread(_clock: Clock) -> bool:
    """A thread that computes is not overtaken by the timeout of who waits for it."""

    async def main() -> bool:
        return await asyncio.wait_for(asyncio.to_thread(compute), FAR)

    return asyncio.run(main())


def full_pool(_clock: Clock) -> bool:
    """Work that waits in the queue of a pool is not overtaken either."""

    async def main() -> bool:
        loop = asyncio.get_running_loop()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            for _ in range(3):
                pool.submit(time.thread_time)
            return await asyncio.wait_for(loop.run_in_executor(pool, compute), FAR)

    return asyncio.run(main())


def sleeping_thread(clock: Clock) -> bool:
    """Beside a thread time is real, and nobody wakes before it is due; the simulator's clock moves by what is slept.

    In which order threads that are awake go on is the machine's affair, and no promise.
    """
    early: list[object] = []
    before = clock.now()

    def is_early(due: float) -> bool:
        return time.monotonic() < due - 1e-6  # the difference of two floats as large as an uptime

    def in_thread() -> None:
        due, real = time.monotonic() + 0.03, time.perf_counter()
        time.sleep(0.03)
        early.extend(["thread"] * (is_early(due) or time.perf_counter() - real < 0.03 - 1e-6))

    async def task(seconds: float) -> None:
        due = time.monotonic() + seconds
        await asyncio.sleep(seconds)
        early.extend([seconds] * is_early(due))

    async def main() -> None:
        await asyncio.gather(task(0.06), asyncio.to_thread(in_thread), task(0.01))

    asyncio.run(main())
    # Sleeps side by side count once; real time that passed meanwhile does not.
    return not early and 0.03 - 1e-6 <= clock.now() - before < 0.06 + 0.03 + 0.01 + 1e-6


def idle_pool(clock: Clock) -> bool:
    """When the worker of a pool has nothing more to do, time jumps again."""

    async def main() -> bool:
        await asyncio.to_thread(int)
        before, real = clock.now(), time.perf_counter()
        await asyncio.sleep(600)
        return clock.now() - before == 600 and time.perf_counter() - real < FAR

    return asyncio.run(main())


def last_word(_clock: Clock) -> bool:
    """What a thread sends as its last act is never missed."""

    async def main() -> bool:
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(arrived.set))
        thread.start()
        try:
            await asyncio.wait_for(arrived.wait(), FAR)
        except TimeoutError:
            return False
        thread.join()
        return True

    return asyncio.run(main())


def real_socket(_clock: Clock) -> bool:
    """A real server, with a process to start, is in time for a far timeout, though no other thread runs."""
    left, right = socket.socketpair()
    code = "import os, sys, time; time.sleep(0.005); os.write(int(sys.argv[1]), b'here')"
    server = subprocess.Popen([sys.executable, "-S", "-c", code, str(right.fileno())], pass_fds=[right.fileno()])

    async def main() -> bool:
        reader, writer = await asyncio.open_connection(sock=left)
        data = await asyncio.wait_for(reader.read(4), 60_000)  # five minutes, really
        writer.close()
        return data == b"here"

    try:
        return asyncio.run(main())
    finally:
        right.close()
        server.wait(FAR)


def process(clock: Clock) -> bool:
    """The timeout of a child process is real: one that works for a moment is not given up."""
    child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(0.005)"], env=dict(os.environ))
    before = clock.now()
    return child.wait(timeout=FAR) == 0 and clock.now() == before


SCENARIOS = (
    tasks,
    poll_loop,
    busy_thread,
    full_pool,
    sleeping_thread,
    idle_pool,
    last_word,
    real_socket,
    process,
)
