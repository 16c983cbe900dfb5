"""vcrpy beside the simulator: it keeps the transports' import-time methods, and must not get round us."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest
import respx
import vcr

from simulator.transport.interception import intercepting


@pytest.fixture(params=["before", "inside"])
def both(request, api, tmp_path):
    """A cassette that records all it sees, opened before or inside the block."""
    with ExitStack() as stack:
        if request.param == "inside":
            stack.enter_context(intercepting(api.interceptor()))
        cassette = stack.enter_context(vcr.use_cassette(str(tmp_path / "cassette.yaml"), record_mode="all"))
        if request.param == "before":
            stack.enter_context(intercepting(api.interceptor()))
        yield cassette


def test_our_requests_are_not_recorded(both, sdk, retrieve, network):
    assert retrieve(sdk()) == "canned"
    assert len(both) == 0
    assert network.requests == []


def test_our_async_requests_are_not_recorded(both, async_sdk, aretrieve, network):
    async def main():
        async with async_sdk() as client:
            assert await aretrieve(client) == "canned"

    asyncio.run(main())
    assert len(both) == 0
    assert network.requests == []


@pytest.mark.usefixtures("streaming")
def test_streams_stay_lazy(both, api, sdk):
    with sdk().beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True) as stream:
        for number, _ in enumerate(stream, 1):
            assert api.produced == number


def test_other_hosts_are_recorded(both, library, network):
    assert library.get("https://example.com/").json()["metadata"]["by"] == "network"
    assert [request.uri for request in both.requests] == ["https://example.com/"]
    assert len(network.requests) == 1


def test_routes_that_are_let_through_are_recorded(api, tmp_path, library):
    cassette = vcr.use_cassette(str(tmp_path / "cassette.yaml"), record_mode="all")
    with intercepting(api.interceptor(passthrough=["/v1/models"])), cassette as recorded:
        library.get("https://api.openai.com/v1/models")
        library.get("https://api.openai.com/v1/threads")
    assert [request.path for request in recorded.requests] == ["/v1/models"]


def test_a_transport_that_wraps_a_real_one_is_caught(both, sdk, sdk_library, retrieve, network):
    class Wrapping(sdk_library.BaseTransport):
        def __init__(self):
            self.inner = sdk_library.HTTPTransport()

        def handle_request(self, request):
            return self.inner.handle_request(request)

    assert retrieve(sdk(http_client=sdk_library.Client(transport=Wrapping()))) == "canned"
    assert len(both) == 0
    assert network.requests == []


def test_an_async_transport_that_wraps_a_real_one_is_caught(both, async_sdk, sdk_library, aretrieve, network):
    class Wrapping(sdk_library.AsyncBaseTransport):
        def __init__(self):
            self.inner = sdk_library.AsyncHTTPTransport()

        async def handle_async_request(self, request):
            return await self.inner.handle_async_request(request)

    async def main():
        async with async_sdk(http_client=sdk_library.AsyncClient(transport=Wrapping())) as client:
            assert await aretrieve(client) == "canned"

    asyncio.run(main())
    assert len(both) == 0
    assert network.requests == []


def test_a_simulator_that_ends_inside_the_cassette_leaves_it_in_charge(api, tmp_path, sdk, retrieve, network):
    stack = ExitStack()
    stack.enter_context(intercepting(api.interceptor()))
    with vcr.use_cassette(str(tmp_path / "cassette.yaml"), record_mode="all") as cassette:
        assert retrieve(sdk()) == "canned"
        stack.close()
        assert retrieve(sdk()) == "network"
        assert len(cassette) == 1
    assert retrieve(sdk()) == "network"
    assert len(network.requests) == 2


def test_a_respx_router_a_cassette_and_a_simulator(api, tmp_path, library, network):
    runs = "https://api.openai.com/v1/threads/thread_1/runs"
    cassette = vcr.use_cassette(str(tmp_path / "cassette.yaml"), record_mode="all")
    router = respx.mock(using="httpx", assert_all_called=False)
    with router, intercepting(api.interceptor()), cassette as recorded:
        router.get(f"{runs}/run_1").respond(json={"id": "run_1", "metadata": {"by": "respx"}})
        assert library.get(f"{runs}/run_1").json()["metadata"]["by"] == "respx"
        assert library.get(f"{runs}/run_2").json()["metadata"]["by"] == "canned"
        assert len(recorded) == 0
    assert network.requests == []
