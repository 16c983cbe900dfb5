"""What outlives the block: clients, streams and threads. Afterwards their requests go where they went before it."""

from __future__ import annotations

import asyncio
import threading

import openai
import pytest

from simulator import Simulator, say

V2 = {"OpenAI-Beta": "assistants=v2"}  # SDKs before 1.21 send v1


@pytest.fixture
def sim():
    sim = Simulator()
    sim.put("assistants", {"id": "asst_1", "instructions": "Greet."})
    sim.put("threads", {"id": "thread_1"})
    sim.script(say("Hello, you there.", chunks=10))
    return sim


def make_thread(client):
    return client.beta.threads.create(extra_headers=V2).id


@pytest.mark.parametrize("built", ["before", "inside"])
def test_a_client_goes_to_the_network_again(sim, sdk, network, built):
    client = sdk()
    with sim.intercept():
        client = client if built == "before" else sdk()
        assert make_thread(client).startswith("thread_")
        assert network.requests == []
    assert make_thread(client) == "run_1"  # the canned network's
    assert network.requests == [("POST", "https://api.openai.com/v1/threads")]
    assert len(sim.requests) == 1


def test_a_client_meets_the_next_simulator_and_its_state(sim, sdk, network):
    client = sdk()
    with sim.intercept():
        first = make_thread(client)
    other = Simulator()
    with other.intercept(), pytest.raises(openai.NotFoundError):
        client.beta.threads.retrieve(first, extra_headers=V2)
    with sim.intercept():  # the same one again, with what it had
        assert client.beta.threads.retrieve(first, extra_headers=V2).id == first
    assert network.requests == []


def test_a_client_of_the_simulators_own_needs_no_block(sim, network):
    client = sim.client()
    with sim.intercept():
        pass
    assert make_thread(client).startswith("thread_")
    assert network.requests == []


@pytest.mark.usefixtures("streaming")
def test_a_stream_is_read_to_its_end(sim, sdk, network):
    with sim.intercept():
        stream = sdk().beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True, extra_headers=V2)
        next(stream)
    assert [event.event for event in stream][-1] == "thread.run.completed"
    assert sim.runs[0]["status"] == "completed"
    assert network.requests == []


@pytest.mark.usefixtures("streaming")
def test_an_async_stream_is_read_to_its_end(sim, async_sdk, network):
    async def main():
        async with async_sdk() as client:
            with sim.intercept():
                stream = await client.beta.threads.runs.create(
                    "thread_1", assistant_id="asst_1", stream=True, extra_headers=V2
                )
                await anext(stream)
            return [event.event async for event in stream]

    assert asyncio.run(main())[-1] == "thread.run.completed"
    assert network.requests == []


def test_a_request_that_waits_for_its_brain_is_answered(sdk, network):
    asked, go_on, answers = threading.Event(), threading.Event(), []

    def brain(_view):
        asked.set()
        go_on.wait()
        return say("Hello.")

    def ask():
        client = sdk()
        answers.append(client.beta.threads.create_and_run(assistant_id="asst_1", extra_headers=V2).status)
        answers.append(make_thread(client))

    sim = Simulator(brain=brain)
    sim.put("assistants", {"id": "asst_1", "instructions": "Greet."})
    thread = threading.Thread(target=ask)
    with sim.intercept():
        thread.start()
        asked.wait()
    go_on.set()
    thread.join()
    assert answers == ["queued", "run_1"]  # the simulator's, and the canned network's
    assert [url for _, url in network.requests] == ["https://api.openai.com/v1/threads"]


def test_a_task_that_outlives_the_block_goes_to_the_network(sim, async_sdk, network):
    async def poll(client, answered, over):
        inside = (await client.beta.threads.create(extra_headers=V2)).id
        answered.set()
        await over.wait()
        return inside, (await client.beta.threads.create(extra_headers=V2)).id

    async def main():
        answered, over = asyncio.Event(), asyncio.Event()
        async with async_sdk() as client:
            with sim.intercept():
                task = asyncio.create_task(poll(client, answered, over))
                await answered.wait()
            over.set()
            return await task

    inside, after = asyncio.run(main())
    assert (inside[:7], after) == ("thread_", "run_1")
    assert len(network.requests) == 1
