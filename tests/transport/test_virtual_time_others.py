"""Where time must be real: beside other threads, on real sockets, on loops that are not asyncio's own."""

# Blocking sleeps inside of coroutines and polling threads are what is tested here.

from __future__ import annotations

import _thread
import asyncio
import concurrent.futures
import os
import queue
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from simulator import Simulator
from simulator.backend.clock import Clock
from simulator.transport.pace import TimeMode
from simulator.transport.virtual_time import ForeignLoopWarning, enter, leave, virtual_time, waiting
from simulator.transport.virtual_time.genuine import genuine
from simulator.transport.virtual_time.others import Company, others
from simulator.transport.virtual_time.process_clock import clock as process_clock

START = 1_700_000_000.0
ROOT = Path(__file__).parents[2]


@pytest.fixture
def clock():
    return Clock(START)


@pytest.fixture
def virtual(clock):
    with virtual_time(clock):
        yield clock


@pytest.fixture
def stopwatch():
    began = genuine.monotonic()
    return lambda: genuine.monotonic() - began


@pytest.fixture
def helper():
    """A thread that runs until it is told to stop; started when asked for."""
    stop, threads = threading.Event(), []

    def start(function=None):
        def run():
            if function is not None:
                function()
            stop.wait(60)

        thread = threading.Thread(target=run)
        thread.start()
        threads.append(thread)
        return stop

    yield start
    stop.set()
    for thread in threads:
        thread.join()


# ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_that_another_thread_sets_is_waited_for(virtual, helper):
    done = threading.Event()
    helper(lambda: (genuine.sleep(0.02), done.set()))
    assert done.wait(30)
    assert virtual.now() == START


def test_a_wait_for_an_event_becomes_a_sleep_when_the_last_other_thread_ends(alone, clock, stopwatch):
    ending = threading.Thread(target=genuine.sleep, args=(0.05,))
    ending.start()
    with virtual_time(clock):
        assert not threading.Event().wait(600)
        assert not ending.is_alive()
    assert clock.now() == START + 600
    assert stopwatch() < 30


def test_an_event_that_a_thread_from_before_the_block_sets_is_waited_for(clock, helper):
    begin, done = threading.Lock(), threading.Event()
    begin.acquire()
    helper(lambda: (begin.acquire(), genuine.sleep(0.02), done.set()))
    with virtual_time(clock):
        begin.release()
        assert done.wait(30)
    assert clock.now() == START


def test_an_event_that_a_thread_unknown_to_threading_sets_is_waited_for(virtual):
    begun, done = _thread.allocate_lock(), threading.Event()
    begun.acquire()
    _thread.start_new_thread(lambda: (begun.release(), genuine.sleep(0.02), done.set()), ())
    begun.acquire()  # it counts from its first step on
    assert done.wait(30)
    assert virtual.now() == START


def test_beside_a_thread_what_is_waited_in_vain_counts_exactly(virtual, helper, stopwatch):
    """A loop of `stop.wait(1)` beside a server's thread must get to the end of a run."""
    helper()
    assert not threading.Event().wait(0.05)
    assert stopwatch() >= 0.05
    assert virtual.now() == START + 0.05


def test_a_thread_that_makes_no_requests_moves_no_clock_by_waiting(virtual, helper):
    """A heartbeat: were it seen, the times of a test would be those of the machine."""
    beaten = queue.Queue()
    helper(lambda: beaten.put(threading.Event().wait(0.02)))
    assert beaten.get() is False
    assert virtual.now() == START


def test_a_thread_that_makes_requests_moves_the_clock_by_waiting(virtual, helper):
    polled = queue.Queue()
    helper(lambda: (virtual.advance(1), polled.put(threading.Event().wait(0.02))))
    assert polled.get() is False
    assert virtual.now() == START + 1.02


def test_beside_a_thread_a_sleep_is_real_and_counts_exactly(virtual, helper, stopwatch):
    helper()
    before = time.monotonic()
    time.sleep(0.05)
    assert stopwatch() >= 0.05
    assert time.monotonic() - before >= 0.05
    assert virtual.now() == pytest.approx(START + 0.05, abs=1e-6)


