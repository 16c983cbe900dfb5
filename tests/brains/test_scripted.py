import json
import re

import pytest

from simulator.backend.brain import Output
from simulator.backend.turns import (
    call,
    call_tools,
    fail,
    finish,
    hang,
    incomplete,
    run_code,
    say,
    search_files,
)
from simulator.brains.scripted import ScriptedBrain, describe_turn, pieces_of
from simulator.errors import NoTurn, StateError, TurnError, UsageError


class Other:
    """Another brain behind the script."""

    def answer(self, view):
        return say("something else")


def script(brain, *turns, when=None, assistant=None, thread=None, repeat=False, optional=False):
    pieces = pieces_of(turns, when=when, assistant=assistant, thread=thread, repeat=repeat, optional=optional)
    brain.add(pieces)
    return pieces


@pytest.fixture
def brain():
    return ScriptedBrain()


def answers(brain, make_view, count, **given):
    return [brain.answer(make_view(**given)) for _ in range(count)]


# Cutting.


@pytest.mark.parametrize(
    "turns, lengths",
    [
        ([say("a"), say("b")], [1, 1]),
        ([call("f"), say("a"), say("b")], [2, 1]),
        ([call("f"), run_code("1"), search_files("q"), say("x", more=True), finish()], [5]),
        ([fail("x"), incomplete("content_filter"), hang(), finish(), "text"], [1] * 5),
        ([say("a"), call("f")], [1, 1]),
        ([call("f")], [1]),
    ],
)
def test_a_script_is_cut_after_each_turn_that_ends_a_run(turns, lengths):
    assert [len(piece.turns) for piece in pieces_of(turns, when=None)] == lengths


def test_what_cannot_be_a_script_is_refused():
    with pytest.raises(TurnError, match=r"script\(\) takes at least one turn, for example say"):
        pieces_of([], when=None)
    with pytest.raises(TurnError, match=r"5 is not a turn"):
        pieces_of([say("x"), 5], when=None)
    with pytest.raises(UsageError, match=r"when= is a text, a compiled pattern or a callable of the view, not 5"):
        pieces_of([say("x")], when=5)


# Who takes what.


def test_a_run_takes_a_whole_piece_and_the_next_run_the_next(brain, make_view):
    script(brain, call("f"), say("one"), say("two"))
    assert brain.answer(make_view(run="run_1")) == call_tools(call("f"))
    assert brain.answer(make_view(run="run_2")) == say("two")
    assert brain.answer(make_view(run="run_1")) == say("one")
    assert brain.unused == []


@pytest.mark.parametrize(
    "condition, fitting, other",
    [
        ({"when": "budget"}, {"user": "my budget?"}, {"user": "hello"}),
        ({"when": re.compile("^bud", re.IGNORECASE)}, {"user": "Budget"}, {"user": "my budget"}),
        ({"when": lambda view: view.model == "gpt-4o"}, {"model": "gpt-4o"}, {"model": "gpt-4"}),
        ({"assistant": "asst_7"}, {"assistant": {"id": "asst_7"}}, {"assistant": {"id": "asst_8"}}),
        ({"assistant": "Cook"}, {"assistant": {"id": "asst_7", "name": "Cook"}}, {"assistant": {"id": "asst_7"}}),
        ({"thread": "thread_7"}, {"thread": "thread_7"}, {"thread": "thread_8"}),
        (
            {"thread": "thread_7", "when": "budget"},
            {"thread": "thread_7", "user": "budget"},
            {"thread": "thread_7", "user": "hello"},
        ),
    ],
)
def test_pieces_for_certain_runs_come_before_the_queue(brain, make_view, condition, fitting, other):
    script(brain, say("anybody"))
    script(brain, say("mine"), **condition)
    assert brain.answer(make_view(run="run_1", **other)) == say("anybody")
    assert brain.answer(make_view(run="run_2", **fitting)) == say("mine")
    with pytest.raises(NoTurn):
        brain.answer(make_view(run="run_3", **fitting))


def test_a_run_takes_what_is_meant_for_it_though_others_were_scripted_first(brain, make_view):
    script(brain, say("anybody"))
    script(brain, say("mine"), when="budget")
    assert brain.answer(make_view("budget", run="run_1")) == say("mine")
    assert brain.answer(make_view("budget", run="run_2")) == say("anybody")


