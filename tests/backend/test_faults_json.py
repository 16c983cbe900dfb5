import re

import pytest

from simulator.backend.fault_kinds import cut_stream, http_error, no_answer, rival_run, stay
from simulator.backend.faults_json import plan_from_json, plan_to_json
from simulator.errors import UsageError


@pytest.mark.parametrize(
    "value, fault, options",
    [
        ({"http_error": 429, "retry_after": 2, "on": "*"}, http_error(429, retry_after=2), {"on": "*"}),
        ({"cut_stream": "done", "nth": 1, "ending": "end"}, cut_stream(ending="end"), {}),
        ({"no_answer": "reset", "at": "after", "times": 2}, no_answer(), {"at": "after", "times": 2}),
        ({"stay": "queued", "seconds": 3, "thread": "t"}, stay("queued", 3), {"thread": "t"}),
        ({"rival_run": 9, "says": "No.", "times": 2}, rival_run(9, says="No."), {"times": 2}),
    ],
)
def test_a_fault_is_read(value, fault, options):
    assert plan_from_json(value) == (fault, options)


@pytest.mark.parametrize(
    "value, message",
    [
        (5, "5 is not a fault. One of its keys is http_error, no_answer, cut_stream"),
        ({}, "{} is not a fault."),
        ({"delay": 1, "lock_lag": 1}, "is not a fault. One of its keys is"),
        ({"delay": 1, "tims": 2}, "delay knows no 'tims'. Did you mean 'times'?"),
        ({"delay": 1, "zzz": 2}, "delay knows no 'zzz'. There are: on, times, skip, at, thread, run."),
        ({"stay": "completed"}, "stay() takes a status"),
    ],
)
def test_what_is_no_fault_is_refused(value, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        plan_from_json(value)


@pytest.mark.parametrize(
    "value",
    [
        {"http_error": 429, "retry_after": 2.0, "on": "*"},
        {"http_error": 400, "message": "No.", "headers": {"x-why": "so"}},
        {"cut_stream": "done", "ending": "end"},
        {"no_answer": "reset", "at": "after", "times": 2},
        {"stay": "queued", "seconds": 3.0, "thread": "t"},
        {"stay": "cancelling"},
        {"delay": 1.0},
    ],
)
def test_a_fault_is_written_as_it_is_read(value):
    plan = plan_from_json(value)
    assert plan_to_json(plan) == value
    assert plan_from_json(plan_to_json(plan)) == plan


def test_a_planned_fault_is_told_with_its_options():
    plan = plan_from_json({"http_error": 429, "on": "runs.retrieve", "times": 2})
    assert str(plan) == "http_error(429), on='runs.retrieve', times=2"
