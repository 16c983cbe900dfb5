"""The client of this package against every known hazard of the API, as its documentation begins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
APP = "tests.cards.adapters.own_client:App"
FUNCTIONS = "tests.cards.adapters.functions:FUNCTIONS"


def test_its_card_is_clean():
    # In a process of its own: its handlers run in worker threads, which no other test should meet.
    command = [sys.executable, "-m", "simulator", "doctor", APP, "--tools", FUNCTIONS, "--examples", "10", "--json"]
    examined = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert examined.returncode == 0, examined.stdout
    card = json.loads(examined.stdout)
    assert [one["id"] for one in card["results"] if one["outcome"] not in {"survived", "not applicable"}] == []
    assert len([one for one in card["results"] if one["outcome"] == "survived"]) >= 65
