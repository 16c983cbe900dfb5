"""Sessions that a simulator recorded are verified without a difference, by one with other ids."""

import json
from pathlib import Path

import pytest

from simulator.recording.verifying.differences import Aspect
from simulator.recording.verifying.tolerated import MOST, RULES
from simulator.recording.verifying.verifying import verify
from tests.recording.verifying.sessions import ALL

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
MISSING = "no recordings: there is no folder ../shared/corpus beside the project"


@pytest.mark.parametrize("name", ALL)
def test_what_a_simulator_recorded_another_answers_alike(name, tmp_path):
    verified = verify([ALL[name]().cassette(tmp_path, name)])
    assert verified.tally.differences == []
    assert verified.tally.compared[Aspect.VALUES] > 100


def test_there_are_few_rules_of_what_is_tolerated_each_with_a_reason():
    assert len(RULES) <= MOST
    assert all(rule.reason and rule.name for rule in RULES)


def test_no_recorded_session_breaks_the_verification():
    if not CORPUS.is_dir():
        pytest.skip(MISSING)
    verified = verify(sorted(CORPUS.rglob("*.json")))
    assert verified.scored
    assert verified.documented
    assert {json.loads(path.read_bytes())["api_version"] for path in verified.passed_over} == {"responses"}
    assert verified.tally.share(Aspect.VALUES) > 0.85
