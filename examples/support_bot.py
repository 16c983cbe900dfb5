"""A support bot with several users, over days: threads in a file, budgets, retention, and an audit log.

Runs against whatever OPENAI_BASE_URL and OPENAI_API_KEY name. It reads lines such as `anna: Where is order 17?`:

    python examples/support_bot.py threads.db < lines.txt
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable

import openai

from simulator.client import (
    AssistantConfig,
    BudgetExceeded,
    Budgets,
    ConversationHandler,
    FunctionContext,
    FunctionError,
    FunctionRegistry,
    Limit,
    Retention,
    RunError,
    RunPolicy,
    SQLiteStore,
)

DAY = 86_400.0
ORDERS = {("anna", 17): "shipped", ("bob", 18): "being packed"}
registry = FunctionRegistry()


@registry.register(timeout=10)
async def find_order(number: int, context: FunctionContext) -> dict[str, object]:
    """Look up an order of the user.

    Args:
        number: Of the order.
    """
    status = ORDERS.get((context.user_id or "", number))
    if status is None:
        raise FunctionError(f"This user has no order {number}.")
    return {"order": number, "status": status}


def bot(client: openai.AsyncOpenAI, path: str) -> ConversationHandler[openai.AsyncOpenAI]:
    """Return a bot that keeps in a file whose thread is which."""
    config = AssistantConfig(
        model=os.environ.get("ASSISTANT_MODEL", "gpt-4o"),
        name="Support",
        instructions="Help with orders. Be brief.",
        functions=registry,
    )
    return ConversationHandler(
        client,
        config,
        store=SQLiteStore(path),
        policy=RunPolicy(deadline=120),
        budgets=Budgets(user=Limit(tokens=200_000)),
    )


async def answer(handler: ConversationHandler[openai.AsyncOpenAI], user: str, text: str) -> str:
    """Return what the user is told, whatever happens."""
    try:
        return (await handler.send(user, text)).text
    except BudgetExceeded:
        return "That is enough for today."
    except RunError as error:
        return f"Something went wrong ({error.status}). Please try again."


async def serve(path: str, lines: Iterable[str]) -> list[str]:
    """Answer all lines at once, those of one user in order; then delete what was idle for 30 days."""
    handler = bot(openai.AsyncOpenAI(), path)
    said = [(user.strip(), text.strip()) for user, _, text in (line.partition(":") for line in lines) if text]
    replies = await asyncio.gather(*(answer(handler, user, text) for user, text in said))
    await handler.retire(Retention(max_idle=30 * DAY))
    return [f"{user} ← {reply}" for (user, _), reply in zip(said, replies, strict=True)]


def main(path: str = "threads.db") -> None:
    """Answer what comes on standard input."""
    print("\n".join(asyncio.run(serve(path, sys.stdin))))


if __name__ == "__main__":
    main(*sys.argv[1:])
