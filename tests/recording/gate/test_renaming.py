"""The ids of the client in the place of the recorded ones."""

from __future__ import annotations

from simulator.recording.gate.renaming import Names


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


def test_what_changes_places_twice_is_what_it_was():
    swapped = {"a": "b", "b": "a"}
    once = Names({}).with_exchange(swapped)
    assert once.recorded == swapped
    assert once.with_exchange(swapped).recorded == {}


def test_an_exchange_speaks_of_recorded_ids():
    names = Names({}).with_exchange({"a": "b", "b": "a"}).with_exchange({"b": "c", "c": "b"})
    assert names.recorded == {"a": "c", "b": "a", "c": "b"}
