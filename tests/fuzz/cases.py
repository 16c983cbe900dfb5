"""Cases from the specification: right ones, wrong ones, the corners of every parameter, and chains of requests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.hypothesis.builder import NO_FEEDBACK
from schemathesis.generation.overrides import Override
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER

from tests.fuzz.departures import listed
from tests.fuzz.door import SPEC_PATH, Door
from tests.fuzz.world import KEY, World

# How the cases of a run are divided. What the corners do not use up goes to the others.
SHARES = {"corners": 0.3, "right": 0.3, "wrong": 0.25, "chains": 0.15}
CHAIN = 10  # requests in a chain, at most


@dataclass
class Findings:
    """What was found, counted; an example of each; and how often something listed was met."""

    found: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str, str], str] = field(default_factory=dict)
    excused: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)

    def take(self, label: str, failures: FailureGroup, response: Any) -> None:
        """Take the failures of a case, save those that are listed."""
        for failure in failures.exceptions:
            reason = listed(failure, said(response))
            if reason is not None:
                self.excused[reason] += 1
                continue
            key = (label, failure.title, re.sub(r"\s+", " ", f"{said(response)} {failure.message}")[:200])
            self.found[key] += 1
            self.examples.setdefault(key, str(failures))


class Fuzzer:
    """Makes cases and has every check of schemathesis judge the answers.

    Args:
        spec: the specification, as JSON.
        seed: of everything that is drawn.
    """

    def __init__(self, spec: bytes, seed: int) -> None:
        self.door, self.seed, self.findings = Door(spec), seed, Findings()
        self.schema = schemathesis.openapi.from_wsgi(SPEC_PATH, self.door)
        self.schema.auth()(Key)
        # Else half of the wrong requests have a wrong key and nothing else; `ignored_auth` tries wrong keys by itself.
        self.schema.config.generation.update(with_security_parameters=False)
        self.operations = [result.ok() for result in self.schema.get_all_operations()]

    def run(self, cases: int, only: str = "") -> None:
        """Ask so many times, of the operations whose label contains `only`."""
        operations = [one for one in self.operations if only in one.label]
        for operation in operations:
            self.corners(operation, round(cases * SHARES["corners"] / len(operations)))
        chained = 0 if only else round(cases * SHARES["chains"])
        left = cases - self.door.count - chained
        for operation in operations:
            right = round(left * SHARES["right"] / (SHARES["right"] + SHARES["wrong"]) / len(operations))
            self.draw(operation, GenerationMode.POSITIVE, right)
            self.draw(operation, GenerationMode.NEGATIVE, round(left / len(operations)) - right)
        while chained > 0 and self.door.count < cases:
            self.chain(cases - self.door.count)

    def corners(self, operation: Any, cases: int) -> None:
        """Try the least, the greatest and the wrong values of each parameter, every one once."""
        generator = CoverageGenerator(
            operation=operation,
            generation_modes=list(GenerationMode),
            generation_config=self.schema.config.generation,
            auth_storage=None,
            override=Override(),
            feedback=NO_FEEDBACK,
            hooks=GLOBAL_HOOK_DISPATCHER,
        )
        made = list(generator)
        for case in made[:: max(1, len(made) // max(1, cases))]:
            self.door.world = World()
            self.examine(case, {"Authorization": f"Bearer {KEY}"})

    def draw(self, operation: Any, mode: GenerationMode, cases: int) -> None:
        """Draw cases; those that are right are led to what there is, most of the time."""

        @seed(self.seed)
        @_settings(max_examples=max(1, cases))
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def check(case: Any, data: Any) -> None:
            self.door.world = World()
            if mode is GenerationMode.POSITIVE:
                lead(case, self.door.world, lambda options: data.draw(st.sampled_from(options)))
            self.examine(case)

        with suppress(Unsatisfiable):  # nothing about this operation can be wrong
            check()

    def chain(self, cases: int) -> None:
        """Draw chains of requests, each of which uses what the answers before it showed."""
        fuzzer = self

        class Chain(self.schema.as_state_machine()):  # type: ignore[misc]  # made by schemathesis
            def setup(self) -> None:
                fuzzer.door.world = World()

            def get_call_kwargs(self, case: Any) -> dict[str, Any]:
                return {"headers": {"OpenAI-Beta": "assistants=v2"}}

            def validate_response(self, response: Any, case: Any, *args: Any, **more: Any) -> None:
                checks = partial(super().validate_response, response, case, *args, **more)
                fuzzer.judge(case, response, checks)

        self.seed += 1
        how = _settings(max_examples=max(1, cases // (CHAIN // 2)), stateful_step_count=CHAIN)
        run_state_machine_as_test(seed(self.seed)(Chain), settings=how)

    def examine(self, case: Any, headers: Mapping[str, str] | None = None) -> None:
        """Send a case and judge the answer."""
        sent = {"OpenAI-Beta": "assistants=v2", **(headers or {})}
        response = case.call(headers=sent)
        # The headers once more, for the checks that send the case again.
        checks = partial(case.validate_response, response, headers=sent, transport_kwargs={"headers": sent})
        self.judge(case, response, checks)

    def judge(self, case: Any, response: Any, validate: Callable[[], None]) -> None:
        """Take what the checks say of an answer."""
        self.findings.statuses[response.status_code] += 1
        try:
            validate()
        except FailureGroup as failures:
            self.findings.take(case.operation.label, failures, response)


def said(response: Any) -> str:
    """Return the message of an error; empty where there is none."""
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return ""


class Key:
    """Gives every case the key."""

    def get(self, case: Any, context: Any) -> str:
        """Return the value of the header."""
        return f"Bearer {KEY}"

    def set(self, case: Any, data: str, context: Any) -> None:
        """Write it into a case."""
        case.headers["Authorization"] = data


def lead(case: Any, world: World, choose: Callable[[list[Any]], Any]) -> None:
    """Put ids of what there is in place of those that were drawn, most of the time."""
    place = choose([*world.places, *world.places, {}])
    for name in case.path_parameters or {}:
        if name in place:
            case.path_parameters[name] = place[name]
    if isinstance(case.body, dict | list):
        case.body = _led(case.body, world.known(place), choose)


def _led(value: Any, known: Mapping[str, list[Any]], choose: Callable[[list[Any]], Any]) -> Any:
    if isinstance(value, list):
        return [_led(one, known, choose) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: choose(known[key] * 4 + [one]) if one and known.get(key) else _led(one, known, choose)
        for key, one in value.items()
    }


def _settings(**more: Any) -> settings:
    return settings(
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        **more,
    )
