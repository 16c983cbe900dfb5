"""A support desk on the Assistants API, version 2, as people write such programs: managers over the SDK, a
registry of functions, a run loop, conversations by user. It knows nothing of the simulator.
"""

# ruff: noqa: BLE001, T201  # such programs catch whatever a handler raises, and print

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from openai import OpenAI
from openai.types.beta import Assistant, Thread
from openai.types.beta.threads import Message, Run

log = logging.getLogger(__name__)

ENDED = {"completed", "failed", "cancelled", "expired", "incomplete"}


class RunEnded(Exception):
    """A run ended otherwise than completed."""

    def __init__(self, run: Run) -> None:
        detail = run.last_error.message if run.last_error else ""
        super().__init__(f"run {run.id}: {run.status}{f' ({detail})' if detail else ''}")
        self.status = run.status


@dataclass
class Settings:
    """What an assistant is made of."""

    name: str
    instructions: str
    model: str = "gpt-4o"
    tools: list[dict[str, Any]] = field(default_factory=list)
    vector_store_ids: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)

    def as_arguments(self) -> dict[str, Any]:
        arguments = {
            "name": self.name,
            "instructions": self.instructions,
            "model": self.model,
            "tools": self.tools,
            "metadata": self.metadata,
        }
        if self.vector_store_ids:
            arguments["tool_resources"] = {"file_search": {"vector_store_ids": self.vector_store_ids}}
        return arguments


