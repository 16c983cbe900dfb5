"""Leads somebody's own program through a scenario, step by step, on a simulator that serves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ScenarioError, UsageError
from ..simulator import Simulator
from .expecting import failure_is_expected
from .performance import Performance
from .schema import Scenario

OVER: Mapping[str, Any] = {"step": None}


class Director:
    """Says what the users say, and hears what the program answered.

    Args:
        simulator: answers the program.
    """

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._performance: Performance | None = None
        self._number = 0

    def load(self, scenario: Scenario) -> Mapping[str, Any]:
        """Begin a scenario, in the place of the one before; return what the first user says.

        Raises:
            ScenarioError: it cannot be played here; the one before goes on.
        """
        _check_service(scenario)
        self._performance, self._number = Performance(scenario, self.simulator), 0
        return self._next(self._performance)

    def step(self, reply: str | None = None, error: str | None = None) -> Mapping[str, Any]:
        """End the step that was begun last, and begin the next; waits between them pass.

        Args:
            reply: of the program.
            error: what it reported instead.

        Returns:
            The number of the step, who says what, and the ids of the files to attach; `{"step": None}` at the end.

        Raises:
            UsageError: there is no step to be ended.
        """
        performance = self._performance
        if performance is None or self._number == 0:
            raise UsageError("No step of a scenario is under way: load one with POST scenario.")
        expected = performance.scenario.conversation[self._number - 1].expect
        if error is not None and not failure_is_expected(expected):
            performance.find(self._number, f"the app failed: {error}")
        performance.end(self._number, reply, None if error is None else RuntimeError(error))
        return self._next(performance)

    def _next(self, performance: Performance) -> Mapping[str, Any]:
        steps = performance.scenario.conversation
        for number in range(self._number + 1, len(steps) + 1):
            step = steps[number - 1]
            performance.begin(step)
            if step.user is not None:
                self._number = number
                attach = [performance.files[name] for name in step.attach]
                return {"step": number, "from": step.from_, "user": step.user, "attach": attach}
        self._number = 0
        performance.judge_the_whole()
        return OVER

    def findings(self) -> list[str]:
        """Return what was not as expected so far."""
        if self._performance is None:
            return []
        return list(map(str, self._performance.played.findings))

    def forget(self) -> None:
        """Have no scenario any more."""
        self._performance, self._number = None, 0


def begin_all(scenario: Scenario, simulator: Simulator) -> None:
    """Begin every step at once, for a program that nobody leads: its answers in their order, and all its faults."""
    performance = Performance(scenario, simulator)
    for step in scenario.conversation:
        if step.user is not None:
            performance.begin(step)


def _check_service(scenario: Scenario) -> None:
    service = scenario.assistants.service
    if service != type(scenario.assistants)().service:
        raise ScenarioError(f"{scenario.scenario}: it needs Simulator(service={str(service)!r}), and this one runs.")
