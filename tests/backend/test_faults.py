import json
import math

import pytest

from simulator.backend.fault_kinds import HTTP_ERRORS, http_error
from simulator.backend.faults import Faults, Moment, Target
from simulator.errors import UsageError

OPERATIONS = ("runs.create", "runs.retrieve", "messages.create")
BUSY = http_error(429)
BROKEN = http_error(500)


@pytest.fixture
def faults():
    return Faults(OPERATIONS)


def struck(faults, *operations):
    """The statuses that requests get; None where nothing goes wrong."""
    planned = (faults.strike(Target(operation)) for operation in operations)
    return [one and one.fault.status for one in planned]


def test_recorded_texts_of_errors():
    assert (BUSY.type, BUSY.code) == ("invalid_request_error", "rate_limit_exceeded")  # assistants-api.md 5.1
    assert BUSY.message.startswith("You've exceeded the rate limit")
    assert (BROKEN.type, BROKEN.code, "{request_id}" in BROKEN.message) == ("server_error", None, True)
    assert BROKEN.headers == {}


def test_every_other_status_has_the_text_of_its_like():
    assert http_error(418).message == HTTP_ERRORS[400][0]
    assert http_error(599).message == HTTP_ERRORS[500][0]


def test_everything_can_be_given():
    error = http_error(429, "slow", type="tokens", code="c", param="p", retry_after=2, headers={"x": "y"})
    assert (error.message, error.type, error.code, error.param) == ("slow", "tokens", "c", "p")
    assert error.headers == {"retry-after": "2", "x": "y"}


def test_the_code_belongs_to_the_text():
    assert http_error(429, "something else").code is None


@pytest.mark.parametrize("seconds, header", [(0, "0"), (0.5, "0.5"), (2.0, "2"), (2_592_000, "2592000")])
def test_how_long_to_wait_is_written_in_full(seconds, header):
    assert http_error(429, retry_after=seconds).headers == {"retry-after": header}


BAD_ERRORS = [
    ({"status": 200}, r"a status from 400 to 599, not 200"),
    ({"status": 600}, r"not 600"),
    ({"status": "429"}, r"not '429'"),
    ({"status": True}, r"not True"),
    ({"status": 429, "retry_after": -1}, r"http_error\(retry_after=…\) is a number of seconds, zero or more, not -1"),
    ({"status": 429, "retry_after": math.nan}, r"not nan"),
    ({"status": 429, "retry_after": math.inf}, r"not inf"),
    ({"status": 429, "retry_after": "2"}, r"not '2'"),
    ({"status": 429, "retry_after": True}, r"not True"),
    ({"status": 429, "message": 5}, r"takes a text as message, not 5"),
    ({"status": 429, "headers": {"a b": "c"}}, r"http_error\(headers=…\): 'a b' and 'c' are no name and value of a h"),
    ({"status": 429, "headers": {"a": "c\r\nd: e"}}, r"are no name and value of a header"),
]


@pytest.mark.parametrize("given, message", BAD_ERRORS, ids=[str(given) for given, _ in BAD_ERRORS])
def test_an_error_that_cannot_be_is_refused(given, message):
    with pytest.raises(UsageError, match=message):
        http_error(**given)


def test_a_fault_strikes_once(faults):
    faults.add(BUSY, on="runs.create")
    assert struck(faults, "runs.retrieve", "runs.create", "runs.create") == [None, 429, None]
    assert len(faults) == 0


def test_a_fault_strikes_any_operation_unless_one_is_named(faults):
    faults.add(BUSY, times=2)
    assert struck(faults, "runs.retrieve", "messages.create", "runs.create") == [429, 429, None]


def test_some_pass_before_it_strikes(faults):
    faults.add(BUSY, on="runs.retrieve", skip=2, times=2)
    assert struck(faults, *["runs.retrieve"] * 5) == [None, None, 429, 429, None]


def test_the_first_planned_strikes_first(faults):
    faults.add(BUSY, times=2)
    faults.add(BROKEN, on="runs.create")
    assert struck(faults, "runs.create", "runs.create", "runs.create") == [429, 429, 500]


def test_one_that_skips_lets_the_next_strike(faults):
    faults.add(BUSY, skip=1)
    faults.add(BROKEN)
    assert struck(faults, "runs.create", "runs.create", "runs.create") == [500, 429, None]


def test_when_it_strikes_is_told(faults):
    faults.add(BUSY)
    faults.add(BROKEN, at="after")
    assert [faults.strike(Target("runs.create")).at for _ in range(2)] == [Moment.BEFORE, Moment.AFTER]


def test_what_is_planned_can_be_forgotten(faults):
    assert not faults
    faults.add(BUSY)
    assert faults
    faults.clear()
    assert not faults
    assert struck(faults, "runs.create") == [None]


BAD_PLANS = [
    ({"fault": 429}, r"takes a fault such as http_error\(429\), not 429"),
    (
        {"on": "runs.retreive"},
        r"There is no operation 'runs\.retreive'\. Did you mean 'runs\.retrieve'\? '\*' strikes any",
    ),
    ({"on": "threads.runs.create"}, r"There is no operation 'threads\.runs\.create'\. Did you mean 'runs\.create'\?"),
    ({"on": "beta.threads.messages.create"}, r"Did you mean 'messages\.create'\?"),
    ({"on": "zzz"}, r"There are: runs\.create, runs\.retrieve, messages\.create\."),
    ({"on": 5}, r"There is no operation 5\."),
    ({"times": 0}, r"times= is one or more and skip= zero or more, not 0 and 0"),
    ({"times": True}, r"not True and 0"),
    ({"times": 1.5}, r"not 1\.5 and 0"),
    ({"skip": -1}, r"not 1 and -1"),
    ({"at": "during"}, r"at= is 'before' or 'after' the effect, not 'during'"),
    ({"at": None}, r"not None"),
]


@pytest.mark.parametrize("given, message", BAD_PLANS, ids=[str(given) for given, _ in BAD_PLANS])
def test_a_plan_that_cannot_be_meant_is_refused(faults, given, message):
    with pytest.raises(UsageError, match=message):
        faults.add(**{"fault": BUSY, **given})
    assert len(faults) == 0


def test_plans_survive_a_file(faults):
    faults.add(http_error(503, retry_after=1), on="runs.retrieve", times=2, skip=1, at="after")
    faults.add(BUSY)
    assert struck(faults, "runs.retrieve") == [429]
    text = json.dumps(faults.to_json())
    again = Faults(OPERATIONS)
    again.add(BROKEN)
    again.restore(json.loads(text))
    assert json.dumps(again.to_json()) == text
    assert struck(again, *["runs.retrieve"] * 3) == struck(faults, *["runs.retrieve"] * 3) == [503, 503, None]
