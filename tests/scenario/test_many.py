"""Many scenarios, one after the other: all pass, and nothing is left behind by any.

make scenarios        1,000 of them through `pytest -n 2`, and what memory they leave
"""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from simulator.backend.journal import Journal
from simulator.scenario.loading import parse, text_of
from simulator.scenario.performance import Performance
from simulator.scenario.playing import perform
from simulator.scenario.schema import Scenario
from simulator.scenario.stage import Stage

from .conftest import ROOT

COUNT = int(os.environ.get("SIMULATOR_SCENARIOS", "0"))
GROWTH = 0.05
FAULTS = [
    {"http_error": 429, "retry_after": 1, "on": "runs.retrieve"},
    {"http_error": 500, "on": "messages.list"},
    {"delay": 5, "on": "threads.create"},
    {"no_answer": "reset", "on": "runs.submit_tool_outputs", "at": "after"},
]


def generated(number):
    """Return a scenario of one to three people and a few steps, as seeded by its number."""
    dice = random.Random(number)
    users = [f"user-{one}" for one in range(dice.randint(1, 3))]
    steps = [step_of(dice, dice.choice(users)) for _ in range(dice.randint(1, 4))]
    called = any("calls" in turn for step in steps for turn in step.get("model", ()))
    faults = [
        fault for fault in FAULTS if dice.random() < 0.2 and (called or fault["on"] != "runs.submit_tool_outputs")
    ]
    if steps[0].get("wait"):
        steps.reverse()
    return Scenario.model_validate(
        {
            "scenario": f"Generated {number}",
            "tools": {"get_weather": {"parameters": {"city": "string"}, "returns": {"conditions": "sunny"}}},
            "faults": faults,
            "conversation": [*steps, {"user": "Bye.", "model": [{"say": "Bye."}], "expect": {"reply": "Bye."}}],
        }
    )


def step_of(dice, user):
    if dice.random() < 0.15:
        return {"wait": dice.choice([60, "3 days", "1 hour 30 min"])}
    reply = f"It is {dice.randint(-20, 40)} °C."
    calls = [{"get_weather": {"city": dice.choice(["Paris", "Oslo", "Rome"])}} for _ in range(dice.randint(0, 3))]
    turns = [{"calls": calls}] if calls else []
    expected = {"reply": reply, "calls_in_any_order": calls}
    return {"user": "How warm is it?", "from": user, "model": [*turns, {"say": reply}], "expect": expected}


def memory_of(count):
    """Play so many scenarios; print how many bytes were allocated after a fifth of them, and after all."""
    for number in range(1, count + 1):
        played = perform(generated(number))
        assert played.passed, (number, played.findings)
        if number in (count // 5, count):
            del played
            gc.collect()
            sys.stdout.write(f"{tracemalloc.get_traced_memory()[0]}\n")


def held():
    """Return what of scenarios is in memory; other tests of this process may have left theirs."""
    gc.collect()
    return [one for one in gc.get_objects() if isinstance(one, (Stage, Performance, Journal))]


def test_generated_scenarios_pass_and_no_simulator_of_theirs_is_left():
    before = held()
    for number in range(40):
        played = perform(generated(number))
        assert played.passed, (number, played.findings)
    del played
    assert [one for one in held() if not any(one is other for other in before)] == []


def test_an_object_that_is_left_would_be_noticed():
    kept = perform(generated(0))
    assert kept.journal in [one for one in gc.get_objects() if isinstance(one, Journal)]


def test_each_survives_being_written():
    for number in range(20):
        assert parse(text_of(generated(number)), Path("f.scenario.yaml")) == generated(number)


@pytest.mark.skipif(not COUNT, reason="`make scenarios` plays 1,000 through a pytest of its own")
def test_so_many_files_pass_as_tests(pytester):
    folder = pytester.mkdir("scenarios")
    for number in range(COUNT):
        (folder / f"{number}.scenario.yaml").write_text(text_of(generated(number)), encoding="utf-8")
    options = ("-q", "-n", "2", "-p", "assistants_simulator.pytest_entry")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=COUNT)


@pytest.mark.skipif(not COUNT, reason="`make scenarios` measures 1,000")
def test_memory_does_not_grow():
    # From its start, so that all that the process holds is counted. What grows is pydantic's cache of short texts,
    # which has an end (16,384 of them).
    program = f"from tests.scenario.test_many import memory_of; memory_of({COUNT})"
    command = [sys.executable, "-X", "tracemalloc", "-W", "ignore", "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    early, late = map(int, done.stdout.split())
    sys.stdout.write(f"{early:,} bytes after a fifth of {COUNT}, {late:,} after all: {late / early - 1:+.1%}\n")
    assert late <= early * (1 + GROWTH)
