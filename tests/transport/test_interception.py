"""Every client reaches the simulator, and nothing else does."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import ExitStack
from types import SimpleNamespace
from unittest import mock

import httpx
import openai
import pytest
import respx

from simulator.errors import UsageError
from simulator.transport.interception import Bridge, activate, deactivate, intercepting


def stream_of(client):
    return client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True)


# every client


@pytest.mark.parametrize("built", ["before", "inside"])
def test_a_client_is_caught(api, sdk, retrieve, network, built):
    client = sdk()
    with intercepting(api.interceptor()):
        if built == "inside":
            client = sdk()
        assert retrieve(client) == "canned"
    assert network.requests == []
    assert api.requests[0].path == "/v1/threads/thread_1/runs/run_1"


@pytest.mark.parametrize("built", ["before", "inside"])
def test_an_async_client_is_caught(api, async_sdk, aretrieve, network, built):
    async def main():
        client = async_sdk()
        with intercepting(api.interceptor()):
            if built == "inside":
                client = async_sdk()
            assert await aretrieve(client) == "canned"
        await client.close()

    asyncio.run(main())
    assert network.requests == []


def test_without_interception_requests_go_to_the_network(api, sdk, retrieve, network):
    client = sdk()
    with intercepting(api.interceptor()):
        pass
    assert retrieve(client) == "network"
    assert network.requests == [("GET", "https://api.openai.com/v1/threads/thread_1/runs/run_1")]


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_an_http_client_of_either_library_is_caught(api, library, network, flavour):
    async def main():
        async with library.AsyncClient() as client:
            return await client.get("https://api.openai.com/v1/models")

    with intercepting(api.interceptor()):
        response = library.get("https://api.openai.com/v1/models") if flavour == "sync" else asyncio.run(main())
    assert type(response) is library.Response
    assert response.json()["metadata"]["by"] == "canned"
    assert network.requests == []


def test_an_injected_http_client_is_caught(api, sdk, sdk_library, retrieve, network):
    with sdk_library.Client(timeout=3) as http_client, intercepting(api.interceptor()):
        assert retrieve(sdk(http_client=http_client)) == "canned"
    assert api.requests[0].timeout == 3
    assert network.requests == []


def test_an_injected_client_of_the_older_library_is_caught(api, sdk, sdk_library, retrieve, network):
    httpx = pytest.importorskip("httpx")
    if sdk_library is httpx:
        pytest.skip("the SDK runs on httpx")
    with httpx.Client() as http_client, intercepting(api.interceptor()):
        assert retrieve(sdk(http_client=http_client)) == "canned"
    assert network.requests == []


@pytest.mark.usefixtures("aiohttp")
@pytest.mark.parametrize("built", ["before", "inside"])
def test_the_sdks_aiohttp_client_is_caught_and_streams(api, async_sdk, aretrieve, built):
    async def main():
        with ExitStack() as stack:
            if built == "inside":
                stack.enter_context(intercepting(api.interceptor()))
            http_client = openai.DefaultAioHttpClient()
            if built == "before":
                stack.enter_context(intercepting(api.interceptor()))
            async with async_sdk(http_client=http_client) as client:
                assert await aretrieve(client) == "canned"
                number = 0
                async for _ in await stream_of(client):
                    number += 1
                    assert api.produced == number

    asyncio.run(main())


# every form of call


@pytest.mark.usefixtures("streaming")
def test_a_stream_is_lazy(api, sdk):
    with intercepting(api.interceptor()), stream_of(sdk()) as stream:
        for number, _ in enumerate(stream, 1):
            assert api.produced == number
            assert api.waited[-1] == number - 0.5


@pytest.mark.usefixtures("streaming")
def test_an_async_stream_is_lazy(api, async_sdk):
    async def main():
        async with async_sdk() as client:
            number = 0
            async for _ in await stream_of(client):
                number += 1
                assert api.produced == number
            assert number == 5

    with intercepting(api.interceptor()):
        asyncio.run(main())


def test_other_tasks_run_between_requests(api, library):
    async def poll(client, name):
        for _ in range(3):
            await client.get(f"https://api.openai.com/v1/{name}")

    async def main():
        async with library.AsyncClient() as client:
            await asyncio.gather(poll(client, "a"), poll(client, "b"))

    with intercepting(api.interceptor()):
        asyncio.run(main())
    assert [request.path[-1] for request in api.requests] == ["a", "b", "a", "b", "a", "b"]


@pytest.mark.usefixtures("streaming")
def test_a_stream_is_read_to_its_end_though_the_block_has_ended(api, sdk):
    with intercepting(api.interceptor()):
        stream = stream_of(sdk())
        next(stream)
    assert len(list(stream)) == 4
    assert api.closed


@pytest.mark.usefixtures("streaming")
def test_a_stream_that_is_closed_midway_ends_its_producer(api, sdk):
    with intercepting(api.interceptor()):
        stream = stream_of(sdk())
        next(stream)
        stream.close()
    assert api.closed
    assert api.produced == 1


# hosts and routes


def test_other_hosts_are_not_touched(api, library, network):
    with intercepting(api.interceptor()):
        assert library.get("https://example.com/x").json()["metadata"]["by"] == "network"
    assert network.requests == [("GET", "https://example.com/x")]
    assert api.requests == []


def test_a_host_of_the_users_is_caught(api, sdk, retrieve, network):
    client = sdk(base_url="http://localhost:8000/v1")
    with intercepting(api.interceptor(hosts=["localhost:8000"])):
        assert retrieve(client) == "canned"
        assert retrieve(sdk(base_url="http://localhost:8001/v1")) == "network"
    assert len(network.requests) == 1


def test_a_route_that_is_let_through_reaches_the_network_unread(api, library, network):
    chunks = iter([b"one", b"two"])
    with intercepting(api.interceptor(passthrough=["POST /v1/embeddings"])):
        response = library.post("https://api.openai.com/v1/embeddings", content=chunks)
        assert library.get("https://api.openai.com/v1/embeddings").json()["metadata"]["by"] == "canned"
    assert response.json()["metadata"]["by"] == "network"
    assert network.requests == [("POST", "https://api.openai.com/v1/embeddings")]
    assert list(chunks) == [b"one", b"two"]


def test_a_route_that_is_let_through_reaches_the_network_in_async_clients(api, library, network):
    async def main():
        async with library.AsyncClient() as client:
            return await client.post("https://api.openai.com/v1/embeddings", json={})

    with intercepting(api.interceptor(passthrough=["/v1/embeddings"])):
        assert asyncio.run(main()).json()["metadata"]["by"] == "network"
    assert len(network.requests) == 1


# transports of the user's


def test_a_mock_transport_of_the_users_stays(api, sdk, sdk_library, retrieve):
    def answer(_request):
        return sdk_library.Response(200, json={"id": "run_1", "metadata": {"by": "user"}})

    mounted = sdk_library.Client(mounts={"https://": sdk_library.MockTransport(answer)})
    direct = sdk_library.Client(transport=sdk_library.MockTransport(answer))
    with intercepting(api.interceptor()):
        assert retrieve(sdk(http_client=direct)) == "user"
        assert retrieve(sdk(http_client=mounted)) == "user"
    assert api.requests == []


@pytest.fixture
def wrapping(sdk_library):
    """Transports of the user's that wrap a real one: a sync and an async one, and what went through them."""
    seen = []

    class Wrapping(sdk_library.BaseTransport):
        def __init__(self):
            self.inner = sdk_library.HTTPTransport()

        def handle_request(self, request):
            seen.append(request.method)
            return self.inner.handle_request(request)

    class AsyncWrapping(sdk_library.AsyncBaseTransport):
        def __init__(self):
            self.inner = sdk_library.AsyncHTTPTransport()

        async def handle_async_request(self, request):
            seen.append(request.method)
            return await self.inner.handle_async_request(request)

    sync_client = sdk_library.Client(transport=Wrapping())
    async_client = sdk_library.AsyncClient(transport=AsyncWrapping())
    return SimpleNamespace(sync_client=sync_client, async_client=async_client, seen=seen)


