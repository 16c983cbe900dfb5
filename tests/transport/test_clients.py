"""SDK clients wired in process."""

from __future__ import annotations

import asyncio

import openai
import pytest

from simulator.errors import UsageError
from simulator.transport.clients import async_openai_client, openai_client, plain_async_client, plain_client
from simulator.transport.interception import intercepting


@pytest.fixture
def client(api):
    return openai_client(api.handle, api.wait_until)


@pytest.fixture
def aclient(api):
    return async_openai_client(api.handle, api.wait_until)


def test_it_is_the_sdks_own_client(client, aclient):
    assert type(client) is openai.OpenAI
    assert type(aclient) is openai.AsyncOpenAI
    assert client.api_key == aclient.api_key == "sk-simulator"


def test_its_http_client_is_set_up_as_the_sdks_own_but_for_the_environment(client, aclient):
    for http_client in (client._client, aclient._client):
        assert http_client.follow_redirects
        assert not http_client.trust_env


def test_it_asks_the_handler(client, api, retrieve):
    assert retrieve(client, "run_7") == "canned"
    (request,) = api.requests
    assert (request.method, request.path) == ("GET", "/v1/threads/thread_1/runs/run_7")
    assert request.headers["authorization"] == "Bearer sk-simulator"
    assert request.headers["openai-beta"] in {"assistants=v1", "assistants=v2"}  # 1.21 is the first to send v2
    assert request.timeout == 600


def test_the_async_client_asks_the_handler(aclient, api, aretrieve):
    assert asyncio.run(aretrieve(aclient)) == "canned"
    assert api.requests[0].base_url == "https://api.openai.com"


def test_it_takes_the_sdks_options(api, retrieve):
    client = openai_client(
        api.handle,
        api.wait_until,
        api_key="sk-mine",
        organization="org-1",
        base_url="http://gateway.example:8000/openai/v1",
        default_headers={"X-Mine": "1"},
        max_retries=7,
        timeout=12,
    )
    assert client.max_retries == 7
    retrieve(client)
    (request,) = api.requests
    assert request.headers["authorization"] == "Bearer sk-mine"
    assert request.headers["openai-organization"] == "org-1"
    assert request.headers["x-mine"] == "1"
    assert (request.base_url, request.path[:12]) == ("http://gateway.example:8000", "/openai/v1/t")
    assert request.timeout == 12


def test_the_environment_does_not_disturb_it(monkeypatch, api, retrieve, network):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.example/v9")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    assert retrieve(openai_client(api.handle, api.wait_until)) == "canned"
    assert api.requests[0].base_url == "https://api.openai.com"
    assert api.requests[0].headers["authorization"] == "Bearer sk-simulator"
    assert network.requests == []


@pytest.mark.parametrize("make", [openai_client, async_openai_client])
def test_an_http_client_is_refused(make, api, sdk_library):
    own = sdk_library.Client()
    with own, pytest.raises(UsageError, match="intercept"):
        make(api.handle, api.wait_until, http_client=own)
    assert make(api.handle, api.wait_until, http_client=None).api_key


def test_an_option_that_the_sdk_does_not_know_is_refused_by_the_sdk(api):
    with pytest.raises(TypeError, match="flavour"):
        openai_client(api.handle, api.wait_until, flavour="x")


@pytest.mark.usefixtures("streaming")
def test_an_event_arrives_before_the_next_frame_is_made(client, api):
    with client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True) as stream:
        for number, event in enumerate(stream, 1):
            assert event.data.id == f"run_{number - 1}"
            assert api.produced == number
            assert api.waited == [index + 0.5 for index in range(number)]
    assert api.waited[-1] == 5.0


@pytest.mark.usefixtures("streaming")
def test_an_async_event_arrives_before_the_next_frame_is_made(aclient, api):
    async def main():
        stream = await aclient.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True)
        number = 0
        async for event in stream:
            number += 1
            assert event.data.id == f"run_{number - 1}"
            assert api.produced == number
        assert number == 5

    asyncio.run(main())


def test_the_event_handler_sees_the_events(client, api):
    if not hasattr(client.beta.threads.runs, "stream"):
        pytest.skip("this SDK has no helper")
    with client.beta.threads.runs.stream(thread_id="thread_1", assistant_id="asst_1") as stream:
        assert [event.data.id for event in stream] == [f"run_{number}" for number in range(5)]


@pytest.mark.usefixtures("streaming")
def test_a_stream_that_is_closed_midway_ends_its_producer(client, api):
    stream = client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True)
    next(stream)
    assert not api.closed
    stream.close()
    assert api.closed
    assert api.produced == 1


@pytest.mark.usefixtures("streaming")
def test_an_async_stream_that_is_closed_midway_ends_its_producer(aclient, api):
    async def main():
        stream = await aclient.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True)
        await anext(stream)
        await stream.close()
        assert api.closed
        assert api.produced == 1

    asyncio.run(main())


def test_a_raw_response(client):
    raw = client.beta.threads.runs.with_raw_response.retrieve("run_1", thread_id="thread_1")
    assert raw.headers["x-request-id"] == "req_1"
    assert raw.http_response.elapsed.total_seconds() >= 0
    assert raw.parse().id == "run_1"


def test_a_streaming_response(client):
    runs = client.beta.threads.runs
    if not hasattr(runs, "with_streaming_response"):
        pytest.skip("this SDK has no such form")
    with runs.with_streaming_response.retrieve("run_1", thread_id="thread_1") as response:
        assert b"".join(response.iter_bytes()).startswith(b"{")


def test_a_file_is_uploaded(client, api):
    client.files.create(file=("a.txt", b"contents"), purpose="assistants")
    assert b"contents" in api.requests[0].body
    assert api.requests[0].path == "/v1/files"


# plain ones


def test_a_plain_client_is_the_sdks_own_and_needs_an_interception(api, retrieve, network, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.example/v9")
    client = plain_client()
    assert type(client) is openai.OpenAI
    with intercepting(api.interceptor()):
        assert retrieve(client) == "canned"
    assert retrieve(client) == "network"
    assert network.requests[0][1].startswith("https://api.openai.com/v1/")


def test_a_plain_async_client_is_the_sdks_own(api, aretrieve, network):
    async def main():
        async with plain_async_client("sk-mine") as client:
            assert type(client) is openai.AsyncOpenAI
            return await aretrieve(client)

    with intercepting(api.interceptor()):
        assert asyncio.run(main()) == "canned"
    assert api.requests[0].headers["authorization"] == "Bearer sk-mine"
    assert network.requests == []


@pytest.mark.parametrize("given, variable, key", [("a", "b", "a"), (None, "b", "b"), (None, "", "sk-simulator")])
def test_the_key_of_a_plain_client(monkeypatch, given, variable, key):
    monkeypatch.setenv("OPENAI_API_KEY", variable)
    assert plain_client(given).api_key == plain_async_client(given).api_key == key


def test_plain_clients_read_the_certificates_once():
    pools = [plain_client()._client._transport._pool for _ in range(2)]
    assert pools[0]._ssl_context is pools[1]._ssl_context
