"""The run loop that plays a scenario where no app is named: the plain one that everybody writes, with care.

It knows nothing of the simulator: it has a client as people build theirs, polls, answers the calls with what the
scenario says its functions return, and reports a run that did not complete.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..transport.clients import plain_client
from .schema import Scenario, Tool

if TYPE_CHECKING:
    import openai

POLL_SECONDS = 1.0
# A run lives for 600 s; a lock that outlives it is waited for as long again.
PATIENCE_SECONDS = 1_300.0
_ACTIVE = ("queued", "in_progress", "cancelling")
_LOCKED = ("while a run", "already has an active run")
_WORDS = ("text", "refusal")
_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")


class RunEnded(Exception):
    """A run did not complete; the text says how it ended."""


class PlainLoop:
    """`converse` of a scenario: one assistant, a thread for each user."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._threads: dict[str, str] = {}
        self._assistant: str | None = None
        self._client: openai.OpenAI | None = None
        self._attached: list[str] = []

    def attach(self, file_ids: Iterable[str]) -> None:
        """Attach files to the next message."""
        self._attached = list(file_ids)

    def __call__(self, user_id: str, text: str) -> str:
        """Send a message, see its run through, and return the reply.

        Raises:
            RunEnded: the run did not complete.
        """
        client = self._connected()
        thread_id = self._thread_of(client, user_id)
        self._patiently(lambda: self._say(client, thread_id, text))
        run = self._patiently(lambda: client.beta.threads.runs.create(thread_id, assistant_id=str(self._assistant)))
        run = self._followed(client, run)
        if run.status != "completed":
            raise RunEnded(_how_it_ended(run))
        return _reply_of(client, run)

    def _connected(self) -> openai.OpenAI:
        if self._client is None:
            self._client = plain_client()
            self._assistant = self._client.beta.assistants.create(**_configuration(self._scenario)).id
        return self._client

    def _thread_of(self, client: openai.OpenAI, user_id: str) -> str:
        if user_id not in self._threads:
            self._threads[user_id] = client.beta.threads.create().id
        return self._threads[user_id]

    def _say(self, client: openai.OpenAI, thread_id: str, text: str) -> None:
        attached: Any = [{"file_id": id, "tools": _attachable(self._scenario)} for id in self._attached]
        self._attached = []
        more: Any = {"attachments": attached} if attached else {}
        client.beta.threads.messages.create(thread_id, role="user", content=text, **more)

    def _followed(self, client: openai.OpenAI, run: Any) -> Any:
        """Poll a run until it has ended, and answer its calls."""
        runs, deadline = client.beta.threads.runs, time.monotonic() + PATIENCE_SECONDS
        while run.status in (*_ACTIVE, "requires_action") and time.monotonic() < deadline:
            if run.status == "requires_action":
                run = self._answered(client, run)
            else:
                time.sleep(POLL_SECONDS)
                run = runs.retrieve(run.id, thread_id=run.thread_id)
        return run

    def _answered(self, client: openai.OpenAI, run: Any) -> Any:
        """Submit the outputs; a refusal because they came already, or too late, is not the end: the run tells."""
        import openai

        outputs: Any = [self._output(call) for call in run.required_action.submit_tool_outputs.tool_calls]
        runs = client.beta.threads.runs
        try:
            return runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
        except openai.BadRequestError as error:
            if "do not accept tool outputs" not in str(error):
                raise
            return runs.retrieve(run.id, thread_id=run.thread_id)

    def _output(self, call: Any) -> Mapping[str, str]:
        return {"tool_call_id": call.id, "output": json.dumps(self._result(call), ensure_ascii=False)}

    def _result(self, call: Any) -> Any:
        """Return what a function returns. What is wrong with a call is told to the model, which may mend it."""
        name = call.function.name
        tools = self._scenario.tools
        if name not in tools:
            return {"error": f"There is no function {name!r}."}
        try:
            arguments = json.loads(call.function.arguments or "{}")
        except ValueError as error:
            return {"error": f"The arguments are not JSON: {error}."}
        if not isinstance(arguments, dict):
            return {"error": "The arguments are not a JSON object."}
        tool = tools[name] or Tool()
        return tool.returns if tool.raises is None else {"error": tool.raises}

    def _patiently(self, attempt: Any) -> Any:
        """Try again while the thread is locked."""
        import openai

        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return attempt()
            except openai.BadRequestError as error:
                if not any(text in str(error) for text in _LOCKED) or time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)


def _configuration(scenario: Scenario) -> Any:  # Any: the SDK's types for what it sends are unions of dicts
    assistant = scenario.assistant
    tools = [_function(name, tool or Tool()) for name, tool in scenario.tools.items()]
    tools += [{"type": kind} for kind in ("code_interpreter", "file_search") if getattr(assistant, kind)]
    given = {key: getattr(assistant, key) for key in ("model", "name", "instructions", "response_format")}
    return {**{key: value for key, value in given.items() if value is not None}, "tools": tools}


def _function(name: str, tool: Tool) -> dict[str, Any]:
    function = {
        "name": name,
        "description": tool.description,
        "parameters": schema_of(tool.parameters),
        "strict": tool.strict,
    }
    return {"type": "function", "function": {key: value for key, value in function.items() if value is not None}}


def schema_of(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the JSON Schema of parameters; short they are `{location: string, unit: [C, F], days?: integer}`."""
    if parameters.get("type") == "object":
        return parameters
    properties = {name.removesuffix("?"): _property(value) for name, value in parameters.items()}
    required = [name for name in parameters if not name.endswith("?")]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _property(value: Any) -> Any:
    if isinstance(value, list):
        return {"enum": value}
    return {"type": value} if value in _TYPES else value if isinstance(value, dict) else {"description": str(value)}


def _attachable(scenario: Scenario) -> list[Mapping[str, str]]:
    kinds = [kind for kind in ("file_search", "code_interpreter") if getattr(scenario.assistant, kind)]
    return [{"type": kind} for kind in kinds or ["file_search"]]


def _how_it_ended(run: Any) -> str:
    if run.last_error is not None:
        return f"The run ended as {run.status}: {run.last_error.code}: {run.last_error.message}"
    details = getattr(run, "incomplete_details", None)
    return f"The run ended as {run.status}{'' if details is None else f': {details.reason}'}."


def _reply_of(client: openai.OpenAI, run: Any) -> str:
    """Return the texts that this run wrote, and no other run; empty where it wrote none."""
    messages = client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc")
    parts = [part for message in messages for part in message.content]
    return "\n".join(
        part.text.value if part.type == "text" else part.refusal for part in parts if part.type in ("text", "refusal")
    )
