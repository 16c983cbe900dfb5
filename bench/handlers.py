"""A turn through `simulator.client`, against the same requests made by the SDK alone; both on a simulator."""

from __future__ import annotations

import asyncio

import openai

from simulator import Simulator, call, call_tools, say
from simulator.client import Backoff, ConversationHandler, FunctionRegistry, MemoryStore, RunPolicy

from .calls import LATER
from .sizes import Sizes
from .timing import Case, Spread, compare

ASSISTANT = "asst_bench"
QUESTION = "How is the weather in Paris and in Oslo?"
ANSWER = "-3 °C"
# Before its first look at a run the client waits, really here; the SDK alone waits for nothing.
POLICY = RunPolicy(polling=Backoff(first=0, longest=0))


def _stage() -> Simulator:
    sim = Simulator(journal=False)
    sim.clock.advance(LATER)
    return sim


def _prepare(sim: Simulator) -> None:
    """The same seed gives the same bytes, hence as many polls on both sides."""
    sim.reset()
    sim.put("assistants", {"id": ASSISTANT, "model": "gpt-4o", "instructions": "Be brief."})
    cities = call_tools(call("get_weather", city="Paris"), call("get_weather", city="Oslo"))
    sim.script(cities, say("It is sunny in Paris and it snows in Oslo."))


def _registry() -> FunctionRegistry:
    registry = FunctionRegistry()

    @registry.register
    async def get_weather(city: str) -> str:
        """The weather in a city."""
        return ANSWER

    return registry


def turn(sizes: Sizes) -> Spread:
    """Compare a turn of a sync client, with two calls at once."""
    sim, registry = _stage(), _registry()
    client, store = sim.client(), MemoryStore()
    handler = ConversationHandler(client, ASSISTANT, registry=registry, store=store, policy=POLICY)

    def prepare() -> None:
        _prepare(sim)
        store.delete("anna")

    return compare(
        Case(lambda _: handler.send("anna", QUESTION), prepare),
        Case(lambda _: _bare(client), lambda: _prepare(sim)),
        rounds=sizes.rounds,
        calls=sizes.loops,
    )


def async_turn(sizes: Sizes) -> Spread:
    """Compare the same turn of an async client."""
    sim, registry = _stage(), _registry()
    client, store = sim.async_client(), MemoryStore()
    handler = ConversationHandler(client, ASSISTANT, registry=registry, store=store, policy=POLICY)

    def prepare() -> None:
        _prepare(sim)
        store.delete("anna")

    with asyncio.Runner() as runner:
        return compare(
            Case(lambda _: runner.run(handler.send("anna", QUESTION)), prepare),
            Case(lambda _: runner.run(_bare_async(client)), lambda: _prepare(sim)),
            rounds=sizes.rounds,
            calls=sizes.loops,
        )


def _bare(client: openai.OpenAI) -> None:
    threads = client.beta.threads
    thread = threads.create(metadata={"user_id": "anna"})
    threads.messages.create(thread.id, role="user", content=QUESTION)
    run = threads.runs.create(thread.id, assistant_id=ASSISTANT)
    while run.status != "completed":
        if run.status == "requires_action" and run.required_action is not None:
            calls = run.required_action.submit_tool_outputs.tool_calls
            run = threads.runs.submit_tool_outputs(
                run.id,
                thread_id=thread.id,
                tool_outputs=[{"tool_call_id": one.id, "output": ANSWER} for one in calls],
            )
        else:
            run = threads.runs.retrieve(run.id, thread_id=thread.id)
    threads.messages.list(thread.id, run_id=run.id, order="asc", limit=100)


async def _bare_async(client: openai.AsyncOpenAI) -> None:
    threads = client.beta.threads
    thread = await threads.create(metadata={"user_id": "anna"})
    await threads.messages.create(thread.id, role="user", content=QUESTION)
    run = await threads.runs.create(thread.id, assistant_id=ASSISTANT)
    while run.status != "completed":
        if run.status == "requires_action" and run.required_action is not None:
            calls = run.required_action.submit_tool_outputs.tool_calls
            run = await threads.runs.submit_tool_outputs(
                run.id,
                thread_id=thread.id,
                tool_outputs=[{"tool_call_id": one.id, "output": ANSWER} for one in calls],
            )
        else:
            run = await threads.runs.retrieve(run.id, thread_id=thread.id)
    await threads.messages.list(thread.id, run_id=run.id, order="asc", limit=100)
