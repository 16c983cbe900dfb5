"""What the engine asks of its parts: the course, the tokens, the journal, the calendar, the ids."""

from __future__ import annotations

import re
from collections import deque

import pytest

from simulator.backend import objects
from simulator.backend.course import SeededCourse
from simulator.backend.journal import Asked
from simulator.backend.lifecycle import RunStatus
from simulator.backend.tokens import Tokens, estimate
from simulator.backend.turns import call, call_tools, hang, image, run_code, say, search_files
from simulator.backend.vector_stores import NewFile

PNG = b"\x89PNG\r\n\x1a\n"


# The course.


class NotingCourse(SeededCourse):
    """The usual one, that notes of what it is asked."""

    def __init__(self, ids):
        super().__init__(ids)
        self.asked = []

    def _note(self, name, *about):
        self.asked.append((name, *about))

    def pick_up(self, run, at):
        self._note("pick_up", run["id"])
        return super().pick_up(run, at)

    def turn(self, run, turn, at):
        self._note("turn", run["id"], turn)
        return super().turn(run, turn, at)

    def confirm_cancel(self, run, at):
        self._note("confirm_cancel", run["id"])
        return super().confirm_cancel(run, at)

    def tokens(self, run, turn):
        self._note("tokens", run["id"], turn)
        return Tokens(7, 5)


def test_the_course_is_asked_about_the_run_and_the_turn(lab):
    course = lab.engine.course = NotingCourse(lab.backend.ids)
    turn = say("Hello.", takes=4)
    run = lab.run(turn)
    lab.goto(lab.execution(run).opens_at)
    lab.cancel(run)
    lab.until(run)
    assert course.asked == [
        ("pick_up", run["id"]),
        ("turn", run["id"], turn),
        ("tokens", run["id"], turn),
        ("confirm_cancel", run["id"]),
    ]
    assert run["usage"] == objects.usage(7, 5)


def test_the_course_says_when_a_file_is_ready(lab):
    class Slow(SeededCourse):
        def ingest(self, file, at):
            return at + {"file-slow": 90, "file-quick": 1}[file["id"]]

    lab.engine.course = Slow(lab.backend.ids)
    ready = [lab.engine.vector_stores._ready_at({"id": id}, 10.0) for id in ("file-slow", "file-quick")]
    assert ready == [100.0, 11.0]


# Time.


def test_what_others_have_on_the_calendar_is_theirs_and_keeps_nobody_up(lab):
    heard = []
    lab.engine.elsewhere["ring"] = heard.append
    run = lab.run(say("Hello."))
    lab.engine.calendar.add(lab.now, "alarm", 0, "ring")
    lab.wait(100)
    assert [due.subject for due in heard] == ["alarm"]
    assert run["status"] == "completed"


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.IN_PROGRESS])
def test_a_run_that_is_held_opens_and_closes_later(lab, status):
    run = lab.run(say("abc", chunks=3, takes=10))
    if status == RunStatus.IN_PROGRESS:
        lab.until(run, "in_progress")
    execution = lab.execution(run)
    opens, closes = execution.opens_at, execution.closes_at
    lab.engine.hold(run["id"], status, 5)
    assert (execution.opens_at, execution.closes_at) == (opens + 5, closes + 5)
    lab.goto(opens + 4.9)
    assert lab.steps(run) == []
    lab.until(run)
    assert lab.now == closes + 5


def test_a_piece_that_comes_with_the_cut_is_still_said(lab):
    run = lab.run(say("abcd", chunks=4, takes=10))
    times = lab.execution(run).times(4)
    lab.goto(times[1])
    lab.cancel(run)
    assert lab.texts(run) == ["ab"]


# Vector stores.


@pytest.fixture
def searched(lab):
    """A vector store of a thread."""
    thread = lab.thread("Hello?")
    vector_store = lab.engine.vector_stores.add(objects.vector_store("vs_1", int(lab.now)))
    thread["tool_resources"] = {"file_search": {"vector_store_ids": ["vs_1"]}}
    return vector_store, thread


def test_a_search_uses_the_store_when_it_opens(lab, searched):
    vector_store, thread = searched
    lab.wait(50)
    run = lab.run(search_files("taxes", takes=10), say("None."), thread=thread)
    opens = lab.execution(run).opens_at
    lab.until(run)
    assert vector_store["last_active_at"] == int(opens)


def test_a_run_begins_when_the_files_of_its_thread_are_ready(lab, searched):
    vector_store, thread = searched

    class Slow(SeededCourse):
        def ingest(self, file, at):
            return at + 20

    lab.engine.course = Slow(lab.backend.ids)
    lab.engine.vector_stores.add_files(vector_store, [NewFile("file-1")])
    ready = lab.now + 20
    run = lab.run(say("Hello."), thread=thread)
    elsewhere = lab.run(say("Hello."))
    lab.goto(ready - 0.1)
    assert (run["status"], elsewhere["status"]) == ("queued", "completed")
    lab.goto(ready)
    assert run["status"] == "in_progress"


