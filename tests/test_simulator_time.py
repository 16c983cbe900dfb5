"""`Simulator(time=…)`: the three modes, through the doors that people use."""

from __future__ import annotations

import asyncio
import time

import openai
import pytest

from simulator import Request, Simulator, hang, say, simulated
from simulator.backend.state import START
from simulator.errors import UsageError
from simulator.transport import pace
from simulator.transport.virtual_time.genuine import genuine

pytestmark = pytest.mark.filterwarnings("ignore:The Assistants API is deprecated", "ignore:deprecated$")


@pytest.fixture
def machine(monkeypatch):
    """The machine's clock and sleep as `time="real"` sees them; sleeping takes no time here either."""
    now = [1000.0]

    def sleep(seconds):
        now[0] += seconds

    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(pace.time, "sleep", sleep)
    return now


def conversation(sim):
    client = sim.client()
    assistant = client.beta.assistants.create(model="gpt-4o").id
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello?"}]).id
    return client, {"assistant_id": assistant, "thread_id": thread}


def streamed(sim):
    sim.put("assistants", {"id": "asst_1"})
    sim.script(say("Hello there.", chunks=3))
    body = b'{"assistant_id": "asst_1", "stream": true, "thread": {"messages": [{"role": "user", "content": "Hi"}]}}'
    headers = {"openai-beta": "assistants=v2", "content-type": "application/json"}
    return sim.handle(Request("POST", "/v1/threads/runs", "", headers, body)).body


def test_a_stream_that_is_read_without_waiting_comes_to_its_end():
    sim = Simulator()
    before = sim.clock.now()
    text = b"".join(frame.data for frame in streamed(sim))
    assert text.endswith(b"event: done\ndata: [DONE]\n\n")
    assert sim.clock.now() > before + 0.5


def test_in_real_time_it_says_that_one_must_wait(machine):
    with pytest.raises(UsageError, match=r"wait_until\(frame.due\)"):
        list(streamed(Simulator(time="real")))


# ── virtual ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_inside_a_block_the_dates_of_the_program_are_the_simulators():
    with Simulator().intercept() as sim:
        sim.script(hang())
        client, ids = conversation(sim)
        run = client.beta.threads.runs.create(**ids)
        assert time.time() == pytest.approx(sim.clock.now(), abs=1e-6)
        assert 599 < run.expires_at - time.time() <= 600
        time.sleep(run.expires_at - time.time() + 1)
        assert client.beta.threads.runs.retrieve(run.id, thread_id=ids["thread_id"]).status == "expired"
    assert abs(time.time() - genuine.time()) < 1


def test_outside_of_a_block_sleeps_are_real_and_the_simulators_clock_is_its_own(machine):
    sim = Simulator()
    client, ids = conversation(sim)
    before = sim.clock.now()
    machine[0] += 500
    client.beta.threads.retrieve(ids["thread_id"])
    assert sim.clock.now() - before < 1


def test_a_simulator_used_before_the_block_says_what_time_it_is():
    sim = Simulator()
    sim.clock.advance(86_400)
    with sim.intercept():
        assert time.time() == START + 86_400


def test_reset_inside_a_block_sets_the_dates_back_and_time_goes_on():
    with Simulator().intercept() as sim:
        time.sleep(600)
        before = time.monotonic()
        sim.reset()
        assert (time.time(), sim.clock.now()) == (START, START)
        time.sleep(5)
        assert (time.time(), sim.clock.now(), time.monotonic() - before) == (START + 5, START + 5, 5)


def test_blocks_of_one_simulator_may_nest():
    sim = Simulator()
    with sim.intercept():
        with sim.intercept():
            time.sleep(5)
        time.sleep(5)
    assert sim.clock.now() == START + 10
    assert time.sleep is genuine.sleep


@simulated
def test_decorated_tests_have_virtual_time(simulator):
    time.sleep(600)
    asyncio.run(asyncio.sleep(600))
    assert simulator.clock.now() == START + 1200


# ── real ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_in_real_time_nothing_of_the_process_is_touched():
    before = (time.sleep, time.time, time.monotonic, asyncio.BaseEventLoop._run_once)
    with Simulator(time="real").intercept():
        assert (time.sleep, time.time, time.monotonic, asyncio.BaseEventLoop._run_once) == before


