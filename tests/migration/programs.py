"""One program, as it was on the Assistants API and as it is on the Responses API, after a move that lost nothing.

Each part that a move can spoil is a method of its own, so that a spoilt move is a subclass of a few lines.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import openai

MODEL, INSTRUCTIONS = "gpt-4o", "Answer in one sentence."
GET_WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city, now.",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string"}, "unit": {"enum": ["C", "F"]}},
        "required": ["location"],
    },
}
GET_ROOMS = {"name": "get_rooms", "parameters": {"type": "object", "properties": {"location": {"type": "string"}}}}
FUNCTIONS = [GET_WEATHER, GET_ROOMS]


class NotAnswered(Exception):
    """The model did not come to an end."""


RESULTS = {"get_rooms": {"error": "no connection"}, "find_city": {"id": 7}, "get_weather": {"sky": "blue"}}


class Old:
    """As it was; `settings` are those of its assistant and its runs."""

    runs_code = True
    settings: Mapping[str, Any] = MappingProxyType({})
    run_settings: Mapping[str, Any] = MappingProxyType({})

    def __init__(self):
        self.client = openai.OpenAI()
        self.threads = {}
        tools = [{"type": "function", "function": one} for one in FUNCTIONS]
        tools += [{"type": "code_interpreter"}] if self.runs_code else []
        self.assistant = self.client.beta.assistants.create(
            model=MODEL, instructions=INSTRUCTIONS, tools=tools, **self.settings
        )

    def __call__(self, user, text):
        runs = self.client.beta.threads.runs
        if user not in self.threads:
            self.threads[user] = self.client.beta.threads.create().id
        thread = self.threads[user]
        self.client.beta.threads.messages.create(thread, role="user", content=text)
        run = runs.create(thread, assistant_id=self.assistant.id, **self.run_settings)
        while run.status in ("queued", "in_progress", "requires_action"):
            time.sleep(0.5)
            run = runs.retrieve(run.id, thread_id=thread)
            if run.status == "requires_action":
                calls = run.required_action.submit_tool_outputs.tool_calls
                outputs = [{"tool_call_id": one.id, "output": self.output(one.function)} for one in calls]
                run = runs.submit_tool_outputs(run.id, thread_id=thread, tool_outputs=outputs)
        if run.status != "completed":
            raise NotAnswered(run.status)
        messages = self.client.beta.threads.messages.list(thread, run_id=run.id, order="asc")
        return "\n".join(part.text.value for message in messages for part in message.content)

    def output(self, function):
        return json.dumps(RESULTS[function.name])


class New:
    """As it is."""

    runs_code = True
    settings: Mapping[str, Any] = MappingProxyType({})
    instructions = INSTRUCTIONS
    model = MODEL

    def __init__(self):
        self.client = openai.OpenAI()
        self.newest = {}

    def __call__(self, user, text):
        response = self.ask(user, self.said(user, text))
        while calls := self.calls(response):
            response = self.ask(user, self.outputs(calls))
        self.check(response)
        return self.reply(response)

    def said(self, user, text):
        return [{"role": "user", "content": text}]

    def ask(self, user, given):
        response = self.client.responses.create(**self.request(user, given), input=given)
        self.newest[user] = response.id
        return response

    def request(self, user, given):
        return {
            "model": self.model,
            "tools": self.tools(),
            **self.told(user),
            **self.chain(user, given),
            **self.settings,
        }

    def told(self, user):
        return {"instructions": self.instructions}

    def chain(self, user, given):
        return {"previous_response_id": self.newest[user]} if user in self.newest else {}

    def tools(self):
        code = [{"type": "code_interpreter", "container": {"type": "auto"}}] if self.runs_code else []
        return [*map(self.function, FUNCTIONS), *code]

    def function(self, one):
        return {"type": "function", "strict": False, **one}

    def calls(self, response):
        return [item for item in response.output if item.type == "function_call"]

    def outputs(self, calls):
        return [{"type": "function_call_output", "call_id": one.call_id, "output": self.output(one)} for one in calls]

    def output(self, call):
        return json.dumps(RESULTS[call.name])

    def check(self, response):
        if response.status != "completed":
            raise NotAnswered(response.status)

    def reply(self, response):
        messages = [item for item in response.output if item.type == "message"]
        return "\n".join(part.text for message in messages for part in message.content)
