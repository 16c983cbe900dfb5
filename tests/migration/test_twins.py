"""`twin`: takes apps and what makes them, and does not speak of twins where a side failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator import twin
from simulator.errors import TwinsDiffer, UsageError
from simulator.scenario.loading import parse
from tests.checks.loops.careful import Careful, functions

HELLO = parse(
    "scenario: Hello\nconversation:\n  - {user: Hello?, model: {say: Hello.}, expect: {reply: Hello.}}\n",
    Path("hello.scenario.yaml"),
)


class Kind(Careful):
    def __init__(self):
        super().__init__(functions())


def made():
    return Kind()


class Broken(Kind):
    def __call__(self, user_id, text):
        raise RuntimeError("out of order")


class Rude(Kind):
    def __call__(self, user_id, text):
        super().__call__(user_id, text)
        return "No."


def first_line(old, new):
    with pytest.raises(TwinsDiffer) as differs:
        twin(HELLO, old=old, new=new)
    return str(differs.value).splitlines()[0]


def test_the_sides_may_be_given_by_what_makes_them():
    assert twin(HELLO, old=Kind, new=made).passed


def test_what_is_no_app_is_refused_by_its_name():
    with pytest.raises(UsageError, match=r"careful\.Careful takes \(functions\)"):
        twin(HELLO, old=Kind, new=Careful)


def test_sides_that_fail_alike_are_no_twins():
    assert first_line(Broken, Broken) == "Hello: 4 findings about the old and the new side"


def test_what_differs_is_told_beside_what_failed():
    assert first_line(Kind, Rude) == "Hello: 1 finding about the new side; 1 difference: reply_changed"
