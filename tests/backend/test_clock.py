import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from simulator.backend.clock import Calendar, Clock
from simulator.errors import ClockError


def test_a_ledger_of_the_clock():
    clock = Clock(1000)
    assert clock.now() == 1000.0
    assert isinstance(clock.now(), float)
    assert clock.advance(1.5) == 1001.5
    assert clock.now() == 1001.5
    assert clock.advance(0) == 1001.5
    clock.advance_to(1001.0)
    assert clock.now() == 1001.5
    clock.advance_to(1002.25)
    assert clock.now() == 1002.25
    clock.follow(2.0)
    assert clock.now() == 1004.25
    clock.restart()
    assert clock.now() == 1000.0


@pytest.mark.parametrize(
    "seconds", [math.nan, math.inf, -math.inf, True, False, "1", None, Decimal(1), 10**400, [1]], ids=repr
)
def test_what_is_no_finite_number_is_refused(seconds):
    clock = Clock(5)
    with pytest.raises(ClockError, match=r"a finite number of seconds, not by "):
        clock.advance(seconds)
    assert clock.now() == 5.0


@pytest.mark.parametrize("seconds", [-1, -0.001, -1e308])
def test_time_does_not_go_back(seconds):
    clock = Clock(5)
    with pytest.raises(ClockError, match=r"Time cannot go back: -.* seconds\. A reset begins anew\."):
        clock.advance(seconds)
    assert clock.now() == 5.0


def test_time_ends_where_dates_do():
    clock = Clock(0)
    assert clock.advance(253_402_300_799) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
    for seconds in (1, 1e300):
        with pytest.raises(ClockError, match=r"The clock ends with the year 9999, as dates do"):
            clock.advance(seconds)
    assert clock.now() == 253_402_300_799


def test_the_listener_hears_of_what_passes_here_and_of_nothing_else():
    heard = []
    clock = Clock(10)
    clock.listener = heard.append
    clock.advance(2)
    clock.advance_to(15)
    clock.advance_to(14)
    clock.follow(5)
    with pytest.raises(ClockError):
        clock.advance(-1)
    assert heard == [2, 3.0]
    clock.restart()
    assert heard == [2, 3.0, -10.0]  # 5 of these 10 it has followed


@pytest.fixture
def calendar():
    calendar = Calendar()
    for due, action in ((3.0, "c"), (1.0, "a"), (3.0, "d"), (2.0, "b"), (3.0, "e")):
        calendar.add(due, "run_1", 0, action)
    return calendar


def test_what_is_due_comes_in_order_and_equal_times_as_planned(calendar):
    assert [due.action for due in calendar] == ["a", "b", "c", "d", "e"]
    assert len(calendar) == 5
    assert [calendar.pop().action for _ in range(5)] == ["a", "b", "c", "d", "e"]
    assert len(calendar) == 0


def test_an_event_is_due_at_its_very_time(calendar):
    assert calendar.next_due() == 1.0
    assert not calendar.is_due(0.999)
    assert calendar.is_due(1.0)
    assert calendar.is_due(99.0)


def test_an_empty_calendar_has_nothing_due():
    assert Calendar().next_due() is None
    assert not Calendar().is_due(math.inf)


def test_what_is_dropped_never_comes_and_the_rest_does():
    calendar = Calendar()
    for due in (5.0, 1.0, 4.0, 2.0, 3.0):
        calendar.add(due, "run_odd" if due % 2 else "run_even", 0, str(due))
    calendar.drop("run_odd")
    calendar.drop("run_unknown")
    calendar.add(0.5, "run_new", 0, "0.5")
    assert [calendar.pop().due for _ in range(len(calendar))] == [0.5, 2.0, 4.0]
