import pytest

from simulator.brains import brain_for
from simulator.brains.auto import AutoBrain
from simulator.brains.function import FunctionBrain
from simulator.errors import UsageError


@pytest.mark.parametrize(
    "choice, kind", [(None, type(None)), ("auto", AutoBrain), (lambda view: "x", FunctionBrain), (str, FunctionBrain)]
)
def test_who_answers(choice, kind):
    assert type(brain_for(choice)) is kind


@pytest.mark.parametrize("choice", ["automatic", 5, ["x"], False])
def test_what_is_no_brain_is_refused(choice):
    with pytest.raises(UsageError, match=r"brain= is None, 'auto' or a callable of the view, not "):
        brain_for(choice)


async def answers_later(view):
    return "Too late."


def test_a_coroutine_function_is_refused():
    with pytest.raises(UsageError, match="without `await`: make answers_later a plain function"):
        brain_for(answers_later)
