"""The SDK's `runs.stream` with an `AssistantEventHandler` that submits outputs, as its documentation has it."""

from __future__ import annotations

import json

from openai import AssistantEventHandler, OpenAI

from .functions import FUNCTIONS, INSTRUCTIONS, MODEL, TOOLS


class EventHandler(AssistantEventHandler):
    """Collects the text, and answers the calls on another stream."""

    def __init__(self, client: OpenAI, said: list[str]) -> None:
        super().__init__()
        self.client, self.said = client, said

    def on_text_delta(self, delta, snapshot):
        """Take a piece of the text."""
        self.said.append(delta.value or "")

    def on_event(self, event):
        """Look for the event that asks for outputs."""
        if event.event == "thread.run.requires_action":
            self.handle_requires_action(event.data)

    def handle_requires_action(self, run):
        """Call the functions, and read on in the stream that answers the outputs."""
        outputs = []
        for call in run.required_action.submit_tool_outputs.tool_calls:
            output = FUNCTIONS[call.function.name](**json.loads(call.function.arguments))
            outputs.append({"tool_call_id": call.id, "output": output})
        with self.client.beta.threads.runs.submit_tool_outputs_stream(
            thread_id=run.thread_id,
            run_id=run.id,
            tool_outputs=outputs,
            event_handler=EventHandler(self.client, self.said),
        ) as stream:
            stream.until_done()


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
        thread_id, said = self.threads[user_id], []
        threads.messages.create(thread_id=thread_id, role="user", content=text)
        with threads.runs.stream(
            thread_id=thread_id, assistant_id=self.assistant.id, event_handler=EventHandler(self.client, said)
        ) as stream:
            stream.until_done()
        return "".join(said)