class Functions:
    """The functions that the model may call, with their schemas."""

    def __init__(self) -> None:
        self._handlers: dict[str, Callable[..., Any | Awaitable[Any]]] = {}
        self._schemas: dict[str, dict[str, Any]] = {}

    def offer(
        self, description: str, **properties: dict[str, Any]
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate a function, sync or async; a property with a default is not required."""

        def keep(handler: Callable[..., Any]) -> Callable[..., Any]:
            name = handler.__name__
            required = [one for one, schema in properties.items() if "default" not in schema]
            parameters = {"type": "object", "properties": properties, "required": required}
            self._schemas[name] = {"name": name, "description": description, "parameters": parameters}
            self._handlers[name] = handler
            return handler

        return keep

    def tools(self) -> list[dict[str, Any]]:
        return [{"type": "function", "function": schema} for schema in self._schemas.values()]

    async def answer(self, name: str, arguments: str) -> str:
        """Call a function; whatever goes wrong is told to the model."""
        try:
            result = self._handlers[name](**json.loads(arguments))
            if inspect.isawaitable(result):
                result = await result
        except KeyError:
            return json.dumps({"error": f"there is no function {name}"})
        except Exception as error:
            log.warning("%s failed: %s", name, error)
            return json.dumps({"error": f"{type(error).__name__}: {error}"})
        return result if isinstance(result, str) else json.dumps(result)


class Assistants:
    """Makes, keeps, changes and deletes assistants."""

    def __init__(self, client: OpenAI) -> None:
        self._api = client.beta.assistants
        self._known: dict[str, Assistant] = {}

    def create(self, settings: Settings) -> Assistant:
        return self._keep(self._api.create(**settings.as_arguments()))

    def get(self, assistant_id: str) -> Assistant:
        return self._known.get(assistant_id) or self._keep(self._api.retrieve(assistant_id))

    def update(self, assistant_id: str, **changes: Any) -> Assistant:
        return self._keep(self._api.update(assistant_id, **changes))

    def delete(self, assistant_id: str) -> bool:
        self._known.pop(assistant_id, None)
        return self._api.delete(assistant_id).deleted

    def _keep(self, assistant: Assistant) -> Assistant:
        self._known[assistant.id] = assistant
        return assistant


class Threads:
    """Threads and their messages."""

    def __init__(self, client: OpenAI) -> None:
        self._api = client.beta.threads

    def create(self, **metadata: str) -> Thread:
        return self._api.create(metadata=metadata)

    def say(self, thread_id: str, text: str, *, file_ids: list[str] | None = None) -> Message:
        attached = [{"file_id": one, "tools": [{"type": "file_search"}]} for one in file_ids or ()]
        return self._api.messages.create(thread_id, role="user", content=text, attachments=attached)

    def newest(self, thread_id: str, run_id: str) -> Message | None:
        page = self._api.messages.list(thread_id, run_id=run_id, order="desc", limit=1)
        return page.data[0] if page.data else None

    def all(self, thread_id: str) -> list[Message]:
        return list(self._api.messages.list(thread_id, order="asc", limit=20))  # the SDK turns the pages

    def delete(self, thread_id: str) -> bool:
        return self._api.delete(thread_id).deleted


class Runs:
    """Starts runs and sees them through.

    Args:
        poll_interval: seconds between two polls.
        patience: seconds after which a run is cancelled and given up.
    """

    def __init__(self, client: OpenAI, functions: Functions, *, poll_interval: float, patience: float) -> None:
        self._api = client.beta.threads.runs
        self._functions = functions
        self._poll_interval, self._patience = poll_interval, patience

    def start(self, thread_id: str, assistant_id: str, **overrides: Any) -> Run:
        return self._api.create(thread_id, assistant_id=assistant_id, **overrides)

    async def finish(self, run: Run) -> Run:
        """Poll to the end, calling functions where the run asks for them.

        Raises:
            RunEnded: it did not complete.
            TimeoutError: it took too long, and was cancelled.
        """
        begun = time.monotonic()
        while run.status not in ENDED:
            if run.status == "requires_action":
                run = await self._answer_calls(run)
                continue
            if time.monotonic() - begun > self._patience:
                self._api.cancel(run.id, thread_id=run.thread_id)
                raise TimeoutError(f"run {run.id} took more than {self._patience} s")
            await asyncio.sleep(self._poll_interval)
            run = self._api.retrieve(run.id, thread_id=run.thread_id)
        if run.status != "completed":
            raise RunEnded(run)
        return run

    async def _answer_calls(self, run: Run) -> Run:
        calls = [one for one in run.required_action.submit_tool_outputs.tool_calls if one.type == "function"]
        answers = await asyncio.gather(
            *(self._functions.answer(one.function.name, one.function.arguments) for one in calls)
        )
        outputs = [{"tool_call_id": one.id, "output": output} for one, output in zip(calls, answers, strict=True)]
        return self._api.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)


class Conversations:
    """One thread for each user."""

    def __init__(
        self, client: OpenAI, functions: Functions, *, poll_interval: float = 1.0, patience: float = 300.0
    ) -> None:
        self.threads = Threads(client)
        self.runs = Runs(client, functions, poll_interval=poll_interval, patience=patience)
        self._thread_ids: dict[str, str] = {}

    async def send(self, assistant_id: str, user_id: str, text: str, **overrides: Any) -> str:
        """Say something for a user and return the answer; empty where the model said nothing."""
        if user_id not in self._thread_ids:
            self._thread_ids[user_id] = self.threads.create(user_id=user_id).id
        thread_id = self._thread_ids[user_id]
        self.threads.say(thread_id, text)
        run = await self.runs.finish(self.runs.start(thread_id, assistant_id, **overrides))
        message = self.threads.newest(thread_id, run.id)
        return text_of(message) if message else ""

    def history(self, user_id: str) -> list[tuple[str, str]]:
        """Return (role, text) pairs, the oldest first; none for a user who never wrote."""
        if user_id not in self._thread_ids:
            return []
        return [(message.role, text_of(message)) for message in self.threads.all(self._thread_ids[user_id])]

    def forget(self, user_id: str) -> None:
        self.threads.delete(self._thread_ids.pop(user_id))


def text_of(message: Message) -> str:
    return "".join(part.text.value for part in message.content if part.type == "text")


functions = Functions()


@functions.offer(
    "The weather at a place, now",
    location={"type": "string", "description": "City and country"},
    unit={"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
)
def get_weather(location: str, unit: str = "celsius") -> dict[str, Any]:
    return {"location": location, "temperature": 22 if unit == "celsius" else 72, "unit": unit}


@functions.offer(
    "Articles of the handbook about a subject",
    query={"type": "string"},
    limit={"type": "integer", "default": 3},
)
async def search_handbook(query: str, limit: int = 3) -> list[str]:
    if not query:
        raise ValueError("an empty query")
    return [f"{query}, part {number}" for number in range(1, limit + 1)]


SUPPORT = Settings(
    name="Support desk",
    instructions="Help the employees of the company. Look things up before you answer.",
    tools=[{"type": "code_interpreter"}, {"type": "file_search"}, *functions.tools()],
    metadata={"team": "support"},
)


async def main(poll_interval: float = 1.0) -> None:
    client = OpenAI()
    assistant = Assistants(client).create(SUPPORT)
    conversations = Conversations(client, functions, poll_interval=poll_interval)
    for question in ("What is the weather in Lisbon?", "And where do I ask for leave?"):
        print(f"user: {question}")
        print(f"assistant: {await conversations.send(assistant.id, 'u-17', question)}")
    print(f"{len(conversations.history('u-17'))} messages")


if __name__ == "__main__":
    asyncio.run(main())
