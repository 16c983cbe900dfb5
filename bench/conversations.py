"""A whole conversation with two parallel tool calls, and a long streamed answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai

from simulator import Simulator, call, call_tools, say

from .calls import LATER
from .canned import canned_client, record
from .sizes import Sizes
from .timing import Case, Spread, compare

if TYPE_CHECKING:  # neither is in openai 1.3
    from openai.types.beta import FunctionToolParam
    from openai.types.beta.threads import Run

WEATHER: FunctionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather at a place.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
STREAMS = 2


def whole_loop(sizes: Sizes) -> Spread:
    """Compare a conversation with its own requests canned.

    The simulator is reset before each: the same seed gives the same bytes, hence as many polls.
    """
    sim = Simulator()
    client = sim.client()

    def prepare() -> None:
        sim.reset()
        cities = call_tools(call("get_weather", city="Paris"), call("get_weather", city="Oslo"))
        sim.script(cities, say("It is sunny in Paris and it snows in Oslo."))

    prepare()
    floor = canned_client(record(sim, converse))
    return compare(
        Case(lambda _: converse(client), prepare),
        Case(lambda _: converse(floor)),
        rounds=sizes.rounds,
        calls=sizes.loops,
    )


def converse(client: openai.OpenAI) -> None:
    """Ask for the weather in two cities, and answer the calls of both."""
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.", tools=[WEATHER])
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread.id, role="user", content="How is the weather in Paris and in Oslo?")
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    run = _polled(client, run)
    assert run.required_action is not None, run.status
    calls = run.required_action.submit_tool_outputs.tool_calls
    assert len(calls) == 2
    run = client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": one.id, "output": "-3 °C"} for one in calls]
    )
    run = _polled(client, run)
    assert run.status == "completed", run.status
    client.beta.threads.messages.list(thread.id)


def _polled(client: openai.OpenAI, run: Run) -> Run:
    while run.status in {"queued", "in_progress"}:
        run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    return run


def stream(sizes: Sizes) -> Spread:
    """Compare a streamed run, from its creation to its last event; both sides have as many events."""
    sim = Simulator(brain=lambda view: say("word " * sizes.deltas, chunks=sizes.deltas))
    client = sim.client()
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be long.").id

    def prepare() -> str:
        sim.clock.advance(LATER)
        return client.beta.threads.create(messages=[{"role": "user", "content": "Tell me all."}]).id

    def listen(by: openai.OpenAI, thread: str) -> None:
        events = sum(1 for _ in by.beta.threads.runs.create(thread, assistant_id=assistant, stream=True))
        assert events > sizes.deltas, events

    thread = prepare()
    floor = canned_client(record(sim, lambda recorded: listen(recorded, thread)))
    return compare(
        Case(lambda given: listen(client, given), prepare),
        Case(lambda _: listen(floor, thread)),
        rounds=sizes.rounds,
        calls=STREAMS,
    )
