"""The brain of a test: turns written beforehand, cut into pieces of one run each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ..backend.brain import Brain, View
from ..backend.turns import Turn, as_turn, ends_run
from ..backend.turns_json import turn_from_json, turn_to_json
from ..errors import NoTurn, StateError, TurnError, UsageError, told
from .contract import breach

When: TypeAlias = str | re.Pattern[str] | Callable[[View], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The turns of one run, and which run may take them."""

    turns: tuple[Turn, ...]
    when: When | None = None
    assistant: str | None = None
    thread: str | None = None
    repeat: bool = False
    optional: bool = False
    used: bool = False

    @property
    def conditional(self) -> bool:
        """Whether it is meant for certain runs."""
        return self.when is not None or self.assistant is not None or self.thread is not None

    def fits(self, view: View) -> bool:
        """Return whether the run that shows `view` may take this piece."""
        return (
            (self.thread is None or self.thread == view.conversation)
            and (self.assistant is None or self.assistant in (view.assistant.get("id"), view.assistant.get("name")))
            and self._when_holds(view)
        )

    def describe(self) -> str:
        """Return the piece in one line, for messages."""
        names = ("when", "assistant", "thread")
        conditions = [f"{name}={getattr(self, name)!r}" for name in names if getattr(self, name) is not None]
        turns = ", ".join(describe_turn(turn) for turn in self.turns)
        return f"script({', '.join([turns, *conditions])})"

    def _when_holds(self, view: View) -> bool:
        if self.when is None:
            return True
        if isinstance(self.when, str):
            return self.when in view.user
        if isinstance(self.when, re.Pattern):
            return self.when.search(view.user) is not None
        try:
            return bool(self.when(view.detached()))
        except Exception as error:  # as with the callable that is a brain
            raise NoTurn(f"{self.describe()} failed on user text {view.user!r}: {told(error)}") from error


