"""The battery: plays the known hazards against an app, one after the other, and says how it came through each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..api.service import ServiceMode
from ..scenario.schema import Scenario
from .adapting import adapted, met_before
from .cases import SLOW_POLLS
from .driving import App, Driven, Driver
from .hazards import HAZARDS, Hazard
from .invariants import Finding, Invariant, errors_are_meant, the_loop_ends
from .verdicts import Outcome, Verdict, verdict_of

ALWAYS: Sequence[Invariant] = (the_loop_ends, errors_are_meant)
"""Looked at in each hazard."""
_NOT_SEEN = "what it is judged by is not seen of this app"
_SEVERITY = (Outcome.NOT_APPLICABLE, Outcome.SURVIVED, Outcome.MISBEHAVED, Outcome.HUNG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How an app came through a hazard.

    Args:
        why: of a hazard that is not applicable, what the app lacks for it.
        verdict: of the scenario in which it came through worst; None where none was played.
    """

    hazard: Hazard
    outcome: Outcome
    why: str = ""
    verdict: Verdict | None = None

    @property
    def findings(self) -> Sequence[Finding]:
        """What did not hold."""
        return () if self.verdict is None else self.verdict.findings


class Battery:
    """The hazards, for one app.

    Args:
        app: as `check_run_loop` takes it, or what plays it.
        unseen: invariants that are not looked at, for what they look at is not known of this app.
        options: of `Driver`.

    Attributes:
        driver: plays them; known to the app once it has been learnt.

    Raises:
        UsageError: `app` is no run loop.
    """

    def __init__(self, app: App | Driver, *, unseen: Collection[Invariant] = (), **options: Any) -> None:
        self.driver = app if isinstance(app, Driver) else Driver(app, **options)
        self._unseen = unseen

    def play(self, hazards: Sequence[Hazard] = HAZARDS) -> Iterator[Result]:
        """Play hazards, and yield how the app came through each.

        Raises:
            UsageError: the app is no run loop: where nothing is wrong, it asks nothing, or fails.
        """
        with self.driver.on_stage():
            self.learn()
            for hazard in hazards:
                yield self.result(hazard)

    def learn(self) -> Driven:
        """Play a short case, and learn what the app does: whether it streams, and what functions it declares.

        Raises:
            UsageError: as `play`.
        """
        return self.driver.learn()

    def result(self, hazard: Hazard) -> Result:
        """Play one hazard, in the worst of its scenarios. The app must be known (`learn`)."""
        results = [self._result_of(hazard, hazard.scenario(name)) for name in hazard.scenarios]
        return max(results, key=lambda one: _SEVERITY.index(one.outcome))

    def _result_of(self, hazard: Hazard, scenario: Scenario) -> Result:
        asked = [one for one in dict.fromkeys([*ALWAYS, *hazard.invariants]) if one not in self._unseen]
        if why := _NOT_SEEN if set(hazard.invariants) <= set(self._unseen) else self._lacking(scenario):
            return Result(hazard=hazard, outcome=Outcome.NOT_APPLICABLE, why=why)
        case = adapted(scenario, self.driver.tools.schemas, hazard.faults, rounds=hazard.rounds)
        service = ServiceMode.NORMAL if hazard.faults else scenario.assistants.service
        driven = self.driver.drive(case, service=service)
        if _not_met(driven):  # a conversation may begin with `create_and_run`, and go on otherwise
            driven = self.driver.drive(met_before(case), service=service)
        if why := _not_met(driven):
            return Result(hazard=hazard, outcome=Outcome.NOT_APPLICABLE, why=why)
        verdict = verdict_of(driven, asked)
        return Result(hazard=hazard, outcome=verdict.outcome, verdict=verdict)

    def _lacking(self, scenario: Scenario) -> str:
        if scenario.tools and not self.driver.tools.schemas:
            return "the loop declares no functions"
        if scenario.loop.stream and not self.driver.streams:
            return "the loop does not stream"
        return ""


def _not_met(driven: Driven) -> str:
    """Return why a case says nothing: its faults met no request; else nothing."""
    planned = [plan for step in driven.case.said for plan in step.faults if plan != SLOW_POLLS]
    struck = [plan for plans in driven.struck.values() for plan in plans if plan.fault != SLOW_POLLS.fault]
    if not planned or struck or not all(step.returned for step in driven.evidence.spoken):
        return ""
    operations = ", ".join(dict.fromkeys(str(plan.options.get("on", "*")) for plan in planned))
    return f"no request of the loop met the fault ({operations})"
