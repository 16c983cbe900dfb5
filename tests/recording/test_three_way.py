"""One test body, three ways: simulated, recorded from a service on a real socket, replayed from the recording."""

from __future__ import annotations

import pytest

from simulator import Simulator, call, call_tools, say
from simulator.recording import forms

PROGRAM = """
import json, openai

TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}]


def get_weather(location):
    return {"temperature": 72, "conditions": "sunny"}


def reply(text):
    with openai.OpenAI() as client:
        assistant = client.beta.assistants.create(model="gpt-4o", name="Weather", tools=TOOLS)
        thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
        runs = client.beta.threads.runs
        run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        while run.status == "requires_action":
            outputs = [
                {"tool_call_id": one.id, "output": json.dumps(get_weather(**json.loads(one.function.arguments)))}
                for one in run.required_action.submit_tool_outputs.tool_calls
            ]
            run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
        return thread.id, client.beta.threads.messages.list(thread.id, limit=1).data[0].content[0].text.value


async def streamed(text):
    async with openai.AsyncOpenAI() as client:
        assistant = await client.beta.assistants.create(model="gpt-4o")
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": text}])
        async with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
            return "".join([delta async for delta in stream.text_deltas])
"""

TESTS = """
import asyncio
import pytest
from simulator import Request, call, call_tools, say
from weather import reply, streamed

CITIES = ["Paris", "London"]


@pytest.mark.cassette("weather")
def test_both_cities_are_asked_for_at_once(simulator):
    simulator.script(call_tools(*(call("get_weather", location=city) for city in CITIES)), say("It is sunny in both."))
    thread, answer = reply("Paris or London?")
    assert answer == "It is sunny in both."
    assert [(one.name, one.arguments, one.output) for one in simulator.calls] == [
        ("get_weather", {"location": city}, '{"temperature": 72, "conditions": "sunny"}') for city in CITIES
    ]
    assert [run["status"] for run in simulator.runs] == ["completed"]
    assert [one["role"] for one in simulator.messages(thread)][-1] == "assistant"


@pytest.mark.cassette
def test_a_stream(simulator):
    simulator.script(say("It is sunny in both."))
    assert asyncio.run(streamed("And now?")) == "It is sunny in both."


class TestInAClass:
    @pytest.mark.cassette
    @pytest.mark.parametrize("city", ["Paris", "Rome/Lazio"])
    def test_with_a_client(self, simulator, openai_client, city):
        simulator.script(say("x", takes=1), optional=True)
        with openai_client as client:
            assert client.beta.assistants.create(model="gpt-4o", name=city).name == city


@pytest.mark.cassette
def test_clients_of_the_fixture_talk_to_whoever_answers(simulator):
    async def thread():
        async with simulator.async_client() as client:
            return (await client.beta.threads.create()).id

    with simulator.client() as client:
        assert client.beta.threads.create().id != asyncio.run(thread())


@pytest.mark.cassette
def test_the_fixture_answers_from_the_cassette_only(simulator, cassette):
    request = Request("POST", "/v1/threads", "", {"openai-beta": "assistants=v2"}, b"{}")
    with simulator.client() as client:
        client.beta.threads.create(extra_body={})
    if cassette is None:
        assert simulator.handle(request).status == 200
        return
    if cassette.mode == "replay":
        assert cassette.handle == simulator._session.handle
        return
    with pytest.raises(TypeError, match="the service answers"):
        simulator.handle(request)


def test_without_a_cassette(simulator, openai_client):
    assert openai_client.beta.assistants.list().data == []
"""
FILES = [
    "cassettes/test_weather/TestInAClass.test_with_a_client[Paris].yaml",
    "cassettes/test_weather/TestInAClass.test_with_a_client[Rome-Lazio].yaml",
    "cassettes/test_weather/test_a_stream.yaml",
    "cassettes/test_weather/test_clients_of_the_fixture_talk_to_whoever_answers.yaml",
    "cassettes/test_weather/test_the_fixture_answers_from_the_cassette_only.yaml",
    "cassettes/weather.yaml",
]


def brain(view):
    """What the service's model says: as the script of the test."""
    if "London" in view.user and not view.outputs:
        return call_tools(*(call("get_weather", location=city) for city in ("Paris", "London")))
    return say("It is sunny in both.")


@pytest.fixture
def weather(project, serving, monkeypatch):
    project.write(weather=PROGRAM, test_weather=TESTS)
    with serving(Simulator(brain)) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        yield project


def test_the_same_tests_pass_simulated_recorded_and_replayed(weather, monkeypatch):
    weather.test("--assistants=simulate").assert_outcomes(passed=7)
    assert weather.files() == []
    weather.test("--assistants=record").assert_outcomes(passed=7)
    assert weather.files() == FILES
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    weather.test("--assistants=replay").assert_outcomes(passed=7)
    weather.test().assert_outcomes(passed=7)  # what the marker means when nothing is said


def test_they_pass_live_too_and_leave_no_file(weather):
    weather.test("--assistants=live").assert_outcomes(passed=7)
    assert weather.files() == []


def test_what_is_recorded_has_no_secret_and_all_requests(weather):
    weather.test("--assistants=record").assert_outcomes(passed=7)
    path = weather.path / "cassettes" / "weather.yaml"
    assert "canary" not in path.read_text()
    operations = [one.label for one in forms.load(path).interactions]
    assert operations[0] == "POST /v1/assistants"
    assert any(label.endswith("/submit_tool_outputs") for label in operations)


def test_a_program_that_changed_fails_its_replay_in_the_call_phase(weather):
    weather.test("--assistants=record").assert_outcomes(passed=7)
    weather.write(weather=PROGRAM.replace('"temperature": 72', '"temperature": 50'))
    result = weather.test("-k", "both_cities")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*submit_tool_outputs*", "*-*72*", "*+*50*"])
