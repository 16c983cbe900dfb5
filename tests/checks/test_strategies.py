"""What is drawn: everything that may come does, it shrinks to what is read at a glance, and it can be written down."""

from __future__ import annotations

import pytest
from hypothesis import find, given, settings
from hypothesis.errors import NoSuchExample

import simulator
from simulator import call, call_tools, say
from simulator.backend.faults_json import Plan
from simulator.backend.lifecycle import TERMINAL
from simulator.backend.turns import CallTools, Fail, Finish, Hang, Incomplete, Say
from simulator.checks import cases as case_module
from simulator.checks import strategies
from simulator.checks.cases import Case, Passes, Says, again, case_of
from simulator.errors import ScenarioError, UsageError
from simulator.scenario import loading
from tests.checks.conftest import FIXED
from tests.checks.loops.careful import TOOLS

NAMES = {
    **{name: getattr(simulator, name) for name in simulator.__all__},
    **{one.__name__: one for one in (Case, Says, Passes, Plan)},
}
FEW = settings(FIXED, max_examples=25)
MANY = settings(FIXED, max_examples=3000)


@FEW
@given(strategies.cases(TOOLS))
def test_a_case_is_shown_as_python_that_makes_it_again(drawn):
    assert eval(repr(drawn), NAMES) == drawn


@FEW
@given(strategies.cases(TOOLS))
def test_a_case_is_written_as_a_scenario_that_is_read_again(drawn):
    assert case_of(drawn.scenario("A case", {"f": {"type": "object"}})) == drawn


def test_a_scenario_that_attaches_files_is_no_case():
    written = Case((Says("anna", "Hello?", (say("Hello."),)),)).scenario("x")
    told = {**written.model_dump(exclude_unset=True), "files": {"a.txt": "A"}}
    told["conversation"][0]["attach"] = ["a.txt"]
    with pytest.raises(ScenarioError, match="attaches files"):
        case_of(loading.Scenario.model_validate(told))


def test_the_smallest_case_is_one_question():
    smallest = find(strategies.cases(TOOLS), lambda _: True, settings=FIXED)
    assert smallest == Case(
        (
            Says("anna", "Question 1.", (say("Answer 1."),), (), again(1)),
            Passes(60.0),
            Says("anna", "Question 2.", (say("Answer 2."),), (), again(2)),
        )
    )


@pytest.mark.parametrize("kind", [Say, Fail, Incomplete, Finish, Hang])
@pytest.mark.parametrize("after_calls", [False, True])
def test_a_run_ends_in_each_way_at_each_point(kind, after_calls):
    def fits(turns):
        return isinstance(turns[-1], kind) and any(isinstance(one, CallTools) for one in turns) == after_calls

    smallest = find(strategies.scripts(TOOLS), fits, settings=MANY)
    assert len(smallest) == 1 + after_calls
    assert TERMINAL, "expiry is what a run that hangs comes to, and cancelled what the loop does"


@pytest.mark.parametrize(
    "fits",
    [
        lambda drawn: drawn == say(),
        lambda drawn: isinstance(drawn, Say) and drawn.parts and not isinstance(drawn.parts[0], str),
        lambda drawn: isinstance(drawn, Say) and drawn.chunks == 3,
        lambda drawn: isinstance(drawn, Fail) and drawn.text,
        lambda drawn: drawn.takes == 8.0,
    ],
)
def test_each_ending_comes(fits):
    find(strategies.endings(), fits, settings=MANY)


@pytest.mark.parametrize(
    "fits",
    [
        lambda drawn: len(drawn.calls) == 3,
        lambda drawn: len(drawn.calls) > 1 and drawn.calls[0] == drawn.calls[-1],
        lambda drawn: {one.name for one in drawn.calls} == {"get_weather", "book"},
        lambda drawn: any(one.name == "multi_tool_use.parallel" for one in drawn.calls),
        lambda drawn: any(one.name == "" for one in drawn.calls),
        lambda drawn: any(one.text == "" for one in drawn.calls),
        lambda drawn: any("“" in one.text for one in drawn.calls),
        lambda drawn: any(one == call("book") for one in drawn.calls),
        lambda drawn: any(one.name == "book" and one.text == '{"seats": "text"}' for one in drawn.calls),
    ],
)
def test_each_kind_of_call_comes(fits):
    find(strategies.rounds(TOOLS), fits, settings=MANY)


def test_calls_shrink_to_usual_ones():
    smallest = find(strategies.rounds(TOOLS), lambda drawn: len(drawn.calls) == 2, settings=FIXED)
    assert smallest == call_tools(call("book", seats=1), call("book", seats=1))


@pytest.mark.parametrize(
    "fault",
    [
        "http_error(500)",
        "http_error(429)",
        "http_error(400)",
        "no_answer('reset')",
        "stay('queued', 20)",
        "stay('in_progress')",
        "stay('cancelling', 20)",
        "delay(700)",
        "lock_lag(5)",
        "cut_stream('thread.message.delta', ending='end')",
        "split_stream(7)",
    ],
)
def test_each_fault_comes_and_no_stream_is_cut_where_none_is_read(fault):
    (one,) = find(strategies.fault_schedules(), lambda drawn: fault in map(_named, drawn), settings=MANY)
    assert _named(one) == fault
    if "stream(" not in fault:
        find(strategies.fault_schedules(streams=False), lambda drawn: fault in map(_named, drawn), settings=MANY)


def _named(plan):
    return str(plan.fault)


def test_an_answer_may_be_lost_after_its_effect():
    find(
        strategies.fault_schedules(),
        lambda drawn: any(one.options == {"on": "runs.create", "at": "after"} for one in drawn),
        settings=MANY,
    )


def test_users_take_turns():
    drawn = find(
        strategies.cases(TOOLS),
        lambda drawn: [one.user for one in drawn.said][:3] == ["anna", "ben", "anna"],
        settings=MANY,
    )
    assert [one.user for one in drawn.said][-2:] == ["anna", "ben"], "each comes back"


def test_without_tools_no_call_is_drawn():
    def calls(drawn):
        return any(isinstance(turn, CallTools) for step in drawn.said for turn in step.answers)

    with pytest.raises(NoSuchExample):
        find(strategies.cases(), calls, settings=FEW)


@pytest.mark.parametrize("tools", [[{"type": "function"}], [5], [{"function": {"name": 5}}]])
def test_what_is_no_tool_is_refused(tools):
    with pytest.raises(UsageError, match="tools= is a dict of functions by name, or a list of tools"):
        strategies.tool_calls(tools)


def test_a_case_is_told_a_line_each():
    case = Case(
        (
            Says("anna", "Hello?", (call_tools(call("book", seats=2)), say("Yes.")), (Plan(simulator.delay(2), {}),)),
            case_module.Passes(3),
        )
    )
    assert case.told().splitlines() == [
        "anna: 'Hello?'",
        "    the model: call_tools(call('book', seats=2))",
        "    the model: say('Yes.')",
        "    fault: delay(2.0)",
        "(3 s pass)",
    ]