def test_a_piece_for_certain_runs_waits_for_them(brain, make_view):
    script(brain, say("mine"), when="budget")
    script(brain, say("anybody"))
    assert brain.answer(make_view("budget", run="run_1")) == say("mine")
    assert brain.answer(make_view("budget", run="run_2")) == say("anybody")


def test_repeated_pieces_take_turns(brain, make_view):
    script(brain, say("a"), say("b"), repeat=True)
    assert [brain.answer(make_view(run=f"run_{n}")) for n in range(4)] == [say("a"), say("b"), say("a"), say("b")]
    assert brain.unused == []


def test_what_nobody_took_is_told_unless_it_is_optional(brain, make_view):
    script(brain, say("a"), say("b"))
    script(brain, say("c"), optional=True)
    script(brain, say("d"), repeat=True)
    brain.answer(make_view())
    assert [piece.describe() for piece in brain.unused] == ["script(say('b'))", "script(say('d'))"]


def test_what_is_cleared_is_gone(brain, make_view):
    script(brain, call("f"), say("a"))
    brain.answer(make_view())
    brain.clear()
    assert brain.unused == []
    with pytest.raises(NoTurn, match="no piece of a script is left"):
        brain.answer(make_view())


# Nothing left.


def test_who_has_no_turn_says_what_there_was(brain, make_view):
    script(brain, say("for others"), when="budget", thread="thread_9")
    with pytest.raises(NoTurn) as caught:
        brain.answer(make_view("Hello?"))
    assert str(caught.value) == (
        "Run run_1 of thread_1, user text 'Hello?': no piece of a script is left for it. Scripted and unused:"
        " script(say('for others'), when='budget', thread='thread_9'). Add sim.script(say(…)), or give a brain."
    )


def test_a_piece_that_goes_on_without_an_end_is_told(brain, make_view):
    script(brain, call("f"))
    brain.answer(make_view())
    script(brain, say("for the next run"))
    with pytest.raises(NoTurn, match=r", after f gave '1': its script ended with a turn that goes on\. Scripted and"):
        brain.answer(make_view(outputs=[Output("f", "{}", "1")]))
    assert len(brain.unused) == 1


def test_a_refused_run_uses_nothing_up(brain, make_view):
    script(brain, say("a"), when="budget")
    before = brain.to_json()
    with pytest.raises(NoTurn):
        brain.answer(make_view("hello"))
    assert brain.to_json() == before


def test_where_nothing_is_scripted_the_other_brain_answers(make_view):
    brain = ScriptedBrain(Other())
    script(brain, call("f"))
    turns = answers(brain, make_view, 3)
    assert turns == [call_tools(call("f")), say("something else"), say("something else")]


def test_a_condition_that_fails_is_told(brain, make_view):
    script(brain, say("a"), when=lambda view: view.nothing)
    with pytest.raises(
        NoTurn, match=r"script\(say\('a'\), when=<function .* failed on user text 'Hello\?': AttributeError"
    ):
        brain.answer(make_view())
    assert len(brain.unused) == 1


# Saving.


def test_pieces_survive_a_file(brain, make_view):
    script(brain, call("f", a=1), say("a"), say("b"), when="Hello")
    script(brain, say("c"), when=re.compile("^hello", re.IGNORECASE), assistant="asst_1", optional=True)
    script(brain, say("d"), repeat=True, thread="thread_1")
    brain.answer(make_view(run="run_1"))
    text = json.dumps(brain.to_json())
    again = ScriptedBrain()
    script(again, say("gone after the restore"))
    again.restore(json.loads(text))
    assert json.dumps(again.to_json()) == text
    for run in ("run_1", "run_2", "run_3", "run_4", "run_5"):
        assert again.answer(make_view(run=run)) == brain.answer(make_view(run=run))
    assert again.unused == brain.unused


def test_a_callable_cannot_be_saved(brain):
    script(brain, say("a"), when=lambda view: True)
    with pytest.raises(
        StateError, match=r"has a callable as when=, which a file cannot hold\. Use a text or a pattern"
    ):
        brain.to_json()


@pytest.mark.parametrize(
    "turn, text",
    [
        (say("x"), "say('x')"),
        (finish(), "finish()"),
        (hang(), "hang()"),
        (call_tools(call("f", a=1)), "calls([{'f': {'a': 1}}])"),
        (finish(takes=1), "finish({})"),
    ],
)
def test_a_turn_in_a_few_words(turn, text):
    assert describe_turn(turn) == text