def test_beside_a_thread_the_clock_of_the_program_goes_on_and_the_simulators_does_not(virtual, helper):
    helper()
    before = time.monotonic()
    genuine.sleep(0.05)
    assert time.monotonic() - before >= 0.05
    assert virtual.now() == START


def test_when_the_thread_has_ended_the_rest_of_the_sleep_takes_no_time(virtual, helper, stopwatch):
    stop = helper()
    threading.Timer(0.05, stop.set).start()
    time.sleep(600)
    assert 0.05 <= stopwatch() < 60
    assert virtual.now() == START + 600


def test_two_sleeps_side_by_side_move_the_clock_once(virtual, helper):
    helper(lambda: time.sleep(0.05))
    time.sleep(0.1)
    assert virtual.now() == pytest.approx(START + 0.1, abs=1e-3)


def test_a_thread_from_before_holds_nobody_up_and_keeps_real_time(clock, helper, stopwatch):
    asked, seen = queue.Queue(), queue.Queue()

    def bystander():
        while asked.get() is not None:
            began = time.monotonic()
            time.sleep(0.02)
            seen.put((time.time(), time.monotonic() - began))

    helper(bystander)
    with virtual_time(clock):
        time.sleep(600)
        assert stopwatch() < 60
        asked.put(1)
        wall, slept = seen.get()
        asked.put(None)
    assert abs(wall - genuine.time()) < 60
    assert 0.02 <= slept < 60
    assert clock.now() == START + 600


def test_a_thread_that_execnet_would_start_is_seen(virtual, stopwatch):
    stop = _thread.allocate_lock()
    stop.acquire()
    started = _thread.allocate_lock()
    started.acquire()

    def run():
        started.release()
        stop.acquire()

    _thread.start_new_thread(run, ())
    started.acquire()
    time.sleep(0.02)
    assert stopwatch() >= 0.02
    stop.release()


def test_a_thread_that_outlives_the_block_sleeps_on_for_real(clock):
    slept = []

    def sleeper():
        before = time.monotonic()
        time.sleep(0.1)
        slept.append(time.monotonic() - before)

    stay = enter(clock)
    thread = threading.Thread(target=sleeper)
    thread.start()
    leave(stay)
    thread.join()
    assert 0.1 <= slept[0] < 60


# ── pools ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_beside_a_worker_that_has_nothing_to_do_time_jumps(virtual, stopwatch):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert list(pool.map(abs, (-1, -2))) == [1, 2]
        time.sleep(600)
    assert stopwatch() < 60
    assert virtual.now() == START + 600


def test_a_worker_from_before_is_waited_for_when_it_works(clock):
    loop = asyncio.new_event_loop()
    loop.run_until_complete(loop.run_in_executor(None, int))

    async def main():
        return await asyncio.wait_for(loop.run_in_executor(None, compute), 5)

    def compute():
        genuine.sleep(0.05)
        return "in time"

    with virtual_time(clock):
        assert loop.run_until_complete(main()) == "in time"
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_a_pool_that_its_owner_has_dropped_is_taken_for_one_that_works(virtual, stopwatch):
    release = threading.Event()
    concurrent.futures.ThreadPoolExecutor(1).submit(release.wait)
    time.sleep(0.02)
    assert stopwatch() >= 0.02
    release.set()


def test_anyios_workers_count_while_they_work_only(virtual, stopwatch):
    async def main():
        with anyio.fail_after(5):
            await anyio.to_thread.run_sync(genuine.sleep, 0.05)
        before = virtual.now()
        await anyio.sleep(600)
        return virtual.now() - before

    assert anyio.run(main) == 600
    assert 0.05 <= stopwatch() < 60


# ── sockets and processes ────────────────────────────────────────────────────────────────────────────────────────────


def test_beside_a_real_socket_time_runs_fast_and_arrives_exactly(virtual, stopwatch):
    async def main():
        left, right = socket.socketpair()
        _, writer = await asyncio.open_connection(sock=left)
        began = stopwatch()
        await asyncio.sleep(20)
        assert 0.4 <= stopwatch() - began < 60  # 80 ms a second, from the sixth on 5 ms
        writer.close()
        await writer.wait_closed()
        right.close()

    asyncio.run(main())
    assert virtual.now() == START + 20


