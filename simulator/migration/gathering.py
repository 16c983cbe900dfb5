"""From a journal to a record: who said what, what the model was shown for it, and what came of that.

Where a scenario was played, its steps say what belongs together. Else the tasks of the views do: outputs of calls go on
with the task in which they were made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ..backend.brain import Output as ShownOutput
from ..backend.brain import View
from ..backend.journal import Asked, Entry, Exchange, Handled, Struck
from ..backend.turns_json import turn_to_json
from ..errors import told
from ..scenario.played import PlayedStep
from .record import ModelTurn, Output, Record, Refused, Shown, Tool, UserTurn, Watched, parsed
from .settings import Surface, resolved, surface_of

# Ids differ from surface to surface, and from one version of a program to the next.
_ID = re.compile(r"\b(asst|thread|msg|run|step|call|file|vs|vsfb|resp|conv|fc|ci|fs|rs)_[0-9A-Za-z_]{6,}")
# How a stream is cut and how long a turn takes is no part of what is said.
_PACE = ("takes", "chunks")
_PLAIN = (str, int, float, bool, type(None))


def record_of(journal: Sequence[Entry], of: str) -> Record:
    """Return what came of a test.

    Args:
        journal: of its simulator.
        of: the id of the test.
    """
    gathered = _Gathered()
    for entry in journal:
        gathered.take(entry)
    return _record(of, gathered.turns, _refusals(journal), [entry for entry in journal if isinstance(entry, Asked)])


def record_of_steps(steps: Iterable[PlayedStep], of: str) -> Record:
    """Return what came of a scenario."""
    played = list(steps)
    asked = [entry for step in played for entry in step.entries if isinstance(entry, Asked)]
    return Record(of=of, surface=_surfaces(asked), turns=[_turn_of_step(step) for step in played])


def _turn_of_step(step: PlayedStep) -> UserTurn:
    turn = _Turn(conversation=step.speaker, user=step.said)
    for entry in step.entries:
        if isinstance(entry, Asked):
            turn.ask(entry)
        elif isinstance(entry, Handled):
            turn.watched.append(_watched(entry))
    turn.refused += [_refused(one) for one in _refusals(step.entries).values()]
    error = None if step.error is None else _without_ids(told(step.error))
    return turn.done(reply=_plain(step.reply), error=error)


@dataclass(slots=True)
class _Turn:
    """A user turn as it grows."""

    conversation: str
    user: str
    place: int = 0  # in the journal, of what came last
    tasks: list[str] = field(default_factory=list)
    seen: Sequence[ShownOutput] = ()
    model: list[ModelTurn] = field(default_factory=list)
    watched: list[Watched] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def ask(self, entry: Asked) -> None:
        """Take what the model was shown, and what it answered."""
        view, known = entry.view, len(self.seen)
        goes_on = tuple(view.outputs[:known]) == tuple(self.seen)
        fresh = view.outputs[known:] if goes_on else view.outputs
        self.seen = tuple(view.outputs)
        self.tasks.append(view.task)
        self.model.append(
            ModelTurn(shown=shown_of(view), outputs=[_output(one) for one in fresh], answers=_answer(entry))
        )

    def done(self, reply: Any = None, error: str | None = None) -> UserTurn:
        """Return the turn as a part of a record."""
        return UserTurn(
            conversation=self.conversation,
            user=self.user,
            model=self.model,
            watched=self.watched,
            refused=self.refused,
            reply=reply,
            error=error,
        )


class _Gathered:
    """The user turns of a test, as its journal is read."""

    def __init__(self) -> None:
        self.turns: list[_Turn] = []
        self._numbers: dict[str, str] = {}
        self._place = 0

    def take(self, entry: Entry) -> None:
        """Read on."""
        if isinstance(entry, Asked):
            turn = self._turn_of(entry)
            turn.ask(entry)
            turn.place = self._place
        elif isinstance(entry, Handled):
            self._newest().watched.append(_watched(entry))
        self._place += 1

    def _turn_of(self, entry: Asked) -> _Turn:
        """Return the turn that goes on with an entry, or a new one."""
        view = entry.view
        known = next((turn for turn in reversed(self.turns) if view.task in turn.tasks), None)
        return known or self._new(view.conversation, view.user)

    def _newest(self) -> _Turn:
        return self.turns[-1] if self.turns else self._new("", "")

    def _new(self, conversation: str, user: str) -> _Turn:
        number = self._numbers.setdefault(conversation, str(len(self._numbers) + 1))
        self.turns.append(_Turn(number, user, place=self._place))
        return self.turns[-1]


def _record(of: str, turns: list[_Turn], refusals: Mapping[int, Exchange], asked: Sequence[Asked]) -> Record:
    for place, exchange in refusals.items():
        before = [turn for turn in turns if turn.place < place]
        if not turns:
            turns.append(_Turn("1", ""))
        (before or turns)[-1 if before else 0].refused.append(_refused(exchange))
    return Record(of=of, surface=_surfaces(asked), turns=[turn.done() for turn in turns])


def _surfaces(asked: Iterable[Asked]) -> str:
    return ", ".join(dict.fromkeys(surface_of(entry.view.run).name for entry in asked))


# What a model was shown.


def shown_of(view: View) -> Shown:
    """Return what a view shows, in the words of no surface."""
    surface = surface_of(view.run)
    tools = [tool for tool in view.run.get("tools") or () if isinstance(tool, Mapping)]
    functions = {name: _tool(schema, _declared(name, tools), surface) for name, schema in view.functions.items()}
    return Shown(
        instructions=view.instructions,
        model=view.model,
        settings=resolved(view.settings, surface),
        tools=functions,
        hosted=sorted({str(tool.get("type")) for tool in tools} - {"function"}),
        files=len(view.files),
        messages=[{role: text} for role, text in view.messages],
    )


def _declared(name: str, tools: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return how a function was declared: flat, or with an inner `function`."""
    declared = [tool.get("function") or tool for tool in tools if tool.get("type") == "function"]
    return next((one for one in declared if one.get("name") == name), {})


