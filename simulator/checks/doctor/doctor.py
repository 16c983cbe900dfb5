"""`Doctor`: examines an app hazard by hazard, in a process that is started anew where the app ends it or hangs."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from ...errors import UsageError
from ..driving import REAL_LIMIT_SECONDS, App, Prepare
from ..hazards import BY_ID, hazards_named
from ..tools import Tools
from ..verdicts import Outcome
from .card import DRAWN_CONVERSATIONS, Diagnosis, Examined, Finding, Learnt, ReportCard, Seen
from .habits import clients_of, notes_of
from .isolation import Died, Patient
from .protocol import Ask, Done, Open, Opened, PlayDrawn, PlayHazard, Playing, Told, Unusable
from .telling import begun

__all__ = ["EXAMPLES", "Command", "Doctor", "examine"]

EXAMPLES = 50
"""Drawn conversations in one search."""


def examine(app: str | App | Command, **options: Any) -> ReportCard:
    """Play the known hazards and drawn conversations against an app, and return what came of it.

    Args:
        app: `"my_bot:reply"`, which is examined in a process of its own, and ended where it hangs; or a callable as
            `check_run_loop` takes it, which is examined here; or `Command("python my_program.py")`.
        options: of `Doctor`.

    Raises:
        UsageError: the app is no run loop, or an option cannot be meant.
    """
    doctor = Doctor(app, **options)
    for _ in doctor.examined():
        """It is noted on the card."""
    return doctor.card


@dataclass(frozen=True, slots=True)
class Command:
    """A program that is examined: it reads a line for each message, and writes the reply.

    Args:
        text: as in a shell, without what only a shell knows.
    """

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def words(self) -> Sequence[str]:
        """The program and its arguments.

        Raises:
            UsageError: a quotation mark is left open, or there is none.
        """
        try:
            words = shlex.split(self.text)
        except ValueError as error:
            raise UsageError(f"the command {self.text!r} cannot be read: {error}.") from error
        if not words:
            raise UsageError("the command is empty: write one such as 'python my_program.py'.")
        return words


class Doctor:
    """Examines one app.

    Args:
        app: as `examine` takes it; or a `Command`.
        hazards: ids of those that are played; none: all.
        examples: drawn conversations in one search; 0: none are played.
        timeout: real seconds that a step may take if the app neither asks nor sleeps.
        tools: as of `check_run_loop`; of an app that is named the name of them, `my_bot:HANDLERS`.
        prepare: as of `check_run_loop`; of an app that is named the name of it.
        with_pages: whether findings come with the page of their timeline.
        folders: where a named app is looked for first; the current folder.
        time: as of `Simulator`, for a callable; for a named app it is found out.

    Attributes:
        results: what has been found so far.
        learnt: what the app does where nothing is wrong; None: not known yet.

    Raises:
        UsageError: there is no such hazard, or an option cannot be meant.
    """

    def __init__(
        self,
        app: str | App | Command,
        *,
        hazards: Sequence[str] = (),
        examples: int = EXAMPLES,
        timeout: float = REAL_LIMIT_SECONDS,
        tools: str | Tools | None = None,
        prepare: str | Prepare | None = None,
        with_pages: bool = False,
        folders: Sequence[str] = ("",),
        time: str = "virtual",
    ) -> None:
        self.hazards = [hazard.id for hazard in hazards_named(hazards)]
        self._app, self._tools, self._prepare = app, tools, prepare
        self._examples, self._timeout, self._with_pages = examples, timeout, with_pages
        self._folders, self._time = tuple(folders), time
        self.results: list[Diagnosis] = []
        self.learnt: Learnt | None = None
        self._seen = Seen()
        self._is_complete = False
        self._name = str(app) if isinstance(app, str | Command) else ""
        if isinstance(app, str) and not all(isinstance(one, str | None) for one in (tools, prepare)):
            raise UsageError(f"{app} is examined in a process of its own: name tools= and prepare= too, MODULE:NAME.")

    @property
    def steps(self) -> int:
        """How many things are played."""
        return len(self.hazards) + bool(self._examples)

    @property
    def card(self) -> ReportCard:
        """What has been found so far."""
        return ReportCard.of(
            self._name,
            self.results,
            learnt=self.learnt,
            notes=list(notes_of(self._seen, self.learnt)) if self.learnt else [],
            complete=self._is_complete,
            versions=versions(),
        )

    def examined(self) -> Iterator[Examined]:
        """Examine the app, and yield each diagnosis as it comes; those before stay, if it is not read to its end.

        Raises:
            UsageError: the app is no run loop.
        """
        source = self._of(self._app)
        for examined in source:
            self.results.append(examined.diagnosis)
            yield examined
        if isinstance(self._app, Command):
            self._is_complete = True
            return
        last = Examined(diagnosis=clients_of(self._seen))
        self.results.append(last.diagnosis)
        self._is_complete = True
        yield last

    def _of(self, app: str | App | Command) -> Iterator[Examined]:
        if isinstance(app, Command):
            return self._commanded(app)
        return self._isolated(app) if isinstance(app, str) else self._here(app)

    # In processes of its own.

    def _commanded(self, command: Command) -> Iterator[Examined]:
        from .command import NOT_SEEN, CommandDriver
        from .examining import Examiner

        examiner = Examiner(
            CommandDriver(command.words, self._timeout), with_pages=self._with_pages, unseen=NOT_SEEN, name=str(command)
        )
        with examiner.open() as self.learnt:
            for id in self.hazards:
                yield examiner.hazard(id)
            update = {"outcome": Outcome.NOT_APPLICABLE, "why": "each conversation would take a process of its own"}
            yield Examined(diagnosis=DRAWN_CONVERSATIONS.model_copy(update=update))

    # In this process.

    def _here(self, app: App) -> Iterator[Examined]:
        tools: Any = self._tools
        prepare: Any = self._prepare
        from .examining import (
            Examiner,
        )  # with Hypothesis and the SDK, which the process of an app needs, and this may not

        examiner = Examiner(app, tools=tools, prepare=prepare, with_pages=self._with_pages, time=self._time)
        self._name = examiner.name
        with examiner.open() as self.learnt:
            for id in self.hazards:
                yield examiner.hazard(id)
            if self._examples:
                yield from examiner.drawn(self._examples)
            self._seen = examiner.seen

    # In a process of its own.

    def _isolated(self, app: str) -> Iterator[Examined]:
        asks: list[Ask] = [PlayHazard(id=id) for id in self.hazards]
        asks += [PlayDrawn(examples=self._examples)] if self._examples else []
        while asks:
            before = self._seen
            with Patient(self._timeout) as patient:
                self._open(patient, app)
                yield from self._asked(patient, asks, before)

    def _open(self, patient: Patient, app: str) -> None:
        ask = Open(
            app=app,
            tools=str(self._tools or ""),
            prepare=str(self._prepare or ""),
            folders=self._folders,
            timeout=self._timeout,
            with_pages=self._with_pages,
        )
        try:
            for tell in patient.ask(ask):
                if isinstance(tell, Unusable):
                    raise UsageError(tell.text)
                if isinstance(tell, Opened):
                    self.learnt = tell.learnt
        except Died as died:
            where = f" at {died.hang.place}" if died.hang and died.hang.place else ""
            printed = f" It had printed:\n{died.printed}" if died.printed.strip() else ""
            raise UsageError(
                f"{app} was imported, and asked once where nothing is wrong; {died.how}{where}.{printed}"
            ) from died

    def _asked(self, patient: Patient, asks: list[Ask], before: Seen) -> Iterator[Examined]:
        """Ask one thing after the other, until nothing is left, or another process is needed."""
        while asks:
            ask = asks.pop(0)
            playing = ""
            try:
                for tell in patient.ask(ask):
                    if isinstance(tell, Playing):
                        playing = tell.scenario
                    elif isinstance(tell, Done):
                        self._seen = before + tell.seen
                    elif isinstance(tell, Told):
                        yield tell.examined
                        if tell.examined.is_spent:
                            return
            except Died as died:
                yield _dead(ask, died, playing)
                return


def _begun(ask: Ask) -> Diagnosis:
    """Return what is said of what was asked for, where nothing is found."""
    if isinstance(ask, PlayHazard):
        return Diagnosis(**begun(BY_ID[ask.id]), outcome=Outcome.SURVIVED)
    return DRAWN_CONVERSATIONS


def _dead(ask: Ask, died: Died, scenario: str) -> Examined:
    update = {
        "outcome": Outcome.MISBEHAVED if died.hang is None else Outcome.HUNG,
        "findings": (Finding(text=died.how),),
        "hang": died.hang,
        "printed": died.printed,
    }
    return Examined(diagnosis=_begun(ask).model_copy(update=update), scenario=scenario)


def versions() -> dict[str, str]:
    """Return the versions of what is used, by name."""
    found = {"python": platform.python_version()}
    for name in ("assistants-simulator", "openai"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "from its sources"
    return found
