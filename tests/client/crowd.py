"""Many conversations in one event loop, through the client and the SDK alone, and how long the loop stands still.

The service is what the simulator answered once, said again to each user, so that what costs time is the client. The
clock of the event loop is the processor time of its thread, and where it would wait, it goes there at once: a minute of
pauses takes none, and other programs on the machine change nothing.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import random
import selectors
import time
from typing import Any

import openai

from simulator import Simulator, call, call_tools, say
from simulator.client import Backoff, ConversationHandler, FunctionRegistry, RunPolicy
from simulator.transport.httpx_transport import transport_for
from simulator.transport.libraries import sdk_library

ASSISTANT = "asst_crowd"
ANSWER = "-3 °C"
POLICY = RunPolicy(polling=Backoff(first=0.5, longest=5.0))
LATENCY = (0.5, 3.0)  # seconds of a request on its way
PROBE = 0.002  # seconds between two looks at the clock
HTTP: Any = sdk_library()


class Skipping(selectors.DefaultSelector):
    """A selector that does not wait: it counts what it would have waited."""

    skipped = 0.0

    def select(self, timeout=None):
        found = super().select(0)
        if not found and timeout is None:  # a thread is about to say something
            return super().select()
        if not found:
            self.skipped += max(timeout, 0.0)
        return found


class ProcessorLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock is the processor time of its thread, and the pauses that it skips."""

    def __init__(self):
        self._skipping = Skipping()
        super().__init__(self._skipping)

    def time(self):
        return time.thread_time() + self._skipping.skipped


def run(coroutine):
    """Run a coroutine in a loop of its own, and return what it returns."""
    with asyncio.Runner(loop_factory=ProcessorLoop) as runner:
        return runner.run(coroutine)


def on(transport):
    """Return an async client of the SDK on a transport."""
    http_client = HTTP.AsyncClient(transport=transport, trust_env=False)
    return openai.AsyncOpenAI(api_key="sk-crowd", base_url="https://api.openai.com/v1", http_client=http_client)


class Recording(HTTP.AsyncBaseTransport):
    """Keeps the answers of a simulator."""

    def __init__(self, sim):
        self._sim, self._inner = sim, transport_for(HTTP, sim.handle, sim.wait_until)
        self.bodies = []

    async def handle_async_request(self, request):
        self._sim.clock.advance(2)  # the half of a run
        response = await self._inner.handle_async_request(request)
        self.bodies.append(await response.aread())
        return response


class Said(HTTP.AsyncBaseTransport):
    """Says the answers of one conversation to each thread anew, after a while.

    Args:
        bodies: of the answers, in order; the first is a thread.
    """

    def __init__(self, bodies, seed):
        self._bodies, self._dice = bodies, random.Random(seed)
        self._recorded_id = json.loads(bodies[0])["id"].encode()
        self._next = {}

    def forget(self):
        """Forget all threads."""
        self._next.clear()

    async def handle_async_request(self, request):
        await asyncio.sleep(self._dice.uniform(*LATENCY))
        parts = request.url.path.split("/")
        thread_id = parts[3] if len(parts) > 3 else f"thread_{len(self._next):024}"
        number = self._next.get(thread_id, 0)
        self._next[thread_id] = number + 1
        body = self._bodies[number].replace(self._recorded_id, thread_id.encode())
        return HTTP.Response(200, headers={"content-type": "application/json"}, stream=HTTP.ByteStream(body))


class Town(HTTP.AsyncBaseTransport):
    """Has a simulator for each thread: the clock of one goes on with every request, and a run has ten minutes.

    Args:
        brain: of each.
    """

    def __init__(self, brain, seed=0):
        self._brain, self._dice, self._seeds = brain, random.Random(seed), itertools.count()
        self._homes = {}

    async def handle_async_request(self, request):
        await asyncio.sleep(self._dice.uniform(*LATENCY))
        parts = request.url.path.split("/")
        if len(parts) > 3:
            return await self._homes[parts[3]].handle_async_request(request)
        sim = Simulator(self._brain, seed=next(self._seeds), poll_after_ms=None, journal=False)
        sim.put("assistants", {"id": ASSISTANT, "model": "gpt-4o"})
        home = transport_for(HTTP, sim.handle, sim.wait_until)
        response = await home.handle_async_request(request)
        self._homes[json.loads(await response.aread())["id"]] = home
        return response


def recorded():
    """Return what the simulator answers in one conversation of the SDK alone."""
    sim = Simulator(poll_after_ms=None)
    sim.put("assistants", {"id": ASSISTANT, "model": "gpt-4o"})
    sim.script(call_tools(call("get_weather", city="Paris"), call("get_weather", city="Oslo")), say("Sunny; snow."))
    recording = Recording(sim)
    run(alone(on(recording), "anna"))
    return recording.bodies


async def alone(client, user):
    """Have one conversation with the SDK alone."""
    threads = client.beta.threads
    thread = await threads.create(metadata={"user_id": user})
    await threads.messages.create(thread.id, role="user", content="Paris and Oslo?")
    run = await threads.runs.create(thread.id, assistant_id=ASSISTANT)
    polls = 0
    while run.status != "completed":
        if run.status == "requires_action":
            outputs = [
                {"tool_call_id": one.id, "output": ANSWER} for one in run.required_action.submit_tool_outputs.tool_calls
            ]
            run, polls = await threads.runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs), 0
        else:
            await asyncio.sleep(POLICY.polling.seconds(polls))
            run, polls = await threads.runs.retrieve(run.id, thread_id=thread.id), polls + 1
    messages = await threads.messages.list(thread.id, run_id=run.id, order="asc", limit=100)
    assert messages.data[0].content[0].text.value == "Sunny; snow."


def registry():
    """Return the function that the model calls."""
    found = FunctionRegistry()

    @found.register
    async def get_weather(city: str) -> str:
        return ANSWER

    return found


def through_the_client(client, **options):
    """Return what has a conversation through the client."""
    handler = ConversationHandler(client, ASSISTANT, **{"registry": registry(), "policy": POLICY, **options})

    async def converse(_, user):
        assert (await handler.send(user, "Paris and Oslo?")).text == "Sunny; snow."

    return converse


def lags(bodies, users, seed, *, is_alone, **options):
    """Return by how many seconds an event loop was late, at each look, while so many users converse."""

    async def crowd():
        client = on(Said(bodies, seed))
        converse = alone if is_alone else through_the_client(client, **options)
        found, is_over = [], asyncio.Event()
        probe = asyncio.create_task(_probe(found, is_over))
        await asyncio.gather(*[converse(client, f"user {number}") for number in range(users)])
        is_over.set()
        await probe
        return found

    # What is older is nothing that a conversation makes: pytest, and all the types of the SDK.
    gc.collect()
    gc.freeze()
    try:
        return run(crowd())
    finally:
        gc.unfreeze()


async def _probe(found, is_over):
    loop = asyncio.get_running_loop()
    while not is_over.is_set():
        due = loop.time() + PROBE
        await asyncio.sleep(PROBE)
        found.append(max(0.0, loop.time() - due))


def quantile(values, part):
    """Return the value that so many of them are not above."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
