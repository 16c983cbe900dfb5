"""The ids of the client in the place of the recorded ones."""

from __future__ import annotations

import json

import pytest

from simulator.recording.gate import renaming
from simulator.recording.gate.bodies import Body, Rules
from simulator.recording.gate.gate import MAX_SECONDS, MIN_REPEATS, Asked
from simulator.recording.gate.obstacles import Missed
from simulator.recording.gate.paths import key_of
from simulator.recording.gate.preparing import prepared
from simulator.recording.gate.renaming import Binding, Names

HELLO, BYE, FIRST = ({"role": "user", "content": text} for text in ("Hello", "Bye", "First"))


def test_without_other_names_a_text_stays_as_it_is():
    names = Names({"thread_1": "thread_1"})
    text = b"thread_1"
    assert names.inward(text) is text
    assert names.outward(text) is text


def test_ids_are_renamed_on_their_way_in_and_out():
    names = Names({"thread_1": "thread_2", "thread_2": "thread_1"})
    assert names.inward(b"thread_1, thread_2") == b"thread_2, thread_1"
    assert names.outward(b"thread_2, thread_1") == b"thread_1, thread_2"


def test_an_id_that_begins_as_another_is_renamed_whole():
    names = Names({"msg_1": "msg_a", "msg_10": "msg_b", "msg_a": "msg_1", "msg_b": "msg_10"})
    assert names.inward(b"msg_10 msg_1") == b"msg_b msg_a"
    names = Names({"f": "g.txt", "f.txt": "g"})
    assert names.inward(b"f.txt f") == b"g g.txt"


def test_an_id_within_another_is_left_alone():
    names = Names({"thread_1": "thread_2", "thread_2": "thread_1", "1-b": "2-b", "2-b": "1-b"})
    text = b"msg_thread_2_0 msg-thread_2 thread_2-0 thread_21 a-1-b 1-b-c"
    assert names.inward(text) == text
    assert names.outward(text) == text


@pytest.mark.parametrize("beside", ['"', " ", "\n", "\b", "\u3042", "\uac00", "\\", "/", "("])
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_an_id_in_a_text_is_renamed_whatever_stands_beside_it(beside, ensure_ascii):
    def sent(id):
        return json.dumps({"content": beside + id + beside}, ensure_ascii=ensure_ascii).encode()

    names = Names({"thread_1": "thread_2", "thread_2": "thread_1"})
    assert names.inward(sent("thread_1")) == sent("thread_2")
    assert names.outward(sent("thread_1")) == sent("thread_2")


def test_what_changes_places_twice_is_what_it_was():
    swapped = {"a": "b", "b": "a"}
    once = Names({}).with_exchange(swapped)
    assert once.recorded == swapped
    assert once.with_exchange(swapped).recorded == {}


def test_an_exchange_speaks_of_recorded_ids():
    names = Names({}).with_exchange({"a": "b", "b": "a"}).with_exchange({"b": "c", "c": "b"})
    assert names.recorded == {"a": "c", "b": "a", "c": "b"}


# The search.


@pytest.fixture
def recorded(tape):
    """A replayer of threads that are created alike, each with these messages, and its client."""

    def recorded(*threads, **others):
        said = {**{f"thread_{number}": messages for number, messages in enumerate(threads)}, **others}
        return tape.replayed(
            *(tape.exchange("POST", "/threads", {"id": f"thread_{number}"}, {}) for number in range(len(threads))),
            *(
                tape.exchange("POST", f"/threads/{thread}/messages", {"id": f"msg_{place}_{number}"}, message)
                for place, (thread, messages) in enumerate(said.items())
                for number, message in enumerate(messages)
            ),
        )

    return recorded


def say(client, thread, *messages):
    for message in messages:
        client.post(f"/threads/{thread}/messages", message)


