"""What is kept of how the SDKs meet faults, and that it is still so."""

from __future__ import annotations

import random

import openai
import pytest

from tests.sdks import faults
from tests.sdks.fault_probe import HTTP, STREAMS, probe
from tests.sdks.pins import ROOT

CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
MAJORS = faults.majors(CONSTRAINTS)
PROBED = {
    "1.0.0": {"http": {"503": {"outcome": "openai.X", "requests": 1, "seconds": 0.2, "made": {"runs": 1}}}},
    "2.0.0": {"http": {"503": {"outcome": "returns", "requests": 3, "seconds": 90.0, "made": {"messages": 2}}}},
    "3.0.0": {"http": {"503": {"outcome": "ends with `done`", "requests": 1, "text": "a part"}}},
}


@pytest.fixture
def same_dice():
    state = random.getstate()
    yield
    random.setstate(state)


def test_it_is_the_last_of_each_major_version():
    assert [one.partition(".")[0] for one in MAJORS] == ["1", "2", "3"]
    assert f"openai=={MAJORS[-1]}\n" in CONSTRAINTS
    assert faults.majors("openai==4.1.0\n")[-2:] == ["2.54.0", "4.1.0"]


def test_what_is_kept_is_of_these_sdks_and_faults():
    kept = faults.read()
    assert list(kept) == MAJORS
    for one in kept.values():
        assert list(one["http"]) == [case.title for case in HTTP]
        assert list(one["stream=True"]) == list(one["runs.stream"]) == list(STREAMS)


@pytest.mark.skipif(openai.__version__ not in MAJORS, reason="nothing is kept of this SDK")
@pytest.mark.usefixtures("same_dice")
@pytest.mark.filterwarnings("ignore:The .* is deprecated:DeprecationWarning")
def test_the_installed_sdk_does_as_it_was_kept():
    assert probe() == faults.read()[openai.__version__], "make sdk-faults writes it anew"


def test_a_row_shows_what_each_sdk_does():
    heads, (row,) = faults.rows(PROBED, "http")
    assert heads == ["fault", "openai 1.0.0", "openai 2.0.0", "openai 3.0.0"]
    assert row == [
        "503",
        "`openai.X`; 1 request, 0.2 s; 1 run made",
        "returns; 3 requests, 90 s; 2 messages made",
        "ends with `done`; a part of the text",
    ]


def test_what_is_written_is_read(tmp_path):
    faults.write(PROBED, tmp_path / "kept.json")
    assert faults.read(tmp_path / "kept.json") == PROBED
