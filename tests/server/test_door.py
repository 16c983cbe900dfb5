"""The API through a socket: streams frame by frame, clients that leave, bodies that are too large, many at once."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import replace
from urllib.parse import urlsplit

import openai
import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from simulator import Simulator, call, call_tools, http_error, no_answer, say
from simulator.api import service
from simulator.backend.journal import StatusChange
from simulator.backend.lifecycle import TERMINAL
from simulator.server import serving

pytestmark = pytest.mark.filterwarnings("ignore:deprecated$:DeprecationWarning")

V2 = {"openai-beta": "assistants=v2", "content-type": "application/json"}


@pytest.fixture
def client(base_url):
    with openai.OpenAI(api_key="sk-test", base_url=base_url, max_retries=0) as client:
        yield client


@pytest.fixture
def connection(base_url):
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    yield connection
    connection.close()


def asked(connection, method, path, body=None, headers=V2):
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def begun(client):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Well?"}])
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[{"type": "function", "function": {"name": "f"}}])
    return {"thread_id": thread.id, "assistant_id": assistant.id}


def test_a_loop_of_polls_and_tool_calls(client, sim):
    sim.script(call_tools(call("f", x=1), call("f", x=2)), say("Done."))
    run = client.beta.threads.runs.create_and_poll(**begun(client))
    outputs = [{"tool_call_id": one.id, "output": "o"} for one in run.required_action.submit_tool_outputs.tool_calls]
    run = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs
    )
    assert run.status == "completed"
    sim.check()


def test_the_bytes_are_those_that_come_without_a_socket(connection, sim, ask):
    status, body = asked(connection, "POST", "/v1/threads", {"metadata": {"a": "ü"}})
    sim.reset()
    assert (status, json.loads(body)) == ask(sim, "POST", "/threads", {"metadata": {"a": "ü"}})


@pytest.mark.parametrize("path", ["/v1/threads", "/openai/threads?api-version=2024-05-01-preview", "/a/b/threads"])
def test_any_base_path_will_do(connection, path, base_url):
    assert asked(connection, "POST", path, {})[0] == 200


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH"])
def test_methods_that_no_route_has_are_refused_and_the_connection_lives(connection, method, base_url):
    assert asked(connection, method, "/v1/threads")[0] == 405
    assert asked(connection, "POST", "/v1/threads", {})[0] == 200


def test_a_stream_has_every_event(client, sim):
    sim.script(say("a b c d e f g h", chunks=8))
    seen = [event.event for event in client.beta.threads.runs.create(**begun(client), stream=True)]
    assert seen.count("thread.message.delta") == 8
    assert seen[-1] == "thread.run.completed"


def test_a_client_that_hangs_up_leaves_the_run_going_and_its_thread_locked():
    sim = Simulator(time="real")
    with serving(sim) as base_url, openai.OpenAI(api_key="sk-test", base_url=base_url, max_retries=0) as client:
        sim.script(say("too late", takes=500))
        ids = begun(client)
        stream = client.beta.threads.runs.create(**ids, stream=True)
        assert next(iter(stream)).event == "thread.run.created"
        stream.response.close()
        with pytest.raises(openai.BadRequestError, match=r"while a run .* is active"):
            client.beta.threads.messages.create(ids["thread_id"], role="user", content="More")
        sim.clock.advance(1_000)
        assert [run["status"] for run in sim.runs] == ["completed"]


def test_a_stop_ends_streams_that_wait():
    sim = Simulator(time="real")
    sim.script(say("too late", takes=500))
    with ExitStack() as stack:
        with serving(sim) as base_url:
            client = stack.enter_context(openai.OpenAI(api_key="sk-test", base_url=base_url, max_retries=0))
            stream = iter(client.beta.threads.runs.create(**begun(client), stream=True))
            assert next(stream).event == "thread.run.created"
        assert "thread.run.completed" not in [event.event for event in stream]


def test_a_body_that_says_it_is_too_large_is_refused_unread(base_url, sim):
    address = urlsplit(base_url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(b"POST /v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-length: 629145600\r\n\r\nabc")
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413 ")
    with closing(http.client.HTTPConnection(address.hostname, address.port)) as connection:
        assert asked(connection, "POST", "/v1/threads", {})[0] == 200


def test_a_body_in_chunks_is_refused_by_what_came(monkeypatch):
    monkeypatch.setattr(service, "MAX_JSON_BYTES", 1_000)
    sim = Simulator(max_upload_bytes=1_000)
    with serving(sim) as base_url:
        address = urlsplit(base_url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
        pieces = (b"x" * 600 for _ in range(4))
        connection.request("POST", "/v1/threads", pieces, V2, encode_chunked=True)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error"]["type"]) == (413, "invalid_request_error")
        connection.close()
    assert sim.requests == []


def test_a_request_that_breaks_off_has_no_effect(base_url, sim):
    address = urlsplit(base_url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(b"POST /v1/threads HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50\r\n\r\n{")
    connection = http.client.HTTPConnection(address.hostname, address.port)
    assert asked(connection, "POST", "/v1/threads", {})[0] == 200
    connection.close()
    assert [one.operation for one in sim.requests] == ["threads.create"]


def test_a_fault_may_cut_the_connection(client, sim):
    sim.faults.add(no_answer(), on="threads.create")
    with pytest.raises(openai.APIConnectionError):
        client.beta.threads.create()
    assert client.beta.threads.create().id


def test_faults_come_through(client, sim):
    sim.faults.add(http_error(429, retry_after=2), on="threads.create")
    with pytest.raises(openai.RateLimitError) as caught:
        client.beta.threads.create()
    assert caught.value.response.headers["retry-after"] == "2"


def test_sixteen_threads_lose_nothing(base_url, sim):
    def many(number):
        with openai.OpenAI(api_key="sk-test", base_url=base_url, max_retries=0) as client:
            thread = client.beta.threads.create().id
            for place in range(20):
                client.beta.threads.messages.create(thread, role="user", content=f"{number}-{place}")
            page = client.beta.threads.messages.list(thread, limit=100, order="asc").data
            return [message.content[0].text.value for message in page]

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(many, range(16)))
    assert found == [[f"{number}-{place}" for place in range(20)] for number in range(16)]
    assert len(sim.requests) == 16 * 22


def test_a_slow_brain_holds_up_nobody_but_those_who_ask_it(admin_of):
    asked_, go_on = threading.Event(), threading.Event()

    def brain(view):
        asked_.set()
        assert go_on.wait(10)
        return "Thought."

    sim = Simulator(brain)
    with serving(sim, threads=True) as base_url, openai.OpenAI(api_key="sk-test", base_url=base_url) as client:
        ids = begun(client)
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(client.beta.threads.runs.create_and_poll, **ids)
            assert asked_.wait(10)
            address = urlsplit(base_url)
            socket.create_connection((address.hostname, address.port)).close()
            go_on.set()
            assert run.result(10).status == "completed"


def test_each_frame_leaves_before_the_next_is_made():
    """The next frame is made when the last one was read: if it were held back, nobody would go on."""
    sim, was_read = Simulator(), threading.Semaphore(1)
    handle = sim.handle

    def handle_in_step(request):
        response = handle(request)
        return response if isinstance(response.body, bytes) else replace(response, body=in_step(response.body))

    def in_step(frames):
        for frame in frames:
            if frame.data:
                assert was_read.acquire(timeout=10), "the last frame never arrived"
            yield frame

    sim.handle = handle_in_step
    sim.script(say("a b c d", chunks=4))
    with serving(sim, threads=True) as base_url, openai.OpenAI(api_key="sk-test", base_url=base_url) as client:
        seen = []
        with client.beta.threads.runs.with_streaming_response.create(**begun(client), stream=True) as response:
            for line in response.iter_lines():
                if line.startswith("data: "):
                    was_read.release()
                elif line:
                    seen.append(line.removeprefix("event: "))
    assert seen.count("thread.message.delta") == 4
    assert seen[-1] == "done"


CLIENTS, OPERATIONS = 16, 20


async def _say(client, thread, assistant, kept):
    kept.append((await client.beta.threads.messages.create(thread, role="user", content="Hi")).id)


async def _run(client, thread, assistant, kept):
    await client.beta.threads.runs.create(thread, assistant_id=assistant)


async def _stream(client, thread, assistant, kept):
    async for _ in await client.beta.threads.runs.create(thread, assistant_id=assistant, stream=True):
        pass


async def _cancel(client, thread, assistant, kept):
    for run in (await client.beta.threads.runs.list(thread, limit=1)).data:
        await client.beta.threads.runs.cancel(run.id, thread_id=thread)


async def _busy(client, thread, assistant, random):
    """Do this and that on a thread that others use as well; return the ids of the messages that were taken."""
    kept = []
    for _ in range(OPERATIONS):
        try:
            await random.choice((_say, _run, _stream, _cancel))(client, thread, assistant, kept)
        except openai.BadRequestError as refused:
            if not re.search(r"while a run|already has an active run|Cannot cancel run", str(refused)):
                raise
    return kept


def test_sixteen_async_clients_at_once_lose_nothing_and_never_run_twice_on_a_thread(base_url, sim):
    sim.script("Done.", repeat=True)

    async def hammer():
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(openai.AsyncOpenAI(api_key="k", base_url=base_url, max_retries=0))
                for _ in range(CLIENTS)
            ]
            assistant = (await clients[0].beta.assistants.create(model="gpt-4o", instructions="i")).id
            threads = [(await clients[0].beta.threads.create()).id for _ in range(4)]
            work = (_busy(one, threads[n % 4], assistant, random.Random(n)) for n, one in enumerate(clients))
            return await asyncio.gather(*work)

    kept = [id for ids in asyncio.run(hammer()) for id in ids]
    stored = [message["id"] for thread in sim._backend.store.threads for message in sim.messages(thread["id"])]
    assert set(kept) <= set(stored)
    assert len(stored) == len(set(stored))
    assert most_at_once(sim.journal) == 1
    assert {exchange.status for exchange in sim.requests} == {200, 400}


def most_at_once(journal):
    """Return how many runs were active at once on the thread that had most."""
    active, most = {}, 0
    for change in journal:
        if isinstance(change, StatusChange) and change.object == "thread.run":
            active.setdefault(change.thread_id, set()).add(change.run_id)
            most = max(most, len(active[change.thread_id]))
            if change.after in TERMINAL:
                active[change.thread_id].discard(change.run_id)
    return most
