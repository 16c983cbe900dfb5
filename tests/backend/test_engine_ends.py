"""Every end that cuts a run short, at every point of a run."""

import json

import pytest

from simulator.backend import objects
from simulator.backend.turns import call, call_tools, fail, hang, image, run_code, say

# Nine pieces, the first of them 400 s after the start, then one a minute: at 600 s three are said.
LETTERS = say("abcdefghi", chunks=9, takes=1000)
CALL = call_tools(call("f", a=1), call("g"), takes=1)
SLOW_CALL = call_tools(call("f", a=1), takes=1000)

TIMES = ("started_at", "expires_at", "cancelled_at", "failed_at", "completed_at")


def nowhere(lab, run):
    """The run is let alone."""


def answer_at(seconds):
    """Submit outputs that many seconds after the creation; negative: before the expiry."""

    def answer(lab, run):
        lab.until(run, "requires_action")
        at = run["created_at"] + seconds if seconds >= 0 else run["expires_at"] + seconds
        lab.goto(max(at, lab.now))
        lab.submit(run, *["1", "2"][: len(run["required_action"]["submit_tool_outputs"]["tool_calls"])])

    return answer


def two_rounds(lab, run):
    answer_at(300)(lab, run)
    lab.until(run, "requires_action")


def cancelled_late(lab, run):
    lab.goto(run["expires_at"] - 0.05)
    lab.cancel(run)


# name: (turns, what is done, status just before the expiry, statuses of the steps after it, texts)
EXPIRIES = {
    "before the first piece": ([say("x", takes=2000)], nowhere, "in_progress", [], []),
    "in the middle of a message": ([LETTERS], nowhere, "in_progress", ["expired"], ["abc"]),
    "in the middle of a call": ([SLOW_CALL], nowhere, "in_progress", ["expired"], []),
    "in the middle of code": ([run_code("1", takes=1000)], nowhere, "in_progress", ["expired"], []),
    "after code": ([run_code("1"), hang()], nowhere, "in_progress", ["completed"], []),
    "after a first message": ([say("one", more=True), hang()], nowhere, "in_progress", ["completed"], ["one"]),
    "while it waits for outputs": ([CALL], nowhere, "requires_action", ["expired"], []),
    "queued after a submit": ([CALL, hang()], answer_at(-0.05), "queued", ["completed"], []),
    "in the middle of the second turn": (
        [CALL, LETTERS],
        answer_at(2),
        "in_progress",
        ["completed", "expired"],
        ["abc"],
    ),
    "in the second round of tools": ([CALL, CALL], two_rounds, "requires_action", ["completed", "expired"], []),
    "while it is cancelled": ([hang()], cancelled_late, "cancelling", [], []),
    "hanging": ([hang()], nowhere, "in_progress", [], []),
}


@pytest.mark.parametrize("point", EXPIRIES)
def test_600_seconds_after_its_creation_a_run_expires(lab, point):
    turns, act, status, steps, texts = EXPIRIES[point]
    run = lab.run(*turns)
    expires = run["created_at"] + 600
    act(lab, run)
    lab.goto(expires - 0.001)
    assert (run["status"], run["expires_at"]) == (status, expires)  # no round of tools extends it
    lab.goto(expires)
    assert run["status"] == "expired"
    assert {key for key in TIMES if run[key] is not None} == {"started_at"}
    assert (run["required_action"], run["last_error"], run["incomplete_details"]) == (None, None, None)
    assert [step["status"] for step in lab.steps(run)] == steps
    assert lab.texts(run) == texts
    assert_over(lab, run)


# name: (turns, what is done before the cancel, statuses of the steps after it, texts)
def at(seconds):
    return lambda lab, run: lab.goto(run["created_at"] + seconds)


def waiting(lab, run):
    lab.until(run, "requires_action")


def in_progress(lab, run):
    lab.until(run, "in_progress")


CANCELS = {
    "queued": ([say("x")], nowhere, [], []),
    "just picked up": ([say("x", takes=5)], in_progress, [], []),
    "before the first piece": ([LETTERS], at(402), ["cancelled"], [""]),
    "in the middle of a message": ([LETTERS], at(550), ["cancelled"], ["ab"]),
    "in the middle of a call": ([SLOW_CALL], at(550), ["cancelled"], []),
    "in the middle of code": ([run_code("1", takes=1000)], at(550), ["cancelled"], []),
    "after code": ([run_code("1"), hang()], at(10), ["completed"], []),
    "while it waits for outputs": ([CALL], waiting, ["cancelled"], []),
    "queued after a submit": ([CALL, say("x")], answer_at(2), ["completed"], []),
    "in the second turn": (
        [CALL, LETTERS],
        lambda lab, run: (answer_at(2)(lab, run), lab.wait(550)),
        ["completed", "cancelled"],
        ["ab"],
    ),
    "hanging": ([hang()], at(10), [], []),
}


