"""A scenario in a text, and the two loops that play the shipped ones: one with care, and one as most begin."""

from __future__ import annotations

import json
import time
from pathlib import Path

import openai
import pytest

from simulator.scenario.loading import parse

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "scenarios"


@pytest.fixture
def scenario():
    return lambda text: parse(text, Path("f.scenario.yaml"))


class NaiveLoop:
    """What many wrote: it knows two ends of a run, sends again nothing, and reads the newest message."""

    def __init__(self, scenario):
        self._tools = scenario.tools
        self._threads = {}

    def __call__(self, user_id, text):
        client = openai.OpenAI(max_retries=0)
        if user_id not in self._threads:
            self._threads[user_id] = client.beta.threads.create().id
        thread = self._threads[user_id]
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.").id
        client.beta.threads.messages.create(thread, role="user", content=text)
        run = client.beta.threads.runs.create(thread, assistant_id=assistant)
        for _ in range(20):
            if run.status == "completed":
                break
            if run.status == "requires_action":
                run = client.beta.threads.runs.submit_tool_outputs(
                    run.id, thread_id=thread, tool_outputs=self._outputs(run)
                )
            time.sleep(1)
            run = client.beta.threads.runs.retrieve(run.id, thread_id=thread)
        return client.beta.threads.messages.list(thread, limit=1).data[0].content[0].text.value

    def _outputs(self, run):
        call = run.required_action.submit_tool_outputs.tool_calls[0]
        arguments = json.loads(call.function.arguments)
        assert isinstance(arguments, dict)
        tool = self._tools[call.function.name]
        return [{"tool_call_id": call.id, "output": json.dumps(tool.returns)}]
