"""The views of a conversation share what its messages say, and none of them changes when those do."""

from __future__ import annotations

import pytest

from simulator.backend.tokens import estimate
from simulator.backend.transcripts import Transcripts

HELLO = {"role": "user", "content": "Hello."}
HI = {"role": "assistant", "content": "Hi."}
BYE = {"role": "user", "content": "Bye."}


class Reading:
    """Reads messages, and knows which it read."""

    def __init__(self) -> None:
        self.transcripts = Transcripts()
        self.read = []

    def show(self, *messages, conversation="thread_1", start=0):
        return self.transcripts.show(conversation, messages, self._text_of, start=start)

    def _text_of(self, message):
        self.read.append(message["content"])
        return message["content"].upper()


@pytest.fixture
def reading():
    return Reading()


def test_only_what_is_new_is_read(reading):
    reading.show(HELLO)
    shown = reading.show(HELLO, HI, BYE)
    assert list(shown) == [("user", "HELLO."), ("assistant", "HI."), ("user", "BYE.")]
    assert reading.read == ["Hello.", "Hi.", "Bye."]


@pytest.mark.parametrize(
    "later",
    [
        pytest.param([BYE], id="another content"),
        pytest.param([{**HELLO, "role": "assistant"}], id="another role"),
        pytest.param([BYE, HELLO], id="one put before"),
        pytest.param([], id="deleted"),
    ],
)
def test_a_view_stays_what_it_was_and_the_next_one_shows_what_is_there(reading, later):
    before = reading.show(HELLO)
    after = reading.show(*later)
    assert list(before) == [("user", "HELLO.")]
    assert list(after) == [(message["role"], message["content"].upper()) for message in later]


def test_a_view_does_not_grow(reading):
    before = reading.show(HELLO)
    reading.show(HELLO, HI)
    assert (len(before), list(before)) == (1, [("user", "HELLO.")])


def test_conversations_are_kept_apart(reading):
    reading.show(HELLO)
    assert list(reading.show(BYE, conversation="thread_2")) == [("user", "BYE.")]
    assert list(reading.show(HELLO, HI)) == [("user", "HELLO."), ("assistant", "HI.")]


def test_of_a_dropped_conversation_nothing_is_kept(reading):
    before = reading.show(HELLO)
    reading.transcripts.drop("thread_1")
    reading.transcripts.drop("thread_1")
    reading.show(HELLO)
    assert (list(before), reading.read) == ([("user", "HELLO.")], ["Hello.", "Hello."])


def test_a_stretch_is_a_sequence(reading):
    shown = reading.show(HELLO, HI, BYE, start=1)
    pairs = [("assistant", "HI."), ("user", "BYE.")]
    assert (shown[0], shown[-1], shown[:1], list(reversed(shown))) == (pairs[0], pairs[1], pairs[:1], pairs[::-1])
    assert shown == pairs
    assert shown == tuple(pairs)
    assert shown != pairs[:1]
    assert shown != 2
    assert repr(shown) == repr(pairs)
    with pytest.raises(IndexError):
        shown[2]


def test_a_text_is_counted_once_for_a_model(reading):
    counted = []

    def count(text: str, model: str) -> int:
        counted.append((text, model))
        return estimate(text)

    assert reading.show(HELLO).costs("a", count) == [2]
    shown = reading.show(HELLO, HI, start=1)
    assert shown.costs("a", count) == [1]
    assert counted == [("HELLO.", "a"), ("HI.", "a")]
    assert reading.show(HELLO).costs("b", count) == [2]
    assert counted[2:] == [("HELLO.", "b")]
