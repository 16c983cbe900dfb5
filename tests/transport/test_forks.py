"""A fork inside the block: the child goes on with a copy of its own, the parent as if nothing had been."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading

import pytest

from simulator import Simulator, say
from simulator.transport import environment, interception, locks
from simulator.transport.guard import holding
from simulator.transport.virtual_time import activation

CHILDS_PATIENCE_SECONDS = 10
V2 = {"OpenAI-Beta": "assistants=v2"}  # SDKs before 1.21 send v1

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    # CPython 3.12 on warns of every fork in a process with threads, which xdist's and these tests' are.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


def in_child(function):
    """Fork, call `function` in the child, and return what it returned there; what it raised is returned as text."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(CHILDS_PATIENCE_SECONDS)  # a child that waits for ever would be the parent's to wait for
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001  # nothing may leave the child
            result = repr(error)
        os.write(writer, json.dumps(result).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        result = json.loads(answer.read())
    os.waitpid(child, 0)
    return result


@pytest.fixture
def thread_of(sdk):
    """Make a thread through an intercepted client; its id."""
    client = sdk()
    return lambda: client.beta.threads.create(extra_headers=V2).id


def test_the_child_goes_on_with_a_copy_of_its_own(thread_of, network):
    with Simulator().intercept() as sim:
        first = thread_of()
        before = sim.clock.now()
        child = in_child(lambda: [thread_of(), [entry.path for entry in sim.requests]])
        assert sim.clock.now() == before
        assert len(sim.requests) == 1
        # the same seed and the same requests: the same id, in two worlds
        assert [thread_of(), ["/v1/threads", "/v1/threads"]] == child
        assert first not in child
    assert network.requests == []


def test_a_child_of_multiprocessing_is_caught_too(thread_of, network):
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    with Simulator().intercept() as sim:
        process = context.Process(target=lambda: queue.put(thread_of()))
        process.start()
        answer = queue.get()
        process.join()
        assert sim.requests == []
        assert thread_of() == answer
    assert network.requests == []


def test_the_block_ends_in_the_child_without_the_parent(thread_of, network):
    def leave():
        block.__exit__(None, None, None)
        return thread_of()

    block = Simulator().intercept()
    block.__enter__()
    try:
        assert in_child(leave) == "run_1"  # the canned network's
        assert thread_of().startswith("thread_")
    finally:
        block.__exit__(None, None, None)
    assert network.requests == []


class Elsewhere:
    """A thread that is inside a brain, and holds its simulator's lock, until it is told to go on."""

    def __init__(self, client):
        self.inside, self.go_on = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run, args=(client,))

    def brain(self, _view):
        self.inside.set()
        self.go_on.wait()
        return say("Hello.")

    def run(self, client):
        client.beta.threads.create_and_run(assistant_id="asst_1", extra_headers=V2)

    def __enter__(self):
        self.thread.start()
        assert self.inside.wait(5), "the brain was not asked"
        return self

    def __exit__(self, *_):
        self.go_on.set()
        self.thread.join()


@pytest.fixture
def busy(sdk):
    """A simulator, and a thread that holds its lock inside the block."""
    elsewhere = Elsewhere(sdk())
    sim = Simulator(brain=elsewhere.brain)
    sim.put("assistants", {"id": "asst_1", "instructions": "Greet."})
    return sim, elsewhere


def test_a_fork_waits_until_the_request_of_another_thread_is_done(busy, thread_of):
    sim, elsewhere = busy
    with sim.intercept(), elsewhere:
        timer = threading.Timer(0.02, elsewhere.go_on.set)
        timer.start()
        runs = in_child(lambda: [run["status"] for run in sim.runs])
        timer.join()
    assert runs == ["queued"]  # whole


def test_a_lock_that_is_not_to_be_had_is_free_in_the_child(busy, thread_of, monkeypatch):
    monkeypatch.setattr(locks, "FORK_PATIENCE_SECONDS", 0.01)
    sim, elsewhere = busy
    with sim.intercept(), elsewhere:
        assert in_child(thread_of).startswith("thread_")
        assert sim._lock.locked()
    assert [run["status"] for run in sim.runs] == ["queued"]
    assert not sim._lock.locked()


def test_a_brain_that_forks_answers_in_both_processes():
    sides = []

    def brain(_view):
        sides.append(os.fork())
        return say("Hello.")

    sim = Simulator(brain=brain)
    sim.put("assistants", {"id": "asst_1", "instructions": "Greet."})
    client = sim.client()
    try:
        run = client.beta.threads.create_and_run(assistant_id="asst_1", extra_headers=V2)
        fine = run.status == "queued" and not sim._lock.locked()
    finally:
        if sides == [0]:
            os._exit(0 if fine else 1)
    assert fine
    assert os.waitstatus_to_exitcode(os.waitpid(sides[0], 0)[1]) == 0


@pytest.mark.parametrize(
    "module", [environment, interception, holding, activation], ids=lambda module: module.__name__.rpartition(".")[2]
)
def test_no_lock_of_the_block_is_held_in_the_child(module, thread_of):
    release, held = threading.Event(), threading.Event()

    def hold():
        with module._lock:
            held.set()
            release.wait()

    def nest():
        with Simulator().intercept():
            return thread_of()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    timer = threading.Timer(0.02, release.set)
    timer.start()
    assert in_child(nest).startswith("thread_")
    for thread in (timer, holder):
        thread.join()
    assert nest().startswith("thread_")
