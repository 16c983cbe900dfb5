"""What many messages cost: the time of other calls, and memory."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Iterable

import openai

from simulator import Request, Response, Simulator
from simulator.transport.clients import openai_client

from .calls import Operation, World, retrieve_run
from .sizes import Sizes
from .timing import Case, Spread, compare

FEW = 10
CHARACTERS = 100


def retrieve_run_of_many(sizes: Sizes) -> Spread:
    """Compare `runs.retrieve` in a thread of many messages with the same in one of few."""
    return _compare_stores(retrieve_run, sizes)


def list_messages_of_many(sizes: Sizes) -> Spread:
    """Compare `messages.list(limit=10)` in a thread of many messages with the same in one of few."""

    def list_messages(world: World, client: openai.OpenAI, thread: str) -> object:
        return client.beta.threads.messages.list(thread, limit=FEW)

    return _compare_stores(list_messages, sizes)


def _compare_stores(operation: Operation, sizes: Sizes) -> Spread:
    return compare(
        _with_messages(operation, sizes.stored),
        _with_messages(operation, FEW),
        rounds=sizes.rounds,
        calls=sizes.calls,
    )


def _with_messages(operation: Operation, count: int) -> Case:
    """Return a call in a world whose one thread has at least `count` messages."""
    world = World.new()
    add_messages(world.sim, world.thread, count)
    client = world.sim.client()
    return Case(lambda thread: operation(world, client, thread), lambda: world.thread)


def memory_without_journal(sizes: Sizes) -> Spread:
    """Return the bytes of a stored message where nothing is journalled."""
    return _bytes_per_message(Simulator(journal=False), sizes.remembered)


def memory_with_journal(sizes: Sizes) -> Spread:
    """Return the bytes of a stored message and of the journal's entry, with its request and its answer."""
    return _bytes_per_message(Simulator(), sizes.remembered)


def _bytes_per_message(sim: Simulator, count: int) -> Spread:
    """Return what stays allocated after messages were created, divided by their number.

    All that Python allocates is counted, whoever holds it: the object, its id, its place in the
    store, what the journal keeps. Each request is made of texts of its own, as a transport makes it.
    """
    thread = sim.client().beta.threads.create().id
    add_messages(sim, thread, 1)
    gc.collect()
    tracemalloc.start()
    try:
        add_messages(sim, thread, count)
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    each = used / count
    return Spread(each, each, each)


def add_messages(sim: Simulator, thread: str, count: int) -> None:
    """Create messages of a hundred characters, without the SDK: what it costs is not the question here."""
    sent = _request_of_the_sdk(sim, thread)
    for number in range(count):
        body = json.dumps({"role": "user", "content": f"{number:0{CHARACTERS}}"}).encode()
        answer = sim.handle(
            Request(sent.method, _own(sent.path), "", _own_pairs(sent.headers.items()), body, _own(sent.base_url))
        )
        assert isinstance(answer, Response), answer
        assert answer.status == 200, answer


def _request_of_the_sdk(sim: Simulator, thread: str) -> Request:
    """Return what the SDK sends to create a message; nothing is created."""
    sent: list[Request] = []

    def handle(request: Request) -> Response:
        sent.append(request)
        return Response(200, {"content-type": "application/json"}, b"{}")

    openai_client(handle, sim.wait_until).beta.threads.messages.create(thread, role="user", content="?")
    return sent[0]


def _own_pairs(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {_own(name): _own(value) for name, value in pairs}


def _own(text: str) -> str:
    """Return an equal text that is shared with nobody."""
    return text.encode().decode()