def test_a_transport_that_wraps_a_real_one_works_and_is_caught(api, sdk, retrieve, wrapping, network):
    client = sdk(http_client=wrapping.sync_client)
    with intercepting(api.interceptor()):
        assert retrieve(client) == "canned"
    assert wrapping.seen == ["GET"]
    assert network.requests == []
    assert retrieve(client) == "network"


def test_an_async_transport_that_wraps_a_real_one_works_and_is_caught(api, async_sdk, aretrieve, wrapping, network):
    async def main():
        async with async_sdk(http_client=wrapping.async_client) as client:
            with intercepting(api.interceptor()):
                assert await aretrieve(client) == "canned"
            assert wrapping.seen == ["GET"]
            assert network.requests == []
            assert await aretrieve(client) == "network"

    asyncio.run(main())


@pytest.mark.usefixtures("aiohttp")
def test_a_wrapped_aiohttp_transport_is_caught(api, async_sdk, sdk_library, aretrieve):
    class Wrapping(sdk_library.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            return await self.inner.handle_async_request(request)

    async def main():
        aiohttp_client = openai.DefaultAioHttpClient()
        http_client = sdk_library.AsyncClient(transport=Wrapping(aiohttp_client._transport))
        async with async_sdk(http_client=http_client) as client:
            with intercepting(api.interceptor()):
                assert await aretrieve(client) == "canned"
        await aiohttp_client.aclose()

    asyncio.run(main())


def test_what_a_subclass_of_a_real_transport_does_is_done(api, sdk, sdk_library, retrieve, network):
    seen = []

    class Noting(sdk_library.HTTPTransport):
        def handle_request(self, request):
            seen.append(request.method)
            return super().handle_request(request)

    class Plain(sdk_library.HTTPTransport):
        pass

    with intercepting(api.interceptor()):
        assert retrieve(sdk(http_client=sdk_library.Client(transport=Noting()))) == "canned"
        assert retrieve(sdk(http_client=sdk_library.Client(transport=Plain()))) == "canned"
    assert seen == ["GET"]
    assert network.requests == []


def test_a_plain_async_subclass_of_a_real_transport_is_caught(api, async_sdk, sdk_library, aretrieve, network):
    class Plain(sdk_library.AsyncHTTPTransport):
        pass

    async def main():
        async with async_sdk(http_client=sdk_library.AsyncClient(transport=Plain())) as client:
            assert await aretrieve(client) == "canned"

    with intercepting(api.interceptor()):
        asyncio.run(main())
    assert network.requests == []


def test_passthrough_and_other_hosts_pass_the_second_layer_too(api, wrapping, network):
    async def main():
        async with wrapping.async_client as client:
            await client.get("https://api.openai.com/v1/models")

    with intercepting(api.interceptor(passthrough=["/v1/models"])), wrapping.sync_client as client:
        client.get("https://api.openai.com/v1/models")
        client.get("https://example.com/")
        asyncio.run(main())
    assert [url for _, url in network.requests] == [
        "https://api.openai.com/v1/models",
        "https://example.com/",
        "https://api.openai.com/v1/models",
    ]


# layer 1: what stands in front of which transport


def in_front(client):
    """Tell whether requests of an HTTP client to the API pass a bridge before any transport."""
    return type(client._transport_for_url(type(client.base_url)("https://api.openai.com/"))) is Bridge


def test_a_bridge_stands_in_front_of_real_transports_and_of_no_others(api, library):
    class Plain(library.HTTPTransport):
        pass

    class AsyncPlain(library.AsyncHTTPTransport):
        pass

    class Own(library.HTTPTransport):
        def handle_request(self, request):
            return super().handle_request(request)

    class AsyncOwn(library.AsyncHTTPTransport):
        async def handle_async_request(self, request):
            return await super().handle_async_request(request)

    real = [library.Client(), library.AsyncClient(), library.Client(proxy="http://proxy.example:3128")]
    real += [library.Client(transport=Plain()), library.AsyncClient(transport=AsyncPlain())]
    others = [library.Client(transport=Own()), library.AsyncClient(transport=AsyncOwn())]
    others += [library.Client(transport=library.MockTransport(lambda _: library.Response(200)))]
    with intercepting(api.interceptor()):
        assert [in_front(client) for client in real] == [True] * len(real)
        assert [in_front(client) for client in others] == [False] * len(others)
    assert not any(in_front(client) for client in real)


@pytest.mark.usefixtures("aiohttp")
def test_a_bridge_stands_in_front_of_the_aiohttp_transport(api):
    async def main():
        async with openai.DefaultAioHttpClient() as client:
            assert in_front(client)

    with intercepting(api.interceptor()):
        asyncio.run(main())


def test_a_bridge_stands_in_front_of_respx_where_respx_started_first(api):
    with respx.mock(using="httpx"), intercepting(api.interceptor()):
        assert in_front(httpx.Client())


def test_a_bridge_comes_back_when_respx_takes_it_away(api):
    router = respx.mock(using="httpx")
    router.start()
    with intercepting(api.interceptor()):
        router.stop()
        assert in_front(httpx.Client())


# several simulators


def test_the_inner_of_two_wins_until_it_ends(make_api, sdk, retrieve):
    client = sdk()
    with intercepting(make_api("outer").interceptor()):
        with intercepting(make_api("inner").interceptor()):
            assert retrieve(client) == "inner"
        assert retrieve(client) == "outer"
    assert retrieve(client) == "network"


def test_they_may_end_in_any_order(make_api, sdk, retrieve):
    client = sdk()
    first, second, third = (make_api(name).interceptor() for name in ("first", "second", "third"))
    activate(first)
    activate(second)
    activate(third)
    deactivate(second)
    assert retrieve(client) == "third"
    deactivate(third)
    assert retrieve(client) == "first"
    activate(second)
    assert retrieve(client) == "second"
    deactivate(first)
    assert retrieve(client) == "second"
    deactivate(second)
    assert retrieve(client) == "network"


def test_what_the_inner_lets_through_goes_to_the_outer(make_api, sdk, retrieve):
    inner = make_api("inner").interceptor(passthrough=["GET /v1/threads/*/runs/run_1"])
    with intercepting(make_api("outer").interceptor()), intercepting(inner):
        assert retrieve(sdk(), "run_1") == "outer"
        assert retrieve(sdk(), "run_2") == "inner"


def test_an_exception_in_the_block_ends_it(api, sdk, retrieve):
    with pytest.raises(ZeroDivisionError), intercepting(api.interceptor()):
        raise ZeroDivisionError
    assert retrieve(sdk()) == "network"


def test_with_the_last_one_every_patch_is_gone(make_api, library):
    def state():
        return [
            vars(owner)[name]
            for owner, name in [
                (library.Client, "_transport_for_url"),
                (library.AsyncClient, "_transport_for_url"),
                (library.HTTPTransport, "handle_request"),
                (library.AsyncHTTPTransport, "handle_async_request"),
                (respx.mocks.Mocker, "handler"),
                (respx.mocks.Mocker, "async_handler"),
            ]
        ]

    before = state()
    first, second = make_api().interceptor(), make_api().interceptor()
    activate(first)
    patched = state()
    activate(second)
    assert state() == patched
    deactivate(first)
    assert state() == patched
    deactivate(second)
    assert state() == before
    assert not set(before) & set(patched)


def test_activating_twice_is_refused_and_changes_nothing(api, sdk, retrieve):
    interceptor = api.interceptor()
    with intercepting(interceptor):
        with pytest.raises(UsageError):
            activate(interceptor)
        assert retrieve(sdk()) == "canned"
    with pytest.raises(UsageError):
        deactivate(interceptor)
    assert retrieve(sdk()) == "network"


def test_threads_share_it(make_api, sdk, retrieve, network):
    outer = make_api("outer")
    answers, errors = [], []

    def ask():
        client = sdk()
        try:
            answers.extend(retrieve(client) for _ in range(20))
        except BaseException as error:  # noqa: BLE001  a thread's failure must reach the test
            errors.append(error)

    with intercepting(outer.interceptor()):
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(50):  # others come and go meanwhile
            with intercepting(make_api("inner").interceptor()):
                pass
        for thread in threads:
            thread.join()
    assert errors == []
    assert len(answers) == 80
    assert set(answers) <= {"outer", "inner"}
    assert network.requests == []


def test_many_threads_activate_and_deactivate(make_api, sdk, retrieve, network):
    errors = []

    def live(name):
        try:
            client = sdk()
            for _ in range(10):
                with intercepting(make_api(name).interceptor(hosts=[f"{name}.example"])):
                    assert retrieve(client.with_options(base_url=f"https://{name}.example/v1")) == name
        except BaseException as error:  # noqa: BLE001  as above
            errors.append(error)

    threads = [threading.Thread(target=live, args=(f"t{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert network.requests == []


# other people's patches


def over(original):
    def _transport_for_url(self, url):
        return original(self, url)

    return _transport_for_url


def test_a_patch_that_outlives_us_keeps_ours_without_effect(api, sdk_library, sdk, retrieve):
    client = sdk()
    genuine = vars(sdk_library.Client)["_transport_for_url"]
    activate(interceptor := api.interceptor())
    ours = vars(sdk_library.Client)["_transport_for_url"]
    with mock.patch.object(sdk_library.Client, "_transport_for_url", over(ours)):
        assert retrieve(client) == "canned"
        deactivate(interceptor)
        assert retrieve(client) == "network"
    assert vars(sdk_library.Client)["_transport_for_url"] is ours
    assert retrieve(client) == "network"  # the first request through it takes it away
    assert vars(sdk_library.Client)["_transport_for_url"] is genuine


def test_a_patch_that_takes_ours_with_it_leaves_the_second_layer(api, sdk_library, sdk, retrieve, network):
    genuine = sdk_library.Client._transport_for_url
    patch = mock.patch.object(sdk_library.Client, "_transport_for_url", over(genuine))
    patch.start()
    with intercepting(api.interceptor()):
        patch.stop()
        assert sdk_library.Client._transport_for_url is genuine
        assert retrieve(sdk()) == "canned"
    assert network.requests == []


def test_activating_again_in_a_warm_process_is_cheap(api):
    interceptor = api.interceptor()
    with intercepting(interceptor):
        pass
    started = time.process_time()  # other processes have no part in it
    for _ in range(20):
        activate(interceptor)
        deactivate(interceptor)
    assert (time.process_time() - started) / 20 < 0.003
