"""The client as its users write it: checked by mypy, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, assert_type

import openai

from simulator.client import (
    AssistantConfig,
    AssistantManager,
    Budgets,
    ConversationHandler,
    Entry,
    Event,
    FunctionRegistry,
    Limit,
    Reply,
    Retry,
    RunManager,
    RunPolicy,
    SQLiteStore,
    Usage,
)

registry = FunctionRegistry()


@registry.register
def plain(location: str) -> int:
    return len(location)


@registry.register(name="other", timeout=5, retry=Retry(on=ConnectionError))
async def with_options(location: str) -> int:
    return len(location)


def registering() -> None:
    assert_type(plain("Paris"), int)  # a decorated function is as it was
    registry.register(plain, name="third", concurrency=2)
    registry.register(plain, timeout="5")  # type: ignore[call-overload]


def sync(client: openai.OpenAI) -> None:
    handler = ConversationHandler(client, AssistantConfig(model="gpt-4o"), store=SQLiteStore("threads.db"))
    assert_type(handler.send("anna", "Hello?"), Reply)
    assert_type(handler.stream("anna", "Hello?"), Iterator[Event])
    assert_type(handler.history("anna", limit=5), Sequence[Entry])
    assert_type(AssistantManager(client).delete("asst_1"), bool)
    assert_type(RunManager(client, registry).run("thread_1", "asst_1", temperature=0.5), Reply)
    handler.send("anna")  # type: ignore[call-arg]
    handler.send("anna", "Hello?", atachments=["file-1"])  # type: ignore[call-arg]


def azure(client: openai.AzureOpenAI) -> None:
    assert_type(ConversationHandler(client, "asst_1").usage("anna"), Usage)


async def asynchronous(client: openai.AsyncOpenAI) -> None:
    handler = ConversationHandler(
        client, "asst_1", registry=registry, policy=RunPolicy(deadline=60), budgets=Budgets(user=Limit(tokens=1_000))
    )
    assert_type(await handler.send("anna", "Hello?"), Reply)
    assert_type(handler.stream("anna", "Hello?"), AsyncIterator[Event])
    made: Any = await AssistantManager(client).ensure(AssistantConfig(model="gpt-4o", functions=registry))
    assert_type(await RunManager(client).complete("thread_1", str(made.id)), Reply)


def policies() -> None:
    RunPolicy(expired="again")  # type: ignore[arg-type]
    RunPolicy(60)  # type: ignore[call-arg]  # options are keywords
    ConversationHandler("sk-…", "asst_1")  # type: ignore[type-var]
