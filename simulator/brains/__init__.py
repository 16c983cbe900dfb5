"""Who answers instead of a language model: scripts, somebody's function, or `"auto"`."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Literal, TypeAlias

from ..backend.brain import Brain
from ..errors import UsageError
from .auto import AutoBrain
from .function import BrainFunction, FunctionBrain

BrainChoice: TypeAlias = BrainFunction | Literal["auto"] | None


def brain_for(choice: BrainChoice) -> Brain | None:
    """Return the brain that is asked when no script has an answer; None where nobody is.

    Raises:
        UsageError: the choice is none of None, "auto" and a callable of the view, or a coroutine function.
    """
    if choice is None:
        return None
    if choice == "auto":
        return AutoBrain()
    if iscoroutinefunction(choice):
        raise UsageError(f"brain= is asked without `await`: make {choice.__name__} a plain function.")
    if callable(choice):
        return FunctionBrain(choice)
    raise UsageError(f"brain= is None, 'auto' or a callable of the view, not {choice!r}.")
