"""The SDK's own helpers `create_and_poll` and `submit_tool_outputs_and_poll`, as its documentation uses them."""

from __future__ import annotations

import json

from openai import OpenAI

from .functions import FUNCTIONS, INSTRUCTIONS, MODEL, TOOLS


class App:
    """A thread for each user."""

    def __init__(self) -> None:
        self.client = OpenAI()
        self.assistant = self.client.beta.assistants.create(model=MODEL, instructions=INSTRUCTIONS, tools=TOOLS)
        self.threads: dict[str, str] = {}

    def __call__(self, user_id: str, text: str) -> str:
        """Return the reply."""
        threads = self.client.beta.threads
        if user_id not in self.threads:
            self.threads[user_id] = threads.create().id
        thread_id = self.threads[user_id]
        threads.messages.create(thread_id=thread_id, role="user", content=text)
        run = threads.runs.create_and_poll(thread_id=thread_id, assistant_id=self.assistant.id)
        while run.status == "requires_action":
            outputs = []
            for call in run.required_action.submit_tool_outputs.tool_calls:
                output = FUNCTIONS[call.function.name](**json.loads(call.function.arguments))
                outputs.append({"tool_call_id": call.id, "output": output})
            run = threads.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread_id, tool_outputs=outputs)
        if run.status == "completed":
            messages = threads.messages.list(thread_id=thread_id)
            return messages.data[0].content[0].text.value
        return run.status
