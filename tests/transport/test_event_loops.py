"""Event loops of other libraries: requests are answered, streams stay lazy, and other tasks get their turn."""

from __future__ import annotations

import anyio
import pytest

from simulator.transport.clients import async_openai_client
from simulator.transport.interception import intercepting


@pytest.fixture(params=["asyncio", "uvloop", "trio"])
def run(request):
    """Run an async function in a loop of some library."""
    if request.param != "asyncio":
        pytest.importorskip(request.param)
    if request.param == "uvloop":
        return lambda main: anyio.run(main, backend_options={"use_uvloop": True})
    return lambda main: anyio.run(main, backend=request.param)


@pytest.fixture(params=["intercept", "client"])
def make_client(request, api, async_sdk):
    """Build a client that is intercepted, or wired in process."""
    if request.param == "intercept":
        return async_sdk
    return lambda: async_openai_client(api.handle, api.wait_until)


def test_requests_are_answered_in_turn(run, api, make_client, aretrieve, network):
    async def poll(client, name):
        for _ in range(3):
            await aretrieve(client, name)

    async def main():
        async with make_client() as client:
            await aretrieve(client)  # the first one of a client asks a thread what platform this is
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(poll, client, "run_a")
                tasks.start_soon(poll, client, "run_b")

    with intercepting(api.interceptor()):
        run(main)
    asked = [request.path[-1] for request in api.requests[1:]]
    # in rounds: trio shuffles those that are ready
    assert [set(asked[0:2]), set(asked[2:4]), set(asked[4:6])] == [{"a", "b"}] * 3
    assert network.requests == []


# trio says it of every async generator that is left open; the SDK leaves its own at the last event
@pytest.mark.usefixtures("streaming")
@pytest.mark.filterwarnings(r"ignore:Async generator '(openai|httpx2?)\.:ResourceWarning")
def test_streams_stay_lazy(run, api, async_sdk, network):
    async def main():
        async with async_sdk() as client:
            stream = await client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True)
            return [(event.data.id, api.produced) async for event in stream]

    with intercepting(api.interceptor()):
        assert run(main) == [(f"run_{number}", number + 1) for number in range(5)]
    assert network.requests == []


def test_a_read_can_be_cancelled(run, api, async_sdk, aretrieve):
    async def main():
        async with async_sdk() as client:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await aretrieve(client)
            assert scope.cancelled_caught
            assert await aretrieve(client) == "canned"

    with intercepting(api.interceptor()):
        run(main)
