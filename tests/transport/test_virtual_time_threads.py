"""`time="threads"`: the waits, joins and pools of threads; the stress scenarios hold its order and its timeouts."""

from __future__ import annotations

import asyncio
import concurrent.futures
import http.server
import queue
import threading
import time
import urllib.request

import pytest

from simulator import Simulator, say
from simulator.backend.clock import Clock
from simulator.transport.pace import TimeMode
from simulator.transport.virtual_time import enter, leave, private, thread_gates, virtual_time
from simulator.transport.virtual_time.genuine import genuine
from simulator.transport.virtual_time.others import Company, others
from simulator.transport.virtual_time.parking import parking
from simulator.transport.virtual_time.waiting import SLEEP

START = 1_700_000_000.0
GENUINE = (threading.Condition.wait, threading.Condition.notify, threading.Thread.join)


@pytest.fixture
def clock():
    return Clock(START)


@pytest.fixture
def virtual(clock):
    with virtual_time(clock, TimeMode.THREADS):
        yield clock


@pytest.fixture(autouse=True)
def _all_is_put_back():
    yield
    assert (threading.Condition.wait, threading.Condition.notify, threading.Thread.join) == GENUINE


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


# ── waits ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def gives_up(error, wait, *args, **options):
    with pytest.raises(error):
        wait(*args, **options)


@pytest.mark.parametrize(
    "wait",
    [
        lambda: threading.Event().wait(600),
        lambda: threading.Semaphore(0).acquire(timeout=600),
        lambda: gives_up(queue.Empty, queue.Queue().get, timeout=600),
        lambda: gives_up(TimeoutError, concurrent.futures.Future().result, timeout=600),
        lambda: concurrent.futures.wait([concurrent.futures.Future()], timeout=600),
        lambda: gives_up(threading.BrokenBarrierError, threading.Barrier(2).wait, timeout=600),
    ],
    ids=["event", "semaphore", "queue", "future", "futures", "barrier"],
)
def test_a_wait_that_nobody_ends_takes_its_virtual_time_and_none_other(virtual, stopwatch, wait):
    before = time.monotonic()
    wait()
    assert time.monotonic() - before == pytest.approx(600, abs=1e-6)
    assert virtual.now() == pytest.approx(START + 600, abs=1e-6)
    assert stopwatch() < 60


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_wait_of_no_length_takes_none(virtual, timeout):
    assert not threading.Event().wait(timeout)
    assert virtual.now() == START


def test_a_wait_that_cannot_be_is_refused_as_ever(virtual):
    with pytest.raises(RuntimeError, match="un-acquired"):
        threading.Condition().wait(1)
    with pytest.raises(RuntimeError, match="un-acquired"):
        threading.Condition().notify()
    with pytest.raises(RuntimeError, match="current thread"):
        threading.current_thread().join(1)
    with pytest.raises(RuntimeError, match="before it is started"):
        threading.Thread().join(1)
    with pytest.raises(OverflowError):
        threading.Event().wait(1e10)


def test_a_wait_for_any_length_ends_when_it_is_notified(virtual, worker):
    event, work = threading.Event(), worker()
    work.put(lambda: (time.sleep(600), event.set()))
    assert event.wait()
    assert virtual.now() == START + 600


def test_a_pool_is_waited_for_to_its_end(virtual, stopwatch):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(time.sleep, seconds) for seconds in (300, 600)]
    assert all(future.done() for future in futures)
    assert virtual.now() == START + 600
    assert stopwatch() < 60
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)
    time.sleep(600)  # what was refused is not waited for
    assert virtual.now() == START + 1200


def test_work_that_was_cancelled_is_not_waited_for(virtual, stopwatch):
    release = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(release.wait)
        pool.submit(time.sleep, 600).cancel()
        time.sleep(50)
        release.set()
        time.sleep(50)
    assert virtual.now() == START + 100
    assert stopwatch() < 60


def test_while_a_thread_computes_nobody_gives_up_early(virtual, worker):
    done, work = threading.Event(), worker()
    work.put(lambda: (genuine.sleep(0.05), done.set()))
    assert done.wait(5)
    assert virtual.now() == START


def test_a_thread_that_never_comes_to_rest_is_given_up_in_real_time(virtual, worker, stopwatch):
    release, work = genuine_lock(), worker()
    work.put(release.acquire)  # a bare lock: nobody sees that it waits
    assert not threading.Event().wait(0.3)
    assert stopwatch() >= 0.3
    release.release()


def genuine_lock():
    lock = threading.Lock()
    lock.acquire()
    return lock


def test_a_loop_without_timers_in_another_thread_holds_nobody_up(virtual, stopwatch):
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    time.sleep(600)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(600)
    loop.close()
    assert not thread.is_alive()
    assert virtual.now() == START + 600
    assert stopwatch() < 60


# ── one time for all looks ───────────────────────────────────────────────────────────────────────────────────────────


def test_who_was_woken_while_others_are_looked_at_runs(virtual, worker, monkeypatch):
    """Without the second look at `moves`, a thread that wakes another and then waits itself is overlooked."""
    worker()
    company = others.company

    def look():
        found = company()
        if len(looks) < 3:
            parking.note()  # somebody came to rest, or woke
        looks.append(found)
        return found

    looks = []
    monkeypatch.setattr(others, "company", look)
    time.sleep(600)
    assert len(looks) > 3
    assert virtual.now() == START + 600


