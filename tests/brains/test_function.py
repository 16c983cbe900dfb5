import functools

import pytest

from simulator.backend.turns import call, call_tools, say
from simulator.brains.function import FunctionBrain
from simulator.errors import NoTurn


def test_a_callable_sees_the_view_and_its_turn_is_the_answer(view):
    seen = []

    def brain(view):
        seen.append(view)
        return say("Hello.")

    assert FunctionBrain(brain).answer(view) == say("Hello.")
    assert seen == [view]


@pytest.mark.parametrize("given, turn", [("Hello.", say("Hello.")), (call("f", a=1), call_tools(call("f", a=1)))])
def test_short_forms(view, given, turn):
    assert FunctionBrain(lambda view: given).answer(view) == turn


def test_an_error_of_the_callable_is_told_with_the_run(view):
    def brain(view):
        raise KeyError("city")

    with pytest.raises(
        NoTurn, match=r"The brain brain failed on run run_1, user text 'Hello\?': KeyError: 'city'"
    ) as caught:
        FunctionBrain(brain).answer(view)
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("given", [None, 5, {"say": "x"}])
def test_what_is_no_turn_is_told_likewise(view, given):
    with pytest.raises(NoTurn, match=r"TurnError: .* is not a turn"):
        FunctionBrain(functools.partial(lambda given, view: given, given)).answer(view)