def test_beside_a_real_socket_a_timeout_of_five_seconds_leaves_some_hundred_milliseconds_for_an_answer(virtual):
    """So long wait httpx for an answer and the SDK for a connection."""

    async def main():
        left, right = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=left)
        began = genuine.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 5)
        assert 0.4 <= genuine.monotonic() - began < 60
        writer.close()
        right.close()

    asyncio.run(main())
    assert virtual.now() == START + 5


def test_a_real_server_in_the_same_loop_is_in_time(virtual):
    async def answer(reader, writer):
        writer.write(await reader.read(100))
        writer.close()

    async def main():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"echo")
            assert await asyncio.wait_for(reader.read(), 30_000) == b"echo"
            writer.close()

    asyncio.run(main())


def test_the_timeout_of_a_process_is_real(virtual, stopwatch):
    process = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.05)
    assert stopwatch() >= 0.05
    process.kill()
    process.wait(timeout=60)
    assert virtual.now() == START


@pytest.mark.parametrize("mode", ["virtual", "threads"])
def test_the_timeout_of_a_process_that_an_event_loop_waits_for_is_real(clock, mode):
    """From 3.12 on the loop watches it by a socket of its own, beside which time would run fast: 40 s in this."""

    async def main():
        process = await asyncio.create_subprocess_exec(sys.executable, "-S", "-c", "import time; time.sleep(0.2)")
        began = genuine.monotonic()
        assert await asyncio.wait_for(process.wait(), 20) == 0
        return genuine.monotonic() - began

    with virtual_time(clock, TimeMode(mode)):
        assert 0.1 < asyncio.run(main()) < 20
        before = genuine.monotonic()
        asyncio.run(asyncio.sleep(600))  # it has ended
        assert genuine.monotonic() - before < 60
    # Real time shows while the thread ends that waited for the process (3.11): the sleep may have begun in that.
    assert START + 599 < clock.now() <= START + 600


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("mode", ["virtual", "threads"])
def test_a_child_made_by_fork_has_virtual_time_too(mode):
    """Its own, from where it stood: what either does moves the other no more. The parent's threads are not there."""
    code = """
        import os, sys, threading, time, warnings
        from simulator import Simulator

        warnings.simplefilter("ignore", DeprecationWarning)  # since 3.12 of a fork beside threads
        with Simulator(time=sys.argv[1]).intercept() as sim:
            before, stop = sim.clock.now(), threading.Event()
            thread = threading.Thread(target=stop.wait)
            thread.start()
            child = os.fork()
            if child == 0:
                time.sleep(600)
                other = threading.Thread(target=time.sleep, args=(0.01,))
                other.start()
                other.join()
                os._exit(7 if 600 <= sim.clock.now() - before < 601 else 1)
            _, status = os.waitpid(child, 0)
            stop.set()
            thread.join()
            sys.exit(0 if os.waitstatus_to_exitcode(status) == 7 and sim.clock.now() == before else 1)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), mode], cwd=ROOT, check=True, timeout=120)


# ── other loops ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_loop_with_a_step_of_its_own_sleeps_for_real_and_is_named(clock, stopwatch):
    class Nested(asyncio.SelectorEventLoop):
        def _run_once(self):  # as nest_asyncio puts one in
            genuine_run_once(self)

    genuine_run_once = asyncio.SelectorEventLoop._run_once

    async def main():
        await asyncio.sleep(0.02)
        clock.advance(1)  # what a request does

    loop = Nested()
    with pytest.warns(ForeignLoopWarning, match=r"Nested, whose sleeps are real"), virtual_time(clock) as stay:
        loop.run_until_complete(main())
    loop.close()
    assert stopwatch() >= 0.02
    assert len(stay.foreign_loops) == 1
    assert clock.now() == START + 1


def test_asyncios_own_loop_is_not_warned_of(clock, recwarn):
    async def main():
        clock.advance(1)

    with virtual_time(clock) as stay:
        clock.advance(1)
        asyncio.run(main())
    assert not stay.foreign_loops
    assert not recwarn.list


def test_uvloop_sleeps_for_real_and_is_named(clock, stopwatch):
    uvloop = pytest.importorskip("uvloop")

    async def main():
        await asyncio.sleep(0.02)
        clock.advance(1)

    loop = uvloop.new_event_loop()
    with pytest.warns(ForeignLoopWarning, match="uvloop"), virtual_time(clock):
        loop.run_until_complete(main())
    loop.close()
    assert stopwatch() >= 0.02


def test_trio_sleeps_for_real_and_is_named(clock, stopwatch):
    import trio

    async def main():
        await trio.sleep(0.02)
        clock.advance(1)

    with pytest.warns(ForeignLoopWarning, match="trio"), virtual_time(clock):
        trio.run(main)
    assert stopwatch() >= 0.02


def test_on_a_loop_that_sleeps_for_real_deadlines_end_in_real_time(clock, stopwatch):
    """A loop of sleeps against `time.monotonic` would not end if that stood still."""
    uvloop = pytest.importorskip("uvloop")
    rounds = []

    async def main():
        clock.advance(1)
        deadline = time.monotonic() + 0.05
        while time.monotonic() < deadline:
            rounds.append(1)
            await asyncio.sleep(0.01)

    loop = uvloop.new_event_loop()
    with pytest.warns(ForeignLoopWarning, match=r"Simulator\(time='real'\)"), virtual_time(clock):
        loop.run_until_complete(main())
    loop.close()
    assert 0.05 <= stopwatch() < 60
    assert len(rounds) < 20
    assert clock.now() == START + 1


def test_where_the_warning_is_an_error_all_is_put_back_first():
    async def main():
        await sim.async_client().beta.threads.create()

    class Own(asyncio.SelectorEventLoop):
        def time(self):
            return genuine.monotonic()

    sim, loop = Simulator(), Own()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ForeignLoopWarning)
        with pytest.raises(ForeignLoopWarning), sim.intercept():
            loop.run_until_complete(main())
    loop.close()
    assert time.sleep is genuine.sleep
    assert sim.clock.listener is None


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_real_time_does_not_pass_who_is_due(virtual, helper):
    """A machine that stops for longer than lies between two sleepers wakes them in order all the same."""
    helper()
    with process_clock.wait(20_000_000) as first:
        genuine.sleep(0.1)
        assert process_clock.watch() == first.position
        assert process_clock.left(first) == 0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_a_signal_handler_may_sleep_while_its_thread_sleeps(virtual, helper):
    helper()
    slept = []

    def handler(_number, _frame):
        time.sleep(0.1)
        slept.append(virtual.now())

    previous = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        time.sleep(0.05)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert len(slept) == 1


def test_a_wait_from_an_earlier_block_moves_no_later_one(helper):
    """A thread that outlives its block, and whose sleep ends in the next one."""
    first, second = Clock(START), Clock(START)
    sleeping = threading.Event()

    def sleeper():
        sleeping.set()
        time.sleep(0.1)

    with virtual_time(first):
        first.advance(5000)
        thread = threading.Thread(target=sleeper)
        thread.start()
        sleeping.wait()
        genuine.sleep(0.02)
    with virtual_time(second):
        thread.join()
        second.advance(1)
        assert second.now() == START + 1


def test_what_a_thread_sends_while_it_is_looked_at_is_not_missed(virtual, monkeypatch):
    """First who else runs, then what has come: a thread's last word may come in between."""

    class LastWord:
        is_bystander = others.is_bystander

        def company(self):
            loop.call_soon_threadsafe(arrived.set)
            return Company.NONE

    async def main():
        async with asyncio.timeout(60):
            monkeypatch.setattr(waiting, "others", LastWord())
            await arrived.wait()

    loop, arrived = asyncio.new_event_loop(), asyncio.Event()
    loop.run_until_complete(main())
    monkeypatch.undo()
    loop.close()
    assert virtual.now() == START


def test_a_worker_of_a_pool_that_was_shut_down_before_holds_nobody_up(clock, stopwatch):
    release = threading.Event()
    pool = concurrent.futures.ThreadPoolExecutor(1)
    pool.submit(release.wait)
    pool.shutdown(wait=False)
    with virtual_time(clock):
        time.sleep(600)
    release.set()
    assert stopwatch() < 60
    assert clock.now() == START + 600
