"""Every scenario that we ship, through the client: survived, or ended in the documented typed error."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import openai
import pytest

from simulator.client import (
    AssistantConfig,
    AssistantManager,
    ClientError,
    ConversationHandler,
    FunctionContext,
    FunctionError,
    FunctionRegistry,
    RunPolicy,
)
from simulator.scenario.durations import seconds_of
from simulator.scenario.loading import load
from simulator.scenario.plain_requests import Functions, schema_of
from simulator.scenario.playing import perform
from simulator.scenario.schema import Tool

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted((ROOT / "scenarios").rglob("*.scenario.yaml"))
# The model of a scenario says what it says once: a run that is tried again would find it silent.
# Their limits of requests are those of a loop that waits between polls.
PATIENT = RunPolicy(deadline=1_500, cancelling=900, retries=0, expired="raise", least_pause=2)


class App:
    """The client as the app of a scenario; its functions return what the scenario says."""

    def __init__(self, scenario, *, is_async, is_streamed):
        self.called = []
        self.errors = []
        self._scenario, self._is_async, self._is_streamed = scenario, is_async, is_streamed
        self._functions = Functions(scenario.tools)
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
        self._handler = None
        self._attached = []

    def attach(self, file_ids):
        self._attached = list(file_ids)

    def __call__(self, user_id, text):
        more = {"attachments": self._attached, "tools": self._kinds or ["file_search"]} if self._attached else {}
        self._attached = []
        more["policy"] = self._policy(text)
        if self._is_async:
            return self._later(user_id, text, more)
        try:
            if self._handler is None:
                self._handler = self._handling(openai.OpenAI(), lambda manager: manager.create(self._config))
            if self._is_streamed:
                return spoken(list(self._handler.stream(user_id, text, **more))[-1].reply)
            return spoken(self._handler.send(user_id, text, **more))
        except Exception as error:
            self.errors.append(error)
            raise

    async def _later(self, user_id, text, more):
        try:
            if self._handler is None:
                client = openai.AsyncOpenAI()
                made = await AssistantManager(client).create(self._config)
                self._handler = self._handling(client, lambda _: made)
            if self._is_streamed:
                return spoken([event async for event in self._handler.stream(user_id, text, **more)][-1].reply)
            return spoken(await self._handler.send(user_id, text, **more))
        except Exception as error:
            self.errors.append(error)
            raise

    def _handling(self, client, assistant_of):
        return ConversationHandler(client, assistant_of(AssistantManager(client)).id, registry=self._registry)

    def _policy(self, text):
        """As patient as the scenario wants its app."""
        steps = [step.loop for step in self._scenario.conversation if step.user == text and step.loop is not None]
        ways = self._scenario.loop.model_copy(
            update=steps[0].model_dump(exclude_unset=True) if steps else {},
        )
        deadline = {} if ways.patience is None else {"deadline": seconds_of(ways.patience)}
        return dataclasses.replace(PATIENT, rounds=ways.rounds, **deadline)

    def _register(self, registry, name, tool):
        def handler(context: FunctionContext, **arguments):
            self.called.append(context.call_id)
            try:
                return self._functions.returned(name, arguments)
            except RuntimeError as error:
                raise FunctionError(str(error)) from None

        description = tool.description or ""
        registry.register(handler, name=name, description=description, parameters=schema_of(tool.parameters))


def spoken(reply):
    texts = (getattr(part, "readable", getattr(part, "text", None)) for part in reply.parts)
    return "\n".join(text for text in texts if text is not None)


@pytest.fixture(params=SCENARIOS, ids=lambda path: path.name.removesuffix(".scenario.yaml"))
def scenario(request):
    return load(request.param)


def judged(scenario, app):
    """Play a scenario; whatever it expects, errors are typed, no call is executed twice, and no thread is locked."""
    played = perform(scenario, app)
    assert [error for error in app.errors if not isinstance(error, ClientError)] == []
    assert sorted(set(app.called)) == sorted(app.called)
    return [one.text for one in played.findings]


def test_what_is_expected_happens(scenario):
    name = scenario.scenario
    if scenario.assistants is not None and scenario.assistants.header is not None:
        pytest.skip("The header is that of the SDK: a client cannot send another.")
    assert judged(scenario, App(scenario, is_async=False, is_streamed=scenario.loop.stream)) == [], name


def test_the_other_way_round_it_survives_as_well(scenario):
    app = App(scenario, is_async=True, is_streamed=not scenario.loop.stream)
    findings = judged(scenario, app)
    # A fault that strikes polls, or streams, strikes nothing where there are none; then all goes well.
    assert [one for one in findings if "still active" in one] == []
    if not any("Never struck" in one for one in findings) and scenario.assistants is None:
        assert findings == []


def test_there_are_scenarios():
    assert len(SCENARIOS) > 30
