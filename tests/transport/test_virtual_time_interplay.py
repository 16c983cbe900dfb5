"""Virtual time beside the SDK, pytest, its plugins, and the libraries that move the wall clock."""

# Dates without a zone are what is tested here.
# ruff: noqa: DTZ005

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import subprocess
import sys
import time
import types
from pathlib import Path

import freezegun
import pytest
import stamina
import tenacity
import time_machine

from simulator import Simulator, http_error, say
from simulator.backend.clock import Clock
from simulator.transport.virtual_time import enter, leave, virtual_time
from simulator.transport.virtual_time.genuine import genuine

START = 1_700_000_000.0
ROOT = Path(__file__).parents[2]
ENTRY = "assistants_simulator.pytest_entry"

CONFTEST = """
    import pytest
    from simulator.backend.clock import Clock
    from simulator.transport.virtual_time import virtual_time

    @pytest.fixture
    def virtual():
        clock = Clock(0.0)
        with virtual_time(clock):
            yield clock
"""


@pytest.fixture
def clock():
    return Clock(START)


@pytest.fixture
def run_tests(pytester, monkeypatch):
    """Run tests in a pytest of their own; they have the fixture `virtual`."""

    def run(source, *arguments):
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        pytester.makeconftest(CONFTEST)
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess(*arguments, timeout=120)

    return run


# ── the SDK ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def simulator():
    importlib.import_module("openai.resources.beta")  # takes seconds, which are none of these tests' business

    simulator = Simulator(poll_after_ms=None)
    with simulator.intercept():
        yield simulator


@pytest.fixture
def ids(simulator):
    simulator.put("assistants", {"id": "asst_1", "model": "gpt-4o"})
    thread = simulator.put("threads", {"id": "thread_1"})["id"]
    simulator.put("messages", {"id": "msg_1", "thread_id": thread, "role": "user", "content": "hello"})
    return {"assistant_id": "asst_1", "thread_id": thread}


def test_the_retry_sleeps_of_the_sdk_take_no_time(simulator, ids, sdk):
    simulator.faults.add(http_error(429, retry_after=50), on="threads.retrieve", times=2)
    began, before, real = simulator.clock.now(), time.monotonic(), genuine.monotonic()
    sdk(max_retries=2).beta.threads.retrieve(ids["thread_id"])
    assert 100 <= time.monotonic() - before < 110
    assert 100 <= simulator.clock.now() - began < 110
    assert genuine.monotonic() - real < 60


def test_the_retry_sleeps_of_the_async_sdk_take_no_time(simulator, ids, async_sdk):
    simulator.faults.add(http_error(429, retry_after=50), on="threads.retrieve", times=2)
    began, real = simulator.clock.now(), genuine.monotonic()

    async def main():
        async with async_sdk(max_retries=2) as client:
            await client.beta.threads.retrieve(ids["thread_id"])

    asyncio.run(main())
    assert 100 <= simulator.clock.now() - began < 110
    assert genuine.monotonic() - real < 60


def test_the_polling_helper_sleeps_a_second_a_poll_and_none_for_real(simulator, ids, sdk):
    simulator.script(say("hi", takes=30))
    before, real = time.monotonic(), genuine.monotonic()
    run = sdk().beta.threads.runs.create_and_poll(**ids)
    polls = sum(request.operation == "runs.retrieve" for request in simulator.requests)
    assert run.status == "completed"
    assert polls - 1 <= time.monotonic() - before
    assert 10 < polls < 35
    assert genuine.monotonic() - real < 25


def test_the_async_polling_helper_too(simulator, ids, async_sdk):
    simulator.script(say("hi", takes=30))
    real = genuine.monotonic()

    async def main():
        async with async_sdk() as client:
            return await client.beta.threads.runs.create_and_poll(**ids)

    assert asyncio.run(main()).status == "completed"
    assert genuine.monotonic() - real < 25


def test_a_stream_moves_the_clock_of_the_program(simulator, ids, sdk):
    simulator.script(say("hi", takes=30))
    before = time.monotonic()
    with sdk().beta.threads.runs.stream(**ids) as stream:
        stream.until_done()
    assert 30 <= time.monotonic() - before < 40


# ── pytest and its plugins ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_durations_of_pytest_are_real(run_tests):
    source = """
        import time

        def test_long(virtual):
            time.sleep(600)
    """
    result = run_tests(source, "--durations=1", "-vv")
    result.assert_outcomes(passed=1)
    slowest = [line for line in result.outlines if line.strip().endswith("::test_long") and "s call" in line]
    assert all(float(line.split("s ")[0]) < 60 for line in slowest)
    assert result.duration < 120


