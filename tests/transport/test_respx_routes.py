"""The user's respx routes win; what they do not match reaches the simulator, whoever started first."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack

import httpx
import openai
import pytest
import respx

from simulator.transport import respx_routes
from simulator.transport.interception import activate, deactivate, intercepting

RUNS = "https://api.openai.com/v1/threads/thread_1/runs"
KEY = {"authorization": "Bearer sk-test"}
USING = [{}, {"using": "httpx"}]
NAMES = ["default", "httpx"]


def by(name, run_id="run_1"):
    return {"id": run_id, "object": "thread.run", "metadata": {"by": name}}


@pytest.fixture(params=USING, ids=NAMES)
def using(request):
    return request.param


def mocker(**options):
    return respx.mock(assert_all_called=False, **options)


def on_httpx(sdk_library):
    return sdk_library.__name__ == "httpx"


def get(run_id="run_1"):
    return httpx.get(f"{RUNS}/{run_id}", headers=KEY).json()["metadata"]["by"]


def aget(run_id="run_1"):
    async def main():
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{RUNS}/{run_id}", headers=KEY)).json()["metadata"]["by"]

    return asyncio.run(main())


@pytest.fixture
def askers(sdk, async_sdk, retrieve, aretrieve):
    """Ways to retrieve a run; the result tells who answered. respx alone patches httpx only."""

    def ask(run_id="run_1"):
        return retrieve(sdk(), run_id)

    def ask_async(run_id="run_1"):
        async def main():
            async with async_sdk() as client:
                return await aretrieve(client, run_id)

        return asyncio.run(main())

    return {"sdk": ask, "async sdk": ask_async, "httpx": get, "async httpx": aget}


@pytest.fixture(params=["sdk", "async sdk", "httpx", "async httpx"])
def ask(request, askers):
    return askers[request.param]


@pytest.fixture(params=["sdk", "async sdk"])
def ask_sdk(request, askers):
    return askers[request.param]


# who answers: 2 orders x 2 layers x 2 settings x 2 flavours


@pytest.mark.parametrize("order", ["respx first", "simulator first"])
@pytest.mark.parametrize("assert_all_mocked", [True, False])
def test_routes_win_and_the_rest_is_ours(api, ask, using, assert_all_mocked, order):
    router = mocker(assert_all_mocked=assert_all_mocked, **using)
    blocks = [router, intercepting(api.interceptor())]
    with ExitStack() as stack:
        for block in blocks if order == "respx first" else reversed(blocks):
            stack.enter_context(block)
        route = router.get(f"{RUNS}/run_1").respond(json=by("respx"))
        assert ask("run_1") == "respx"
        assert ask("run_2") == "canned"
        assert ask("run_1") == "respx"
        assert route.call_count == 2
        assert len(router.calls) == 2
    assert len(api.requests) == 1


@pytest.mark.parametrize("order", ["respx first", "simulator first"])
def test_the_end_may_come_in_any_order(api, ask, using, order, network):
    router = mocker(**using)
    router.get(f"{RUNS}/run_1").respond(json=by("respx"))
    interceptor = api.interceptor()
    if order == "respx first":
        router.start()
        activate(interceptor)
        router.stop(clear=False)
        assert ask("run_1") == "canned"
        deactivate(interceptor)
    else:
        activate(interceptor)
        router.start()
        deactivate(interceptor)
        router.stop()
    assert ask("run_1") == "network"
    assert len(network.requests) == 1


@pytest.mark.parametrize("order", ["respx first", "simulator first"])
def test_what_respx_mocks_elsewhere_stays_mocked(api, using, order, network):
    async def main():
        async with httpx.AsyncClient() as client:
            return (await client.get("https://weather.example/")).json()

    router = mocker(**using)
    router.get("https://weather.example/").respond(json={"temperature": 72})
    blocks = [router, intercepting(api.interceptor())]
    with ExitStack() as stack:
        for block in blocks if order == "respx first" else reversed(blocks):
            stack.enter_context(block)
        assert httpx.get("https://weather.example/").json() == asyncio.run(main()) == {"temperature": 72}
    assert network.requests == []


@pytest.mark.parametrize("order", ["respx first", "simulator first"])
def test_not_mocked_stays_an_error_for_other_hosts(api, using, order):
    blocks = [mocker(**using), intercepting(api.interceptor())]

    async def main():
        async with httpx.AsyncClient() as client:
            await client.get("https://elsewhere.example/")

    with ExitStack() as stack:
        for block in blocks if order == "respx first" else reversed(blocks):
            stack.enter_context(block)
        with pytest.raises(AssertionError, match="not mocked"):
            httpx.get("https://elsewhere.example/")
        with pytest.raises(AssertionError, match="not mocked"):
            asyncio.run(main())


def test_what_goes_round_us_does_not_get_to_the_network(api, network):
    # below us: respx's "not mocked" must stand, because behind it is the network
    httpcore = pytest.importorskip("httpcore")
    not_mocked = pytest.raises(AssertionError, match="not mocked")
    with mocker(), intercepting(api.interceptor()), httpcore.ConnectionPool() as pool, not_mocked:
        pool.request("GET", RUNS)
    assert network.requests == []


def test_the_first_matching_router_of_several_answers(api, ask, using):
    with mocker(**using) as first, intercepting(api.interceptor()), mocker(**using) as second:
        first.get(f"{RUNS}/run_1").respond(json=by("first"))
        second.get(f"{RUNS}/run_1").respond(json=by("second"))
        second.get(f"{RUNS}/run_2").respond(json=by("second"))
        assert [ask("run_1"), ask("run_2"), ask("run_3")] == ["first", "second", "canned"]


def test_routers_of_both_layers_are_asked(api, ask):
    with mocker() as core, mocker(using="httpx") as client_layer, intercepting(api.interceptor()):
        core.get(f"{RUNS}/run_1").respond(json=by("core"))
        client_layer.get(f"{RUNS}/run_2").respond(json=by("client layer"))
        assert [ask("run_1"), ask("run_2"), ask("run_3")] == ["core", "client layer", "canned"]


# kinds of routes


@pytest.fixture(params=["respx first", "simulator first"])
def routes(request, api, using):
    """A started router beside an active simulator."""
    router = mocker(**using)
    blocks = [router, intercepting(api.interceptor())]
    with ExitStack() as stack:
        for block in blocks if request.param == "respx first" else reversed(blocks):
            stack.enter_context(block)
        yield router


def test_a_route_that_lets_the_request_pass_leaves_it_to_us(routes, ask, network):
    route = routes.get(f"{RUNS}/run_1").pass_through()
    assert ask("run_1") == "canned"
    assert route.call_count == 1
    assert network.requests == []


def test_a_side_effect_answers(routes, ask):
    def answer(request, run_id):
        assert request.headers["authorization"] == "Bearer sk-test"
        return httpx.Response(200, json=by(f"respx {run_id}"))

    route = routes.get(url__regex=f"{RUNS}/(?P<run_id>run_1)").mock(side_effect=answer)
    assert [ask("run_1"), ask("run_2")] == ["respx run_1", "canned"]
    assert route.call_count == 1


def test_an_async_side_effect_answers(routes, async_sdk, aretrieve):
    async def answer(_request):
        await asyncio.sleep(0)
        return httpx.Response(200, json=by("respx"))

    async def main():
        async with async_sdk() as client:
            return [await aretrieve(client, "run_1"), await aretrieve(client, "run_2")]

    route = routes.get(f"{RUNS}/run_1").mock(side_effect=answer)
    assert asyncio.run(main()) == ["respx", "canned"]
    assert route.call_count == 1


def test_an_async_side_effect_may_fail(routes, async_sdk, aretrieve):
    async def fail(_request):
        raise httpx.ReadTimeout("too slow")

    async def main():
        async with async_sdk() as client:
            await aretrieve(client)

    routes.get(f"{RUNS}/run_1").mock(side_effect=fail)
    with pytest.raises(openai.APITimeoutError):
        asyncio.run(main())


def test_answers_in_turn(routes, ask):
    routes.get(f"{RUNS}/run_1").mock(
        side_effect=[httpx.Response(200, json=by("one")), httpx.Response(200, json=by("two"))]
    )
    assert [ask("run_1"), ask("run_1")] == ["one", "two"]


def test_a_side_effect_that_declines_leaves_it_to_us(routes, ask):
    routes.get(f"{RUNS}/run_1").mock(side_effect=lambda _request: None)
    assert ask("run_1") == "canned"


@pytest.mark.parametrize("assert_all_mocked", [True, False])
def test_the_next_router_is_asked_where_one_declines(api, ask, using, assert_all_mocked):
    declining = mocker(assert_all_mocked=assert_all_mocked, **using)
    with declining, mocker(**using) as router, intercepting(api.interceptor()):
        declining.get(f"{RUNS}/run_1").mock(side_effect=lambda _request: None)
        assert ask("run_1") == "canned"
        router.get(f"{RUNS}/run_1").respond(json=by("respx"))
        assert ask("run_1") == "respx"


def test_an_error_status_arrives(routes, ask_sdk):
    routes.get(f"{RUNS}/run_1").respond(429, json={"error": {"message": "slow down"}}, headers={"retry-after": "8"})
    with pytest.raises(openai.RateLimitError) as raised:
        ask_sdk("run_1")
    assert raised.value.response.headers["retry-after"] == "8"


@pytest.mark.parametrize(
    "failure, expected",
    [(httpx.ConnectTimeout, openai.APITimeoutError), (httpx.ConnectError("refused"), openai.APIConnectionError)],
)
def test_a_failure_of_httpx_is_one_of_the_library_that_asked(routes, ask_sdk, sdk_library, failure, expected):
    routes.get(f"{RUNS}/run_1").mock(side_effect=failure)
    with pytest.raises(expected) as raised:
        ask_sdk("run_1")
    assert isinstance(raised.value.__cause__, sdk_library.TransportError)


@pytest.mark.parametrize("ask_httpx", [get, aget])
def test_a_failure_of_httpx_stays_what_it_is_for_httpx(routes, ask_httpx):
    failure = httpx.ConnectError("refused")
    routes.get(f"{RUNS}/run_1").mock(side_effect=failure)
    with pytest.raises(httpx.ConnectError) as raised:
        ask_httpx()
    assert raised.value is failure


def test_routes_see_the_body(routes, sdk):
    route = routes.post(RUNS, json__assistant_id="asst_1").respond(json=by("respx", "run_9"))
    assert sdk().beta.threads.runs.create("thread_1", assistant_id="asst_1").id == "run_9"
    assert sdk().beta.threads.runs.create("thread_1", assistant_id="asst_2").metadata == {"by": "canned"}
    assert route.call_count == 1


@pytest.mark.usefixtures("streaming")
def test_a_streamed_answer_of_a_route_stays_lazy(routes, sdk):
    produced = []

    def chunks():
        for number in range(3):
            produced.append(number)
            yield b'event: thread.run.created\ndata: {"id": "run_%d"}\n\n' % number

    routes.post(RUNS).mock(
        return_value=httpx.Response(200, headers={"content-type": "text/event-stream"}, content=chunks())
    )
    with sdk().beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True) as stream:
        for number, event in enumerate(stream):
            assert event.data.id == f"run_{number}"
            assert len(produced) == number + 1


@pytest.mark.usefixtures("streaming")
def test_an_async_streamed_answer_of_a_route_stays_lazy(routes, async_sdk):
    produced = []

    async def chunks():
        for number in range(3):
            produced.append(number)
            yield b'event: thread.run.created\ndata: {"id": "run_%d"}\n\n' % number

    async def main():
        routes.post(RUNS).mock(
            return_value=httpx.Response(200, headers={"content-type": "text/event-stream"}, content=chunks())
        )
        async with async_sdk() as client:
            stream = await client.beta.threads.runs.create("thread_1", assistant_id="asst_1", stream=True)
            number = 0
            async for _ in stream:
                number += 1
                assert len(produced) == number
            assert number == 3

    asyncio.run(main())


# what is not ours


def test_routes_are_for_passed_through_requests_what_they_are_without_us(api, network):
    with mocker(using="httpx") as router, intercepting(api.interceptor(passthrough=["/v1/models"])):
        router.get("https://api.openai.com/v1/models").respond(json=by("respx"))
        assert httpx.get("https://api.openai.com/v1/models").json() == by("respx")
        with pytest.raises(AssertionError, match="not mocked"):
            httpx.post("https://api.openai.com/v1/models")
    assert network.requests == []


def test_a_mock_transport_of_the_users_under_respx_stays(api):
    own = httpx.MockTransport(lambda _request: httpx.Response(200, json=by("user")))
    with intercepting(api.interceptor()), mocker(using="httpx") as router, httpx.Client(transport=own) as client:
        router.get(f"{RUNS}/run_1").respond(json=by("respx"))
        assert client.get(f"{RUNS}/run_1").json() == by("respx")
        assert client.get(f"{RUNS}/run_2").json() == by("user")
    assert api.requests == []


def test_respx_that_was_not_imported_is_not_touched(monkeypatch, api, ask):
    monkeypatch.delitem(sys.modules, "respx.mocks")
    genuine = vars(respx.mocks.Mocker)["handler"]
    with intercepting(api.interceptor()):
        assert ask() == "canned"
        assert not respx_routes.imported()
        assert vars(respx.mocks.Mocker)["handler"] is genuine


def test_without_started_routers_nothing_is_kept(api, ask):
    with mocker() as router, intercepting(api.interceptor()):
        for _ in range(5):
            assert ask() == "canned"
        assert len(router.calls) == 0
