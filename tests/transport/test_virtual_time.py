"""Clocks, sleeps, the event loop and the dates inside a block; what is put back at its end."""

# Dates without a zone, lambdas that look names up late, and blocking sleeps are what is tested here.
# ruff: noqa: ASYNC110, ASYNC251, DTZ002, DTZ003, DTZ005, DTZ011, DTZ012, PLW0108

from __future__ import annotations

import asyncio
import datetime as dt
import pickle
import sys
import threading
import time
import types
from asyncio.base_events import BaseEventLoop
from datetime import datetime as early_datetime
from time import monotonic as early_monotonic
from time import sleep as early_sleep
from time import time as early_time

import anyio
import pytest

from simulator.backend.clock import Clock
from simulator.errors import UsageError
from simulator.transport.pace import TimeMode
from simulator.transport.virtual_time import enter, leave, virtual_time, wall_clock
from simulator.transport.virtual_time.genuine import genuine

START = 1_700_000_000.0
GENUINE_NOW = vars(dt.datetime)["now"]


@pytest.fixture
def clock():
    return Clock(START)


@pytest.fixture
def virtual(clock):
    with virtual_time(clock):
        yield clock


@pytest.fixture(autouse=True)
def _all_is_put_back():
    before = (time.sleep, time.time, time.localtime, early_sleep, early_time, vars(BaseEventLoop)["_run_once"])
    yield
    assert before == (time.sleep, time.time, time.localtime, early_sleep, early_time, vars(BaseEventLoop)["_run_once"])
    assert time.sleep is early_sleep is genuine.sleep
    assert vars(dt.datetime)["now"] is GENUINE_NOW


@pytest.fixture(autouse=True)
def _quick():
    """No test here sleeps for real."""
    began = genuine.monotonic()
    yield
    assert genuine.monotonic() - began < 30


# ── sleeping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sleep", [lambda s: time.sleep(s), lambda s: early_sleep(s)], ids=["late", "early"])
@pytest.mark.parametrize(
    "look",
    [
        lambda: time.time(),
        lambda: time.monotonic(),
        lambda: time.time_ns() / 1e9,
        lambda: time.monotonic_ns() / 1e9,
        lambda: early_time(),
        lambda: early_monotonic(),
        lambda: dt.datetime.now().timestamp(),
        lambda: early_datetime.now(dt.UTC).timestamp(),
    ],
)
def test_a_sleep_moves_every_clock_by_its_length_exactly(virtual, sleep, look):
    before = look()
    sleep(600)
    assert look() - before == 600
    assert virtual.now() == START + 600


def test_perf_counter_stays_real(virtual):
    before = time.perf_counter()
    time.sleep(600)
    assert time.perf_counter() - before < 60


@pytest.mark.parametrize("seconds", [-1, -0.5, float("nan"), float("inf"), "1", None])
def test_a_length_that_is_none_is_refused_as_ever(virtual, seconds):
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever the genuine one says
        genuine.sleep(seconds)
    with pytest.raises(expected.type):
        time.sleep(seconds)
    assert virtual.now() == START


def test_a_sleep_of_nothing_takes_nothing(virtual):
    time.sleep(0)
    assert virtual.now() == START


@pytest.mark.parametrize("seconds", [1e-10, 1e-6])
def test_a_loop_that_sleeps_for_less_than_a_machine_can_ends(virtual, seconds):
    deadline, rounds = time.monotonic() + 0.01, 0
    while time.monotonic() < deadline:
        time.sleep(seconds)
        rounds += 1
    assert rounds == 200


def test_a_loop_that_never_sleeps_ends(virtual):
    deadline = time.monotonic() + 0.02
    while time.monotonic() < deadline:
        pass
    # Real time has shown to the program, and has not entered the simulator's clock.
    assert virtual.now() == START


def test_an_event_loop_that_only_spins_ends(virtual):
    async def main():
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 0.02
        while loop.time() < deadline:
            await asyncio.sleep(0)

    asyncio.run(main())
    assert virtual.now() == START