def _tool(schema: Mapping[str, Any], declared: Mapping[str, Any], surface: Surface) -> Tool:
    strict = declared.get("strict")
    return Tool(
        description=declared.get("description") or "",
        parameters=_copied(schema),
        strict=surface.strict if strict is None else bool(strict),
    )


def _output(one: ShownOutput) -> Output:
    return Output(call=one.name, arguments=parsed(one.arguments), output=one.output)


def _answer(entry: Asked) -> Any:
    answer = turn_to_json(entry.turn)
    if isinstance(answer, dict):
        answer = {name: value for name, value in answer.items() if name not in _PACE}
        for bare in ("finish", "hang"):
            if bare in answer:
                return bare
    return answer


# What else happened.


def _refusals(journal: Sequence[Entry]) -> dict[int, Exchange]:
    """Return the requests that were refused, by their places; not those that a fault struck."""
    last, found = -1, dict[int, Exchange]()
    for place, entry in enumerate(journal):
        if isinstance(entry, Exchange):
            last = place
            if entry.status >= HTTPStatus.BAD_REQUEST:
                found[place] = entry
        elif isinstance(entry, Struck):  # the request that stands before it
            found.pop(last, None)
    return found


def _refused(exchange: Exchange) -> Refused:
    answer = exchange.response_json
    error = answer.get("error") if isinstance(answer, dict) else None
    given = error if isinstance(error, dict) else {}
    return Refused(
        request=exchange.operation or f"{exchange.method} {_without_ids(exchange.path)}",
        status=int(exchange.status),
        code=given.get("code"),
        message=_without_ids(str(given.get("message") or "")),
    )


def _watched(entry: Handled) -> Watched:
    if entry.error is not None:
        return Watched(call=entry.name, raised=_without_ids(told(entry.error)))
    return Watched(call=entry.name, returned=_plain(entry.result))


def _plain(value: Any) -> Any:
    """Return a value as a file can hold it: what is no JSON by its type alone, for its text may have an address."""
    try:
        return _copied(value)
    except (TypeError, ValueError, RecursionError):
        return f"<{type(value).__name__}>"


def _copied(value: Any) -> Any:
    return value if isinstance(value, _PLAIN) else json.loads(json.dumps(value, allow_nan=False))


def _without_ids(text: str) -> str:
    return _ID.sub(lambda found: f"{found[1]}_…", text)
