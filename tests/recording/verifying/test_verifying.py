"""Sessions that a simulator recorded are verified without a difference, by one with other ids."""

from pathlib import Path

import pytest

from simulator.recording.verifying.differences import Aspect
from simulator.recording.verifying.verifying import verify
from tests.recording.verifying.sessions import ALL

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
MISSING = "no recordings: there is no folder ../shared/corpus beside the project"


@pytest.mark.parametrize("name", ALL)
def test_what_a_simulator_recorded_another_answers_alike(name, tmp_path):
    verified = verify([ALL[name]().cassette(tmp_path, name)])
    assert verified.tally.differences == []
    assert verified.tally.compared[Aspect.VALUES] > 100
