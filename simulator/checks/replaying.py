"""Plays a scenario that is judged by invariants: what `run` and pytest do with what was saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from ..backend.journal import Journal
from ..errors import ScenarioError, suggestion
from ..scenario.apps import App
from ..scenario.plain_loop import PlainLoop
from ..scenario.played import Complaint, Played, PlayedStep
from ..scenario.schema import Scenario
from ..scenario.staying import staying
from . import hazards, invariants
from .battery import ALWAYS
from .cases import case_of
from .driving import REAL_LIMIT_SECONDS, Driven, Driver, Prepare
from .invariants import Invariant
from .tools import Tools
from .verdicts import verdict_of

KNOWN = {one.__name__: one for one in (*invariants.INVARIANTS, *ALWAYS)} | {
    one.__name__: one for hazard in hazards.HAZARDS for one in hazard.invariants
}
"""All invariants by their names, those of the hazards too."""


def invariants_named(names: Iterable[str], where: str) -> Sequence[Invariant]:
    """Return the invariants of these names.

    Raises:
        ScenarioError: a name that none has; `where` begins what is said of it.
    """
    for name in names:
        if name not in KNOWN:
            hint = suggestion(name, KNOWN) or " docs/checks.md and docs/hazards.md list them."
            raise ScenarioError(f"{where}: there is no invariant {name!r}.{hint}")
    return [KNOWN[name] for name in names]


def replay(
    scenario: Scenario,
    app: App | None = None,
    *,
    patience: float | None = REAL_LIMIT_SECONDS,
    tools: Tools | None = None,
    prepare: Prepare | None = None,
) -> Played:
    """Play the conversation of a scenario that has `invariants`, and return what of them does not hold.

    Args:
        app: who is played; None: a plain run loop.
        patience: how much real time a step may take, in seconds.
        tools: as of `check_run_loop`, and so is `prepare`.

    Raises:
        ScenarioError: an invariant that there is not, or a scenario that only the plain run loop can play.
        UsageError: the app is no run loop.
    """
    asked = invariants_named(scenario.invariants, scenario.scenario)
    case = case_of(scenario)
    driver = Driver(app or partial(PlainLoop, scenario), real_limit=patience, tools=tools, prepare=prepare)
    with driver.on_stage(), staying():
        driver.learn()
        driven = driver.drive(case, service=scenario.assistants.service)
        findings = verdict_of(driven, asked).findings
        played = _played(scenario, driven, driver)
    for invariant, step, text in findings:
        number = None if step is None else step.number + 1
        played.findings.append(Complaint(number, f"{invariant.__name__}: {text}"))
    return played


def _played(scenario: Scenario, driven: Driven, driver: Driver) -> Played:
    evidence = driven.evidence
    steps = [
        PlayedStep(
            number=spoken.number + 1,
            speaker=spoken.user,
            said=spoken.text,
            entries=evidence.journal[spoken.first : spoken.last],
            reply=spoken.reply,
            error=spoken.error,
        )
        for spoken in evidence.spoken
    ]
    called = list(dict.fromkeys(call.name for call in evidence.calls))
    began = evidence.spoken[0].began if evidence.spoken else driver.stage.clock.now()
    return Played(
        title=scenario.scenario,
        steps=steps,
        replies=[step.reply for step in steps],
        called=called,
        unused=[name for name in driven.tools.schemas if name not in called],
        requests=len(evidence.requests),
        seconds=driver.stage.clock.now() - began,
        journal=Journal(entries=list(evidence.journal)),
    )