def test_a_deadline_of_hypothesis_is_real(run_tests):
    source = """
        import time
        from hypothesis import given, settings, strategies as st, HealthCheck

        @settings(deadline=5000, max_examples=5, suppress_health_check=list(HealthCheck))
        @given(st.integers())
        def test_long(virtual, _number):
            time.sleep(10)
    """
    run_tests(source, "-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_under_xdist(run_tests):
    source = """
        import time, pytest

        @pytest.mark.parametrize("n", range(4))
        def test_long(virtual, n):
            began = time.perf_counter()
            time.sleep(600)
            assert virtual.now() == 600 and time.perf_counter() - began < 60
    """
    run_tests(source, "-n", "2").assert_outcomes(passed=4)


@pytest.mark.parametrize("method", ["thread", "signal"])
@pytest.mark.parametrize("func_only", ["true", "false"])
def test_beside_pytest_timeout(run_tests, pytester, method, func_only):
    pytester.makeini(f"[pytest]\ntimeout=120\ntimeout_method={method}\ntimeout_func_only={func_only}")
    source = """
        import asyncio, time

        def test_long(virtual):
            began = time.perf_counter()
            time.sleep(600)
            asyncio.run(asyncio.sleep(600))
            assert virtual.now() == 1200 and time.perf_counter() - began < 60
    """
    run_tests(source).assert_outcomes(passed=1)


def test_pytest_timeout_strikes_in_real_time(run_tests, pytester):
    source = """
        import time

        def test_hangs(virtual):
            while True:
                time.sleep(600)
    """
    run_tests(source, "--timeout=1", "--timeout-method=signal").assert_outcomes(failed=1)


def test_pytest_timeout_strikes_a_wait_that_nobody_ends(run_tests):
    source = """
        import threading, pytest
        import simulator.pytest_plugin, simulator.transport.virtual_time  # takes time, of which the test has little

        @pytest.mark.simulator(time="threads")
        def test_hangs():
            threading.Event().wait()
    """
    result = run_tests(source, "-p", ENTRY, "--timeout=3", "--timeout-method=signal")
    result.assert_outcomes(failed=1)


def test_the_fixture_has_the_time_that_its_options_say(run_tests):
    source = """
        import threading, time, pytest

        def test_virtual(simulator):
            before = simulator.clock.now()
            time.sleep(600)
            assert simulator.clock.now() - before == 600 and abs(time.time() - simulator.clock.now()) < 1e-3

        @pytest.mark.simulator(time="threads")
        def test_threads(simulator):
            before = simulator.clock.now()
            assert not threading.Event().wait(600)
            assert simulator.clock.now() - before == 600

        @pytest.mark.simulator(time="real")
        def test_real(simulator):
            assert abs(time.time() - simulator.clock.now()) > 1

        @pytest.mark.simulator(time="warp")
        def test_warp():
            pass
    """
    result = run_tests(source, "-p", ENTRY)
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*time= is one of virtual, threads, real, not 'warp'*"])


def test_under_pytest_asyncio_and_anyio_with_loops_of_a_session(run_tests):
    source = """
        import asyncio, anyio, pytest

        @pytest.mark.asyncio(loop_scope="session")
        @pytest.mark.parametrize("n", range(3))
        async def test_asyncio(virtual, n):
            await asyncio.sleep(600)
            assert virtual.now() == 600

        @pytest.mark.asyncio(loop_scope="session")
        async def test_real_in_between():
            await asyncio.sleep(0.01)

        @pytest.fixture(scope="session")
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_anyio(virtual):
            with anyio.move_on_after(600):
                await anyio.Event().wait()
            assert virtual.now() == 600
    """
    run_tests(source).assert_outcomes(passed=5)


def test_the_debugger_waits_for_real_and_time_stands_still(tmp_path):
    code = """
        import time
        from simulator.backend.clock import Clock
        from simulator.transport.virtual_time import virtual_time
        with virtual_time(Clock(0.0)) as stay:
            before = time.monotonic()
            breakpoint()
            print("passed", time.monotonic() - before, stay.clock.now())
    """
    script = tmp_path / "debugged.py"
    script.write_text("\n".join(line[8:] for line in code.splitlines()), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    output, _ = process.communicate("p time.sleep(5)\nc\n", timeout=120)
    assert "passed 5.0 5.0" in output


# ── loops of retries ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_tenacity_retries_without_waiting(clock):
    attempts = []

    @tenacity.retry(wait=tenacity.wait_fixed(60), stop=tenacity.stop_after_delay(300), reraise=True)
    def work():
        attempts.append(clock.now() - START)
        raise OSError

    with virtual_time(clock), pytest.raises(OSError):  # noqa: PT011 - it is ours
        work()
    assert attempts == [0, 60, 120, 180, 240, 300]


def test_stamina_retries_without_waiting(clock):
    attempts = []

    async def work():
        async for attempt in stamina.retry_context(
            on=OSError, attempts=5, timeout=None, wait_initial=60, wait_max=60, wait_jitter=0
        ):
            with attempt:
                attempts.append(round(clock.now() - START, 6))
                raise OSError

    with virtual_time(clock), pytest.raises(OSError):  # noqa: PT011 - it is ours
        asyncio.run(work())
    assert attempts == [0, 60, 120, 180, 240]


# ── libraries that move the wall clock ───────────────────────────────────────────────────────────────────────────────


def test_freezegun_outside_keeps_the_wall_clock(clock):
    with freezegun.freeze_time("2024-05-01"), virtual_time(clock):
        time.sleep(600)
        asyncio.run(asyncio.sleep(600))
        assert dt.datetime.now() == dt.datetime(2024, 5, 1)  # noqa: DTZ001
    assert clock.now() == START + 1200
    assert abs(time.time() - genuine.time()) < 1


def test_freezegun_inside_has_the_wall_clock_for_as_long(clock):
    with virtual_time(clock):
        before = time.monotonic()
        time.sleep(600)
        with freezegun.freeze_time("2024-05-01"):
            time.sleep(600)
            assert dt.datetime.now() == dt.datetime(2024, 5, 1)  # noqa: DTZ001
        # At its end freezegun puts back the functions from before us.
        assert time.monotonic() - before == 1200
        assert time.time() == START + 1200
        time.sleep(10)
    assert clock.now() == START + 1210
    assert abs(time.time() - genuine.time()) < 1


def test_freezegun_first_imported_inside_a_block_is_noticed_with_the_next_request(clock, monkeypatch):
    with monkeypatch.context() as late:
        late.delitem(sys.modules, "freezegun.api")
        stay = enter(clock)
    frozen = freezegun.freeze_time("2024-05-01")
    frozen.start()
    frozen.stop()
    clock.advance(1)
    assert time.time() == START + 1
    leave(stay)
    assert time.time is genuine.time


def test_freezegun_has_the_wall_clock_of_who_bound_it_early_too(clock, monkeypatch):
    module = types.ModuleType("early_module")
    vars(module).update(time=genuine.time, time_ns=genuine.time_ns, gmtime=genuine.gmtime)
    monkeypatch.setitem(sys.modules, "early_module", module)
    with virtual_time(clock), freezegun.freeze_time("1970-01-02"):
        assert (module.time(), module.time_ns(), module.gmtime()[:3]) == (86_400.0, 86_400 * 10**9, (1970, 1, 2))
    with freezegun.freeze_time("1970-01-02"), virtual_time(clock):
        pass
    with virtual_time(clock):
        assert module.time() == START


@pytest.mark.parametrize("outside", [True, False], ids=["outside", "inside"])
def test_time_machine_has_the_wall_clock_while_it_travels(clock, outside):
    travel = time_machine.travel(1_000_000.0, tick=False)
    first, second = (travel, virtual_time(clock)) if outside else (virtual_time(clock), travel)
    with first:
        with second:
            time.sleep(600)
            asyncio.run(asyncio.sleep(600))
            assert time.time() == 1_000_000.0
            assert dt.datetime.now(dt.UTC).timestamp() == 1_000_000.0
            assert time.gmtime() == genuine.gmtime(1_000_000.0)
        if not outside:
            assert time.time() == START + 1200
    assert clock.now() == START + 1200
    assert abs(time.time() - genuine.time()) < 1


def test_time_machine_imported_first_inside_a_block():
    code = """
import time, datetime
from simulator.backend.clock import Clock
from simulator.transport.virtual_time import virtual_time
with virtual_time(Clock(0.0)):
    import time_machine
    with time_machine.travel(1_000_000.0, tick=False):
        assert time.time() == datetime.datetime.now().timestamp() == 1_000_000.0
    time.sleep(600)
    assert time.time() == 600
assert time.time() > 1e9
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_first_imported_while_freezegun_has_the_clocks():
    code = """
import time, datetime, freezegun
with freezegun.freeze_time("2024-05-01"):
    from simulator.backend.clock import Clock
    from simulator.transport.virtual_time import virtual_time
    clock = Clock(0.0)
    with virtual_time(clock):
        time.sleep(600)
        assert datetime.datetime.now() == datetime.datetime(2024, 5, 1)
with virtual_time(clock):
    before = time.time(), time.monotonic(), datetime.datetime.now()
    time.sleep(600)
    after = time.time(), time.monotonic(), datetime.datetime.now()
    assert after[0] - before[0] == after[1] - before[1] == (after[2] - before[2]).total_seconds() == 600
assert clock.now() == 1200
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_a_second_copy_of_the_package_moves_the_clocks_that_the_first_has_left():
    # a pytest inside a test drops the modules that it has imported, when it ends
    code = """
import sys, time

def block():
    from simulator.backend.clock import Clock
    from simulator.transport.virtual_time import virtual_time
    with virtual_time(Clock(0.0)):
        before = time.monotonic(), time.time()
        time.sleep(600)
        assert (time.monotonic() - before[0], time.time() - before[1]) == (600, 600), (before, time.monotonic())

def forget():
    gone = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "simulator"}
    return gone

block()
first = forget()
now = time.monotonic()
block()
forget()
sys.modules.update(first)
block()
assert time.monotonic() >= now + 1200
assert time.sleep.__module__ == "time"
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
