"""Verification is not lenient: every way in which the simulator is broken is found, and nothing but that."""

from pathlib import Path

import pytest

from simulator.recording.verifying.verifying import verify
from tests.recording.verifying.breaks import BREAKS
from tests.recording.verifying.sessions import ALL

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
MISSING = "no recordings: there is no folder ../shared/corpus beside the project"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Sessions of a simulator that was whole."""
    folder = tmp_path_factory.mktemp("sessions")
    return [make().cassette(folder, name) for name, make in ALL.items()]


def test_there_are_many_ways_to_break_it():
    assert len(BREAKS) >= 40


@pytest.mark.parametrize("name", BREAKS)
def test_verification_finds_what_is_broken(name, recorded, monkeypatch):
    assert verify(recorded).tally.counted == []
    BREAKS[name](monkeypatch)
    assert verify(recorded).tally.counted
