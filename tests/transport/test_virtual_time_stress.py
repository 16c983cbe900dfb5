"""What virtual time promises, again and again, idle and with every core busy.

The suite runs each scenario a few times. The full size, with figures, outside of pytest:

    python tests/transport/test_virtual_time_stress.py [TIMES=200] [BURNERS=0]

or inside of it with VIRTUAL_TIME_STRESS=200.
"""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from simulator.backend.clock import Clock
from simulator.transport.virtual_time import virtual_time

BURN = "while True: pass"
CPU_SECONDS = 0.03
TIMES = int(os.environ.get("VIRTUAL_TIME_STRESS", "5"))


def tasks(clock):
    """Three tasks and a timeout: order and times are exact, in every clock."""

    async def main():
        log, began, before = [], time.monotonic(), clock.now()

        async def task(seconds):
            await asyncio.sleep(seconds)
            log.append(seconds)

        await asyncio.gather(task(5), task(1), task(3.25))
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 300)
        except TimeoutError:
            log.append("timeout")
        return log, round(time.monotonic() - began, 6), round(clock.now() - before, 6)

    return asyncio.run(main()) == ([1, 3.25, 5, "timeout"], 305.0, 305.0)


def busy_thread(_clock):
    """A thread that computes is not overtaken by the timeout of who waits for it."""

    def compute():
        began = time.thread_time()
        while time.thread_time() - began < CPU_SECONDS:
            pass
        return True

    async def main():
        return await asyncio.wait_for(asyncio.to_thread(compute), 20)

    return asyncio.run(main())


def sleeping_thread(_clock):
    """Beside a thread time is real, and who is due first wakes first.

    A busy machine may keep a task from beginning for longer than another one sleeps, so each says when it began.
    """
    due, woken = {}, []

    def in_thread():
        due["thread"] = time.monotonic() + 0.15
        time.sleep(0.15)
        woken.append("thread")

    async def task(seconds):
        due[seconds] = time.monotonic() + seconds
        await asyncio.sleep(seconds)
        woken.append(seconds)

    async def main():
        began = time.monotonic()
        await asyncio.gather(task(0.4), asyncio.to_thread(in_thread), task(0.01))
        return time.monotonic() - began

    # Rounded: the difference of two floats as large as an uptime may be 0.39999999999.
    return round(asyncio.run(main()), 6) >= 0.4 and woken == sorted(due, key=due.__getitem__)


def idle_pool(clock):
    """When the worker of a pool has nothing more to do, time jumps again."""

    async def main():
        await asyncio.to_thread(int)
        before, real = clock.now(), time.perf_counter()
        await asyncio.sleep(600)
        return clock.now() - before == 600 and time.perf_counter() - real < 60

    return asyncio.run(main())


def last_word(_clock):
    """What a thread sends as its last act is never missed."""

    async def main():
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(arrived.set))
        thread.start()
        try:
            await asyncio.wait_for(arrived.wait(), 60)
        except TimeoutError:
            return False
        thread.join()
        return True

    return asyncio.run(main())


def loop_in_thread(_clock):
    """A result from a loop in another thread comes before a far timeout; a near one strikes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        soon = asyncio.run_coroutine_threadsafe(asyncio.sleep(0.01, result=True), loop).result(timeout=60)
        late = asyncio.run_coroutine_threadsafe(asyncio.sleep(600, result=True), loop)
        try:
            late.result(timeout=0.02)
        except (TimeoutError, concurrent.futures.TimeoutError):
            late.cancel()
            # Two rounds of the loop: one to cancel its task, one to end it.
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=60)
            return soon
        return False
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def ping_pong(_clock):
    """A queue between two threads loses nothing and gives up nothing."""
    there, back = queue.Queue(), queue.Queue()

    def answer():
        while (seconds := there.get()) is not None:
            time.sleep(seconds)
            back.put(seconds)

    thread = threading.Thread(target=answer)
    thread.start()
    got = []
    for _ in range(5):
        there.put(0.002)
        got.append(back.get(timeout=20))
    there.put(None)
    thread.join()
    return got == [0.002] * 5


def real_socket(_clock):
    """A real server, with a process to start, is in time for a far timeout, though no other thread runs."""
    left, right = socket.socketpair()
    code = "import os, sys, time; time.sleep(0.005); os.write(int(sys.argv[1]), b'here')"
    server = subprocess.Popen([sys.executable, "-S", "-c", code, str(right.fileno())], pass_fds=[right.fileno()])

    async def main():
        reader, writer = await asyncio.open_connection(sock=left)
        data = await asyncio.wait_for(reader.read(4), 60_000)  # five minutes, really
        writer.close()
        return data == b"here"

    try:
        return asyncio.run(main())
    finally:
        right.close()
        server.wait(60)


def poll_loop(clock):
    """A loop that polls against a deadline makes the same number of rounds every time."""
    rounds, before, deadline = 0, clock.now(), time.time() + 60
    while time.time() < deadline:
        clock.advance(0.25)  # what a request costs
        time.sleep(0.5)
        rounds += 1
    return (rounds, clock.now() - before) == (80, 60.0)


SCENARIOS = (
    tasks,
    busy_thread,
    sleeping_thread,
    idle_pool,
    last_word,
    loop_in_thread,
    ping_pong,
    real_socket,
    poll_loop,
)


def outcomes(scenario, times):
    """Count what a scenario comes to; `(True, True)`: right, and a second simulator kept in step."""
    found = collections.Counter()
    for _ in range(times):
        first, second = Clock(1.7e9), Clock(2e9)
        with virtual_time(first), virtual_time(second):
            try:
                result = scenario(first)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is counted and shown
                result = repr(error)
        found[result, round(second.now() - 2e9, 5) == round(first.now() - 1.7e9, 5)] += 1
    return found


@pytest.fixture(params=[0, os.cpu_count() or 2], ids=["idle", "busy"])
def _load(request):
    burners = [subprocess.Popen([sys.executable, "-S", "-c", BURN]) for _ in range(request.param)]
    yield
    for burner in burners:
        burner.kill()
        burner.wait()


@pytest.mark.usefixtures("_load")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_every_time_is_right(scenario):
    assert outcomes(scenario, TIMES) == {(True, True): TIMES}


def report(times, burners):
    processes = [subprocess.Popen([sys.executable, "-S", "-c", BURN]) for _ in range(burners)]
    right = 0
    try:
        for scenario in SCENARIOS:
            began = time.perf_counter()
            found = outcomes(scenario, times)
            right += found[True, True]
            each = (time.perf_counter() - began) / times * 1000
            sys.stdout.write(f"{scenario.__name__:16} {found[True, True]}/{times}  {each:6.1f} ms  {dict(found)}\n")
    finally:
        for process in processes:
            process.kill()
    sys.stdout.write(f"right: {right} of {times * len(SCENARIOS)}, burners: {burners}\n")
    return right == times * len(SCENARIOS)


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    sys.exit(0 if report(*(arguments + [200, 0][len(arguments) :])) else 1)
