"""The same seed and the same requests give the same bytes: random programs, played twice and in other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.random_program import FAULTS, Program, played

PROGRAMS = int(os.environ.get("SIMULATOR_REPLAYS", "60"))  # `make programs` has thousands
ROOT = Path(__file__).parents[1]
# What every few dozen programs meet: else they would be the same by having nothing in them.
MET = {
    "runs.create 200",
    "runs.submit_tool_outputs 200",
    "runs.cancel 200",
    "steps.list 200",
    "messages.list 200",
    "responses.create 200",
    "responses.retrieve 200",
    "conversations.items.list 200",
    "runs.create 0",
    "responses.create 0",
    "run streamed",
    "response streamed",
    "stream broken off",
    "outputs taken by a response",
    *(str(fault).partition("(")[0] for fault, _ in FAULTS),
}


def play(seed):
    return Program(seed).play()


def test_the_programs_meet_faults_and_streams_of_both_apis():
    met = Counter()
    for seed in range(40):
        program = Program(seed)
        program.play()
        met += program.met
    assert set(met) >= MET


def test_a_program_that_is_played_again_gets_the_same_bytes():
    for seed in range(PROGRAMS):
        assert play(seed) == play(seed), f"program {seed}"


def test_another_program_gets_other_bytes():
    assert len({play(seed) for seed in range(20)}) == 20


def test_another_process_gets_the_same_bytes():
    programs = max(10, PROGRAMS // 10)
    here = played(programs)
    asked = f"from tests.random_program import played; print(played({programs}), end='')"
    for hash_seed in ("0", "4711"):  # the order of sets is another
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Kathmandu"}
        there = subprocess.run(
            [sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert there.stdout == here
