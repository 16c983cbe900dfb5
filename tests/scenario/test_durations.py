import pytest

from simulator.scenario.durations import seconds_of


@pytest.mark.parametrize(
    "value, seconds",
    [
        (0, 0),
        (1.5, 1.5),
        ("3 days", 259_200),
        ("1 hour 30 min", 5_400),
        ("2 weeks, 1 day and 1 s", 1_296_001),
        ("1.5 hours", 5_400),
        ("10m", 600),
        (" 90 Seconds ", 90),
    ],
)
def test_a_duration_is_read(value, seconds):
    assert seconds_of(value) == seconds


@pytest.mark.parametrize("value", [-1, True, float("inf"), "", "soon", "3 dayz", "3", "-1 day", None, "1 day 3"])
def test_what_is_no_duration_is_refused(value):
    with pytest.raises(ValueError, match="a duration is a number of seconds"):
        seconds_of(value)
