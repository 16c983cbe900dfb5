"""What happened when a case was played, as the invariants read it: the journal, by steps, requests and runs.

What the program knows is what it was answered: `Sent.shown` has the statuses that an answer told it. What is true is
what the journal says: `RunStory.statuses`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from ..backend.brain import View
from ..backend.journal import Asked, Entry, Exchange, Handled, StatusChange, Struck
from ..backend.lifecycle import ACTIVE, TERMINAL
from ..backend.records import ToolCallRecord
from ..backend.turns import Fail, Incomplete, Say, Turn

_PATH = re.compile(r"/threads/([^/]+)(?:/runs/([^/?]+))?")
_HOLDER = re.compile(r"while a run (run_\w+) is active|active run (run_\w+)")
_LOSING = ("http_error", "no_answer", "cut_stream")
_STATUSES = frozenset(str(status) for status in ACTIVE | TERMINAL)


class Blocked(NamedTuple):
    """The event loop stood still: for how many virtual seconds, by what, and where in the app."""

    at: float
    seconds: float
    by: str
    place: str


@dataclass(slots=True, kw_only=True)
class Spoken:
    """What came of one step in which somebody said something.

    Args:
        number: of the step in the case, counted from 0.
        reply: what the app returned; None where it raised.
        error: what it raised.
        hung: where it was when its time was over; None: it returned or raised.
        was_busy: whether that was real time, and the simulator may be in the middle of something.
        began: when it was called, in virtual seconds since the epoch.
        ended: when it returned or raised.
        first: where its entries begin in the journal.
        last: where they end.
    """

    number: int
    user: str
    text: str
    reply: Any = None
    error: BaseException | None = None
    hung: str | None = None
    was_busy: bool = False
    began: float = 0.0
    ended: float = 0.0
    first: int = 0
    last: int = 0

    @property
    def returned(self) -> bool:
        """Whether it returned, whatever it was."""
        return self.error is None and self.hung is None

    @property
    def answer(self) -> str:
        """The reply as a text; empty where there is none."""
        return self.reply.strip() if self.returned and isinstance(self.reply, str) else ""


@dataclass(slots=True)
class Sent:
    """One request of the app.

    Args:
        step: what was being said when it came; None outside of any step.
        struck: the fault that struck it, as the journal tells it.
    """

    exchange: Exchange
    step: Spoken | None
    struck: str | None = None
    _shown: list[tuple[str, str]] | None = None

    @property
    def operation(self) -> str:
        """Its name, `runs.create`; empty for a route that is none."""
        return self.exchange.operation or ""

    @property
    def thread_id(self) -> str | None:
        """The thread in its path."""
        found = _PATH.search(self.exchange.path)
        return None if found is None else found[1]

    @property
    def run_id(self) -> str | None:
        """The run in its path."""
        found = _PATH.search(self.exchange.path)
        return None if found is None else found[2]

    @property
    def refused(self) -> bool:
        """Whether the service refused it: not for a moment, but for what it asks."""
        return 400 <= self.exchange.status < 500 and self.exchange.status not in {408, 409, 429}

    @property
    def failed(self) -> bool:
        """Whether it was not answered, or with an error."""
        return not 200 <= self.exchange.status < 300

    @property
    def was_lost(self) -> bool:
        """Whether it may have had its effect although the app was told otherwise, half of it, or nothing."""
        return self.struck is not None and self.struck.startswith(_LOSING)

    @property
    def refusal(self) -> str:
        """The text of the refusal; empty where there is none."""
        answer = self.exchange.response_json if self.refused else None
        error = answer.get("error") if isinstance(answer, dict) else None
        return str(error.get("message", "")) if isinstance(error, dict) else ""

    @property
    def holder(self) -> str | None:
        """The run that locks the thread, where the request was refused for it."""
        if self.exchange.status != 400:
            return None
        found = _HOLDER.search(self.refusal)
        return None if found is None else found[1] or found[2]

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The statuses that the answer told, with the runs whose they are, in order."""
        if self._shown is None:
            self._shown = list(_shown(self.exchange))
        return self._shown


