"""Every scenario that we ship, through the client: survived, or ended in the documented typed error."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest

from simulator import play
from simulator.client import (
    AssistantConfig,
    AssistantManager,
    ConversationHandler,
    FunctionError,
    FunctionRegistry,
    Replied,
    RunError,
    RunPolicy,
)
from simulator.scenario.loading import load
from simulator.scenario.plain_loop import schema_of
from simulator.scenario.playing import perform
from simulator.scenario.schema import Tool

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted((ROOT / "scenarios").rglob("*.scenario.yaml"))
# The model of a scenario says what it says once: a run that is tried again would find it silent.
# Their limits of requests are those of a loop that waits between polls.
PATIENT = RunPolicy(deadline=1_500, retries=0, expired="raise", least_pause=2)


class App:
    """The client as the app of a scenario; its functions return what the scenario says."""

    def __init__(self, scenario, *, is_async=False, is_streamed=False):
        self.executed = []
        self.errors = []
        self._registry = registry = FunctionRegistry()
        for name, tool in scenario.tools.items():
            self._register(registry, name, tool or Tool())
        assistant = scenario.assistant
        self._kinds = [kind for kind in ("code_interpreter", "file_search") if getattr(assistant, kind)]
        self._config = AssistantConfig(
            model=assistant.model,
            name=assistant.name,
            instructions=assistant.instructions,
            response_format=assistant.response_format,
            tools=[{"type": kind} for kind in self._kinds],
            functions=registry,
        )
        self._is_async, self._is_streamed = is_async, is_streamed
        self._handler = None
        self._attached = []

    def attach(self, file_ids):
        self._attached = list(file_ids)

    def __call__(self, user_id, text):
        more = {"attachments": self._attached, "tools": self._kinds or ["file_search"]} if self._attached else {}
        self._attached = []
        if self._is_async:
            return self._later(user_id, text, more)
        if self._handler is None:
            client = openai.OpenAI()
            assistant = AssistantManager(client).create(self._config)
            self._handler = ConversationHandler(client, assistant.id, registry=self._registry, policy=PATIENT)
        try:
            if not self._is_streamed:
                return spoken(self._handler.send(user_id, text, **more))
            events = list(self._handler.stream(user_id, text, **more))
            return spoken(events[-1].reply)
        except Exception as error:
            self.errors.append(error)
            raise

    async def _later(self, user_id, text, more):
        if self._handler is None:
            client = openai.AsyncOpenAI()
            assistant = await AssistantManager(client).create(self._config)
            self._handler = ConversationHandler(client, assistant.id, registry=self._registry, policy=PATIENT)
        try:
            if not self._is_streamed:
                return spoken(await self._handler.send(user_id, text, **more))
            events = [event async for event in self._handler.stream(user_id, text, **more)]
            assert isinstance(events[-1], Replied)
            return spoken(events[-1].reply)
        except Exception as error:
            self.errors.append(error)
            raise

    def _register(self, registry, name, tool):
        def handler(**arguments):
            self.executed.append(name)
            if tool.raises is not None:
                raise FunctionError(tool.raises)
            return tool.returns

        description = tool.description or ""
        registry.register(handler, name=name, description=description, parameters=schema_of(tool.parameters))


def spoken(reply):
    return "\n".join(part.text for part in reply.parts if hasattr(part, "text"))


@pytest.fixture(params=SCENARIOS, ids=lambda path: path.name.removesuffix(".scenario.yaml"))
def scenario(request):
    return load(request.param)


def test_the_client_survives(scenario):
    app = App(scenario)
    assert play(scenario, app).passed
    assert [error for error in app.errors if not isinstance(error, RunError)] == []


def test_it_survives_with_streams_and_in_an_event_loop(scenario):
    app = App(scenario, is_async=True, is_streamed=True)
    played = perform(scenario, app)
    # Who streams does not poll: a fault that strikes polls strikes nothing.
    findings = [one.text for one in played.findings if "'runs.retrieve'" not in one.text]
    assert [error for error in app.errors if not isinstance(error, RunError)] == []
    assert findings == []


def test_there_are_scenarios():
    assert len(SCENARIOS) > 30
