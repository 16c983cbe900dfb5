"""`play(surface="responses")`: the plain loop speaks to the Responses API."""

import pytest

from simulator import play
from simulator.errors import UsageError
from simulator.report.scenarios import Outcome, lines_of
from simulator.scenario.loading import load

from .conftest import FOLDER


def test_the_plain_loop_speaks_to_the_other_api():
    played = play(FOLDER / "shapes" / "tool.scenario.yaml", surface="responses", city="Oslo")
    assert {one.operation for one in played.journal.exchanges} == {"responses.create"}
    assert played.replies == ["It is 72 °F and sunny in Oslo."]
    assert played.skipped == ["step 1: `assistants` is about runs, and there are none"]


def test_a_fault_that_only_runs_have_is_passed_over_and_said():
    path = FOLDER / "faults" / "rate_limited_poll.scenario.yaml"
    played = play(path, surface="responses")
    told = "the fault http_error(429) on 'runs.retrieve': the Responses API has no such request"
    assert played.skipped == [told]
    assert lines_of(Outcome(path=path, scenario=load(path), played=played))[1:] == [f"    passed over: {told}"]


def test_an_app_of_somebodys_own_speaks_to_which_it_likes():
    with pytest.raises(AssertionError, match="the app failed"):
        play(FOLDER / "shapes" / "plain.scenario.yaml", lambda user, text: 1 / 0, surface="responses")


def test_a_surface_that_there_is_not():
    with pytest.raises(UsageError, match=r"surface= is 'assistants' or 'responses', not 'response'\. Did you mean"):
        play(FOLDER / "shapes" / "plain.scenario.yaml", surface="response")