def test_what_was_said_once_goes_along_where_it_is_said_twice(recorded):
    replayer, client = recorded([HELLO], [HELLO, HELLO])
    one, two = (client.post("/threads")["id"] for _ in range(2))
    say(client, one, HELLO, HELLO)
    say(client, two, HELLO)
    assert replayer.findings() == []


def test_a_thread_that_cannot_be_the_other_yet_stays_what_it_is(tape, recorded):
    """`Hello` was said in the other thread only, and only after something else."""
    _, client = recorded([BYE], [FIRST, HELLO])
    one = client.post("/threads")["id"]
    with pytest.raises(tape.Refused, match="ended at its bound"):
        say(client, one, HELLO)
    say(client, one, BYE)


def test_that_the_search_was_bounded_is_said_whatever_was_tried_last(tape, recorded):
    _, client = recorded([BYE], [FIRST, HELLO], thread_of_old=[HELLO])
    one = client.post("/threads")["id"]
    with pytest.raises(tape.Refused, match="ended at its bound"):
        say(client, one, HELLO)


def test_each_meaning_is_tried_once(recorded, monkeypatch):
    """The second thread, where it was said twice, cannot be meant; the third can."""
    monkeypatch.setattr(renaming, "MAX_CANDIDATES", 2)
    _, client = recorded([BYE], [FIRST, HELLO, HELLO], [HELLO])
    one = client.post("/threads")["id"]
    assert client.post(f"/threads/{one}/messages", HELLO)["id"] == "msg_2_0"


def test_no_more_are_tried_than_the_bound(tape, recorded, monkeypatch):
    monkeypatch.setattr(renaming, "MAX_CANDIDATES", 1)
    _, client = recorded([BYE], [FIRST, HELLO], [HELLO])
    one = client.post("/threads")["id"]
    with pytest.raises(tape.Refused, match="does not fit what was recorded"):
        say(client, one, HELLO)


@pytest.fixture
def swapped(tape):
    """A binding of two threads that have changed places, with a run in each, polled at one message."""
    steps = [tape.exchange("POST", "/threads", {"id": f"thread_{number}"}, {}) for number in (1, 2)]
    for number in (1, 2):
        path = f"/threads/thread_{number}"
        message = {"id": f"msg_{number}", "thread_id": f"thread_{number}"}
        steps += [
            tape.exchange("POST", f"{path}/messages", message, {"content": str(number)}),
            tape.exchange("GET", f"{path}/messages?after=msg_{number}&limit=1", {"data": []}),
        ]
    binding = Binding(prepared(tape.cassette_of(*steps), Rules()))
    for method, path, body in [
        ("POST", "threads", b"{}"),
        ("POST", "threads", b"{}"),
        ("POST", "threads/thread_1/messages", b'{"content": "2"}'),
    ]:
        for piece in binding.find(Asked(key_of(method, f"/v1/{path}", ""), Body(body, Rules()), 0.0)).pieces:
            binding.progress.show(piece)
    assert binding.names.recorded == {"thread_1": "thread_2", "thread_2": "thread_1"}
    return binding


def test_path_and_query_are_read_in_the_ids_of_the_recording(swapped):
    swapped.names = Names({**swapped.names.recorded, "msg_a": "msg_2"})
    key = key_of("GET", "/v1/threads/thread_1/messages", "after=msg_a&limit=1")
    found = swapped.find(Asked(key, Body(b"", Rules()), 0.0))
    assert found.key == key_of("GET", "/v1/threads/thread_2/messages", "after=msg_2&limit=1")


def test_the_time_of_a_request_counts_in_other_names_too(swapped):
    key = key_of("GET", "/v1/threads/thread_1/messages", "after=msg_2&limit=1")
    for at in range(MIN_REPEATS):
        swapped.find(Asked(key, Body(b"", Rules()), float(at)))
    with pytest.raises(Missed):
        swapped.find(Asked(key, Body(b"", Rules()), MAX_SECONDS + 1))
