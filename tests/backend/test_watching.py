import asyncio
import functools

import pytest

from simulator.backend.clock import Clock
from simulator.backend.journal import Handled, Journal
from simulator.backend.watching import watch


@pytest.fixture
def journal():
    return Journal()


def test_a_call_is_written_with_arguments_by_name_and_result(journal):
    def converse(user_id, text="hi", *rest, **more):
        """Answer."""
        return text.upper()

    watched = watch(converse, journal, Clock(7))
    assert watched("u1", text="hello", tone="dry") == "HELLO"
    assert list(journal) == [
        Handled(7.0, "converse", {"user_id": "u1", "text": "hello", "more": {"tone": "dry"}}, "HELLO")
    ]
    assert (watched.__name__, watched.__doc__) == ("converse", "Answer.")


def test_an_error_is_written_and_raised_again(journal):
    def broken():
        raise KeyError("x")

    with pytest.raises(KeyError):
        watch(broken, journal, Clock(1))()
    (entry,) = journal
    assert isinstance(entry.error, KeyError)
    assert entry.result is None


def test_a_coroutine_function_stays_one(journal):
    clock = Clock(1)

    async def answer(text):
        clock.advance(2)
        return text

    watched = watch(answer, journal, clock)
    assert asyncio.iscoroutinefunction(watched)
    assert asyncio.run(watched("hi")) == "hi"
    assert list(journal) == [Handled(1.0, "answer", {"text": "hi"}, "hi")]


def test_a_call_that_does_not_fit_is_written_by_position(journal):
    with pytest.raises(TypeError):
        watch(lambda: None, journal, Clock(1))(5, x=6)
    assert journal[0].arguments == {"0": 5, "x": 6}


def test_a_callable_without_a_name_is_named_by_its_type(journal):
    watch(functools.partial(int, "7"), journal, Clock(1))()
    assert (journal[0].name, journal[0].result) == ("partial", 7)
