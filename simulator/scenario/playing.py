"""Plays a scenario against an app: says what the people say, lets the model answer, and compares.

The app is a callable `(user_id, text) -> reply`, sync or async. It runs as it is, with clients of its own, inside a
simulator that intercepts them; its sleeps are virtual.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from ..decorator import without_deprecations
from ..errors import RequestBlocked, ScenarioError, ScenarioFailed, UsageError, suggestion, told
from .apps import AnApp, app_from
from .expecting import failure_is_expected
from .loading import filled, load
from .performance import Performance
from .plain_loop import PlainLoop
from .plain_responses import PlainResponses
from .played import Complaint, Played
from .schema import Scenario, Step, step_named
from .stage import Converse, Hung, Speaker, Stage, place_of
from .staying import staying
from .watchdog import watched

__all__ = ["LIMIT_SECONDS", "Complaint", "Converse", "Hung", "Played", "perform", "play", "report_of"]

# How much virtual time a step may take; more than two runs, one after the other, can live.
LIMIT_SECONDS = 3_600.0
_TOO_LONG = (
    "to compare with `expect` takes more than {:g} real seconds: a pattern tries too many ways to match, as `(a+)+b` "
    "does. Let no repetition stand inside another"
)
# A forked child has a simulator of its own, which nobody looks at.
_ASKED_ELSEWHERE = (
    "the app asks in a child process that it has forked (multiprocessing, os.fork), and what happens there is not seen "
    "here. Let it ask in this process, in a thread for one; or serve the scenario to it: assistants-simulator serve "
    "--scenario FILE"
)
_JUDGED_ELSEWHERE = (
    "{title!r} is judged by `invariants`, which are not looked at here. `assistants-simulator run FILE --app"
    " MODULE:CALLABLE` does, pytest does where it collects the file, and simulator.checks.checking.check_scenario(FILE,"
    " app)."
)
# How an app fails: whatever it raises, but for what whoever runs it has done (`KeyboardInterrupt`).
_FAILURES = (Exception, SystemExit, GeneratorExit, RequestBlocked, asyncio.CancelledError, BaseExceptionGroup)


def play(
    scenario: Scenario | str | os.PathLike[str],
    converse: AnApp | None = None,
    *,
    limit: float = LIMIT_SECONDS,
    surface: str = "assistants",
    **parameters: Any,
) -> Played:
    """Play a scenario, and fail where something else happens than it expects.

    Args:
        scenario: one that was loaded, or the path of its file.
        converse: the app, or a class or function without arguments that makes it; None: a plain run loop, with the
            functions that the scenario says.
        limit: how much virtual time a step may take, in seconds.
        surface: the API that the plain loop speaks to, `assistants` or `responses`; an app of yours speaks to either.
            What is expected of the Assistants API only is not looked at elsewhere; `Played.skipped` names it.
        parameters: go over those of the scenario's file.

    Raises:
        ScenarioFailed: what was not as expected, step by step.
        ScenarioError: the scenario cannot be played.
        UsageError: there is no such surface, or no app can be had from `converse`.
    """
    loop = _plain_loop(surface)
    loaded = (
        filled(scenario, parameters, scenario.scenario)
        if isinstance(scenario, Scenario)
        else load(scenario, parameters)
    )
    played = perform(loaded, converse or loop(loaded), limit=limit)
    if not played.passed:
        raise ScenarioFailed(report_of(played, loaded))
    return played


def _plain_loop(surface: str) -> type[PlainLoop | PlainResponses]:
    if surface not in _PLAIN_LOOPS:
        hint = suggestion(surface, _PLAIN_LOOPS)
        raise UsageError(f"surface= is {' or '.join(map(repr, _PLAIN_LOOPS))}, not {surface!r}.{hint}")
    return _PLAIN_LOOPS[surface]


_PLAIN_LOOPS: Mapping[str, type[PlainLoop | PlainResponses]] = {"assistants": PlainLoop, "responses": PlainResponses}


def report_of(played: Played, scenario: Scenario) -> str:
    """Return what was not as expected, a line each, with the step in which it was."""
    lines = [f"{step_named(scenario, finding.step)}: {finding.text}" for finding in played.findings]
    return "\n".join([f"Scenario {played.title!r} failed.", *lines])


def perform(
    scenario: Scenario,
    converse: AnApp | None = None,
    *,
    limit: float = LIMIT_SECONDS,
    patience: float | None = None,
) -> Played:
    """Play a scenario and return what came of it.

    Args:
        scenario: with its parameters filled in.
        converse: the app, or what makes it; None: a plain run loop.
        limit: how much virtual time a step may take, in seconds.
        patience: how much real time, in seconds, for an app that never asks and never sleeps; None: any. It needs
            the main thread and a POSIX system.

    Raises:
        ScenarioError: it cannot be played.
        UsageError: the app cannot be made, or is none; or `limit` is no time.
    """
    if scenario.invariants:
        raise ScenarioError(_JUDGED_ELSEWHERE.format(title=scenario.scenario))
    if not limit > 0:
        raise UsageError(f"limit= is how many virtual seconds a step may take, more than 0, not {limit!r}.")
    stage = Stage(seed=seed_of(scenario), service=scenario.assistants.service)
    with without_deprecations(), stage.intercept():
        own = PlainLoop(scenario) if converse is None else app_from(converse).made()
        playing = _Playing(Performance(scenario, stage), own, stage, limit, patience)
        try:
            return playing.play()
        finally:
            playing.end()


def seed_of(scenario: Scenario) -> int:
    """Return the seed of a scenario's ids: another one for each title, so that ids kept from another meet nothing."""
    return zlib.crc32(scenario.scenario.encode())


class _Playing:
    """An app that speaks in a performance."""

    def __init__(
        self, performance: Performance, converse: Converse, stage: Stage, limit: float, patience: float | None
    ) -> None:
        self._performance = performance
        self._converse = converse
        self._stage = stage
        self._limit, self._patience = limit, patience
        self._speaker = Speaker(converse)

    def play(self) -> Played:
        """Play every step, then look at the whole."""
        performance = self._performance
        for number, step in enumerate(performance.scenario.conversation, start=1):
            performance.begin(step)
            if step.user is not None and not self._step(number, step):
                break
        self._in_good_time(None, performance.close)
        return performance.played

    def end(self) -> None:
        """Close the event loop of an async app."""
        self._speaker.end()

    def _step(self, number: int, step: Step) -> bool:
        """Let somebody speak; tell whether the next may follow."""
        reply, error = None, None
        self._stage.deadline = self._stage.clock.now() + self._limit
        try:
            with staying(), watched(self._patience):
                reply = self._say(step)
        except Hung as hung:
            return self._hung(number, hung)
        except _FAILURES as failure:
            if inner := _hung_in(failure):
                return self._hung(number, inner)
            error = failure
        self._stage.deadline = float("inf")
        if self._stage.was_asked_elsewhere():
            self._performance.find(number, _ASKED_ELSEWHERE)
        if error is not None and not failure_is_expected(step.expect):
            self._performance.find(number, f"the app failed: {told(error)}. {place_of(error)}")
        return self._in_good_time(number, lambda: self._performance.end(number, reply, error))

    def _in_good_time(self, number: int | None, compare: Callable[[], object]) -> bool:
        """Compare with what is expected, which may be a pattern that never comes to its end; tell whether it did."""
        try:
            with watched(self._patience):
                compare()
        except Hung:
            self._performance.find(number, _TOO_LONG.format(self._patience))
            return False
        return True

    def _hung(self, number: int, hung: Hung) -> bool:
        what = str(hung) if hung.in_real_time else f"the app goes on after {self._limit:g} virtual seconds: {hung}"
        self._performance.find(number, f"{what}. {place_of(hung)}")
        self._performance.note(number, error=hung)
        return False

    def _say(self, step: Step) -> Any:
        if isinstance(self._converse, (PlainLoop, PlainResponses)):
            self._converse.prepare(step, [self._performance.files[name] for name in step.attach])
        return self._speaker.say(step.from_, str(step.user))


def _hung_in(failure: BaseException) -> Hung | None:
    """Return the `Hung` in a group of exceptions, as a group of tasks raises it."""
    if not isinstance(failure, BaseExceptionGroup):
        return None
    found: BaseException | None = failure.subgroup(Hung)
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found if isinstance(found, Hung) else None