def test_in_real_time_the_clock_follows_the_machines(machine):
    sim = Simulator(time="real")
    sim.script(say("Hello.", takes=30))
    client, ids = conversation(sim)
    run = client.beta.threads.runs.create(**ids)
    assert client.beta.threads.runs.retrieve(run.id, thread_id=ids["thread_id"]).status != "completed"
    before = sim.clock.now()
    machine[0] += 60
    assert [run["status"] for run in sim.runs] == ["completed"]
    assert sim.clock.now() == before + 60
    client.beta.threads.runs.retrieve(run.id, thread_id=ids["thread_id"])
    assert before + 60 < sim.clock.now() < before + 61  # what passed is not added twice


def test_in_real_time_a_reset_begins_anew(machine):
    sim = Simulator(time="real")
    machine[0] += 60
    sim.reset()
    assert (list(sim.runs), sim.clock.now()) == ([], START)


def test_in_real_time_a_stream_takes_the_time_it_takes(machine):
    sim = Simulator(time="real")
    sim.script(say("Hello.", takes=30))
    client, ids = conversation(sim)
    before, clock = machine[0], sim.clock.now()
    with client.beta.threads.runs.stream(**ids) as stream:
        stream.until_done()
    waited = machine[0] - before
    assert 30 <= waited < 40
    assert sim.clock.now() - clock == pytest.approx(waited, abs=1)  # and what the request cost


def test_in_real_time_a_slow_reader_does_not_wait_for_what_is_due_already(machine):
    sim = Simulator(time="real")
    sim.script(say("Hello.", takes=30))
    client, ids = conversation(sim)
    before = machine[0]
    with client.beta.threads.runs.stream(**ids) as stream:
        next(iter(stream))
        machine[0] += 100
        waited = machine[0]
        stream.until_done()
    assert machine[0] == waited
    assert waited - before < 110


def test_in_real_time_an_async_stream_leaves_the_loop_to_others():
    sim = Simulator(time="real")
    sim.script(say("Hello.", takes=0.2))
    _, ids = conversation(sim)
    turns = []

    async def others():
        while True:
            turns.append(1)
            await asyncio.sleep(0.001)

    async def main():
        task = asyncio.create_task(others())
        async with sim.async_client() as client, client.beta.threads.runs.stream(**ids) as stream:
            await stream.until_done()
        task.cancel()

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began >= 0.2
    assert len(turns) > 5


def test_beside_a_simulator_whose_time_is_virtual_a_real_one_follows_the_program():
    real = Simulator(time="real")
    with Simulator().intercept() as virtual:
        real.client().beta.threads.create()
        before, began = real.clock.now(), virtual.clock.now()
        time.sleep(600)
        real.client().beta.threads.create()
        assert real.clock.now() - before == pytest.approx(600, abs=1)
        assert virtual.clock.now() - began == 600


# ── the option ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", ["warp", None, True, ["real"]])
def test_another_mode_is_refused_and_the_known_ones_are_named(value):
    with pytest.raises(UsageError, match=r"time= is one of virtual, threads, real, not "):
        Simulator(time=value)


@pytest.mark.parametrize("mode", ["virtual", "threads", "real"])
def test_the_mode_is_saved_with_the_state(mode, tmp_path):
    Simulator(time=mode).save(tmp_path / "state.json")
    assert Simulator.load(tmp_path / "state.json")._options.time == mode


def test_a_loaded_simulator_goes_on_in_virtual_time(tmp_path):
    with Simulator().intercept() as sim:
        time.sleep(600)
        sim.save(tmp_path / "state.json")
    with Simulator.load(tmp_path / "state.json").intercept() as again:
        assert time.time() == again.clock.now() == START + 600
        time.sleep(5)
        assert again.clock.now() == START + 605


# ── clients ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stream_left_in_the_middle_is_closed_and_one_read_after_the_block_takes_no_time():
    sim = Simulator()
    sim.script(say("Hello.", takes=30), repeat=True)
    with sim.intercept():
        client = openai.OpenAI(api_key="sk-test")
        _, ids = conversation(sim)
        with client.beta.threads.runs.stream(**ids) as stream:
            next(iter(stream))
        sim.clock.advance(60)
        other = client.beta.threads.runs.create(**ids, stream=True)
    began = genuine.monotonic()
    assert [event.event for event in other][-1] == "thread.run.completed"
    assert genuine.monotonic() - began < 10
