"""What virtual time takes of real time, warm: long sleeps, polls, retries; and what it costs where nobody sleeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import openai

from simulator import Simulator, http_error, say

from .calls import World
from .canned import KEY
from .sizes import Sizes
from .timing import Spread

SLEEP = 600.0
POLLS = 10
RETRY_AFTER = 8


def thread_sleep(sizes: Sizes) -> Spread:
    """Return the milliseconds of a sleep of ten minutes."""
    with Simulator().intercept():
        return _milliseconds(lambda: time.sleep(SLEEP), sizes)


def loop_sleep(sizes: Sizes) -> Spread:
    """Return the milliseconds of the same in asyncio, without those of the loop's start and end."""
    with Simulator().intercept(), asyncio.Runner() as runner:
        return _milliseconds(lambda: runner.run(asyncio.sleep(SLEEP)), sizes)


def polls(sizes: Sizes) -> Spread:
    """Return the milliseconds of `create_and_poll` with ten polls, a second apart."""
    sim = Simulator(poll_after_ms=None)
    sim.script(say("It is sunny.", takes=POLLS + 1), repeat=True)
    with sim.intercept():
        client = openai.OpenAI(api_key=KEY)
        assistant = client.beta.assistants.create(model="gpt-4o").id

        def poll() -> None:
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "Paris?"}]).id
            client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)

        return _milliseconds(poll, sizes)


def retries(sizes: Sizes) -> Spread:
    """Return the milliseconds of a call that is refused twice, with `retry-after: 8`."""
    world = World.new()
    with world.sim.intercept():
        client = openai.OpenAI(api_key=KEY)

        def retry() -> None:
            world.sim.faults.add(http_error(429, retry_after=RETRY_AFTER), on="threads.retrieve", times=2)
            client.beta.threads.retrieve(world.thread)

        return _milliseconds(retry, sizes)


def block(sizes: Sizes) -> Spread:
    """Return the milliseconds that it takes to enter and leave a block."""
    sim = Simulator()

    def enter_and_leave() -> None:
        with sim.intercept():
            pass

    return _milliseconds(enter_and_leave, sizes)


def _milliseconds(function: Callable[[], object], sizes: Sizes) -> Spread:
    function()  # imports, caches
    return Spread.of(_once(function) * 1000 for _ in range(sizes.rounds))


def _once(function: Callable[[], object]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun
