"""`check_run_loop`: plays drawn conversations against a run loop, and shows the smallest that breaks something."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import Phase, Verbosity
from hypothesis.errors import Flaky, NoSuchExample
from hypothesis.strategies import SearchStrategy

from ..errors import RunLoopFailed, UsageError
from ..scenario import loading
from . import strategies
from .cases import Case, case_of
from .driving import LIMIT_SECONDS, REAL_LIMIT_SECONDS, App, Driver, Prepare
from .invariants import INVARIANTS, Invariant
from .replaying import invariants_named
from .reporting import report_of, save
from .tools import Tools
from .verdicts import Verdict, verdict_of

WAITS = 12.0
"""How much longer than its processor time a step may take in real time."""


def check_run_loop(
    converse: App,
    *,
    tools: Tools | None = None,
    settings: hypothesis.settings | None = None,
    cases: SearchStrategy[Case] | None = None,
    invariants: Iterable[Invariant] | None = None,
    prepare: Prepare | None = None,
    limit: float = LIMIT_SECONDS,
    real_limit: float | None = REAL_LIMIT_SECONDS,
    save_to: str | os.PathLike[str] | None = None,
    **options: Any,
) -> None:
    """Play drawn conversations against a run loop, with faults, and fail if it breaks an invariant in one of them.

    The loop runs as it is, with clients of its own, which are intercepted, and in virtual time. Each conversation
    begins with a new simulator. A loop that keeps something between conversations is better given as a callable
    without arguments that returns a new one.

    Args:
        converse: a callable `(user_id, text) -> reply`, sync or async; or one without arguments that returns it.
        tools: the dict in which the loop looks up its functions by name: what they do is then watched. Or a list of
            tools as the API takes them. None: only what the loop itself declares is known.
        settings: Hypothesis's; None: those of the active profile. `deadline` and health checks are not used.
        cases: a strategy of conversations; None: `strategies.cases(tools)`.
        invariants: what must hold; None: all of `invariants.INVARIANTS`.
        prepare: is given the simulator before each conversation: places assistants that the loop expects, stubs routes.
        limit: virtual seconds that a step may take.
        real_limit: seconds of processor time that a step may take; None: no limit. It may take twelve times as many
            real seconds, for a real wait takes no processor time. Not looked at in threads, nor on Windows.
        save_to: the folder for the scenario of a failure; None: `scenarios` in Hypothesis's directory.
        options: of the simulator.

    Raises:
        RunLoopFailed: an invariant does not hold; shows the conversation, the timeline, and where it was saved.
        UsageError: `converse` is no run loop.
    """
    driver = Driver(converse, tools=tools, prepare=prepare, limit=limit, real_limit=real_limit, waits=WAITS, **options)
    name = driver.app.name
    with driver.on_stage():
        first = verdict_of(driver.learn(), invariants)
        drawn = _drawn_for(driver) if cases is None else cases
        asked = INVARIANTS if invariants is None else tuple(invariants)
        verdict = first if first.findings else _search(driver, drawn, asked, _adapted(settings))
    _raise_if_broken(verdict, name, save_to)


def check_scenario(
    path: str | os.PathLike[str],
    converse: App,
    *,
    parameters: Mapping[str, Any] | None = None,
    tools: Tools | None = None,
    invariants: Iterable[Invariant] | None = None,
    prepare: Prepare | None = None,
    **options: Any,
) -> None:
    """Play the conversation of a scenario file against a run loop, and fail if it breaks an invariant.

    What the scenario expects is not looked at: `play` does that.

    Args:
        path: of the file.
        converse: as `check_run_loop`, and so are the others.
        parameters: go over those of the file.
        invariants: None: those that the scenario names; if it names none, all.

    Raises:
        RunLoopFailed: an invariant does not hold.
        ScenarioError: the file is no scenario, or one that only the plain run loop can play.
    """
    scenario = loading.load(path, parameters)
    if invariants is None and scenario.invariants:
        invariants = invariants_named(scenario.invariants, os.fspath(path))
    case = case_of(scenario)
    driver = Driver(converse, tools=tools, prepare=prepare, waits=WAITS, **options)
    with driver.on_stage():
        driver.learn()
        verdict = verdict_of(driver.drive(case, service=scenario.assistants.service), invariants)
    if verdict.findings:
        raise RunLoopFailed(report_of(verdict, driver.app.name, Path(path)))


def search(driver: Driver, settings: hypothesis.settings, invariants: Sequence[Invariant]) -> Verdict | None:
    """Return the verdict of the smallest drawn case in which something does not hold; None: it was found in none.

    Args:
        driver: on stage, and its app is learnt.

    Raises:
        UsageError: the app does not do the same when the same is played again.
    """
    return _search(driver, _drawn_for(driver), invariants, _adapted(settings))


def _drawn_for(driver: Driver) -> SearchStrategy[Case]:
    return strategies.cases(driver.tools, faults=strategies.fault_schedules(streams=driver.streams))


def _search(
    driver: Driver, drawn: SearchStrategy[Case], asked: Sequence[Invariant], settings: hypothesis.settings
) -> Verdict | None:
    name = driver.app.name

    def breaks(case: Case) -> bool:
        verdict = verdict_of(driver.drive(case), asked)
        if any(step.was_busy for step in verdict.driven.evidence.spoken):
            raise _WasBusy(verdict)  # to look for a smaller case would take as long again, each time
        return bool(verdict.findings)

    key = hashlib.sha384(name.encode()).digest()
    try:
        smallest = hypothesis.find(drawn, breaks, settings=settings, database_key=key)
    except NoSuchExample:
        return None
    except _WasBusy as busy:
        return busy.verdict
    except Flaky as error:
        raise UsageError(_FLAKY.format(name=name)) from error
    return verdict_of(driver.drive(smallest), asked)


class _WasBusy(BaseException):
    """The loop had to be stopped by real time. No `Exception`: Hypothesis would look for more of it."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict


_FLAKY = (
    "{name} does not do the same when the same conversation is played again, so that nothing can be said of it. It may"
    " keep something from one conversation to the next: then give a callable without arguments that returns a new loop."
    " Or it depends on real time, on threads, or on randomness of its own."
)


def _adapted(settings: hypothesis.settings | None) -> hypothesis.settings:
    """Return settings under which a conversation may take its time, and only we report."""
    given = hypothesis.settings() if settings is None else settings
    quiet = Verbosity.quiet if given.verbosity == Verbosity.normal else given.verbosity
    # The phase `explain` traces every line of the SDK, which takes five times as long, and tells nothing about a case.
    phases = [phase for phase in given.phases if phase != Phase.explain]
    return hypothesis.settings(given, deadline=None, verbosity=quiet, print_blob=False, phases=phases)


def _raise_if_broken(verdict: Verdict | None, name: str, save_to: str | os.PathLike[str] | None) -> None:
    if verdict is not None and verdict.findings:
        path = save(verdict, name, None if save_to is None else Path(save_to))
        raise RunLoopFailed(report_of(verdict, name, path))
