"""Run loops that are broken one way each are found; loops that are sound are not.

`make properties` plays them all, and 20,000 cases against sound ones. Without it, a few of each.
"""

from __future__ import annotations

import os

import hypothesis
import pytest
from hypothesis import settings
from hypothesis.errors import NoSuchExample

from simulator.checks import strategies
from simulator.checks.driving import Driver
from simulator.checks.verdicts import verdict_of
from tests.checks.conftest import FIXED
from tests.checks.loops.asynchronous import Asynchronous
from tests.checks.loops.careful import Careful, functions
from tests.checks.loops.streaming import Streaming
from tests.checks.planted.bugs import PLANTED

EXAMPLES = 200
MOST_TURNS = 4
WHOLE = os.environ.get("SIMULATOR_PROPERTIES")
QUICK = ("AnswersTheFirstCall", "SubmitsTwice", "PollsWithoutPause", "SleepsInTheLoop", "ReadsTheWholeThread")
SOUND = int(WHOLE or 30)


def found(loop, examples=EXAMPLES):
    """The verdict of the smallest case in which a loop breaks something; None: there is none."""
    handlers = functions()
    driver = Driver(lambda: loop(handlers), tools=handlers)
    with driver.on_stage():
        first = verdict_of(driver.learn())
        if first.findings:
            return first
        drawn = strategies.cases(driver.tools, faults=strategies.fault_schedules(streams=driver.streams))
        try:
            smallest = hypothesis.find(
                drawn,
                lambda case: bool(verdict_of(driver.drive(case)).findings),
                settings=settings(FIXED, max_examples=examples),
            )
        except NoSuchExample:
            return None
        return verdict_of(driver.drive(smallest))


def test_thirty_bugs_are_planted():
    assert len(PLANTED) >= 30


@pytest.mark.parametrize("name", PLANTED if WHOLE else QUICK)
def test_a_planted_bug_is_found_and_shown_in_a_few_turns(name):
    loop, expected = PLANTED[name]
    verdict = found(loop)
    assert verdict is not None
    assert verdict.findings[0].invariant.__name__ in expected
    assert sum(len(step.answers) for step in verdict.driven.case.said) <= MOST_TURNS


@pytest.mark.parametrize("loop,share", [(Careful, 1), (Streaming, 2), (Asynchronous, 2)])
def test_nothing_is_found_in_a_sound_loop(loop, share):
    verdict = found(loop, SOUND // share)
    assert verdict is None, verdict.driven.case.told() + "\n" + "\n".join(map(str, verdict.findings))