def test_a_notice_counts_from_before_its_waiter_wakes():
    waiter = thread_gates.Waiter()
    assert waiter.is_settled()
    waiter.release()
    assert waiter.poll(0)  # it has the lock again, as if it still waited
    assert not waiter.is_settled()
    waiter.release()
    with pytest.raises(RuntimeError):
        waiter.release()


def test_whoever_joins_a_thread_is_about_to_wake_when_that_has_left_the_register(worker):
    started = genuine_lock()
    thread = threading.Thread(target=started.acquire)
    spot = thread_gates.Joiner(thread, threading.Thread.join)
    assert not spot.is_settled()
    thread.start()
    assert spot.is_settled()
    assert not spot.poll(0.001)
    assert not spot.awaits_io()
    started.release()
    assert spot.poll(60)
    assert private.thread_of(thread.ident) is not thread
    assert not spot.is_settled()


def test_a_wait_inside_of_a_wait_hides_it_meanwhile():
    me = threading.get_ident()
    outer, inner = thread_gates.Waiter(), SLEEP
    with parking.park(outer):
        with parking.park(inner):
            assert parking.spot_of(me) is inner
        assert parking.spot_of(me) is outer
    assert parking.spot_of(me) is None


# ── beginning and end ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_wait_that_outlives_the_block_goes_on_for_real(clock):
    waited = []
    stay = enter(clock, TimeMode.THREADS)

    def wait():
        before = time.monotonic()
        with pytest.raises(queue.Empty):
            queue.Queue().get(timeout=0.1)
        waited.append(time.monotonic() - before)

    hold = genuine_lock()
    busy = threading.Thread(target=hold.acquire)  # so that time does not jump
    thread = threading.Thread(target=wait)
    busy.start()
    thread.start()
    leave(stay)
    genuine_join = threading.Thread.join
    genuine_join(thread, 60)
    hold.release()
    genuine_join(busy, 60)
    assert 0.1 <= waited[0] < 60


def test_where_modes_differ_the_waits_of_threads_are_virtual_from_the_first_that_asks(clock, stopwatch):
    other = Clock(START)
    outer = enter(clock)
    inner = enter(other, TimeMode.THREADS)
    assert not threading.Event().wait(600)
    leave(inner)
    assert not threading.Event().wait(600)
    leave(outer)
    assert (clock.now(), other.now()) == (START + 1200, START + 600)
    assert stopwatch() < 60


def test_in_the_default_mode_only_a_lone_wait_for_an_event_is_touched(clock, stopwatch):
    with virtual_time(clock):
        assert (threading.Condition.wait, threading.Thread.join) == (GENUINE[0], GENUINE[2])
        with pytest.raises(queue.Empty):
            queue.Queue().get(timeout=0.02)
    assert stopwatch() >= 0.02
    assert clock.now() == START


def test_of_a_pool_that_is_full_those_who_wait_are_seen(clock):
    """In the default mode too; the pool's own semaphore says in 3.11.7 that a worker is idle, which works."""

    async def main():
        loop = asyncio.get_running_loop()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            for _ in range(3):
                loop.run_in_executor(pool, int)
            return await asyncio.wait_for(loop.run_in_executor(pool, genuine.sleep, 0.05), 5)

    with virtual_time(clock):
        assert asyncio.run(main()) is None


def test_a_worker_that_is_told_of_its_end_is_about_to_end(virtual):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        assert others.company() is Company.WAITING
        pool._shutdown = True
        assert others.company() is Company.RUNNING


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_app_under_starlettes_test_client_sleeps_virtually(stopwatch):
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    async def slow(_request):
        await asyncio.sleep(600)
        return PlainTextResponse("done")

    def blocking(_request):
        time.sleep(600)
        return PlainTextResponse("done")

    app = Starlette(routes=[Route("/async", slow), Route("/sync", blocking)])
    with Simulator(time="threads").intercept() as sim, TestClient(app) as client:
        before = sim.clock.now()
        assert client.get("/async").text == client.get("/sync").text == "done"
        assert sim.clock.now() - before == 1200
    assert stopwatch() < 60


def test_in_the_default_mode_such_an_app_sleeps_for_real(stopwatch):
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    async def slow(_request):
        await asyncio.sleep(0.02)
        return PlainTextResponse("done")

    with Simulator().intercept() as sim, TestClient(Starlette(routes=[Route("/", slow)])) as client:
        before, real = sim.clock.now(), stopwatch()
        assert client.get("/").text == "done"
        assert 0 < sim.clock.now() - before < 0.021  # what passes between two waits is not in it
        assert stopwatch() - real >= 0.02


def test_a_real_server_in_a_thread_is_in_time(virtual):
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            genuine.sleep(0.02)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"here")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/", timeout=60) as response:
            assert response.read() == b"here"
        server.shutdown()
        thread.join()


def test_a_conversation_in_several_threads(stopwatch):
    with Simulator(time="threads").intercept() as sim:
        sim.script(say("Hello.", takes=30), repeat=True)
        client = sim.client()
        assistant = client.beta.assistants.create(model="gpt-4o").id

        def converse(_number):
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello?"}]).id
            run = client.beta.threads.runs.create(thread, assistant_id=assistant)
            while run.status != "completed":
                time.sleep(5)
                run = client.beta.threads.runs.retrieve(run.id, thread_id=thread)
            return client.beta.threads.messages.list(thread).data[0].content[0].text.value

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            assert list(pool.map(converse, range(4), timeout=600)) == ["Hello."] * 4
        assert len(sim.runs) == 4
    assert stopwatch() < 60
