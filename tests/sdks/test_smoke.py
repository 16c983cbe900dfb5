"""What a program does with the SDK, on every SDK: `make sdks` runs this in one environment after the other.

Each test is a column of the table in the README. It runs unless the SDK lacks a method that it uses, and then it
says which; that is asked of the SDK itself, so no list of versions is kept. `sync` and `async` run one program:
`got` waits for what an async client gives.
"""

from __future__ import annotations

import asyncio
import inspect
import json

import openai
import pytest

from simulator import Simulator, call, call_tools, say, simulated

# For those who have not installed the package; the installed one has it registered by this very name.
pytest_plugins = ["assistants_simulator.pytest_entry"]

SUNNY = "It is sunny in both."
CITIES = [{"location": "Paris"}, {"location": "London"}]
TURNS = (call_tools(*(call("get_weather", **city) for city in CITIES)), say(SUNNY, chunks=5))
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}]
# The driver tells by this word what an SDK does not offer; a skip for any other reason is a failure there.
NOT_OFFERED = "not offered"


def finished_sync(program):
    """Run a program whose client is sync: it never suspends, and needs no event loop."""
    with pytest.raises(StopIteration) as ended:
        program.send(None)
    return ended.value.value


CLIENTS = {"sync": openai.OpenAI, "async": openai.AsyncOpenAI}
FINISHED = {"sync": finished_sync, "async": asyncio.run}


async def got(value):
    return await value if inspect.isawaitable(value) else value


async def listed(values):
    """All items of a stream, or of all pages."""
    return [one async for one in values] if hasattr(values, "__aiter__") else list(values)


def offered(owner, *names):
    """The first of these that the SDK has."""
    for name in names:
        if hasattr(owner, name):
            return getattr(owner, name)
    pytest.skip(f"{NOT_OFFERED}: openai {openai.__version__} has no {' or '.join(names)}")


def taking(method, parameter):
    """The method, if the SDK lets it have this parameter."""
    if parameter in inspect.signature(method).parameters:
        return method
    pytest.skip(f"{NOT_OFFERED}: openai {openai.__version__} has no {parameter}= in {method.__qualname__}")


@pytest.fixture(params=["sync", "async"])
def kind(request):
    return request.param


@pytest.fixture
def finish(kind):
    return FINISHED[kind]


@pytest.fixture
def beta(simulator, kind):
    """What a client of the program's own offers; the fixture of the plugin intercepts it."""
    return CLIENTS[kind](max_retries=0).beta


@pytest.fixture
def sim(simulator):
    """The simulator of the plugin, with a conversation to be had."""
    simulator.script(*TURNS)
    return simulator


# The program, in parts.


async def begin(beta):
    """An assistant, and a thread with a question: their ids as arguments of a run."""
    assistant = await got(beta.assistants.create(model="gpt-4-turbo", name="Weather", tools=TOOLS))
    thread = await got(beta.threads.create())
    await got(beta.threads.messages.create(thread.id, role="user", content="Paris or London?"))
    return {"thread_id": thread.id, "assistant_id": assistant.id}


def outputs_of(run):
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": one.id, "output": f"sunny in {json.loads(one.function.arguments)}"} for one in calls]


def answer_to(run):
    """What is submitted where a run waits for its tools, as arguments."""
    return {"run_id": run.id, "thread_id": run.thread_id, "tool_outputs": outputs_of(run)}


async def settled(beta, run):
    while run.status in {"queued", "in_progress"}:
        run = await got(beta.threads.runs.retrieve(run.id, thread_id=run.thread_id))
    return run


async def newest(beta, thread_id):
    page = await got(beta.threads.messages.list(thread_id, limit=1))
    return page.data[0].content[0].text.value


async def conversation(beta):
    """The loop that people write."""
    run = await settled(beta, await got(beta.threads.runs.create(**await begin(beta))))
    assert run.status == "requires_action"
    run = await settled(beta, await got(beta.threads.runs.submit_tool_outputs(**answer_to(run))))
    assert run.status == "completed"
    return await newest(beta, run.thread_id)


async def read_to_its_end(manager):
    if hasattr(manager, "__aenter__"):
        async with manager as stream:
            await stream.until_done()
    else:
        with manager as stream:
            stream.until_done()


# The columns.


def test_poll_loop(sim, beta, finish):
    assert finish(conversation(beta)) == SUNNY
    seen = [one.response_json["status"] for one in sim.requests if one.operation == "runs.retrieve"]
    assert list(dict.fromkeys(seen)) == ["queued", "in_progress", "requires_action", "completed"]


def test_parallel_tools(sim, beta, finish):
    finish(conversation(beta))
    assert [one.arguments for one in sim.calls] == CITIES
    assert [one.output for one in sim.calls] == [f"sunny in {city}" for city in CITIES]
    assert [one.operation for one in sim.requests].count("runs.submit_tool_outputs") == 1
    assert [one.output for one in sim.views[-1].outputs] == [one.output for one in sim.calls]


