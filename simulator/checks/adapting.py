"""A scenario's conversation for somebody else's app: its calls become calls of the functions that the app has.

The first function of a scenario stands for the first that the app declares, the second for the second, and so on,
round and round. Arguments that fit are those that `brains.examples` finds for the schema; arguments that are no JSON
stay as they are. A function that the scenario has raise is called with arguments that it cannot take.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..backend.faults_json import Plan
from ..backend.turns import CallTools, ToolCall, Turn, call, raw_call, say
from ..brains.examples import example
from ..scenario.schema import Scenario
from .cases import Case, CaseStep, Passes, Says, again, case_of, hurried

REST_SECONDS = 60.0
"""How long nothing happens before each user comes back."""
COMES_BACK = "Are we all right again?"
GREETING = "Good morning."
_PIECES = 4


def adapted(
    scenario: Scenario, schemas: Mapping[str, Mapping[str, Any]], faults: Sequence[Plan] = (), *, rounds: int = 1
) -> Case:
    """Return the conversation of a scenario with an app's own functions; afterwards each user comes back.

    Args:
        schemas: the JSON schemas of the functions that the app declares, by name, in order.
        faults: planned in each step of the scenario, too.
        rounds: so often the last answer of a step comes.

    Raises:
        ScenarioError: as `case_of`.
    """
    functions = _Functions.of(scenario, schemas)
    told = enumerate(case_of(scenario).steps, start=1)
    steps = [_adapted_step(number, step, functions, tuple(faults), rounds) for number, step in told]
    return Case((*steps, *_they_come_back(steps)))


def met_before(case: Case) -> Case:
    """Return the same for users who have been answered before: a first message may take another way."""
    users = dict.fromkeys(step.user for step in case.said)
    return Case((*(Says(user, GREETING, (say("Good morning."),)) for user in users), *case.steps))


def _adapted_step(
    number: int, step: CaseStep, functions: _Functions, faults: tuple[Plan, ...], rounds: int
) -> CaseStep:
    if isinstance(step, Passes):
        return step
    otherwise = again(number) if step.otherwise is None else functions.turn(step.otherwise)
    answers = [functions.turn(turn) for turn in step.answers]
    answers += answers[-1:] * (rounds - 1)
    return hurried(replace(step, answers=tuple(answers), otherwise=otherwise, faults=(*step.faults, *faults)))


def _they_come_back(steps: Sequence[CaseStep]) -> Sequence[CaseStep]:
    users = dict.fromkeys(step.user for step in steps if isinstance(step, Says))
    return [
        Passes(REST_SECONDS),
        *(
            Says(user, COMES_BACK, (again(number),), (), again(number))
            for number, user in enumerate(users, len(steps) + 1)
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Functions:
    """Which function of the app stands for which of the scenario.

    Args:
        own: the name of the app's, by the scenario's.
        raising: those of the scenario that raise.
    """

    own: Mapping[str, str]
    schemas: Mapping[str, Mapping[str, Any]]
    raising: frozenset[str]

    @classmethod
    def of(cls, scenario: Scenario, schemas: Mapping[str, Mapping[str, Any]]) -> _Functions:
        names = list(schemas)
        own = {name: names[number % len(names)] for number, name in enumerate(scenario.tools)} if names else {}
        raising = frozenset(
            name for name, tool in scenario.tools.items() if tool is not None and tool.raises is not None
        )
        return cls(own, schemas, raising)

    def turn(self, turn: Turn) -> Turn:
        """Return a turn with the app's functions."""
        if not isinstance(turn, CallTools):
            return turn
        return replace(turn, calls=tuple(map(self._call, turn.calls)))

    def _call(self, one: ToolCall) -> ToolCall:
        own = self.own.get(one.name)
        if own is None:
            return self._stranger(one)
        if one.chunks is not None:
            text = json.dumps(example(self.schemas[own]))
            return raw_call(own, text, chunks=_pieces(text))
        if one.arguments is None:
            return raw_call(own, one.text)
        return call(own, **self._arguments(own, raises=one.name in self.raising))

    def _arguments(self, own: str, *, raises: bool) -> Mapping[str, Any]:
        schema = self.schemas[own]
        if not raises:
            given = example(schema)
            return given if isinstance(given, dict) else {}
        return {} if schema.get("required") else {"undeclared": "text"}

    def _stranger(self, one: ToolCall) -> ToolCall:
        """Return a call of what nobody declares, in which the app's functions are named; misspelt as they are."""
        name, text = one.name, one.text
        for theirs, own in self.own.items():
            name, text = name.replace(theirs, own), text.replace(f"functions.{theirs}", f"functions.{own}")
        if name and name not in {"parallel", "multi_tool_use.parallel"} and "." not in name:
            name = f"{next(iter(self.own.values()), name)}s"
        return raw_call(name, text)


def _pieces(text: str) -> list[str]:
    size = max(1, -(-len(text) // _PIECES))
    return [text[at : at + size] for at in range(0, len(text), size)]
