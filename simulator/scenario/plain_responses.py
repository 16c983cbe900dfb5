"""The plain loop once more, on the Responses API: the same conversation, moved with care.

It shows what a move has to do: instructions and tools go with each request, outputs with the response that asked for
them, functions say that they are not strict, and a response that is not completed is a failure, whatever text it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..transport.clients import plain_client
from .plain_loop import RunEnded
from .plain_requests import Functions, configuration, result_of, text_of_output, ways_of
from .schema import Loop, Scenario, Step

if TYPE_CHECKING:
    import openai

# What runs call these reasons; whoever reads the failure knows the one or the other.
_REASONS = {"max_output_tokens": "max_completion_tokens"}


class PlainResponses:
    """`converse` of a scenario: a chain of responses for each user."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._functions = Functions(scenario.tools)
        self._newest: dict[str, str] = {}
        self._files: dict[str, list[str]] = {}
        self._stores: dict[str, str] = {}
        self._client: openai.OpenAI | None = None
        self._step: Step | None = None
        self._attached: Sequence[str] = ()

    def prepare(self, step: Step, file_ids: Sequence[str]) -> None:
        """Hear of the step that comes next what is not said: what was said before, files, how to go about it."""
        self._step, self._attached = step, file_ids

    def __call__(self, user_id: str, text: str) -> str:
        """Send what the user says, answer the calls, and return the reply.

        Raises:
            RunEnded: the response was not completed.
        """
        client = self._connected()
        self._attach(client, user_id)
        before = [_message(*said.role_and_text) for said in self._step.history] if self._step else []
        response = self._asked(client, user_id, [*before, _message("user", text)])
        rounds = 0
        while outputs := list(self._outputs(response)):
            if rounds >= self._ways.rounds:
                raise RunEnded("The run ended as cancelled.")
            rounds += 1
            response = self._asked(client, user_id, outputs)
        if response.status != "completed":
            raise RunEnded(_how_it_ended(response))
        return "\n".join(_texts(response))

    @property
    def _ways(self) -> Loop:
        return ways_of(self._scenario, self._step)

    def _connected(self) -> openai.OpenAI:
        self._client = self._client or plain_client()
        return self._client

    def _attach(self, client: openai.OpenAI, user_id: str) -> None:
        """Let the tools reach the files: a container has them, a search needs a vector store."""
        self._files.setdefault(user_id, []).extend(self._attached)
        if not self._attached or not self._scenario.assistant.file_search:
            return
        store = self._stores.get(user_id) or self._stores.setdefault(user_id, client.vector_stores.create().id)
        for file_id in self._attached:
            client.vector_stores.files.create_and_poll(file_id, vector_store_id=store)

    def _asked(self, client: openai.OpenAI, user_id: str, given: Sequence[Mapping[str, Any]]) -> Any:
        request: Any = {**self._request(user_id), "input": given}
        if user_id in self._newest:
            request["previous_response_id"] = self._newest[user_id]
        answer: Any = client.responses.create(**request, stream=self._ways.stream)
        response = _last_of(answer) if self._ways.stream else answer
        self._newest[user_id] = response.id
        return response

    def _request(self, user_id: str) -> dict[str, Any]:
        """Return what goes with each request: none of it is carried over."""
        given = configuration(self._scenario)
        tools = [self._tool(tool, user_id) for tool in given["tools"]]
        request = {key: given[key] for key in ("model", "instructions") if key in given}
        wanted = _format(given.get("response_format"))
        return {**request, "tools": tools, "truncation": "auto", **({"text": {"format": wanted}} if wanted else {})}

    def _tool(self, tool: Mapping[str, Any], user_id: str) -> dict[str, Any]:
        if tool["type"] == "function":
            return {"type": "function", "strict": False, **tool["function"]}
        if tool["type"] == "file_search":
            return {"type": "file_search", "vector_store_ids": list(filter(None, [self._stores.get(user_id)]))}
        return {"type": tool["type"], "container": {"type": "auto", "file_ids": self._files.get(user_id, [])}}

    def _outputs(self, response: Any) -> Iterator[dict[str, Any]]:
        for item in response.output:
            if item.type == "function_call":
                output = text_of_output(result_of(self._functions, item.name, item.arguments))
                yield {"type": "function_call_output", "call_id": item.call_id, "output": output}


def _last_of(events: Iterable[Any]) -> Any:
    """Return the response as the last event shows it that does."""
    response = None
    for event in events:
        response = getattr(event, "response", response)
    return response


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text}


def _format(wanted: Any) -> Any:
    """Return a `response_format` as `text.format` has it; None: nothing was asked for."""
    if not isinstance(wanted, Mapping):
        return None
    return {"type": wanted["type"], **wanted.get("json_schema", {})}


def _texts(response: Any) -> Iterator[str]:
    """Yield the texts and refusals of all messages; `output_text` would leave out the refusals."""
    for item in response.output:
        for part in item.content if item.type == "message" else ():
            yield part.text if part.type == "output_text" else part.refusal


def _how_it_ended(response: Any) -> str:
    if response.error is not None:
        return f"The run ended as {response.status}: {response.error.code}: {response.error.message}"
    reason = getattr(response.incomplete_details, "reason", None)
    return f"The run ended as {response.status}{f': {_REASONS.get(reason, reason)}' if reason else ''}."
