"""A brain, a stub or a `when=` that uses the simulator it answers for, and what breaks inside."""

from __future__ import annotations

import threading

import openai
import pytest

from simulator import CheckFailed, Simulator, SimulatorError, http_error, say
from simulator.transport import locks


@pytest.fixture
def conversation():
    def begin(sim):
        client = sim.client()
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.").id
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}]).id
        return client, assistant, thread

    return begin


def test_a_brain_that_makes_a_request_is_refused_and_the_run_with_it(conversation):
    def brain(view):
        client.beta.threads.runs.create(view.conversation, assistant_id=view.assistant["id"])
        return say("never")

    sim = Simulator(brain=brain)
    client, assistant, thread = conversation(sim)
    with pytest.raises(openai.BadRequestError, match=r"asks a brain, a stub or a when="):
        client.beta.threads.runs.create(thread, assistant_id=assistant)
    assert sim.runs == []
    with pytest.raises(CheckFailed, match=r"POST /v1/threads/thread_\w+/runs was made while this simulator asks"):
        sim.check()


@pytest.mark.parametrize(
    "use",
    [
        lambda sim: sim.put("threads", {}),
        lambda sim: sim.reset(),
        lambda sim: sim.runs,
        lambda sim: sim.script("x"),
        lambda sim: sim.check(),
    ],
)
def test_a_brain_that_uses_its_simulator_otherwise_is_told_so(conversation, use):
    sim = Simulator(brain=lambda view: use(sim))
    client, assistant, thread = conversation(sim)
    with pytest.raises(openai.BadRequestError, match=r"which must not use it"):
        client.beta.threads.runs.create(thread, assistant_id=assistant)
    assert sim.runs == []


def test_a_brain_that_waits_for_another_threads_request_does_not_wait_for_ever(conversation, monkeypatch):
    monkeypatch.setattr(locks, "LOCK_PATIENCE_SECONDS", 0.01)
    errors = []

    def ask():
        try:
            client.beta.threads.create()
        except openai.BadRequestError as error:
            errors.append(str(error))

    def brain(view):
        other = threading.Thread(target=ask)
        other.start()
        other.join()
        return say("Hello.")

    sim = Simulator(brain=brain)
    client, assistant, thread = conversation(sim)
    run = client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    assert run.status == "completed"
    assert "by a thread they wait for" in errors[0]


def test_what_breaks_inside_is_answered_and_found_by_the_check(conversation, monkeypatch):
    sim = Simulator()
    client, _, thread = conversation(sim)
    monkeypatch.delattr("simulator.backend.store.Listing.page")
    with pytest.raises(openai.BadRequestError, match=r"broke in Call\.page, line \d+: AttributeError") as caught:
        client.beta.threads.messages.list(thread)
    assert caught.value.code == "simulator_failed"
    with pytest.raises(CheckFailed, match="broke in"):
        sim.check()


def test_a_fault_that_struck_nothing_is_a_finding(conversation):
    sim = Simulator()
    client, _, thread = conversation(sim)
    sim.faults.add(http_error(500), on="runs.cancel")
    sim.faults.add(http_error(404), on="threads.retrieve", times=2)
    with pytest.raises(openai.NotFoundError):
        client.beta.threads.retrieve(thread)
    with pytest.raises(CheckFailed, match=r"^Never struck: http_error\(500\) on 'runs\.cancel'$"):
        sim.check()
    sim.check(allow={"unused_fault"})


def test_what_every_check_passes_over_is_an_option():
    sim = Simulator(allow={"unused_script"})
    sim.script("never")
    sim.check()
    sim.faults.add(http_error(500))
    with pytest.raises(CheckFailed, match=r"^Never struck"):
        sim.check()
    with pytest.raises(SimulatorError, match="allow= knows"):
        Simulator(allow={"scripts"})
    with pytest.raises(SimulatorError, match="allow= is a list"):
        Simulator(allow="unused_script")


def test_the_journal_shows_what_is_due(conversation):
    sim = Simulator()
    sim.script(say("Hello."))
    client, assistant, thread = conversation(sim)
    client.beta.threads.runs.create(thread, assistant_id=assistant)
    sim.clock.advance(60)
    assert [entry.after for entry in sim.journal if getattr(entry, "object", "") == "thread.run"][-1] == "completed"


def test_an_exception_without_a_text_or_with_half_a_character_is_told(conversation):
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    for error, text in ((Mute(), r"Mute: \(its text cannot be had\)"), (ValueError("\ud800"), "ValueError")):

        def brain(view, error=error):
            raise error

        client, assistant, thread = conversation(Simulator(brain=brain))
        with pytest.raises(openai.BadRequestError, match=text):
            client.beta.threads.runs.create(thread, assistant_id=assistant)
