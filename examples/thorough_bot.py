"""A run loop that outlives what the service is known to do to run loops: nothing is lost, and nothing made twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import openai

PATIENCE = 700.0  # seconds; a run ends within 600
ROUNDS = 30
AT_WORK = ("queued", "in_progress", "cancelling")
LOCKED = ("while a run", "already has an active run")


def get_weather(location: str, unit: str = "C") -> dict[str, str]:
    """Return the weather of a place."""
    return {"location": location, "unit": unit, "sky": "clear"}


PARAMETERS = {
    "type": "object",
    "properties": {"location": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
    "required": ["location"],
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {"get_weather": get_weather}
TOOL: Any = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}


class RunEnded(Exception):
    """A run did not complete."""


class Bot:
    """One assistant, and a thread for each user."""

    def __init__(self) -> None:
        self.threads: dict[str, str] = {}
        self.marks = 0
        self.client = openai.OpenAI()
        self.once = self.client.with_options(max_retries=0).beta.threads  # the SDK would send a POST again
        self.assistant_id = self.client.beta.assistants.create(model="gpt-4o", tools=[TOOL]).id

    def __call__(self, user_id: str, text: str) -> str:
        """Answer what a user says."""
        if user_id not in self.threads:
            self.threads[user_id] = self.client.beta.threads.create().id
        thread_id, threads = self.threads[user_id], self.client.beta.threads
        self.made(self.once.messages.create, threads.messages.list, thread_id, role="user", content=text)
        run = self.made(self.once.runs.create, threads.runs.list, thread_id, assistant_id=self.assistant_id)
        try:
            run = self.followed(run)
        except Exception:
            self.cancel(run)
            raise
        if run.status != "completed":
            raise RunEnded(f"{run.id} is {run.status}")
        messages = threads.messages.list(thread_id, run_id=run.id, order="asc")
        return "\n".join(text_of(part) for message in messages for part in message.content).strip()

    def made(self, create: Callable[..., Any], listed: Callable[..., Any], thread_id: str, **what: Any) -> Any:
        """Make something once: where the answer is lost, look for its mark before it is made again."""
        self.marks += 1
        mark, began, pause = {"mark": str(self.marks)}, time.monotonic(), 1.0
        while True:
            try:
                return create(thread_id, metadata=mark, **what)
            except openai.APIError as error:
                is_locked = any(text in str(error) for text in LOCKED)
                if not (is_locked or passes(error)) or time.monotonic() - began > PATIENCE:
                    raise
            if is_locked:
                self.cancel_orphan(thread_id)
            pause = pause_after(pause)
            for newest in self.patiently(lambda: listed(thread_id, limit=1)).data:
                if newest.metadata == mark:
                    return newest

    def patiently(self, ask: Callable[[], Any]) -> Any:
        """Ask what may be asked again, until it is answered."""
        began, pause = time.monotonic(), 1.0
        while True:
            try:
                return ask()
            except openai.APIError as error:
                if not passes(error) or time.monotonic() - began > PATIENCE:
                    raise
            pause = pause_after(pause)

    def cancel_orphan(self, thread_id: str) -> None:
        """Cancel a run that waits for outputs: nobody will bring them. Another one ends by itself."""
        for run in self.patiently(lambda: self.client.beta.threads.runs.list(thread_id, limit=1)).data:
            if run.status == "requires_action":
                self.cancel(run)

    def cancel(self, run: Any) -> Any:
        """Cancel a run, and return it when it has ended: until then its thread is locked."""
        try:
            run = self.patiently(lambda: self.client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id))
        except openai.BadRequestError:  # it has ended, or is being cancelled
            run = self.polled(run)
        while run.status in AT_WORK:
            run = self.polled(run)
        return run

    def followed(self, run: Any) -> Any:
        """Return a run when it has ended; cancel one that takes too long, or asks for calls without end."""
        began, rounds = time.monotonic(), 0
        while run.status in (*AT_WORK, "requires_action"):
            asks = run.status == "requires_action"
            if time.monotonic() - began > PATIENCE or rounds == ROUNDS:
                self.cancel(run)
                raise RunEnded(f"{run.id} goes on after {rounds} rounds of calls")
            rounds += asks
            run = self.submitted(run) if asks else self.polled(run)
        return run

    def polled(self, run: Any) -> Any:
        """Ask how a run is, the less often the longer it takes."""
        time.sleep(max(1.0, (time.time() - run.created_at) / 20))
        return self.patiently(lambda: self.client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id))

    def submitted(self, run: Any) -> Any:
        """Submit the outputs; a refusal, because they came already or too late, is not the end: the run tells."""
        outputs: Any = [self.output_of(call) for call in run.required_action.submit_tool_outputs.tool_calls]
        submit = self.client.beta.threads.runs.submit_tool_outputs
        try:
            return self.patiently(lambda: submit(run.id, thread_id=run.thread_id, tool_outputs=outputs))
        except openai.BadRequestError as error:
            if "do not accept tool outputs" not in str(error):
                raise
            return self.polled(run)

    def output_of(self, call: Any) -> Mapping[str, str]:
        """Return what a function returns; whatever is wrong with a call, the model is told."""
        try:
            result = FUNCTIONS[call.function.name](**json.loads(call.function.arguments))
        except Exception as error:  # noqa: BLE001  # whatever it is, the model may mend it
            result = {"error": f"{type(error).__name__}: {error}"}
        return {"tool_call_id": call.id, "output": result if isinstance(result, str) else json.dumps(result)}


def passes(error: openai.APIError) -> bool:
    """Tell whether the same request may go well the next time."""
    status = getattr(error, "status_code", None)
    return isinstance(error, openai.APIConnectionError) or status in (408, 409, 429) or (status or 0) >= 500


def pause_after(pause: float) -> float:
    """Wait, and return how long to wait the next time."""
    time.sleep(pause)
    return min(2 * pause, 20.0)


def text_of(part: Any) -> str:
    """Return a part of a message as words, without the markers of its citations."""
    if part.type != "text":
        return part.refusal if part.type == "refusal" else f"[{part.type}]"
    text: str = part.text.value
    for citation in part.text.annotations:
        text = text.replace(citation.text, "")
    return text