def test_work_between_two_looks_takes_no_virtual_time(virtual):
    before = time.monotonic()
    genuine.sleep(0.3)  # longer than what is hidden from a busy program
    assert time.monotonic() == before


# ── asyncio and anyio ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sleep", [asyncio.sleep, anyio.sleep])
def test_tasks_wake_in_order_and_at_their_times(virtual, sleep):
    log = []

    async def task(seconds):
        await sleep(seconds)
        log.append((seconds, virtual.now() - START))

    async def main():
        await asyncio.gather(task(5), task(1), task(2.5))

    asyncio.run(main())
    assert log == [(1, 1), (2.5, 2.5), (5, 5)]


@pytest.mark.parametrize("kind", ["wait_for", "timeout", "move_on_after", "call_later"])
def test_a_timeout_strikes_at_its_time(virtual, kind):
    async def main():
        never = asyncio.Event()
        if kind == "wait_for":
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(never.wait(), 300)
        elif kind == "timeout":
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(300):
                    await never.wait()
        elif kind == "move_on_after":
            with anyio.move_on_after(300):
                await never.wait()
        else:
            asyncio.get_running_loop().call_later(300, never.set)
            await never.wait()

    asyncio.run(main())
    assert virtual.now() == START + 300


def test_a_cancelled_timer_moves_nothing(virtual):
    async def main():
        asyncio.get_running_loop().call_later(5, print).cancel()
        await asyncio.sleep(7)

    asyncio.run(main())
    assert virtual.now() == START + 7


def test_odd_lengths_end_and_stay_exact():
    clock = Clock(0.0)  # a float of today's size is exact to 0.2 µs only

    async def main():
        for _ in range(50):
            await asyncio.sleep(0.1)
            await asyncio.sleep(1e-7)

    with virtual_time(clock):
        asyncio.run(main())
    assert clock.now() == pytest.approx(5 + 50e-6, abs=1e-9)


@pytest.mark.parametrize("limit", [0.1, 7.0])
def test_the_debug_mode_calls_no_callback_slow_for_what_is_virtual(virtual, caplog, limit):
    async def main():
        loop = asyncio.get_running_loop()
        loop.slow_callback_duration = limit
        await asyncio.sleep(0)
        time.sleep(60)
        return loop

    loop = asyncio.run(main(), debug=True)
    assert loop.slow_callback_duration == limit
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


def test_a_sleep_for_ever_ends_when_it_is_cancelled_and_moves_nothing(virtual):
    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(float("inf")), 300)
        assert virtual.now() == START + 300
        forever = asyncio.create_task(asyncio.sleep(float("inf")))
        woken = asyncio.get_running_loop().run_in_executor(None, genuine.sleep, 0.02)  # no other timer than that one
        await woken
        forever.cancel()

    asyncio.run(main())
    assert virtual.now() == START + 300


def test_a_sleep_in_a_coroutine_makes_the_timers_late(virtual):
    log = []

    async def main():
        task = asyncio.create_task(asyncio.sleep(1))
        await asyncio.sleep(0)
        time.sleep(10)
        await task
        log.append(virtual.now())

    asyncio.run(main())
    assert log == [START + 10]


def test_a_loop_made_before_and_used_afterwards():
    clock, loop = Clock(START), asyncio.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    with virtual_time(clock):
        loop.run_until_complete(asyncio.sleep(600))
    # A timer set inside still fires at its time: the loop's clock has not gone back.
    began = genuine.monotonic()
    loop.run_until_complete(asyncio.sleep(0.01))
    assert 0.009 < genuine.monotonic() - began < 60
    loop.close()
    assert clock.now() == START + 600


def test_a_block_inside_of_a_running_loop(clock):
    async def main():
        with virtual_time(clock):
            await asyncio.sleep(600)
        began = genuine.monotonic()
        await asyncio.sleep(0.01)
        assert genuine.monotonic() - began > 0.009

    asyncio.run(main())
    assert clock.now() == START + 600


def test_a_loop_with_a_clock_of_its_own_is_left_alone(virtual):
    class OwnClock(asyncio.SelectorEventLoop):
        def time(self):
            return genuine.monotonic()

    loop = OwnClock()
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    assert virtual.now() == START


