"""A brain that is somebody's function from a view to a turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..backend.brain import View
from ..backend.turns import Turn, as_turn
from ..errors import NoTurn, told

BrainFunction: TypeAlias = Callable[[View], object]


class FunctionBrain:
    """Asks a callable; a text is short for `say(text)`, a call for a round of one call."""

    def __init__(self, function: BrainFunction) -> None:
        self._function = function

    def answer(self, view: View) -> Turn:
        """Return what the callable gives.

        Raises:
            NoTurn: the callable raised, or gave something that is no turn. The test hears of it in
                `check()`: raised through the SDK, it would be retried and wrapped.
        """
        try:
            return as_turn(self._function(view.detached()))
        except Exception as error:  # whatever somebody's callable raises is the test's mistake
            name = getattr(self._function, "__name__", repr(self._function))
            raise NoTurn(
                f"The brain {name} failed on run {view.run['id']}, user text {view.user!r}: {told(error)}"
            ) from error
