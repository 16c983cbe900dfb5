"""The public API under the name that nobody else has: checked by mypy, never run."""

from __future__ import annotations

from typing import assert_type

import assistants_simulator
import simulator
from assistants_simulator import Simulator, call, say, simulated


def names() -> None:
    assert_type(assistants_simulator.Simulator(seed=1), simulator.Simulator)
    sim = Simulator()
    sim.script(call("get_weather", location="Paris"), say("It is sunny."))
    sim.clock.advance("x")  # type: ignore[arg-type]  # not merely Any
    assistants_simulator.no_such_name  # type: ignore[attr-defined]


@simulated
def bare(number: int, simulator: Simulator) -> str:
    return simulator.runs[number]["id"]  # type: ignore[no-any-return]


@simulated(brain="auto", seed=1)
async def with_options(simulator: Simulator) -> None: ...


@simulated(seed=1)
class TestClass:
    simulator: Simulator

    def test_it(self) -> None:
        self.simulator.check()


def kept() -> None:
    assert_type(TestClass(), TestClass)
    assert_type(bare(1, Simulator()), str)
    simulated(1)  # type: ignore[call-overload]