class ScriptedBrain:
    """Answers from pieces, and where none is left from the next brain, if there is one.

    Args:
        otherwise: asked when no piece fits; None: such a run is refused.
    """

    def __init__(self, otherwise: Brain | None = None) -> None:
        self._otherwise = otherwise
        self._pieces: list[Piece] = []
        self._rest: dict[str, list[Turn]] = {}

    def add(self, pieces: Iterable[Piece]) -> None:
        """Put pieces at the end of the queue."""
        self._pieces.extend(pieces)

    def clear(self) -> None:
        """Forget every piece and every run."""
        self._pieces.clear()
        self._rest.clear()

    @property
    def unused(self) -> list[Piece]:
        """The pieces that nobody took and that are not optional."""
        return [piece for piece in self._pieces if not piece.used and not piece.optional]

    def answer(self, view: View) -> Turn:
        """Return the next turn of the run: the rest of its piece, a new piece, or the next brain's.

        Raises:
            NoTurn: no piece fits and there is no other brain, or the turn breaks what the run asks for.
        """
        run_id = view.task
        piece = None if self._rest.get(run_id) else self._piece_for(view)
        if piece is None and not self._rest.get(run_id):
            return _checked(view, self._ask_other(view))
        turn = _checked(view, piece.turns[0] if piece is not None else self._rest[run_id][0])
        if piece is not None:
            self._use(piece)
            self._rest[run_id] = list(piece.turns)
        rest = self._rest[run_id]
        del rest[0]
        if not rest and ends_run(turn):
            del self._rest[run_id]
        return turn

    def _piece_for(self, view: View) -> Piece | None:
        if view.task in self._rest:  # its own piece is used up without an end; a second one is another run's
            return None
        fitting = [piece for piece in self._pieces if piece.fits(view) and (piece.repeat or not piece.used)]
        return next((one for one in fitting if one.conditional), next(iter(fitting), None))

    def _use(self, piece: Piece) -> None:
        self._pieces.remove(piece)
        if piece.repeat:
            self._pieces.append(piece if piece.used else replace(piece, used=True))

    def _ask_other(self, view: View) -> Turn:
        if self._otherwise is not None:
            return self._otherwise.answer(view)
        raise NoTurn(self._why(view))

    def _why(self, view: View) -> str:
        begun = view.task in self._rest
        where = f"{_name_of(view)}, user text {view.user!r}"
        answered = (
            f", after {', '.join(f'{one.name} gave {one.output!r}' for one in view.outputs)}" if view.outputs else ""
        )
        left = "; ".join(piece.describe() for piece in self._pieces) or "nothing"
        said = "its script ended with a turn that goes on" if begun else "no piece of a script is left for it"
        return f"{where}{answered}: {said}. Scripted and unused: {left}. Add sim.script(say(…)), or give a brain."

    def to_json(self) -> dict[str, Any]:
        """Return the pieces as JSON values.

        Raises:
            StateError: a piece has a callable as `when`, which no file can hold.
        """
        rest = {run_id: [turn_to_json(turn) for turn in turns] for run_id, turns in self._rest.items()}
        return {"pieces": [_piece_to_json(piece) for piece in self._pieces], "rest": rest}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take over what `to_json` described."""
        self._pieces = [_piece_from_json(piece) for piece in saved["pieces"]]
        self._rest = {run_id: [turn_from_json(turn) for turn in turns] for run_id, turns in saved["rest"].items()}


def pieces_of(turns: Iterable[object], *, when: When | None, **conditions: Any) -> list[Piece]:
    """Cut turns into pieces, one after each turn that ends a run.

    Raises:
        TurnError: there are none, or one of them is no turn.
        UsageError: `when` is no text, pattern or callable.
    """
    if when is not None and not (isinstance(when, str | re.Pattern) or callable(when)):
        raise UsageError(f"when= is a text, a compiled pattern or a callable of the view, not {when!r}.")
    checked = [as_turn(turn) for turn in turns]
    if not checked:
        raise TurnError('script() takes at least one turn, for example say("Hello.").')
    pieces: list[Piece] = []
    begun: list[Turn] = []
    for turn in checked:
        begun.append(turn)
        if ends_run(turn):
            pieces.append(Piece(turns=tuple(begun), when=when, **conditions))
            begun = []
    if begun:
        pieces.append(Piece(turns=tuple(begun), when=when, **conditions))
    return pieces


def _checked(view: View, turn: Turn) -> Turn:
    problem = breach(view, turn)
    if problem is not None:
        run = f"{_name_of(view)}, user text {view.user!r}"
        raise NoTurn(f"{run}: it cannot be answered with {describe_turn(turn)}. {problem}")
    return turn


def _name_of(view: View) -> str:
    kind = "Response" if view.run.get("object") == "response" else "Run"
    return f"{kind} {view.run['id']} of {view.conversation}"


def describe_turn(turn: Turn) -> str:
    """Return a turn in a few words."""
    value = turn_to_json(turn)
    if isinstance(value, str):
        return f"{value}()"
    kind, content = next(iter(value.items()))
    return f"{kind}({content!r})"


def _piece_to_json(piece: Piece) -> dict[str, Any]:
    when: Any = piece.when
    if isinstance(when, re.Pattern):
        when = {"pattern": when.pattern, "flags": when.flags}
    elif callable(when):
        raise StateError(
            f"{piece.describe()} has a callable as when=, which a file cannot hold. Use a text or a pattern."
        )
    plain = {name: getattr(piece, name) for name in ("assistant", "thread", "repeat", "optional", "used")}
    return {"turns": [turn_to_json(turn) for turn in piece.turns], "when": when, **plain}


def _piece_from_json(saved: Mapping[str, Any]) -> Piece:
    when = saved["when"]
    if isinstance(when, Mapping):
        when = re.compile(when["pattern"], when["flags"])
    turns = tuple(turn_from_json(turn) for turn in saved["turns"])
    return Piece(**{**saved, "turns": turns, "when": when})