@pytest.mark.parametrize("point", CANCELS)
def test_a_cancelled_run_is_cancelling_for_a_while_and_locks_its_thread(lab, point):
    turns, act, steps, texts = CANCELS[point]
    run = lab.run(*turns)
    act(lab, run)
    started, expires = run["started_at"], run["expires_at"]
    lab.cancel(run)
    asked = lab.now
    assert (run["status"], run["cancelled_at"], run["usage"]) == ("cancelling", None, None)
    assert (run["started_at"], run["expires_at"], run["required_action"]) == (started, expires, None)
    assert lab.engine.active_run(run["thread_id"]) == run["id"]
    assert [step["status"] for step in lab.steps(run)] == steps
    assert lab.texts(run) == texts
    lab.until(run)
    assert 0.3 <= round(lab.now - asked, 3) <= 0.9
    assert (run["status"], run["cancelled_at"]) == ("cancelled", int(lab.now))
    assert {key for key in TIMES if run[key] is not None} - {"started_at"} == {"cancelled_at"}
    assert [status for _, status in lab.changes(run)][-2:] == ["cancelling", "cancelled"]
    assert_over(lab, run)


FAILURES = {
    "at once": ([fail("server_error")], nowhere, [], []),
    "after some words": ([fail("server_error", text="so far")], nowhere, ["failed"], ["so far"]),
    "after a message": ([say("one", more=True), fail("x")], nowhere, ["completed"], ["one"]),
    "after code": ([run_code("1"), fail("x", text="so far")], nowhere, ["completed", "failed"], ["so far"]),
    "after outputs": ([CALL, fail("rate_limit_exceeded")], answer_at(2), ["completed"], []),
    "after outputs and some words": ([CALL, fail("x", text="a")], answer_at(2), ["completed", "failed"], ["a"]),
}


@pytest.mark.parametrize("point", FAILURES)
def test_a_run_can_fail_at_every_point(lab, point):
    turns, act, steps, texts = FAILURES[point]
    run = lab.run(*turns)
    act(lab, run)
    lab.until(run)
    error = {"code": turns[-1].code, "message": turns[-1].message}
    assert (run["status"], run["last_error"], run["failed_at"]) == ("failed", error, int(lab.now))
    assert {key for key in TIMES if run[key] is not None} == {"started_at", "failed_at"}
    assert [step["status"] for step in lab.steps(run)] == steps
    failed = [step for step in lab.steps(run) if step["status"] == "failed"]
    assert all((step["last_error"], step["failed_at"]) == (error, run["failed_at"]) for step in failed)
    assert lab.texts(run) == texts
    assert lab.engine.surprises == []
    assert_over(lab, run)


def assert_over(lab, run):
    """What holds of every finished run; and nothing that was planned for it ever happens."""
    parts = [step["usage"] for step in lab.steps(run)]
    assert None not in parts
    assert run["usage"] == objects.usage(
        sum(one["prompt_tokens"] for one in parts), sum(one["completion_tokens"] for one in parts)
    )
    assert [step["expires_at"] for step in lab.steps(run)] == [None] * len(parts)
    assert lab.engine.active_run(run["thread_id"]) is None
    before = json.loads(lab.bytes())["backend"]
    lab.wait(10_000)
    after = json.loads(lab.bytes())["backend"]
    assert after == {**before, "now": after["now"]}
    assert (before["executions"], before["calendar"]) == ([], [])


def test_a_call_that_is_cut_short_keeps_what_it_asked(lab):
    run = lab.until(lab.run(CALL), "requires_action")
    lab.cancel(run)
    (step,) = lab.steps(run)
    assert [one["function"]["output"] for one in step["step_details"]["tool_calls"]] == [None, None]
    assert (step["cancelled_at"], step["completed_at"]) == (int(lab.now), None)


def test_what_was_planned_before_a_cancel_is_void(lab):
    run = lab.run(say("never", takes=0.01))
    lab.cancel(run)
    lab.wait(100)
    assert (run["status"], lab.said(run), run["started_at"]) == ("cancelled", [], None)


def test_the_end_of_a_message_cut_short_keeps_images_that_came(lab):
    run = lab.run(say(image("file-1"), "abcdefgh", chunks=8, takes=1000))  # the image is the first piece of nine
    lab.goto(run["created_at"] + 550)
    lab.cancel(run)
    picture = {"type": "image_file", "image_file": {"file_id": "file-1"}}
    assert lab.said(run) == [[picture, objects.text_part("a")]]


def test_a_message_deleted_while_it_is_written_stays_deleted(lab):
    run = lab.run(LETTERS)
    lab.goto(run["created_at"] + 500)
    message = lab.execution(run).message
    lab.store.messages.remove(message["id"], run["thread_id"])
    lab.until(run)
    assert (run["status"], lab.said(run)) == ("expired", [])
