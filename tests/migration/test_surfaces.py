"""The plain loop on both surfaces: what it shows the model is the same, or listed with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.migration import tolerated
from simulator.migration.report import text_of
from simulator.migration.twins import compared_sides
from simulator.scenario.loading import load, parse
from simulator.scenario.plain_loop import PlainLoop
from simulator.scenario.plain_responses import PlainResponses
from simulator.scenario.playing import perform

FOLDER = Path(__file__).parents[2] / "scenarios"
MEANT = tolerated.read(Path(__file__).with_name("tolerated.yaml"))
# In virtual seconds: the life of a run, and some polls.
LIMIT = 700


def is_of_runs(scenario):
    """Whether a scenario is about what only runs can do: the options of their API, or faults of their requests."""
    faults = [*scenario.faults, *(fault for step in scenario.conversation for fault in step.faults)]
    return bool(scenario.assistants.model_fields_set or scenario.put or faults) or hangs(scenario)


def hangs(scenario):
    return any(turn == "hang" or "hang" in turn for step in scenario.conversation for turn in step.turns)


SHIPPED = {path: load(path) for path in sorted(FOLDER.glob("*/*.scenario.yaml"))}
BOTH = [path for path, scenario in SHIPPED.items() if not is_of_runs(scenario)]


def name_of(path):
    return f"{path.parent.name}/{path.name.partition('.')[0]}"


def compared_loops(path):
    scenario = SHIPPED[path]
    old, new = (perform(scenario, loop(scenario), limit=LIMIT) for loop in (PlainLoop, PlainResponses))
    return compared_sides(scenario, old, new, MEANT, name_of(path))


@pytest.mark.parametrize("path", BOTH, ids=name_of)
def test_the_plain_loop_has_a_twin(path):
    compared = compared_loops(path)
    assert not compared.open, text_of(compared)
    assert compared.old.surface == "assistants"
    assert compared.new.surface == "responses" or compared.meant


@pytest.mark.parametrize("place", range(len(MEANT)), ids=lambda place: MEANT[place].in_)
def test_nothing_is_tolerated_in_vain(place):
    assert compared_loops(FOLDER / f"{MEANT[place].in_}.scenario.yaml").used == {place}


def test_most_scenarios_are_of_both_surfaces():
    assert len(BOTH) >= 40
    assert {path.parent.name for path in BOTH} == {"faults", "moves", "shapes"}


def test_what_is_expected_of_runs_only_is_passed_over_and_said():
    scenario = SHIPPED[FOLDER / "shapes" / "tool.scenario.yaml"]
    played = perform(scenario, PlainResponses(scenario))
    assert (played.passed, played.skipped) == (True, ["step 1: `assistants` is about runs, and there are none"])
    assert perform(scenario, PlainLoop(scenario)).skipped == []


def test_a_fault_of_a_request_that_there_is_not_is_passed_over_and_said():
    scenario = SHIPPED[FOLDER / "faults" / "rate_limited_poll.scenario.yaml"]
    played = perform(scenario, PlainResponses(scenario))
    assert played.passed
    assert "the Responses API has no such request" in "\n".join(played.skipped)
    compared = compared_sides(scenario, perform(scenario, PlainLoop(scenario)), played)
    assert compared.skipped[0].startswith("on the new side, ")


def test_a_fault_of_the_other_api_that_never_strikes_is_a_finding():
    text = (
        "scenario: x\nfaults: [{http_error: 500, on: responses.retrieve}]\nconversation: [{user: Hi, model: {say: Ho}}]"
    )
    scenario = parse(text, FOLDER / "x.scenario.yaml")
    played = perform(scenario, PlainResponses(scenario))
    assert [finding.text for finding in played.findings] == ["Never struck: http_error(500) on 'responses.retrieve'"]