# ── simulators ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_request_costs_moves_the_program_and_every_other_simulator(virtual):
    other, before = Clock(5000.0), time.monotonic()
    with virtual_time(other):
        virtual.advance(0.25)
        assert (time.monotonic() - before, other.now()) == (0.25, 5000.25)
        other.advance_to(5001.25)
        assert (time.monotonic() - before, virtual.now()) == (1.25, START + 1.25)
        time.sleep(10)
        assert (other.now(), virtual.now()) == (5011.25, START + 11.25)


def test_a_wait_for_an_event_that_nobody_can_set_is_a_sleep(alone, virtual):
    stop, began = threading.Event(), genuine.monotonic()
    before = time.monotonic()
    assert not stop.wait(600)
    assert (virtual.now(), time.time(), time.monotonic()) == (START + 600, START + 600, before + 600)
    assert genuine.monotonic() - began < 60


@pytest.mark.parametrize("timeout", [600, 0, -1, None])
def test_an_event_that_is_set_is_not_waited_for(virtual, timeout):
    stop = threading.Event()
    stop.set()
    assert stop.wait(timeout)
    assert virtual.now() == START


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_look_at_an_event_takes_no_time(virtual, timeout):
    assert not threading.Event().wait(timeout)
    assert virtual.now() == START


def test_a_wait_for_an_event_too_long_is_refused_as_ever(virtual):
    with pytest.raises(OverflowError):
        threading.Event().wait(1e10)
    assert virtual.now() == START


def test_events_wait_really_again_after_the_block(clock):
    genuine_wait = threading.Event.wait
    with virtual_time(clock):
        assert threading.Event.wait is not genuine_wait
    assert threading.Event.wait is genuine_wait


def test_the_same_test_moves_a_simulator_by_the_same_bits():
    def run():
        clock = Clock(START)
        with virtual_time(clock):
            for cost in (0.1234567, 0.7654321, 1 / 3):
                clock.advance(cost)
                asyncio.run(asyncio.sleep(0.1))
                time.sleep(0.7)
        return clock.now()

    assert run() == run()


def test_stays_end_in_any_order():
    first, second = Clock(START), Clock(START)
    one, two = enter(first), enter(second)
    leave(one)
    time.sleep(5)
    assert (first.now(), second.now()) == (START, START + 5)
    assert first.listener is None
    leave(two)
    assert time.sleep is genuine.sleep


def test_after_a_reset_the_dates_of_the_program_are_those_of_the_simulator_again(virtual):
    time.sleep(5)
    before = time.monotonic()
    virtual.restart()
    assert (time.time(), time.monotonic()) == (START, before)
    time.sleep(7)
    assert (virtual.now(), time.time(), time.monotonic()) == (START + 7, START + 7, before + 7)


def test_the_reset_of_another_simulator_leaves_the_dates_alone(virtual):
    other = Clock(5000.0)
    with virtual_time(other):
        time.sleep(5)
        other.restart()
        time.sleep(7)
        assert (time.time(), virtual.now(), other.now()) == (START + 12, START + 12, 5007)


def test_leaving_twice_is_refused(clock):
    stay = enter(clock)
    leave(stay)
    with pytest.raises(UsageError, match="ended already"):
        leave(stay)


def test_a_clock_may_enter_more_than_once(clock):
    outer = enter(clock)
    inner = enter(clock)
    time.sleep(1)
    leave(outer)
    time.sleep(1)
    clock.advance(1)
    assert (clock.now(), time.time()) == (START + 3, START + 3)
    leave(inner)
    assert (clock.listener, time.sleep) == (None, genuine.sleep)


def test_real_time_touches_nothing(clock):
    with virtual_time(clock, TimeMode.REAL):
        assert time.sleep is genuine.sleep
        assert clock.listener is None
        clock.advance(5)
    assert clock.now() == START + 5


def test_it_ends_when_the_block_raises(clock):
    with pytest.raises(ZeroDivisionError), virtual_time(clock):
        1 / 0  # noqa: B018
    assert clock.listener is None