def test_pages(simulator, beta, finish):
    # The SDK reads no `has_more` up to 1.61 at least: it asks until a page is empty.
    ids = [simulator.put("assistants", {"id": f"asst_{number}", "model": "gpt-4o"})["id"] for number in range(5)]
    assert [one.id for one in finish(listed(beta.assistants.list(limit=2, order="asc")))] == ids


def test_stream(sim, beta, finish):
    create = taking(beta.threads.runs.create, "stream")

    async def program():
        events = await listed(await got(create(**await begin(beta), stream=True)))
        assert events[-1].event == "thread.run.requires_action"
        answer = answer_to(events[-1].data)
        return await listed(await got(beta.threads.runs.submit_tool_outputs(**answer, stream=True)))

    events = finish(program())
    pieces = [one.data.delta.content[0].text.value for one in events if one.event == "thread.message.delta"]
    assert len(pieces) == 5
    assert "".join(pieces) == SUNNY
    assert events[-1].event == "thread.run.completed"


def sync_listener(runs, heard):
    class Listener(offered(openai, "AssistantEventHandler")):
        def on_event(self, event):
            if event.event == "thread.run.requires_action":  # the first stream is still open
                stream = runs.submit_tool_outputs_stream(**answer_to(event.data), event_handler=Listener())
                finished_sync(read_to_its_end(stream))

        def on_text_delta(self, delta, snapshot):
            heard.append(delta.value)

    return Listener()


def async_listener(runs, heard):
    class Listener(offered(openai, "AsyncAssistantEventHandler")):
        async def on_event(self, event):
            if event.event == "thread.run.requires_action":
                stream = runs.submit_tool_outputs_stream(**answer_to(event.data), event_handler=Listener())
                await read_to_its_end(stream)

        async def on_text_delta(self, delta, snapshot):
            heard.append(delta.value)

    return Listener()


LISTENERS = {"sync": sync_listener, "async": async_listener}


def test_event_handler(sim, beta, kind, finish):
    runs, heard = beta.threads.runs, []
    stream = offered(runs, "stream", "create_and_stream")
    listener = LISTENERS[kind](runs, heard)

    async def program():
        await read_to_its_end(stream(**await begin(beta), event_handler=listener))

    finish(program())
    assert len(heard) == 5
    assert "".join(heard) == SUNNY


def test_create_and_poll(sim, beta, finish):
    create_and_poll = offered(beta.threads.runs, "create_and_poll")

    async def program():
        return await got(create_and_poll(**await begin(beta)))

    run = finish(program())
    assert run.status == "requires_action"
    assert len(outputs_of(run)) == 2
    sim.clock.advance(700)  # it expires, else it would be found active
    assert sim.runs[0]["status"] == "expired"


def test_submit_tool_outputs_and_poll(sim, beta, finish):
    submit = offered(beta.threads.runs, "submit_tool_outputs_and_poll")

    async def program():
        run = await settled(beta, await got(beta.threads.runs.create(**await begin(beta))))
        run = await got(submit(**answer_to(run)))
        return run.status, await newest(beta, run.thread_id)

    assert finish(program()) == ("completed", SUNNY)


def test_version_1(simulator, beta, finish):
    create = taking(beta.assistants.create, "file_ids")
    simulator.put("files", {"id": "file-1", "content": "Bring a coat."})
    simulator.script(say("Bring a coat."))

    async def program():
        made = await got(create(model="gpt-4", tools=[{"type": "retrieval"}], file_ids=["file-1"]))
        thread = await got(beta.threads.create())
        asked = await got(beta.threads.messages.create(thread.id, role="user", content="?", file_ids=["file-1"]))
        run = await settled(beta, await got(beta.threads.runs.create(thread.id, assistant_id=made.id)))
        return made, asked, run, await newest(beta, thread.id)

    made, asked, run, answer = finish(program())
    assert [one.type for one in made.tools] == ["retrieval"]
    assert (made.file_ids, asked.file_ids, run.file_ids) == (["file-1"], ["file-1"], ["file-1"])
    assert (run.status, answer) == ("completed", "Bring a coat.")
    assert {one.headers["openai-beta"] for one in simulator.requests} == {"assistants=v1"}


# How a program comes by its client.


def test_module_client(sim, monkeypatch):
    monkeypatch.setattr(openai, "api_key", None)  # as in a new process: the SDK keeps what the last client had
    openai._reset_client()
    try:
        assert finished_sync(conversation(openai.beta)) == SUNNY
    finally:
        openai._reset_client()


def test_fixtures(sim, kind, finish, request):
    client = request.getfixturevalue({"sync": "openai_client", "async": "async_openai_client"}[kind])
    assert finish(conversation(client.beta)) == SUNNY


def test_own_client(kind, finish, simulator):
    other = Simulator()
    other.script(*TURNS)
    client = {"sync": other.client, "async": other.async_client}[kind]()
    assert finish(conversation(client.beta)) == SUNNY
    assert other.requests
    assert not simulator.requests, "the client is wired past what intercepts"
    other.check()


def test_decorator(kind, finish):
    @simulated(seed=3)
    def decorated(simulator):
        simulator.script(*TURNS)
        assert finish(conversation(CLIENTS[kind]().beta)) == SUNNY
        return simulator

    assert [run["status"] for run in decorated().runs] == ["completed"]
