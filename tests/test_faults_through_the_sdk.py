"""What the SDK makes of faults: its exceptions, its retries, and what they leave on the service."""

import asyncio

import openai
import pytest

from simulator import Simulator, call, cut_stream, lock_lag, no_answer, say, split_stream, stay
from simulator.transport.libraries import sdk_library


@pytest.fixture
def sim():
    with Simulator(brain="auto").intercept() as sim:
        sim.put("assistants", {"id": "asst_1"})
        yield sim


@pytest.fixture
def client(sim):
    return openai.OpenAI(timeout=30)


def streamed(client, thread):
    """Yield the events of a streamed run."""
    yield from client.beta.threads.runs.create(thread, assistant_id="asst_1", stream=True)


KINDS = [
    ("connect_refused", openai.APIConnectionError),
    ("connect_timeout", openai.APITimeoutError),
    ("read_timeout", openai.APITimeoutError),
    ("reset", openai.APIConnectionError),
    ("closed", openai.APIConnectionError),
]


@pytest.mark.parametrize("kind, error", KINDS)
def test_a_connection_that_fails_for_good_is_the_exception_of_the_sdk(sim, client, kind, error):
    sim.faults.add(no_answer(kind), times=3)
    with pytest.raises(error) as raised:
        client.beta.threads.create()
    assert type(raised.value) is error
    assert len(sim.requests) == 3
    assert not sim.faults


@pytest.mark.parametrize("kind, _", KINDS)
def test_one_that_fails_once_is_made_again(sim, kind, _):
    sim.faults.add(no_answer(kind))
    thread = asyncio.run(openai.AsyncOpenAI(timeout=30).beta.threads.create())
    assert thread.id.startswith("thread_")
    assert [one.status for one in sim.requests] == [0, 200]


def test_a_lost_answer_to_a_submit_meets_its_own_effect(sim, client):
    # Hazard 7: the first attempt succeeded, and the SDK makes it again.
    sim.script(call("f"), say("done"))
    messages = [{"role": "user", "content": "x"}]
    run = client.beta.threads.create_and_run(assistant_id="asst_1", thread={"messages": messages})
    while run.status != "requires_action":
        run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    (asked,) = run.required_action.submit_tool_outputs.tool_calls
    sim.faults.add(no_answer(), on="runs.submit_tool_outputs", at="after")
    outputs = [{"tool_call_id": asked.id, "output": "x"}]
    with pytest.raises(openai.BadRequestError, match="do not accept tool outputs"):
        client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
    assert [one.output for one in sim.calls] == ["x"]


# Until 3.x the exception of the HTTP library is let through.
BROKEN = (openai.APIConnectionError, sdk_library().TransportError)
STREAMS = [
    (cut_stream("thread.message.delta"), "RemoteProtocolError"),
    (cut_stream("thread.message.delta", ending="reset"), "ReadError"),
    (cut_stream("thread.message.delta", inside=True, ending="read_timeout"), "ReadTimeout"),
]


@pytest.mark.parametrize("fault, name", STREAMS, ids=str)
def test_a_stream_that_breaks_raises_what_the_library_raises(sim, client, fault, name):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "x"}]).id
    sim.faults.add(fault)
    seen = []
    with pytest.raises(BROKEN) as raised:
        seen.extend(event.event for event in streamed(client, thread))
    assert type(raised.value.__cause__ or raised.value) is getattr(sdk_library(), name)
    assert seen[-1] == "thread.message.in_progress"
    sim.clock.advance(10)
    assert sim.runs[0]["status"] == "completed"


def test_so_does_an_async_one(sim, client):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "x"}]).id
    sim.faults.add(cut_stream("thread.message.completed"))
    seen = []

    async def read():
        runs = openai.AsyncOpenAI().beta.threads.runs
        async for event in await runs.create(thread, assistant_id="asst_1", stream=True):
            seen.append(event.event)  # noqa: PERF401  # a list made in one go would be lost with the exception

    with pytest.raises(BROKEN) as raised:
        asyncio.run(read())
    assert "without sending complete message body" in str(raised.value.__cause__ or raised.value)
    assert seen[-1] == "thread.message.delta"


def test_without_its_last_frame_a_stream_just_ends(sim, client):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "x"}]).id
    sim.faults.add(cut_stream(ending="end"))
    assert [event.event for event in streamed(client, thread)][-1] == "thread.run.completed"


def test_an_error_event_raises_only_if_it_is_wrapped(sim, client):
    # assistants-api.md 2.3: a flat one is yielded.
    threads = [client.beta.threads.create(messages=[{"role": "user", "content": "x"}]).id for _ in range(2)]
    sim.faults.add(cut_stream(3, ending="error"))
    assert [event.event for event in streamed(client, threads[0])][-1] == "error"
    sim.faults.add(cut_stream(3, ending="wrapped_error"))
    with pytest.raises(openai.APIError, match="The server had an error"):
        list(streamed(client, threads[1]))


def test_pieces_of_events_are_put_together(sim, client):
    sim.script(say("Grüße 🌍"))
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "x"}]).id
    sim.faults.add(split_stream(1))
    texts = [
        event.data.delta.content[0].text.value
        for event in streamed(client, thread)
        if event.event == "thread.message.delta"
    ]
    assert "".join(texts) == "Grüße 🌍"


def test_a_loop_that_polls_sees_slow_runs_and_locks_that_lag(sim, client):
    sim.faults.add(stay("queued", 60), on="runs.create")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "x"}]).id
    begun = sim.clock.now()
    run = client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id="asst_1")
    assert run.status == "completed"
    assert sim.clock.now() - begun > 60
    sim.faults.add(lock_lag(30))
    client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id="asst_1")
    with pytest.raises(openai.BadRequestError, match=r"while a run run_.* is active"):
        client.beta.threads.messages.create(thread, role="user", content="x")
