"""Examines an app in this process: hazard by hazard, then drawn conversations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, TypeAlias

import hypothesis

from ...api.wire import Request
from ...backend.journal import Asked
from ...backend.turns import CallTools
from ...errors import UsageError
from ..battery import ALWAYS, Battery
from ..cases import Case, Says
from ..checking import search
from ..driving import App, Driver, Prepare, Watch
from ..evidence import Evidence
from ..hazards import BY_ID, Hazard
from ..invariants import INVARIANTS, Invariant
from ..reporting import scenario_text
from ..tools import Tools
from ..verdicts import Outcome
from . import telling
from .card import DRAWN_CONVERSATIONS, Examined, Learnt, Seen
from .habits import Habits

SEARCHES = 4
"""The next search leaves out what those before have found."""
Announce: TypeAlias = Callable[[str], object]


@dataclass(slots=True)
class Examiner:
    """Examines one app. `open` comes first, and the other methods inside its block.

    Args:
        app: as `check_run_loop` takes it, or what plays it.
        tools, prepare: likewise.
        watch: as `Driver.watch`.
        announce: is told of each conversation before it is played, as the YAML of its scenario.
        with_pages: whether findings come with the page of their timeline.
        time: as of `Simulator`.
        unseen: as of `Battery`.
        name: of the app; empty: its own.

    Raises:
        UsageError: `app` is no run loop.
    """

    app: App | Driver
    tools: Tools | None = None
    prepare: Prepare | None = None
    watch: Watch | None = None
    announce: Announce | None = None
    with_pages: bool = False
    time: str = "virtual"
    unseen: Collection[Invariant] = ()
    name: str = ""
    _battery: Battery = field(init=False)
    _habits: Habits = field(init=False)
    _scenario: str = field(init=False, default="")
    _spoken: list[tuple[str, str]] = field(init=False, default_factory=list)
    _told: Callable[[Case, str], str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        options = {"tools": self.tools, "prepare": self.prepare, "time": self.time}
        self._battery = Battery(self.app, unseen=self.unseen, **options)
        driver = self._battery.driver
        self.name = self.name or driver.app.name
        self._habits = Habits(lambda: driver.saying)
        within = self.watch or driver.watch
        driver.watch = lambda: self._watched(within)
        driver.on_case = self._begun

    def tell_at_once(self, heard: Callable[[Request], object], echo: IO[str]) -> None:
        """Let somebody hear of each request before it is answered, and read at once what the app prints."""
        self._battery.driver.stage.heard = heard
        self._battery.driver.echo = echo

    @contextmanager
    def open(self) -> Iterator[Learnt]:
        """Take the requests of the app inside the block; returns what it does where nothing is wrong.

        Raises:
            UsageError: it is no run loop.
        """
        driver = self._battery.driver
        with driver.on_stage(), self._habits.watched():
            self._battery.learn()
            yield Learnt(functions=tuple(driver.tools.schemas), streams=driver.streams)

    def hazard(self, id: str) -> Examined:
        """Play a hazard."""
        hazard = BY_ID[id]
        self._told = lambda case, service: self._text_of_hazard(hazard, case, service)
        try:
            result = self._battery.result(hazard)
        except UsageError as error:  # it was an app before, and cannot be made again
            return telling.unplayed(hazard, str(error))
        text = ""
        if result.verdict is not None:
            driven = result.verdict.driven
            self._take_note(driven.evidence)
            text = self._text_of_hazard(hazard, driven.case, driven.service)
        return telling.of_hazard(result, text, with_page=self.with_pages)

    def drawn(self, examples: int) -> Iterator[Examined]:
        """Play drawn conversations, and yield what does not hold, each in the smallest in which it was found."""
        asked: Sequence[Invariant] = INVARIANTS
        self._told = lambda case, service: self._text_of_drawn(case, INVARIANTS)
        for _ in range(SEARCHES):
            try:
                verdict = search(self._battery.driver, _settings(examples), asked)
            except UsageError as error:  # it does not do the same twice
                update = {"outcome": Outcome.NOT_APPLICABLE, "why": str(error)}
                yield Examined(diagnosis=DRAWN_CONVERSATIONS.model_copy(update=update))
                return
            if verdict is None:
                if asked is INVARIANTS:
                    yield Examined(diagnosis=DRAWN_CONVERSATIONS)
                return
            found = [finding.invariant for finding in verdict.findings]
            driven = verdict.driven
            text = self._text_of_drawn(driven.case.with_faults(driven.struck), found)
            examined = telling.of_drawn(verdict, text, with_page=self.with_pages)
            yield examined
            if examined.is_spent:
                return
            asked = [one for one in asked if one not in found]

    @property
    def seen(self) -> Seen:
        """What the app was seen to do so far."""
        return self._habits.seen

    # What is noted meanwhile.

    @contextmanager
    def _watched(self, within: Watch) -> Iterator[None]:
        saying = self._battery.driver.saying
        with within():
            if saying is None:
                yield
                return
            is_first = saying.user not in {user for user, _ in self._spoken}
            self._spoken.append((saying.user, saying.text))
            with self._habits.during(is_first=is_first):
                yield

    def _begun(self, case: Case, service: str) -> None:
        self._spoken.clear()
        if self._told is not None and self.announce is not None:
            self.announce(self._told(case, service))

    def _take_note(self, evidence: Evidence) -> None:
        calls = sum(isinstance(entry, Asked) and isinstance(entry.turn, CallTools) for entry in evidence.journal)
        submits = sum(sent.operation == "runs.submit_tool_outputs" for sent in evidence.requests)
        self._habits.seen += Seen(calls=calls, submits=submits)

    # Scenarios.

    def _text_of_hazard(self, hazard: Hazard, case: Case, service: str) -> str:
        asked = dict.fromkeys([*ALWAYS, *hazard.invariants])
        return self._written(case, f"{hazard.title} ({self.name})", asked, about=hazard.repair, service=service)

    def _text_of_drawn(self, case: Case, invariants: Sequence[Invariant]) -> str:
        return self._written(case, f"{self.name} does not keep {invariants[0].__name__}", invariants)

    def _written(self, case: Case, title: str, invariants: Any, **more: str) -> str:
        schemas = self._battery.driver.tools.schemas
        said = [step for step in case.steps if isinstance(step, Says)]
        return scenario_text(case, title, schemas, invariants, **more) if said else ""


def _settings(examples: int) -> hypothesis.settings:
    return hypothesis.settings(max_examples=examples, derandomize=True, database=None)
