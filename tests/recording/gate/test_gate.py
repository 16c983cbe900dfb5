"""Which recorded answer a read gets: the one that fits what the client has been shown."""

from __future__ import annotations

import pytest

MESSAGES = "/threads/thread_1/messages"


@pytest.fixture
def listed(tape):
    """A run whose messages were listed before each poll and after: no message yet, one, two."""
    lists = [{"data": [{"id": f"msg_{number}"} for number in range(count)]} for count in range(3)]
    created, *polls = (tape.run(status=each) for each in ("queued", "in_progress", "completed"))
    steps = [tape.exchange("POST", "/threads/thread_1/runs", created, {}), tape.exchange("GET", MESSAGES, lists[0])]
    for poll, listed in zip(polls, lists[1:], strict=True):
        steps += [
            tape.exchange("GET", "/threads/thread_1/runs/run_1", poll),
            tape.exchange("GET", MESSAGES, listed),
        ]
    _, client = tape.replayed(*steps)
    client.post("/threads/thread_1/runs")
    return client


def count(client):
    return len(client.get(MESSAGES)["data"])


@pytest.mark.parametrize("polls, messages", [(0, 0), (1, 1), (2, 2)])
def test_a_list_that_is_first_read_late_is_the_late_one(listed, polls, messages):
    for _ in range(polls):
        listed.status()
    assert count(listed) == messages


def test_a_list_that_is_read_again_changes_only_when_the_run_has(listed):
    assert [count(listed), count(listed)] == [0, 0]
    listed.status()
    assert [count(listed), count(listed), count(listed)] == [1, 1, 1]
    listed.status()
    assert [count(listed), count(listed)] == [2, 2]


def test_of_two_lists_the_late_one_is_read_late(tape):
    _, client = tape.replayed(
        tape.exchange("POST", "/threads/thread_1/runs", tape.run(), {}),
        tape.exchange("GET", MESSAGES, {"data": []}),
        tape.exchange("GET", "/threads/thread_1/runs/run_1", tape.run(status="completed")),
        tape.exchange("GET", MESSAGES, {"data": [{"id": "msg_1"}]}),
    )
    client.post("/threads/thread_1/runs")
    assert client.status() == "completed"
    assert count(client) == 1


def test_answers_behind_the_same_status_come_one_after_the_other(tape):
    """Others write in the thread too: what nothing of ours brought about is shown in its order, none left out."""
    lists = [tape.exchange("GET", MESSAGES, {"data": [{"id": f"msg_{n}"} for n in range(size)]}) for size in range(3)]
    _, client = tape.replayed(tape.exchange("POST", "/threads/thread_1/runs", tape.run(status="completed"), {}), *lists)
    client.post("/threads/thread_1/runs")
    assert [count(client) for _ in range(4)] == [0, 1, 2, 2]


def test_what_was_only_ever_refused_is_refused(tape):
    refused = tape.exchange("POST", MESSAGES, {"error": {"message": "No thread found"}}, {}, status=404)
    _, client = tape.replayed(refused)
    with pytest.raises(tape.Refused, match="404: No thread found"):
        client.post(MESSAGES)
