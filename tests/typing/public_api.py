"""The public API as its users write it: checked by mypy, never run.

Each line that must be a type error says so with an ignore; mypy complains where an ignore is not needed.
"""

from __future__ import annotations

from typing import assert_type

import openai

from simulator import Simulator, call, call_tools, http_error, say


def scripts() -> None:
    sim = Simulator(seed=1)
    sim.script(call("get_weather", location="San Francisco, CA"), say("It is 72 °F and sunny."))
    sim.script(call_tools(call("a", x=1), call("b", y=2)), say("both done"), when="budget", repeat=True)
    sim.faults.add(http_error(429, retry_after=2), on="runs.retrieve", times=2)
    sim.check()
    Simulator(None, 1)  # type: ignore[call-arg]  # options are keywords


def clients(sim: Simulator) -> None:
    assert_type(sim.client(), openai.OpenAI)
    assert_type(sim.async_client(), openai.AsyncOpenAI)


def clocks(sim: Simulator) -> None:
    assert_type(sim.clock.now(), float)
    sim.clock.advance(600)


def interception() -> None:
    with Simulator().intercept() as sim:
        assert_type(sim, Simulator)
