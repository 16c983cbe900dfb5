"""What virtual time promises, a few times, idle and with every core busy; `make stress` does it 2,000 times each."""

from __future__ import annotations

import os

import pytest

from bench.stress.__main__ import main
from bench.stress.running import RIGHT, SCENARIOS, burners, outcomes
from simulator.transport.pace import TimeMode

TIMES = 3
CASES = [
    pytest.param(mode, scenario, id=f"{mode}-{scenario.__name__}")
    for mode, scenarios in SCENARIOS.items()
    for scenario in scenarios
]


@pytest.fixture(params=[0, os.cpu_count() or 2], ids=["idle", "busy"])
def _load(request):
    with burners(request.param):
        yield


@pytest.mark.usefixtures("_load")
@pytest.mark.parametrize("mode, scenario", CASES)
def test_every_time_is_right(mode, scenario):
    assert outcomes(mode, scenario, TIMES) == {RIGHT: TIMES}


def test_what_is_wrong_is_counted_and_shown():
    def overslept(clock):
        clock.advance(1)
        return False

    def broken(clock):
        raise OSError("no")

    def alone(clock):
        clock.follow(1)
        return True

    assert outcomes(TimeMode.VIRTUAL, overslept, 2) == {"wrong": 2}
    assert outcomes(TimeMode.VIRTUAL, broken, 2) == {"OSError('no')": 2}
    assert outcomes(TimeMode.VIRTUAL, alone, 2) == {"out of step": 2}


def test_the_command_prints_what_was_right_and_fails_where_something_was_not(capsys, monkeypatch):
    monkeypatch.setattr("bench.stress.__main__.SCENARIOS", {TimeMode.VIRTUAL: [lambda clock: True]})
    assert main(["--times", "2", "--load", "idle"]) == 0
    assert "idle: 2 of 2 right" in capsys.readouterr().out
    monkeypatch.setattr("bench.stress.__main__.SCENARIOS", {TimeMode.THREADS: [lambda clock: False]})
    assert main(["--times", "2", "--load", "busy"]) == 1
    assert "{'wrong': 2}" in capsys.readouterr().out
