"""Plays a scenario against an app: says what the people say, lets the model answer, and compares.

The app is a callable `(user_id, text) -> reply`, sync or async. It runs as it is, with clients of its own, inside a
simulator that intercepts them; its sleeps are virtual.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..backend.faults_json import plan_from_json
from ..backend.journal import Exchange, Journal, StatusChange
from ..backend.turns import CallTools
from ..backend.turns_json import turn_from_json
from ..decorator import without_deprecations
from ..errors import ScenarioFailed, SimulatorError, suggestion, told
from ..simulator import Simulator
from .durations import seconds_of
from .expecting import Happened, complaints, failure_is_expected
from .loading import filled, load
from .plain_loop import PlainLoop
from .schema import Scenario, Step
from .stage import Converse, Hung, Speaker, Stage, place_of

# How much virtual time a step may take; more than two runs, one after the other, can live.
LIMIT_SECONDS = 3_600.0


class Finding(NamedTuple):
    """Something that is not as the scenario expects: in which step, counted from 1, or None for the whole."""

    step: int | None
    text: str


@dataclass(slots=True, kw_only=True)
class Played:
    """What came of a scenario.

    Args:
        findings: what is not as expected; empty: it passed.
        warnings: what looks like a mistake of the scenario.
        replies: of the steps in which somebody says something; None where the app failed.
        unused: functions that are declared, and that the model never called.
        seconds: how much virtual time passed.
    """

    title: str
    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    replies: list[Any] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    journal: Journal = field(default_factory=Journal)

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.findings


def play(
    scenario: Scenario | str | os.PathLike[str],
    converse: Converse | None = None,
    *,
    limit: float = LIMIT_SECONDS,
    **parameters: Any,
) -> Played:
    """Play a scenario, and fail where something else happens than it expects.

    Args:
        scenario: one that was loaded, or the path of its file.
        converse: the app; None: a plain run loop, with the functions that the scenario says.
        limit: how much virtual time a step may take, in seconds.
        parameters: go over those of the scenario's file.

    Raises:
        ScenarioFailed: what was not as expected, step by step.
        ScenarioError: the scenario cannot be played.
    """
    loaded = (
        filled(scenario, parameters, scenario.scenario)
        if isinstance(scenario, Scenario)
        else load(scenario, parameters)
    )
    played = perform(loaded, converse, limit=limit)
    if not played.passed:
        raise ScenarioFailed(report_of(played, loaded))
    return played


def report_of(played: Played, scenario: Scenario) -> str:
    """Return what was not as expected, a line each, with the step in which it was."""
    lines = [f"{_where(finding, scenario)}: {finding.text}" for finding in played.findings]
    return "\n".join([f"Scenario {played.title!r} failed.", *lines])


def _where(finding: Finding, scenario: Scenario) -> str:
    if finding.step is None:
        return "the whole"
    step = scenario.conversation[finding.step - 1]
    return f"step {finding.step} ({step.from_}: {step.user!r:.60})"


def perform(scenario: Scenario, converse: Converse | None = None, *, limit: float = LIMIT_SECONDS) -> Played:
    """Play a scenario and return what came of it.

    Raises:
        ScenarioError: it cannot be played.
    """
    stage = Stage()
    with without_deprecations(), stage.intercept():
        performance = _Performance(scenario, converse or PlainLoop(scenario), stage, limit)
        try:
            return performance.play()
        finally:
            performance.end()


class _Performance:
    """One playing of a scenario."""

    def __init__(self, scenario: Scenario, converse: Converse, stage: Stage, limit: float) -> None:
        self._scenario, self._converse, self._stage, self._limit = scenario, converse, stage, limit
        self._played = Played(title=scenario.scenario, warnings=list(_doubts(scenario)))
        self._speaker = Speaker(converse)
        self._files = {name: stage.put("files", _file(name, text))["id"] for name, text in scenario.files.items()}

    def play(self) -> Played:
        """Play every step, then look at the whole."""
        began = self._stage.clock.now()
        self._plan(self._scenario.faults)
        for number, step in enumerate(self._scenario.conversation, start=1):
            if step.wait is not None:
                self._stage.clock.advance(seconds_of(step.wait))
            elif not self._step(number, step):
                break
        self._look_at_the_whole()
        played, stage = self._played, self._stage
        played.requests, played.seconds, played.journal = len(stage.requests), stage.clock.now() - began, stage.journal
        called = {call.name for call in stage.calls}
        played.unused = [name for name in self._scenario.tools if name not in called]
        return played

    def end(self) -> None:
        """Close the event loop of an async app."""
        self._speaker.end()

    def _plan(self, faults: Sequence[Any]) -> None:
        for fault in faults:
            plan = plan_from_json(fault)
            self._stage.faults.add(plan.fault, **plan.options)

    def _step(self, number: int, step: Step) -> bool:
        """Play a step; tell whether the next may follow."""
        stage, before = self._stage, _Marks(self._stage)
        self._plan(step.faults)
        if step.turns:
            stage.script(*map(turn_from_json, step.turns))
        if step.otherwise is not None:
            stage.script(turn_from_json(step.otherwise), repeat=True, optional=True)
        happened = Happened()
        stage.deadline = stage.clock.now() + self._limit
        try:
            happened.reply = self._say(step)
        except Hung as hung:
            self._find(number, f"the app goes on after {self._limit:g} virtual seconds: {hung}. {place_of(hung)}")
            return False
        except Exception as error:  # noqa: BLE001  # whatever the app raises is its answer
            happened.error = error
        stage.deadline = float("inf")
        self._played.replies.append(happened.reply)
        before.fill(happened)
        self._judge(number, step, happened)
        for unused in stage.drop_unused():
            self._find(number, f"the model was never asked for {unused}")
        return True

    def _say(self, step: Step) -> Any:
        if isinstance(self._converse, PlainLoop):
            self._converse.attach(self._files[name] for name in step.attach)
        return self._speaker.say(step.from_, str(step.user))

    def _judge(self, number: int, step: Step, happened: Happened) -> None:
        if happened.error is not None and not failure_is_expected(step.expect):
            self._find(number, f"the app failed: {told(happened.error)}. {place_of(happened.error)}")
        for text in complaints(step.expect, happened) if step.expect is not None else ():
            self._find(number, text)

    def _look_at_the_whole(self) -> None:
        expected = self._scenario.expect
        if expected is not None:
            happened = Happened(reply=next(reversed(self._played.replies), None))
            _Marks.of_the_beginning(self._stage).fill(happened)
            for text in complaints(expected, happened):
                self._find(None, text)
        try:
            self._stage.check()
        except SimulatorError as found:
            for text in str(found).splitlines():
                self._find(None, text)

    def _find(self, step: int | None, text: str) -> None:
        self._played.findings.append(Finding(step, text))


class _Marks:
    """Where the lists of what happened end before a step."""

    def __init__(self, stage: Simulator) -> None:
        self._stage = stage
        self._entries, self._calls, self._runs = len(stage.journal), len(stage.calls), len(stage.runs)

    @classmethod
    def of_the_beginning(cls, stage: Simulator) -> _Marks:
        """Return those before the first step."""
        self = cls(stage)
        self._entries = self._calls = self._runs = 0
        return self

    def fill(self, happened: Happened) -> None:
        """Write down what has happened since."""
        entries = self._stage.journal[self._entries :]
        happened.calls = self._stage.calls[self._calls :]
        changes = (one for one in entries if isinstance(one, StatusChange) and one.object == "thread.run")
        happened.statuses = ["queued", *(one.after for one in changes)] if len(self._stage.runs) > self._runs else []
        happened.requests = sum(isinstance(one, Exchange) for one in entries)
        happened.tokens = sum((run["usage"] or {}).get("total_tokens", 0) for run in self._stage.runs[self._runs :])


def _doubts(scenario: Scenario) -> Iterator[str]:
    """Yield what is probably a mistake: a call of a function that no tool declares."""
    if not scenario.tools:
        return
    for step in scenario.conversation:
        for turn in map(turn_from_json, step.turns):
            for call in turn.calls if isinstance(turn, CallTools) else ():
                if call.name not in scenario.tools:
                    yield f"{call.name!r} is called, and no tool declares it.{suggestion(call.name, scenario.tools)}"


def _file(name: str, text: str) -> Mapping[str, Any]:
    return {"filename": name, "content": text}
