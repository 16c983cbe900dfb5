"""A run loop as it should be: polls, answers every call, cancels what it gives up, waits for a locked thread, and says
so when a run does not complete. It knows nothing of the simulator. What is broken on purpose overrides one method.
"""

from __future__ import annotations

import contextlib
import json
import re
import time

import openai

ACTIVE = ("queued", "in_progress", "cancelling")
PATIENCE = 700.0

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city.",
            "parameters": {
                "type": "object",
                "properties": {"location": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
                "required": ["location"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "book",
            "description": "Books seats.",
            "parameters": {
                "type": "object",
                "properties": {"seats": {"type": "integer", "minimum": 1, "maximum": 9}},
                "required": ["seats"],
            },
        },
    },
]


def get_weather(location, unit="C"):
    return {"location": location, "unit": unit, "sky": "clear"}


def book(seats):
    return f"{seats} booked"


class RunEnded(Exception):
    """A run did not complete."""


class Careful:
    """One assistant, a thread for each user."""

    def __init__(self, functions):
        self.functions = functions
        self.client = openai.OpenAI()
        self.assistant_id = self.client.beta.assistants.create(model="gpt-4o", tools=TOOLS).id
        self.threads = {}

    @property
    def runs(self):
        return self.client.beta.threads.runs

    def __call__(self, user_id, text):
        if user_id not in self.threads:
            self.threads[user_id] = self.client.beta.threads.create().id
        thread_id = self.threads[user_id]
        self.say(thread_id, text)
        run = self.start(thread_id)
        try:
            run = self.followed(run)
        except Exception:
            self.give_up(run)
            raise
        self.check(run)
        return self.reply_of(run)

    # The thread.

    def say(self, thread_id, text):
        self.patiently(lambda: self.client.beta.threads.messages.create(thread_id, role="user", content=text))

    def start(self, thread_id):
        return self.patiently(lambda: self.runs.create(thread_id, assistant_id=self.assistant_id))

    def patiently(self, attempt):
        """Where a run locks the thread, cancel it, and try again when it has ended."""
        begun = time.monotonic()
        while True:
            try:
                return attempt()
            except openai.BadRequestError as error:
                holder = re.search(r"run (run_\w+)", str(error))
                thread = re.search(r"thread_\w+", str(error))
                if holder is None or "active" not in str(error) or time.monotonic() - begun > PATIENCE:
                    raise
                self.cancel(holder[1], thread[0])
                time.sleep(1)

    def give_up(self, run):
        self.cancel(run.id, run.thread_id)

    def cancel(self, run_id, thread_id):
        # It may have ended already, or be on its way there; if not, the next message waits for it.
        with contextlib.suppress(openai.APIError):
            self.runs.cancel(run_id, thread_id=thread_id)

    # The run.

    def followed(self, run):
        begun = time.monotonic()
        while self.goes_on(run):
            if run.status == "requires_action":
                run = self.answered(run)
            elif time.monotonic() - begun > PATIENCE:
                raise TimeoutError(f"{run.id} takes too long")
            else:
                self.pause()
                run = self.runs.retrieve(run.id, thread_id=run.thread_id)
        return run

    def goes_on(self, run):
        return run.status in (*ACTIVE, "requires_action")

    def pause(self):
        time.sleep(1)

    def answered(self, run):
        calls = run.required_action.submit_tool_outputs.tool_calls
        return self.submit(run, self.outputs(calls))

    def submit(self, run, outputs):
        try:
            return self.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
        except openai.BadRequestError as error:
            if "do not accept tool outputs" not in str(error):
                raise
            return self.runs.retrieve(run.id, thread_id=run.thread_id)  # they came before, or too late

    def outputs(self, calls):
        return [{"tool_call_id": call.id, "output": self.output(call)} for call in calls]

    def output(self, call):
        function = self.functions.get(call.function.name)
        if function is None:
            return json.dumps({"error": f"There is no function {call.function.name!r}."})
        try:
            arguments = json.loads(call.function.arguments)
            result = function(**arguments)
        except Exception as error:  # noqa: BLE001  # whatever it is, the model is told
            return json.dumps({"error": f"{type(error).__name__}: {error}"})
        return result if isinstance(result, str) else json.dumps(result)

    # The reply.

    def check(self, run):
        if run.status != "completed":
            raise RunEnded(f"{run.id} is {run.status}")

    def reply_of(self, run):
        messages = self.client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc")
        return "\n".join(self.text_of(part) for message in messages for part in message.content).strip()

    def text_of(self, part):
        return {"text": lambda: part.text.value, "refusal": lambda: part.refusal}.get(part.type, str)()


def functions():
    return {"get_weather": get_weather, "book": book}