def test_nothing_is_left_where_it_could_not_begin(clock, monkeypatch):
    def strike():
        raise KeyboardInterrupt

    monkeypatch.setattr(wall_clock, "install", strike)
    with pytest.raises(KeyboardInterrupt), virtual_time(clock):
        pytest.fail("it has begun")
    assert abs(time.time() - genuine.time()) < 1
    assert time.sleep is genuine.sleep
    time.sleep(0.001)
    assert clock.now() == START


def test_a_request_that_ends_after_the_block_swaps_nothing(clock):
    stay = enter(clock)
    tell = clock.listener  # another thread is in the middle of a request
    leave(stay)
    tell(1.0)
    assert time.sleep is genuine.sleep


def test_entering_and_leaving_from_many_threads():
    failures = []

    def run():
        try:
            for _ in range(20):
                clock = Clock(START)
                with virtual_time(clock):
                    clock.advance(1)
                assert clock.now() >= START + 1
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_monotonic_never_goes_back_and_time_does(clock):
    seen = [time.monotonic()]
    for _ in range(3):
        with virtual_time(clock):
            seen.append(time.monotonic())
            time.sleep(600)
            seen.append(early_monotonic())
        seen.append(time.monotonic())
        assert abs(time.time() - genuine.time()) < 1
    assert seen == sorted(seen)
    assert seen[-1] - seen[0] >= 1800


def test_monotonic_does_not_go_back_where_more_real_than_virtual_time_passed(clock):
    before = time.monotonic()
    with virtual_time(clock):
        genuine.sleep(0.05)
    assert time.monotonic() - before >= 0.05


def module_with(name, **names):
    module = types.ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module
    return module


def test_early_bindings_of_every_module_are_swapped_and_put_back(clock, monkeypatch):
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    early = module_with("somebodys_module", pause=genuine.sleep, now=genuine.time)
    with virtual_time(clock):
        early.pause(5)
        late = module_with("late_module", pause=time.sleep)
    assert clock.now() == START + 5
    assert (early.pause, early.now) == (genuine.sleep, genuine.time)
    early.more = genuine.sleep  # a module that has grown is looked at again
    with virtual_time(clock):
        early.more(5)
        late.pause(5)
    assert clock.now() == START + 15
    assert early.more is genuine.sleep


class PretendedModule:
    """As `_openssl.lib`, which stands among the modules wherever cryptography is imported."""

    @property
    def __class__(self):
        return types.ModuleType


def test_what_only_says_that_it_is_a_module_is_passed_over(clock, monkeypatch):
    assert isinstance(PretendedModule(), types.ModuleType)
    monkeypatch.setitem(sys.modules, "_openssl.lib", PretendedModule())
    with virtual_time(clock):
        time.sleep(5)
    assert clock.now() == START + 5


@pytest.mark.parametrize("name", ["sleep", "_sleep"])
def test_a_binding_is_found_where_somebodys_fake_stood_when_it_was_first_looked_for(clock, monkeypatch, name):
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    early = module_with("somebodys_module", **{name: genuine.sleep})
    with monkeypatch.context() as patched, virtual_time(clock):
        patched.setattr(early, name, lambda seconds: None)
    with virtual_time(clock):
        vars(early)[name](5)
    assert clock.now() == START + 5
    assert vars(early)[name] is genuine.sleep


def test_what_a_module_bound_when_it_was_imported_in_a_block_is_genuine_afterwards(clock, monkeypatch):
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    with virtual_time(clock):
        late = module_with("late_module", pause=time.sleep, now=time.time)
        late.pause(5)
    assert (late.pause, late.now) == (genuine.sleep, genuine.time)
    with virtual_time(clock):
        late.pause(5)
    assert clock.now() == START + 10


def test_a_module_that_somebody_rebinds_meanwhile_stays_theirs(clock, monkeypatch):
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    early = module_with("somebodys_module", pause=genuine.sleep)
    with virtual_time(clock):
        early.pause = mine = lambda seconds: None
    assert early.pause is mine


