"""Same seed and same operations: same bytes; and a state that was saved goes on as if nothing had been."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.backend.fault_kinds import http_error
from simulator.backend.lifecycle import CANCELLABLE
from simulator.backend.placing import place
from simulator.backend.state import START, Backend
from simulator.backend.turns import (
    call,
    call_tools,
    fail,
    finish,
    hang,
    image,
    incomplete,
    raw_call,
    refusal,
    run_code,
    say,
    search_files,
)
from simulator.errors import StateError

PNG = b"\x89PNG\r\n\x1a\n"

SCRIPTS = [
    [say("Hello, world.")],
    [say("one", more=True), say("two", image(PNG), refusal("no"), chunks=["t", "wo"], takes=40)],
    [call_tools(call("f", a=1), raw_call("g", "{", id="own")), say("done", annotations=[{"text": "d"}])],
    [call_tools(call("f"), takes=700), say("late")],
    [run_code("1", logs="1", images=["file-1"]), search_files("q"), call_tools(call("f")), finish(takes=3)],
    [run_code("1"), fail("server_error", text="so far", takes=9)],
    [incomplete("max_prompt_tokens", "so far", takes=300)],
    [run_code("x", takes=20)],
    [hang()],
]


def active(lab, *statuses):
    return next((run for run in lab.store.runs if run["status"] in statuses), None)


def step(lab, name, value):
    """Do one operation of a program; one that does not apply is passed over."""
    _STEPS[name](lab, value)


def _submit(lab, value):
    run = active(lab, "requires_action")
    if run is not None and lab.brain.turns:
        lab.submit(run, *[f"output {value}"] * len(run["required_action"]["submit_tool_outputs"]["tool_calls"]))


def _cancel(lab, value):
    run = active(lab, *CANCELLABLE)
    if run is not None:
        lab.cancel(run)


def _delete_message(lab, value):
    messages = list(lab.store.messages)
    if messages:
        message = messages[value % len(messages)]
        lab.store.messages.remove(message["id"], message["thread_id"])


def _delete_thread(lab, value):
    for thread in list(lab.store.threads)[:1]:
        for run in lab.store.runs.of(thread["id"]):
            lab.engine.forget(run["id"])
        lab.store.drop_thread(thread["id"])


def _put(lab, value):
    calls = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
    run = {"id": f"run_{value % 2}", "thread_id": f"thread_{value}", "status": "requires_action"}
    place(lab.backend, "runs", {**run, "required_action": action})


_STEPS = {
    "run": lambda lab, value: lab.run(*SCRIPTS[value % len(SCRIPTS)]),
    "wait": lambda lab, value: lab.wait(value / 7),
    "wait long": lambda lab, value: lab.wait(value * 20),
    "submit": _submit,
    "cancel": _cancel,
    "delete message": _delete_message,
    "delete thread": _delete_thread,
    "put": _put,
    "fault": lambda lab, value: lab.backend.faults.add(http_error(500), times=value + 1),
}
PROGRAMS = st.lists(st.tuples(st.sampled_from([*_STEPS, "run", "wait", "wait"]), st.integers(0, 40)), max_size=12)


def play(lab, program):
    for name, value in program:
        step(lab, name, value)
    return lab


@given(PROGRAMS, st.integers(0, 3))
def test_the_same_operations_give_the_same_bytes(make_lab, program, seed):
    assert play(make_lab(seed=seed), program).bytes() == play(make_lab(seed=seed), program).bytes()


@given(PROGRAMS)
def test_another_seed_gives_other_ids(make_lab, program):
    one, two = (play(make_lab(seed=seed), [("run", 0), *program]) for seed in (1, 2))
    assert one.bytes() != two.bytes()


@settings(max_examples=200)
@given(PROGRAMS, PROGRAMS, st.integers(0, 40))
def test_a_restored_state_goes_on_with_the_same_bytes(make_lab, before, after, seconds):
    lab = play(make_lab(seed=5), before)
    saved = lab.bytes()
    again = make_lab.of(saved, seed=5)
    assert again.bytes() == saved
    program = [*after, ("wait", seconds), ("submit", 0), ("wait long", 40)]
    assert play(again, program).bytes() == play(lab, program).bytes()


CONVERSATION = [
    ("run", 2),
    ("run", 1),
    *[("wait", 1)] * 9,
    ("submit", 0),
    *[("wait", 1)] * 9,
    ("cancel", 0),
    ("wait long", 40),
]


@pytest.mark.parametrize("point", range(len(CONVERSATION) + 1))
def test_a_conversation_can_be_saved_at_every_point(make_lab, point):
    whole = play(make_lab(), CONVERSATION).bytes()
    saved = play(make_lab(), CONVERSATION[:point]).bytes()
    assert play(make_lab.of(saved), CONVERSATION[point:]).bytes() == whole


def test_saving_changes_nothing(lab):
    play(lab, CONVERSATION[:6])
    assert lab.bytes() == lab.bytes()


def test_a_state_has_no_more_than_what_can_still_happen(lab):
    run = lab.until(lab.run(say("Hello.")))
    state = lab.backend.to_json()
    assert (state["executions"], state["calendar"], state["surprises"]) == ([], [], [])
    assert state["now"] == lab.now
    assert run in [item for _, item in state["store"]["runs"]["listings"][run["thread_id"]]["placed"]]


def test_surprises_are_kept(make_lab, lab):
    lab.until(lab.run(run_code("1")))
    again = make_lab.of(lab.bytes())
    assert again.engine.surprises == lab.engine.surprises != []


def test_a_run_at_work_must_be_in_the_store(make_lab, lab):
    lab.run(hang())
    state = json.loads(lab.bytes())
    state["backend"]["store"]["runs"]["listings"] = {}
    with pytest.raises(StateError, match=r"Run run_.* of thread_.* is at work but not among the runs"):
        make_lab.of(json.dumps(state))


def test_a_backend_begins_at_the_day_of_the_youngest_recording(lab):
    assert lab.now == START
    assert Backend(0, lab.brain, lab.journal, (), lab.backend.clock).clock is lab.backend.clock