@dataclass(slots=True)
class RunStory:
    """What became of one run.

    Args:
        step: what was being said when it was created.
        texts: what the model said in it.
        turns: what it answered, turn by turn.
        statuses: after `queued`, each with its time.
    """

    id: str
    thread_id: str
    step: Spoken | None
    texts: list[str] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    statuses: list[tuple[float, str]] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The last status."""
        return self.statuses[-1][1] if self.statuses else "queued"

    def status_at(self, time: float) -> str:
        """Return its status at a time, in virtual seconds since the epoch."""
        return next((status for at, status in reversed(self.statuses) if at <= time), "queued")


class Evidence:
    """All that invariants may ask.

    Args:
        journal: what happened, in order.
        spoken: the steps in which somebody said something, in order.
        calls: the functions that the model called, with what was submitted.
        handlers: the names of the functions whose handlers the journal shows.
        blocked: when the event loop stood still.
        views: what the model was shown, run by run.
    """

    def __init__(
        self,
        journal: Sequence[Entry],
        spoken: Sequence[Spoken],
        *,
        calls: Sequence[ToolCallRecord] = (),
        handlers: frozenset[str] = frozenset(),
        blocked: Sequence[Blocked] = (),
        views: Sequence[View] = (),
    ) -> None:
        self.journal, self.spoken, self.calls = journal, spoken, calls
        self.handlers, self.blocked, self.views = handlers, blocked, views

    @cached_property
    def requests(self) -> list[Sent]:
        """The requests, in order."""
        found: list[Sent] = []
        for number, entry in enumerate(self.journal):
            if isinstance(entry, Exchange):
                found.append(Sent(entry, self._step_at(number)))
            elif isinstance(entry, Struck) and found:
                found[-1].struck = entry.fault
        return found

    @cached_property
    def runs(self) -> dict[str, RunStory]:
        """The runs, in the order in which they were created, by their ids."""
        found: dict[str, RunStory] = {}
        for number, entry in enumerate(self.journal):
            if isinstance(entry, Asked):
                story = found.setdefault(entry.run_id, RunStory(entry.run_id, entry.thread_id, self._step_at(number)))
                story.turns.append(entry.turn)
                story.texts += _texts(entry.turn)
            elif isinstance(entry, StatusChange) and entry.id in found:
                found[entry.id].statuses.append((entry.at, entry.after))
        return found

    @cached_property
    def handled(self) -> list[Handled]:
        """The calls of handlers that the journal shows."""
        return [entry for entry in self.journal if isinstance(entry, Handled)]

    def of(self, step: Spoken) -> list[Sent]:
        """Return the requests of a step."""
        return [sent for sent in self.requests if sent.step is step]

    def runs_of(self, step: Spoken) -> list[RunStory]:
        """Return the runs that were created in a step."""
        return [story for story in self.runs.values() if story.step is step]

    def was_struck(self, step: Spoken) -> bool:
        """Tell whether a fault struck a request of a step."""
        return any(sent.struck is not None for sent in self.of(step))

    def was_shown(self, run_id: str, status: str) -> bool:
        """Tell whether the app was told that a run has this status.

        What it was told may be another than what is true: version 1 of the API shows `completed` for `incomplete`.
        """
        return any((run_id, status) in sent.shown for sent in self.requests)

    def _step_at(self, number: int) -> Spoken | None:
        return next((step for step in self.spoken if step.first <= number < step.last), None)


def _texts(turn: Turn) -> list[str]:
    if isinstance(turn, Say):
        parts = [part if isinstance(part, str) else getattr(part, "text", "") for part in turn.parts]
        return [part for part in parts if part]
    if isinstance(turn, Fail | Incomplete):
        return [turn.text] if turn.text else []
    return []


def _shown(exchange: Exchange) -> Iterator[tuple[str, str]]:
    values = [exchange.response_json] if exchange.frames is None else list(_data_of(exchange.frames))
    for value in values:
        items = value.get("data") if isinstance(value, dict) and value.get("object") == "list" else [value]
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and item.get("object") == "thread.run" and item.get("status") in _STATUSES:
                yield item["id"], item["status"]


def _data_of(frames: Sequence[bytes]) -> Iterator[Any]:
    """Yield the values of the events of a stream that came whole."""
    for line in b"".join(frames).splitlines():
        if line.startswith(b'data: {"id":"run_'):
            try:
                yield json.loads(line[6:])
            except ValueError:  # cut in the middle
                return
