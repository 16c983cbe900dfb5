"""Each invariant: a loop and a case that break exactly it, and the careful loop, which keeps it in the same case."""

from __future__ import annotations

import inspect

import pytest

from simulator import call, call_tools, fail, finish, hang, http_error, image, incomplete, say
from simulator.backend.faults_json import Plan
from simulator.checks.cases import Case, Passes, Says, again
from simulator.checks.driving import Driver
from simulator.checks.invariants import BY_NAME, INVARIANTS, judge, reason_of
from tests.checks.loops.asynchronous import Asynchronous
from tests.checks.loops.careful import Careful, functions
from tests.checks.planted.bugs import PLANTED

TWO = call_tools(call("get_weather", location="Paris"), call("get_weather", location="Oslo"))


def case(*answers, faults=(), before=(), answer=None):
    """Anna says something, and after a rest something else."""
    said = [Says("anna", f"Question {number}.", turns, (), again(number)) for number, turns in enumerate(before)]
    last = (say("Answer 9."),) if answer is None else answer
    return Case(
        (*said, Says("anna", "Question 8.", answers, faults, again(8)), Passes(60), Says("anna", "Question 9.", last))
    )


def http(status, on, **options):
    return Plan(http_error(status), {"on": on, **options})


BREAKS = {
    "the_loop_ends": ("ForgetsIncomplete", case(incomplete("content_filter", "Answer"))),
    "every_call_is_answered_once": ("AnswersTheFirstCall", case(TWO, say("Answer 8."))),
    "outputs_go_to_their_own_calls": ("SwapsTheIds", case(TWO, say("Answer 8."))),
    "handlers_run_once": ("RunsDuplicatesTwice", case(call_tools(call("book", seats=2)), say("Answer 8."))),
    "no_post_into_a_locked_thread": ("LeavesWhatItGivesUp", case(hang())),
    "the_thread_stays_usable": ("LeavesWhatItGivesUp", case(hang())),
    "nothing_is_asked_after_the_end": ("PollsAfterTheEnd", case(say("Answer 8."))),
    "no_busy_loop": ("PollsWithoutPause", case(say("Answer 8."))),
    "polls_are_not_too_frequent": ("PollsTooOften", case(say("Answer 8."))),
    "retries_are_bounded": (
        "TriesForEver",
        case(say("Answer 8."), faults=(http(500, "messages.create", times=40),)),
    ),
    "the_reply_is_of_this_run": ("ReadsTheNewestMessage", case(finish())),
    "failure_is_reported": ("ReturnsHalfAnAnswer", case(fail("server_error", text="Answer"))),
    "an_answer_reaches_the_user": ("ReadsTheFirstPartOnly", case(say(image("file-1"), "Answer 8."))),
    "no_refusal_is_swallowed": (
        "SwallowsRefusals",
        case(say("Answer 8."), faults=(http(400, "messages.create"),), before=[(say("Answer 0."),)]),
    ),
    "errors_are_meant": ("TrustsTheNames", case(call_tools(call("no_such_function")), say("Answer 8."))),
    "the_event_loop_is_not_blocked": ("SleepsInTheLoop", case(say("Answer 8."))),
}
# A thread that is left locked refuses the post, and is of no use: two sides of one thing.
TOGETHER = {"no_post_into_a_locked_thread", "the_thread_stays_usable"}


def broken(loop, case, handlers=None):
    handlers = functions() if handlers is None else handlers
    driver = Driver(lambda: loop(handlers), tools=handlers)
    with driver.on_stage():
        driver.learn()
        return {finding.invariant.__name__ for finding in judge(driver.drive(case).evidence)}


@pytest.mark.parametrize("name", BY_NAME)
def test_an_invariant_is_broken_by_one_loop_and_kept_by_another(name):
    planted, case = BREAKS[name]
    loop, _ = PLANTED[planted]
    assert broken(loop, case) == (TOGETHER if name in TOGETHER else {name})
    assert broken(Asynchronous if issubclass(loop, Asynchronous) else Careful, case) == set()


def no_weather(location):
    raise LookupError(location)


def test_an_output_is_swapped_with_that_of_a_call_that_raised():
    raises = {**functions(), "get_weather": no_weather}
    loop, _ = PLANTED["SwapsTheIds"]
    both = case(call_tools(call("get_weather", location="Paris"), call("book", seats=2)), say("Answer 8."))
    assert broken(loop, both, raises) == {"outputs_go_to_their_own_calls"}
    assert broken(Careful, both, raises) == set()


EXCUSED = {
    # The SDK submits again what was lost, when the run already asks for the outputs of its second round.
    "a submit whose answer was lost": case(
        call_tools(call("get_weather", location="Paris")),
        call_tools(call("get_weather", location="Oslo")),
        say("Answer 8."),
        faults=(Plan(http_error(429, retry_after=2), {"on": "runs.submit_tool_outputs", "at": "after"}),),
    ),
    # The thread is still locked by what the step before gave up; when it is free again, the service fails.
    "a post that fails once the lock is gone": Case(
        (
            Says(
                "anna",
                "Question 1.",
                (call_tools(call("get_weather", location="Paris")), say("Answer 1.")),
                (http(500, "runs.submit_tool_outputs", times=3),),
            ),
            Says("anna", "Question 2.", (say("Answer 2."),), (http(500, "messages.create", times=40, at="after"),)),
            Passes(60),
            Says("anna", "Question 3.", (say("Answer 3."),)),
        )
    ),
}


@pytest.mark.parametrize("loop", [Careful, Asynchronous])
@pytest.mark.parametrize("told", EXCUSED)
def test_what_a_fault_causes_is_excused(loop, told):
    driver = Driver(lambda: loop(functions()))
    with driver.on_stage():
        driver.learn()
        driven = driver.drive(EXCUSED[told])
    assert any(step.error is not None for step in driven.evidence.spoken), "the fault met the loop"
    assert judge(driven.evidence) == []


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda one: one.__name__)
def test_an_invariant_says_what_holds_and_what_goes_wrong_otherwise(invariant):
    holds, otherwise = reason_of(invariant).split("\n\n")
    assert holds.endswith(".")
    assert otherwise.startswith("Otherwise ")
    assert list(inspect.signature(invariant).parameters) == ["evidence"]