def test_a_lazy_module_is_not_woken(clock, monkeypatch):
    class Lazy(types.ModuleType):
        @property
        def __dict__(self):
            raise AssertionError("woken")

    monkeypatch.setitem(sys.modules, "lazy_module", Lazy("lazy_module"))
    with virtual_time(clock):
        time.sleep(1)
    assert clock.now() == START + 1


def test_somebodys_own_fake_of_sleep_stays_in_place(clock, monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with virtual_time(clock):
        time.sleep(5)
    assert (slept, clock.now()) == ([5], START)
    monkeypatch.undo()


# ── the wall clock ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_dates_of_the_program_begin_where_the_simulator_stands(virtual):
    assert time.time() == START
    assert time.time_ns() == START * 10**9
    assert dt.datetime.now(dt.UTC) == dt.datetime.fromtimestamp(START, dt.UTC)
    virtual.advance(0.142)
    assert time.time() == START + 0.142


def test_the_first_of_several_simulators_says_what_time_it_is(virtual):
    with virtual_time(Clock(5000.0)) as inner:
        time.sleep(5)
        assert (time.time(), inner.clock.now()) == (START + 5, 5005)
    assert time.time() == START + 5


def test_when_the_first_leaves_the_dates_go_on_from_where_they_stood():
    first, second = enter(Clock(START)), enter(Clock(5000.0))
    time.sleep(5)
    leave(first)
    time.sleep(5)
    assert time.time() == START + 10
    leave(second)
    assert abs(time.time() - genuine.time()) < 1


def test_every_way_to_ask_for_the_date_agrees(virtual):
    time.sleep(86_400 * 40)
    now = time.time()
    assert dt.datetime.now().timestamp() == pytest.approx(now, abs=1e-3)
    assert dt.datetime.today().timestamp() == pytest.approx(now, abs=1e-3)
    assert dt.datetime.now(dt.UTC).timestamp() == pytest.approx(now, abs=1e-3)
    assert dt.date.today() == dt.date.fromtimestamp(now)
    assert time.gmtime() == genuine.gmtime(now)
    assert time.localtime() == genuine.localtime(now)
    assert time.ctime() == genuine.ctime(now)
    assert time.asctime() == genuine.ctime(now)
    assert time.asctime(genuine.gmtime(0)) == "Thu Jan  1 00:00:00 1970"
    assert time.strftime("%Y-%m-%d") == genuine.strftime("%Y-%m-%d", genuine.localtime(now))
    assert time.strftime("%Y", genuine.gmtime(0)) == "1970"
    assert time.gmtime(0).tm_year == 1970


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_utcnow_agrees_and_is_naive(virtual):
    time.sleep(86_400)
    moment = dt.datetime.utcnow()
    assert moment.tzinfo is None
    assert moment.replace(tzinfo=dt.UTC).timestamp() == pytest.approx(time.time(), abs=1e-3)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="deprecated since 3.12")
def test_utcnow_warns_as_ever(virtual):
    with pytest.warns(DeprecationWarning, match=r"datetime\.datetime\.utcnow\(\) is deprecated") as seen:
        dt.datetime.utcnow()
    assert seen[0].filename == __file__


def test_datetime_stays_the_class_it_was(virtual):
    class Own(dt.datetime):
        pass

    moment, own = dt.datetime.now(), Own.now(dt.UTC)
    assert type(moment) is dt.datetime
    assert type(own) is Own
    assert own.tzinfo is dt.UTC
    assert pickle.loads(pickle.dumps(moment)) == moment
    assert isinstance(moment, early_datetime)
    with pytest.raises(TypeError, match="tzinfo"):
        dt.datetime.now("UTC")


def test_datetime_is_real_again_afterwards(clock):
    with virtual_time(clock):
        time.sleep(86_400)
    assert abs(dt.datetime.now(dt.UTC).timestamp() - genuine.time()) < 1


def test_where_the_class_cannot_be_reached_dates_stay_real_and_the_rest_moves(clock, monkeypatch):
    monkeypatch.setattr(wall_clock, "_namespace", lambda: None)
    with virtual_time(clock):
        before = time.time()
        time.sleep(86_400)
        assert time.time() - before == 86_400
        assert abs(dt.datetime.now(dt.UTC).timestamp() - genuine.time()) < 1
