"""Threads from before the block, in `time="threads"`: they hold nobody up, unless somebody wakes them."""

from __future__ import annotations

import concurrent.futures
import contextlib
import queue
import select
import socket
import threading
import time

import pytest

from simulator import Simulator
from simulator.backend.clock import Clock
from simulator.transport.pace import TimeMode
from simulator.transport.virtual_time import others as others_module
from simulator.transport.virtual_time import private, virtual_time
from simulator.transport.virtual_time.genuine import NS, genuine
from simulator.transport.virtual_time.others import Company, others

START = 1_700_000_000.0


@pytest.fixture
def clock():
    return Clock(START)


@pytest.fixture
def stopwatch():
    began = genuine.monotonic()
    return lambda: genuine.monotonic() - began


@pytest.fixture
def worker():
    """A thread that calls what it is given; started when asked for, and ended after the test."""
    work, threads = queue.Queue(), []

    def run():
        while (function := work.get()) is not None:
            function()

    def start():
        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return work

    yield start
    for thread in threads:
        work.put(None)
        thread.join()


def test_a_thread_from_before_that_is_given_work_is_waited_for(clock, worker):
    """It waits by a plain lock since before the block; whoever wakes it makes it count until it rests again."""
    work, done = worker(), threading.Event()
    with virtual_time(clock, TimeMode.THREADS):
        for _ in range(3):
            work.put(lambda: (genuine.sleep(0.05), done.set()))
            assert done.wait(5)
            done.clear()
        assert clock.now() == START


def test_when_it_rests_again_time_jumps_again(clock, worker, stopwatch):
    work, rested = worker(), queue.Queue()
    with virtual_time(clock, TimeMode.THREADS):
        work.put(lambda: rested.put(1))
        assert rested.get(timeout=5) == 1
        time.sleep(600)
    assert clock.now() == START + 600
    assert stopwatch() < 60


def test_a_short_wait_amid_its_work_is_no_rest(clock, worker):
    work, done = worker(), threading.Event()
    with virtual_time(clock, TimeMode.THREADS):
        work.put(lambda: (threading.Event().wait(0.01), genuine.sleep(0.05), done.set()))
        assert done.wait(5)
        assert clock.now() == START


def _in_select(before=lambda: None):
    """Start a thread that waits for a socket for ever, as a server does, and never says that it rests."""
    ours, its = socket.socketpair()

    def serve():
        before()
        select.select([its], [], [])
        its.close()

    thread = threading.Thread(target=serve)
    thread.start()
    return thread, ours


def test_of_several_threads_from_before_the_one_that_is_woken_is_waited_for(clock, worker, stopwatch):
    """A live server beside a worker: it never rests, and nobody has woken it."""
    server, its_client = _in_select()
    work, rested = worker(), queue.Queue()
    with virtual_time(clock, TimeMode.THREADS):
        work.put(lambda: (genuine.sleep(0.05), rested.put(1)))
        assert rested.get(timeout=5) == 1
        time.sleep(600)
        assert clock.now() == START + 600
    its_client.close()
    server.join()
    assert 0.05 <= stopwatch() < 60


def test_a_thread_from_before_that_waits_again_for_the_same_rests_though_for_a_while_only(clock, stopwatch):
    """`queue.get(timeout=…)` in a loop: a consumer that looks now and then whether it is to stop."""
    items, seen, stop = queue.Queue(), [], threading.Event()

    def consume():
        while not stop.is_set():
            with contextlib.suppress(queue.Empty):
                seen.append(items.get(timeout=0.2))

    thread = threading.Thread(target=consume)
    thread.start()
    with virtual_time(clock, TimeMode.THREADS):
        items.put("item")
        time.sleep(600)
        assert seen == ["item"]
        assert clock.now() == START + 600
    stop.set()
    thread.join()
    assert stopwatch() < 60


def test_beside_a_woken_thread_that_never_rests_a_sleep_is_real_and_then_fast(clock, stopwatch, monkeypatch):
    monkeypatch.setattr(others_module, "PATIENCE", NS // 20)
    begin = threading.Event()
    server, its_client = _in_select(before=begin.wait)
    with virtual_time(clock, TimeMode.THREADS):
        begin.set()
        time.sleep(20)
        assert others.company() is Company.LINGERING
    its_client.close()
    server.join()
    assert clock.now() == START + 20
    assert 0.05 + 0.4 <= stopwatch() < 20


def test_beside_a_woken_thread_that_never_rests_a_timeout_is_real(clock, stopwatch, monkeypatch):
    """It may be what the wait is for, and at work still."""
    monkeypatch.setattr(others_module, "PATIENCE", 0)
    begin, done = threading.Event(), threading.Event()
    server, its_client = _in_select(before=begin.wait)
    with virtual_time(clock, TimeMode.THREADS):
        begin.set()
        assert not done.wait(0.2)
    its_client.close()
    server.join()
    assert stopwatch() >= 0.2


def test_where_nobody_can_tell_who_is_woken_all_are_waited_for(clock, worker, monkeypatch):
    work, done = worker(), threading.Event()
    monkeypatch.setattr(private, "threads_in_wait", lambda condition: {})
    with virtual_time(clock, TimeMode.THREADS):
        work.put(lambda: (genuine.sleep(0.05), done.set()))
        assert done.wait(5)
        assert clock.now() == START


def test_a_thread_that_still_waits_from_an_earlier_block_is_waited_for_when_it_is_woken(clock):
    items, done = queue.Queue(), threading.Event()
    with virtual_time(Clock(START), TimeMode.THREADS):
        thread = threading.Thread(target=lambda: (items.get(), genuine.sleep(0.05), done.set()))
        thread.start()
        while not items.not_empty._waiters:
            genuine.sleep(0.001)
    with virtual_time(clock, TimeMode.THREADS):
        items.put(1)
        assert done.wait(5)
        assert clock.now() == START
        thread.join()


def test_a_thread_from_before_that_makes_a_request_takes_part(worker):
    """Its sleeps count from then on, so that its loop of polls goes on."""
    work, slept = worker(), queue.Queue()
    with Simulator(time="threads").intercept() as sim:
        client = sim.client()
        thread = client.beta.threads.create().id
        before = sim.clock.now()

        def polls():
            client.beta.threads.retrieve(thread)
            time.sleep(600)
            slept.put(sim.clock.now() - before)

        work.put(polls)
        assert 600 < slept.get(timeout=6000) < 601


def test_a_pool_from_before_works_in_virtual_time(clock, stopwatch):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        with virtual_time(clock, TimeMode.THREADS):
            pool.submit(time.sleep, 600).result(timeout=601)
            assert clock.now() == START + 600
    assert stopwatch() < 60
