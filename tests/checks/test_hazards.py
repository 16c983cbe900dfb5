"""The table of hazards: each has its scenarios, finds the loop that stumbles over it, and lets a careful one pass."""

from dataclasses import replace

import pytest

from simulator.checks.battery import Battery
from simulator.checks.driving import certificates_read_once
from simulator.checks.hazards import BY_ID, HAZARDS, hazards_named
from simulator.checks.hazards.hazard import FOLDER
from simulator.checks.verdicts import Outcome
from simulator.errors import UsageError
from simulator.scenario.plain_loop import PlainLoop
from tests.checks.loops.stumbling import LOOPS

PLAYED = [(hazard, name) for hazard in HAZARDS for name in hazard.scenarios]


@pytest.fixture(autouse=True, scope="module")
def _clients_are_made_fast():
    with certificates_read_once():
        yield


class Prepared:
    """A plain loop that hears of each step how it is to go about it, as where a scenario is played."""

    def __init__(self, loop, scenario):
        # A header is what the plain loop does wrong by itself; the doctor has the service do it.
        self._scenario = scenario.model_copy(update={"assistants": type(scenario.assistants)()})
        self._loop = loop(self._scenario)

    def __call__(self, user_id, text):
        for step in self._scenario.conversation:
            if step.user == text:
                self._loop.prepare(step, ())
        return self._loop(user_id, text)


def result_of(hazard, name, loop):
    scenario = hazard.scenario(name)
    (result,) = Battery(lambda: Prepared(loop, scenario)).play([replace(hazard, scenarios=(name,))])
    return result


@pytest.mark.parametrize("hazard, name", PLAYED, ids=[name for _, name in PLAYED])
def test_a_hazard_tells_a_loop_with_the_care_for_it_from_one_without(hazard, name):
    assert result_of(hazard, name, PlainLoop).outcome == Outcome.SURVIVED
    assert result_of(hazard, name, LOOPS[name]).outcome in {Outcome.MISBEHAVED, Outcome.HUNG}


# An app's own function cannot be told to break once, and then no more.
NOT_FOR_EVERY_APP = {"a_tool_fails_once"}


def test_each_scenario_of_the_menu_of_faults_is_of_one_hazard():
    files = {path.name.removesuffix(".scenario.yaml") for path in FOLDER.glob("*.scenario.yaml")}
    assert sorted(name for _, name in PLAYED) == sorted(files - NOT_FOR_EVERY_APP)


def test_each_has_a_title_a_cause_and_a_repair_of_its_own():
    assert len(BY_ID) == len(HAZARDS) >= 40
    for told in ("title", "what"):
        assert len({getattr(hazard, told) for hazard in HAZARDS}) == len(HAZARDS)
    assert [hazard.id for hazard in HAZARDS if not hazard.repair.endswith(".")] == []


def test_a_report_leads_to_where_it_stands():
    links = dict(BY_ID["orphaned-run"].links)
    assert links["openai/openai-dotnet#87"] == "https://github.com/openai/openai-dotnet/issues/87"
    assert links["topic 933385"] == "https://community.openai.com/t/933385"


def test_an_unknown_hazard_is_told_with_the_nearest():
    with pytest.raises(UsageError, match=r"There is no hazard 'orphan-run'\. Did you mean 'orphaned-run'\?"):
        hazards_named(["orphan-run"])


def test_hazards_come_in_the_order_of_the_table():
    assert [one.id for one in hazards_named(["failed", "slow-run"])] == ["slow-run", "failed"]
    assert hazards_named([]) == list(HAZARDS)
