"""The sessions of `cassettes/`, as programs. Run this file to record them anew, from a service on a real socket."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import openai

CASSETTES = Path(__file__).parents[3] / "cassettes"
WEATHER = {"Paris": {"temperature": 72, "conditions": "sunny"}, "London": {"temperature": 57, "conditions": "rain"}}


def function(name, *parameters):
    schema = {
        "type": "object",
        "properties": {each: {"type": "string"} for each in parameters},
        "required": [*parameters],
    }
    return {"type": "function", "function": {"name": name, "parameters": schema}}


TOOLS = [function("get_weather", "location"), function("book_table", "location", "time")]
FUNCTIONS = {
    "get_weather": lambda location: WEATHER[location],
    "book_table": lambda location, time: {"booked": True, "location": location, "time": time},
}


def outputs_of(run):
    return [
        {
            "tool_call_id": one.id,
            "output": json.dumps(FUNCTIONS[one.function.name](**json.loads(one.function.arguments))),
        }
        for one in run.required_action.submit_tool_outputs.tool_calls
    ]


def answer_of(client, thread, assistant):
    runs = client.beta.threads.runs
    run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    while run.status == "requires_action":
        run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs_of(run))
    return client.beta.threads.messages.list(thread.id, limit=1).data[0].content[0].text.value


def parallel_tools():
    """A poll loop that answers two calls at once."""
    with openai.OpenAI() as client:
        assistant = client.beta.assistants.create(model="gpt-4o", name="Weather", tools=TOOLS)
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Paris or London?"}])
        return answer_of(client, thread, assistant)


def two_rounds():
    """Two questions on one thread, one of which takes two rounds of calls; then everything is deleted."""
    with openai.OpenAI() as client:
        assistant = client.beta.assistants.create(model="gpt-4o", name="Concierge", tools=TOOLS)
        thread = client.beta.threads.create()
        answers = []
        for question in ("A table where the sun shines, please.", "Thank you!"):
            client.beta.threads.messages.create(thread.id, role="user", content=question)
            answers.append(answer_of(client, thread, assistant))
        client.beta.threads.delete(thread.id)
        client.beta.assistants.delete(assistant.id)
        return answers


async def streamed():
    async with openai.AsyncOpenAI() as client:
        assistant = await client.beta.assistants.create(model="gpt-4o", name="Weather", tools=TOOLS)
        thread = await client.beta.threads.create(
            messages=[{"role": "user", "content": "Do I need an umbrella in Paris?"}]
        )
        runs = client.beta.threads.runs
        async with runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
            await stream.until_done()
            run = stream.current_run
        submitted = {"run_id": run.id, "thread_id": thread.id, "tool_outputs": outputs_of(run)}
        async with runs.submit_tool_outputs_stream(**submitted) as stream:
            return "".join([delta async for delta in stream.text_deltas])


def stream():
    """A stream with a call, and the stream that follows the outputs."""
    return asyncio.run(streamed())


SESSIONS = {
    "parallel_tools": (parallel_tools, "Take Paris: it is sunny there, in London it rains."),
    "stream": (stream, "No, there is not a cloud in the sky over Paris."),
    "two_rounds": (two_rounds, ["A table in Paris is booked for 19:00.", "You are welcome."]),
}


def brain(view):
    """What the model of the service says."""
    from simulator import call, call_tools, say

    made = [one.name for one in view.outputs]
    if "umbrella" in view.user:
        return say(SESSIONS["stream"][1]) if made else call("get_weather", location="Paris")
    if "Thank" in view.user:
        return say(SESSIONS["two_rounds"][1][1])
    if "get_weather" not in made:
        return call_tools(*(call("get_weather", location=city) for city in WEATHER))
    if "table" not in view.user:
        return say(SESSIONS["parallel_tools"][1])
    if "book_table" not in made:
        return call("book_table", location="Paris", time="19:00")
    return say(SESSIONS["two_rounds"][1][0])


def as_if_of_openai(request):
    """Leave the port of the day out of the file."""
    address = urlsplit(request.uri)
    request.uri = address._replace(scheme="https", netloc="api.openai.com").geturl()
    return request


def record():
    from api_server import serving

    from simulator import Simulator, use_cassette

    recording = partial(use_cassette, mode="record", before_record_request=as_if_of_openai)
    os.environ["OPENAI_API_KEY"] = "sk-not-needed"
    for name, (program, answer) in SESSIONS.items():
        with serving(Simulator(brain, poll_after_ms=None)) as url, recording(CASSETTES / name):
            os.environ["OPENAI_BASE_URL"] = url
            assert program() == answer


if __name__ == "__main__":
    sys.path.append(str(CASSETTES.parent))
    record()
