"""The Responses API: a response, one with a call and its output, and a long streamed one."""

from __future__ import annotations

from collections.abc import Callable

import openai

from simulator import Simulator, call, say

from .canned import canned_client, record
from .sizes import Sizes
from .timing import Case, Spread, compare

MODEL = "gpt-4o-mini"
Ask = Callable[[openai.OpenAI], object]


def create(sizes: Sizes) -> Spread:
    """Compare a response to a text."""
    sim = Simulator()
    sim.script(say("It is sunny."), repeat=True)

    def ask(client: openai.OpenAI) -> object:
        return client.responses.create(model=MODEL, input="What is the weather in Paris?", store=False)

    return _compared(sim, ask, sizes, sizes.calls)


def retrieve(sizes: Sizes) -> Spread:
    """Compare reading a stored response."""
    sim = Simulator()
    sim.script(say("It is sunny."))
    id = sim.client().responses.create(model=MODEL, input="What is the weather in Paris?").id
    return _compared(sim, lambda client: client.responses.retrieve(id), sizes, sizes.calls)


def loop(sizes: Sizes) -> Spread:
    """Compare a call of a function and its output, in a conversation of their own; the seed gives the same bytes."""
    sim = Simulator()

    def prepare() -> None:
        sim.reset()
        sim.script(call("get_weather", city="Paris"), say("It is sunny in Paris."))

    prepare()
    floor = canned_client(record(sim, _converse))
    client = sim.client()
    return compare(
        Case(lambda _: _converse(client), prepare),
        Case(lambda _: _converse(floor)),
        rounds=sizes.rounds,
        calls=sizes.loops,
    )


def _converse(client: openai.OpenAI) -> None:
    conversation = client.conversations.create().id
    asked = client.responses.create(model=MODEL, input="Weather in Paris?", conversation=conversation).output[0]
    assert asked.type == "function_call"
    client.responses.create(
        model=MODEL,
        input=[{"type": "function_call_output", "call_id": asked.call_id, "output": "20 °C"}],
        conversation=conversation,
    )
    client.conversations.items.list(conversation)


def stream(sizes: Sizes) -> Spread:
    """Compare a streamed response of many deltas, from its creation to its last event."""
    sim = Simulator(brain=lambda view: say("word " * sizes.deltas, chunks=sizes.deltas))

    def read(client: openai.OpenAI) -> object:
        return sum(1 for _ in client.responses.create(model=MODEL, input="Go", stream=True, store=False))

    return _compared(sim, read, sizes, 2)


def _compared(sim: Simulator, ask: Ask, sizes: Sizes, calls: int) -> Spread:
    floor, client = canned_client(record(sim, ask)), sim.client()
    return compare(Case(lambda _: ask(client)), Case(lambda _: ask(floor)), rounds=sizes.rounds, calls=calls)
