"""Identical creations, in whatever order the client makes them."""

from __future__ import annotations

import threading

import pytest


def twins(tape, count=2):
    """Threads that are created alike, each with a message of its own."""
    bodies = [{"role": "user", "content": f"I am {number}."} for number in range(count)]
    return [
        *(tape.exchange("POST", "/threads", {"id": f"thread_{number}", "at": number}, {}) for number in range(count)),
        *(
            tape.exchange(
                "POST",
                f"/threads/thread_{number}/messages",
                {"id": f"msg_{number}", "thread_id": f"thread_{number}"},
                body,
            )
            for number, body in enumerate(bodies)
        ),
    ], bodies


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]])
def test_identical_creations_may_come_in_any_order(tape, order):
    interactions, bodies = twins(tape, 3)
    replayer, client = tape.replayed(*interactions)
    given = {number: client.post("/threads")["id"] for number in order}
    for number in order:
        answer = client.post(f"/threads/{given[number]}/messages", bodies[number])
        assert answer == {"id": answer["id"], "thread_id": given[number]}
    assert len(set(given.values())) == 3
    assert replayer.findings() == []


def test_what_was_built_on_a_twin_goes_along(tape):
    """Both begin with the same message; which thread is which shows in the second."""
    interactions, bodies = twins(tape)
    hello = {"role": "user", "content": "Hello"}
    first = [
        tape.exchange("POST", f"/threads/thread_{number}/messages", {"id": f"msg_first_{number}"}, hello)
        for number in (0, 1)
    ]
    replayer, client = tape.replayed(*interactions[:2], *first, *interactions[2:])
    one, two = (client.post("/threads")["id"] for _ in range(2))
    for thread in (one, two):
        client.post(f"/threads/{thread}/messages", hello)
    client.post(f"/threads/{one}/messages", bodies[1])
    client.post(f"/threads/{two}/messages", bodies[0])
    assert replayer.findings() == []


def test_what_a_client_has_read_is_not_taken_back(tape):
    interactions, bodies = twins(tape)
    listed = {"data": [{"id": "msg_of_before", "thread_id": "thread_0"}]}
    _, client = tape.replayed(
        *interactions[:2], tape.exchange("GET", "/threads/thread_0/messages", listed), *interactions[2:]
    )
    one = client.post("/threads")["id"]
    assert client.get(f"/threads/{one}/messages") == listed
    with pytest.raises(tape.Refused, match="ended at its bound"):
        client.post(f"/threads/{one}/messages", bodies[1])


def test_a_search_for_twins_has_an_end(tape, monkeypatch):
    """The client gives all nine messages to one thread; each other one is tried, up to the bound, and none fits."""
    interactions, bodies = twins(tape, 9)
    _, client = tape.replayed(*interactions)
    threads = [client.post("/threads")["id"] for _ in bodies]
    client.post(f"/threads/{threads[0]}/messages", bodies[0])
    with pytest.raises(tape.Refused, match="ended at its bound") as refused:
        client.post(f"/threads/{threads[0]}/messages", bodies[1])
    assert "8 candidates" in refused.value.message


def test_an_exchange_takes_no_more_along_than_its_bound(tape, monkeypatch):
    hello = {"role": "user", "content": "Hello"}
    interactions, bodies = twins(tape)
    alike = [
        tape.exchange("POST", f"/threads/thread_{thread}/messages", {"id": f"msg_{thread}_{number}"}, hello)
        for thread in (0, 1)
        for number in range(3)
    ]
    for bound, fits in ((8, True), (4, False)):
        monkeypatch.setattr("simulator.recording.gate.twins.MAX_PAIRS", bound)
        _, client = tape.replayed(*interactions[:2], *alike, *interactions[2:])
        one = client.post("/threads")["id"]
        for _ in range(3):
            client.post(f"/threads/{one}/messages", hello)
        if fits:
            assert client.post(f"/threads/{one}/messages", bodies[1])["id"] == "msg_1"
        else:
            with pytest.raises(tape.Refused, match="ended at its bound"):
                client.post(f"/threads/{one}/messages", bodies[1])


def test_threads_of_the_program_may_ask_at_once(tape):
    """Eight workers, each with a thread of its own, made alike."""
    interactions, bodies = twins(tape, 8)
    replayer, client = tape.replayed(*interactions)
    failures = []

    def work(body):
        try:
            thread = client.post("/threads")["id"]
            client.post(f"/threads/{thread}/messages", body)
        except Exception as error:  # noqa: BLE001  # told by the assertion below
            failures.append(error)

    workers = [threading.Thread(target=work, args=(body,)) for body in bodies]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert replayer.findings() == []