# Tools.


def test_the_outputs_of_every_round_are_shown_in_the_last(lab):
    run = lab.run(*(call_tools(call(name)) for name in "abc"), say("done"))
    for output in ("1", "2", "3"):
        lab.until(run, "requires_action")
        lab.submit(run, output)
    lab.until(run)
    assert [tuple(each) for each in lab.brain.views[-1].outputs] == [
        ("a", "{}", "1"),
        ("b", "{}", "2"),
        ("c", "{}", "3"),
    ]


def test_a_placed_run_gets_its_step_when_its_outputs_come(lab):
    thread, assistant = lab.thread("Hello?"), lab.assistant()
    asked = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    run = objects.run("run_placed", int(lab.now), thread["id"], assistant)
    run |= {
        "status": "requires_action",
        "required_action": {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [asked]}},
    }
    lab.store.runs.add(run, thread["id"])
    lab.engine.adopt(run)
    lab.brain.add(say("done"))
    lab.submit(run, "1")
    (step,) = lab.steps(run)
    assert step["step_details"]["tool_calls"][0]["function"]["output"] == "1"


def test_a_stream_that_ended_at_the_calls_is_told_nothing_more(lab):
    run = lab.run(call_tools(call("f")), stream=True)
    lab.until(run, "requires_action")
    told = len(lab.stream.waiting)
    lab.wait(700)
    assert run["status"] == "expired"
    assert len(lab.stream.waiting) == told
    assert lab.stream.ended


# The journal.


def test_the_journal_tells_who_was_asked_when_and_what_it_answered(lab):
    turns = deque([call_tools(call("f")), run_code("1"), say("done")])
    run = lab.run(*turns)
    created = lab.now
    lab.until(run, "requires_action")
    lab.wait(3)
    submitted = lab.now
    lab.submit(run, "1")
    went_on = lab.execution(run).closes_at
    lab.until(run)
    asked = [entry for entry in lab.journal if isinstance(entry, Asked)]
    assert [(one.at, one.run_id, one.thread_id, one.turn) for one in asked] == [
        (at, run["id"], run["thread_id"], turn) for at, turn in zip((created, submitted, went_on), turns, strict=True)
    ]


# Ids.


def test_every_object_has_the_prefix_of_its_kind(lab):
    run = lab.until(lab.run(say("Look:", image(PNG))))
    made = [*lab.steps(run), *lab.store.messages.of(run["thread_id"]), *lab.store.files]
    prefixes = {"thread.run.step": "step_", "thread.message": "msg_", "file": "file-"}
    assert {one["object"] for one in made} == set(prefixes)
    assert all(re.match(f"{prefixes[one['object']]}[0-9A-Za-z]{{20,}}$", one["id"]) for one in made)


def test_a_drawn_image_is_named_as_in_the_sandbox(lab):
    lab.until(lab.run(say(image(PNG))))
    (file,) = lab.store.files
    assert file["filename"] == f"/mnt/data/{file['id']}.png"


# Tokens.


def test_what_waits_for_its_outputs_counts_as_used(lab):
    run = lab.until(lab.run(call_tools(call("f", a="x" * 40)), say("done")), "requires_action")
    execution = lab.execution(run)
    used = execution.used(estimate)
    assert used.prompt > 0 < used.completion
    assert execution.spent == Tokens()
    lab.submit(run, "1")
    assert execution.spent == execution.used(estimate) == used


@pytest.mark.parametrize("model, counted", [("gpt-4o", "gpt-4o"), (None, "")])
@pytest.mark.parametrize("turn", [say("Hello."), run_code("1 + 1"), call_tools(call("f"))])
def test_tokens_are_counted_for_the_model_of_the_run(lab, turn, model, counted):
    models = []
    run = lab.run(turn, hang())
    run["model"] = model

    def count(text, model):
        models.append(model)
        return estimate(text)

    lab.engine.count = count
    execution = lab.execution(run)
    lab.goto(execution.opens_at)
    execution.completion_tokens(count)
    assert set(models) == {counted}


def test_the_calls_of_a_placed_run_are_counted_for_its_model(lab):
    run = lab.until(lab.run(call_tools(call("f"))), "requires_action")
    execution, models = lab.execution(run), []
    execution.turn = None  # as with a run that was placed
    execution.completion_tokens(lambda text, model: models.append(model) or 1)
    assert set(models) == {"gpt-4o"}
