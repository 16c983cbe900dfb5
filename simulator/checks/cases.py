"""One conversation that is played: what is said, what the model answers, what goes wrong; as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ..backend.fault_kinds import Stay, delay
from ..backend.faults_json import Plan, plan_from_json, plan_to_json
from ..backend.turns import Hang, Turn, say
from ..backend.turns_json import turn_from_json, turn_to_json
from ..errors import ScenarioError
from ..scenario.durations import seconds_of
from ..scenario.schema import Scenario, Step

SLOW_POLLS = Plan(delay(20), {"on": "runs.retrieve", "skip": 3, "times": 40})


@dataclass(frozen=True, slots=True)
class Says:
    """Somebody says something, and the model answers with these turns, of one run.

    Args:
        faults: planned when it is said.
        otherwise: what the model answers to each further run of the step.
    """

    user: str
    text: str
    answers: tuple[Turn, ...]
    faults: tuple[Plan, ...] = ()
    otherwise: Turn | None = None


@dataclass(frozen=True, slots=True)
class Passes:
    """Nothing happens for so many virtual seconds."""

    seconds: float


CaseStep: TypeAlias = Says | Passes


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation, of one user or of several."""

    steps: tuple[CaseStep, ...]

    @property
    def said(self) -> list[Says]:
        """The steps in which somebody says something."""
        return [step for step in self.steps if isinstance(step, Says)]

    def told(self) -> str:
        """Return it for people to read, a line each."""
        return "\n".join(line for step in self.steps for line in _lines(step))

    def with_faults(self, struck: Mapping[int, tuple[Plan, ...]]) -> Case:
        """Return the same with other faults in the steps of these numbers, and none in the others."""
        return Case(
            tuple(
                replace(step, faults=struck.get(number, ())) if isinstance(step, Says) else step
                for number, step in enumerate(self.steps)
            )
        )

    def scenario(self, title: str, tools: Mapping[str, Any] | None = None) -> Scenario:
        """Return it as a scenario, which plays the same.

        Args:
            tools: the JSON schemas of the functions that it may call, by name.
        """
        declared = {name: {"parameters": dict(schema)} for name, schema in (tools or {}).items()}
        given = {"scenario": title, **({"tools": declared} if declared else {})}
        return Scenario.model_validate({**given, "conversation": [_step_to_json(step) for step in self.steps]})


def case_of(scenario: Scenario) -> Case:
    """Return the case that a scenario describes; what it expects is not part of it.

    Raises:
        ScenarioError: it has what only the plain run loop can do: attached files.
    """
    if any(step.attach for step in scenario.conversation):
        raise ScenarioError(f"{scenario.scenario!r} attaches files, which an app of its own cannot be told to do.")
    steps = tuple(map(_step_of, scenario.conversation))
    return Case((_with_more_faults(steps[0], scenario.faults), *steps[1:]))


def _step_of(step: Step) -> CaseStep:
    if step.wait is not None:
        return Passes(seconds_of(step.wait))
    answers = tuple(map(turn_from_json, step.turns))
    otherwise = None if step.otherwise is None else turn_from_json(step.otherwise)
    return Says(step.from_, str(step.user), answers, tuple(map(plan_from_json, step.faults)), otherwise)


def _with_more_faults(step: CaseStep, faults: list[Any]) -> CaseStep:
    if isinstance(step, Passes):
        return step
    return replace(step, faults=(*map(plan_from_json, faults), *step.faults))


def _step_to_json(step: CaseStep) -> dict[str, Any]:
    if isinstance(step, Passes):
        return {"wait": step.seconds}
    told: dict[str, Any] = {"user": step.text, "from": step.user}
    if step.answers:
        told["model"] = [turn_to_json(turn) for turn in step.answers]
    if step.otherwise is not None:
        told["otherwise"] = turn_to_json(step.otherwise)
    if step.faults:
        told["faults"] = [plan_to_json(plan) for plan in step.faults]
    return told


def _lines(step: CaseStep) -> Iterator[str]:
    if isinstance(step, Passes):
        yield f"({step.seconds:g} s pass)"
        return
    yield f"{step.user}: {step.text!r}"
    for turn in step.answers:
        yield f"    the model: {turn!r}"
    for plan in step.faults:
        yield f"    fault: {plan}"


def again(number: int) -> Turn:
    """Return what the model answers to a further run of a step."""
    return say(f"Answer {number}, at another try.")


def hurried(step: Says) -> Says:
    """Return a step whose polls are slow, if its run may hang: polled each second it is polled six hundred times."""
    hangs = any(isinstance(turn, Hang) for turn in step.answers)
    is_stuck = any(isinstance(plan.fault, Stay) and plan.fault.seconds is None for plan in step.faults)
    return replace(step, faults=(*step.faults, SLOW_POLLS)) if hangs or is_stuck else step
