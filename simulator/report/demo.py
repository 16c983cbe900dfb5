"""The weather conversation of the README: a program with a plain run loop, the script for it, its timeline."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..backend.turns import call, call_tools, say
from ..decorator import DEPRECATION
from ..errors import SimulatorError
from ..simulator import Simulator
from .timeline import render

if TYPE_CHECKING:
    import openai

FIRST_QUESTION = "What is the weather in San Francisco, and what time is it there?"
SECOND_QUESTION = "Do I need an umbrella?"


def play(show: Callable[[str], None]) -> None:
    """Play two turns with the real SDK, show each line as it is said, and at the end the timeline.

    Raises:
        SimulatorError: the installed SDK is too old to speak version 2 of the API.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", DEPRECATION, DeprecationWarning)
        sim = Simulator()
        _write_script(sim)
        client = sim.client()
        if not _speaks_v2(client):
            raise SimulatorError("The demo needs openai 1.21 or newer: earlier ones speak version 1 of the API only.")
        _converse(client, show)
    sim.check()
    show("")
    show(render(sim.journal))


def _speaks_v2(client: openai.OpenAI) -> bool:
    return hasattr(client.beta, "vector_stores") or hasattr(client, "vector_stores")  # both are of v2


def _write_script(sim: Simulator) -> None:
    """Say what the model will answer: two calls at once and then a text; and a text to the second question."""
    place = "San Francisco, CA"
    sim.script(
        call_tools(call("get_weather", location=place), call("get_local_time", location=place)),
        say("It is 72 °F and sunny in San Francisco, where it is 10:15 in the morning."),
        say("No. There is not a cloud in the sky."),
    )


# The program under test. Nothing below knows of the simulator.


def _get_weather(location: str) -> Mapping[str, Any]:
    return {"temperature": 72, "conditions": "sunny"}


def _get_local_time(location: str) -> Mapping[str, Any]:
    return {"time": "10:15"}


_HANDLERS: Mapping[str, Callable[..., Mapping[str, Any]]] = {
    "get_weather": _get_weather,
    "get_local_time": _get_local_time,
}


def _converse(client: openai.OpenAI, show: Callable[[str], None]) -> None:
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        name="Weather assistant",
        instructions="Answer questions about weather and time with the functions.",
        tools=[_function(name) for name in _HANDLERS],
    )
    thread = client.beta.threads.create()
    show(f"user: {FIRST_QUESTION}")
    show(f"assistant: {_answer(client, assistant.id, thread.id, FIRST_QUESTION)}")
    show(f"user: {SECOND_QUESTION}")
    show(f"assistant: {_streamed_answer(client, assistant.id, thread.id, SECOND_QUESTION)}")


# Any: the SDK's types for what it sends are unions of dicts; here they are JSON values.
def _function(name: str) -> Any:
    location = {"type": "string", "description": "City and state, for example San Francisco, CA"}
    parameters = {"type": "object", "properties": {"location": location}, "required": ["location"]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def _answer(client: openai.OpenAI, assistant_id: str, thread_id: str, text: str) -> str:
    client.beta.threads.messages.create(thread_id, role="user", content=text)
    runs = client.beta.threads.runs
    run = runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
    while run.status == "requires_action" and run.required_action is not None:
        outputs: Any = [_output(tool_call) for tool_call in run.required_action.submit_tool_outputs.tool_calls]
        run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread_id, tool_outputs=outputs)
    if run.status != "completed":
        raise RuntimeError(f"The run ended as {run.status}: {run.last_error}")
    newest = client.beta.threads.messages.list(thread_id, limit=1).data[0]
    return "".join(part.text.value for part in newest.content if part.type == "text")


def _output(tool_call: Any) -> Mapping[str, str]:
    arguments = json.loads(tool_call.function.arguments)
    output = _HANDLERS[tool_call.function.name](**arguments)
    return {"tool_call_id": tool_call.id, "output": json.dumps(output)}


def _streamed_answer(client: openai.OpenAI, assistant_id: str, thread_id: str, text: str) -> str:
    client.beta.threads.messages.create(thread_id, role="user", content=text)
    with client.beta.threads.runs.stream(thread_id=thread_id, assistant_id=assistant_id) as stream:
        return " | ".join(stream.text_deltas)
