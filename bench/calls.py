"""The four calls that make up most of a conversation, through `client()` and through `intercept()`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple

import openai

from simulator import Simulator, say

from .canned import KEY, canned_client, record
from .sizes import Sizes
from .timing import Case, Spread, compare

PAGE = 20
LATER = 60.0  # virtual seconds in which every run ends
Operation = Callable[["World", openai.OpenAI, str], object]


class World(NamedTuple):
    """A simulator with a conversation in it: a full page of messages, and a finished run."""

    sim: Simulator
    assistant: str
    thread: str
    run: str

    @classmethod
    def new(cls) -> World:
        """Return a world of one thread."""
        sim = Simulator()
        sim.script(say("It is sunny."), repeat=True)
        client = sim.client()
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.").id
        thread = client.beta.threads.create().id
        for number in range(PAGE):
            client.beta.threads.messages.create(thread, role="user", content=f"Question {number}?")
        run = client.beta.threads.runs.create(thread, assistant_id=assistant).id
        sim.clock.advance(LATER)
        client.beta.threads.runs.retrieve(run, thread_id=thread)
        return cls(sim, assistant, thread, run)


def retrieve_run(world: World, client: openai.OpenAI, thread: str) -> object:
    return client.beta.threads.runs.retrieve(world.run, thread_id=thread)


def create_message(world: World, client: openai.OpenAI, thread: str) -> object:
    return client.beta.threads.messages.create(thread, role="user", content="What is the weather in Paris?")


def create_run(world: World, client: openai.OpenAI, thread: str) -> object:
    return client.beta.threads.runs.create(thread, assistant_id=world.assistant)


def list_messages(world: World, client: openai.OpenAI, thread: str) -> object:
    return client.beta.threads.messages.list(thread, limit=PAGE)


def through_client(operation: Operation, sizes: Sizes) -> Spread:
    """Compare a call through `Simulator.client()`."""
    world = World.new()
    return _compare(operation, world, world.sim.client(), contextlib.nullcontext, sizes)


def through_intercept(operation: Operation, sizes: Sizes) -> Spread:
    """Compare a call of a client that was built as people build it, inside `intercept()`.

    The floor is measured outside, where nothing is patched.
    """
    world = World.new()

    @contextlib.contextmanager
    def around() -> Iterator[None]:
        with world.sim.intercept():
            yield

    with around():
        client = openai.OpenAI(api_key=KEY)
    return _compare(operation, world, client, around, sizes)


def _compare(
    operation: Operation,
    world: World,
    client: openai.OpenAI,
    around: Callable[[], AbstractContextManager[object]],
    sizes: Sizes,
) -> Spread:
    prepare = _fresh_thread(world) if operation is create_run else _same_thread(world)
    thread = prepare()
    floor = canned_client(record(world.sim, lambda recorded: operation(world, recorded, thread)))
    # What is prepared is the same on both sides: it decides what the processor's caches hold.
    return compare(
        Case(lambda given: operation(world, client, given), prepare, around),
        Case(lambda given: operation(world, floor, given), prepare),
        rounds=sizes.rounds,
        calls=sizes.calls,
    )


def _same_thread(world: World) -> Callable[[], str]:
    return lambda: world.thread


def _fresh_thread(world: World) -> Callable[[], str]:
    """Return what makes a thread with a question in it, after the end of all runs.

    One run is made and ended here, so that a run ends before each call of the floor as well.
    """
    client = world.sim.client()

    def prepare() -> str:
        client.beta.threads.create_and_run(assistant_id=world.assistant)
        world.sim.clock.advance(LATER)
        return client.beta.threads.create(messages=[{"role": "user", "content": "What is the weather in Paris?"}]).id

    return prepare
