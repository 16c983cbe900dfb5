"""Which order a recording has."""

from __future__ import annotations

import pytest

from simulator.recording.gate.chronology import in_order, uses_early

EARLY, LATE = "2025-01-01T00:00:01Z", "2025-01-01T00:00:02Z"


@pytest.fixture
def pair(tape):
    """The use of a thread, then its creation, each with a time."""

    def pair(use, creation, **given):
        return tape.cassette_of(
            tape.exchange("GET", "/threads/thread_1", {"id": "thread_1"}, recorded_at=use),
            tape.exchange(
                "POST", "/threads", given.pop("answer", {"id": "thread_1"}), {}, recorded_at=creation, **given
            ),
        )

    return pair


def order(cassette):
    given = list(cassette.interactions)
    return [given.index(one) for one in in_order(cassette)]


def test_what_is_used_before_its_creation_is_put_behind_it_by_the_times(pair):
    assert order(pair(use=LATE, creation=EARLY)) == [1, 0]


def test_where_the_times_say_the_same_as_the_file_it_stays(pair):
    assert order(pair(use=EARLY, creation=LATE)) == [0, 1]


@pytest.mark.parametrize("times", [(None, EARLY), (LATE, None), (None, None)])
def test_where_a_time_is_missing_the_file_stays_as_it_is(pair, times):
    assert order(pair(*times)) == [0, 1]


def test_times_that_turn_another_creation_round_are_no_help(tape):
    cassette = tape.cassette_of(
        tape.exchange("GET", "/threads/thread_1", {"id": "thread_1"}, recorded_at="3"),
        tape.exchange("POST", "/threads", {"id": "thread_1"}, {}, recorded_at="2"),
        tape.exchange("POST", "/threads", {"id": "thread_2"}, {}, recorded_at="9"),
        tape.exchange("GET", "/threads/thread_2", {"id": "thread_2"}, recorded_at="1"),
    )
    assert order(cassette) == [0, 1, 2, 3]


def test_a_file_in_order_is_left_alone_whatever_its_times_say(tape):
    cassette = tape.cassette_of(
        tape.exchange("GET", "/assistants", {"data": []}, recorded_at=LATE),
        tape.exchange("POST", "/threads", {"id": "thread_1"}, {}, recorded_at=EARLY),
    )
    assert order(cassette) == [0, 1]


@pytest.mark.parametrize(
    "given",
    [
        {"status": 400},
        {"answer": {"id": "thread_2"}},
        {"answer": {"id": ["thread_1"]}},
        {"answer": ["thread_1"]},
    ],
)
def test_only_a_creation_of_the_id_itself_makes_a_use_early(pair, given):
    assert uses_early(pair(LATE, EARLY).interactions)
    assert not uses_early(pair(LATE, EARLY, **given).interactions)


def test_a_list_creates_nothing(tape):
    used = tape.exchange("GET", "/threads/thread_1", {"id": "thread_1"})
    listed = tape.exchange("GET", "/threads", {"id": "thread_1", "data": []})
    assert not uses_early([used, listed])
