"""Who answers: the user's respx routes, then the newest simulator, then the network or the cassette in its place.

Whatever the order in which they were opened, whatever respx patches, whatever the cassette does.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from contextlib import ExitStack

import httpx
import openai
import pytest
import respx
import vcr

from simulator.transport import libraries
from simulator.transport.interception import intercepting

THREAD = "https://api.openai.com/v1/threads/thread_1"
PARTIES = ("respx", "cassette", "first", "second")  # two simulators
ROUTERS = [
    pytest.param({"assert_all_mocked": mocked, **using}, id=f"{name}-{'strict' if mocked else 'lax'}")
    for name, using in (("default", {}), ("httpx", {"using": "httpx"}))
    for mocked in (True, False)
]

# What respx does with a run, and who answers: a simulator, or respx.
ROUTES = {
    "run_responds": "respx",
    "run_side_effect": "respx",
    "run_async_side_effect": "respx",
    "run_passes": "simulator",
    "run_declines": "simulator",
    "run_unknown": "simulator",
}


def by(name):
    return {"id": "run_1", "object": "thread.run", "metadata": {"by": name}}


@pytest.fixture(params=ROUTERS)
def router(request):
    """A router with a route of each kind, not started."""

    async def answer_async(_request):
        await asyncio.sleep(0)
        return httpx.Response(200, json=by("respx"))

    router = respx.mock(assert_all_called=False, **request.param)
    runs = f"{THREAD}/runs"
    router.get(f"{runs}/run_responds").respond(json=by("respx"))
    router.get(f"{runs}/run_side_effect").mock(side_effect=lambda _request: httpx.Response(200, json=by("respx")))
    router.get(f"{runs}/run_async_side_effect").mock(side_effect=answer_async)
    router.get(f"{runs}/run_passes").pass_through()
    router.get(f"{runs}/run_declines").mock(side_effect=lambda _request: None)
    return router


@pytest.fixture(scope="module")
def http_clients():
    """A sync and an async client of each library; nothing is connected, so nothing need be closed."""
    tls = httpx.create_ssl_context()  # reading the certificates takes longer than all the requests of a test
    found = [sys.modules[name] for name in libraries.NAMES if name in sys.modules]
    return {library.__name__: (library.Client(verify=tls), library.AsyncClient(verify=tls)) for library in found}


@pytest.fixture(scope="module")
def who(http_clients):
    """Ask for every run in every way; by run, the set of those who answered."""
    sync, asynchronous = http_clients[libraries.which_library()]
    options = {"api_key": "sk-test", "max_retries": 0}
    runs = openai.OpenAI(http_client=sync, **options).beta.threads.runs
    async_runs = openai.AsyncOpenAI(http_client=asynchronous, **options).beta.threads.runs

    def ask(run_id):
        if run_id == "run_async_side_effect":
            return []  # respx refuses it to a sync client, with or without us
        answers = [client.get(f"{THREAD}/runs/{run_id}").json() for client, _ in http_clients.values()]
        return [*answers, runs.retrieve(run_id, thread_id="thread_1").model_dump()]

    async def ask_async(run_id):
        answers = [(await client.get(f"{THREAD}/runs/{run_id}")).json() for _, client in http_clients.values()]
        return [*answers, (await async_runs.retrieve(run_id, thread_id="thread_1")).model_dump()]

    async def all_ways(run_id):
        return {answer["metadata"]["by"] for answer in ask(run_id) + await ask_async(run_id)}

    async def who():
        return {run_id: await all_ways(run_id) for run_id in ROUTES}

    return lambda: asyncio.run(who())


@pytest.fixture(params=["records", "plays"])
def cassette(request, tmp_path):
    """A cassette that takes all it gets; or one that has an answer to each run, and refuses the rest."""
    path = tmp_path / "cassette.yaml"
    if request.param == "records":
        return vcr.use_cassette(str(path), record_mode="all")
    path.write_text(json.dumps({"version": 1, "interactions": [recorded(f"{THREAD}/runs/{run}") for run in ROUTES]}))
    return vcr.use_cassette(str(path), record_mode="none", allow_playback_repeats=True)


def recorded(uri):
    return {
        "request": {"method": "GET", "uri": uri, "body": None, "headers": {}},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["application/json"]},
            "body": {"string": json.dumps(by("cassette"))},
        },
    }


@pytest.mark.parametrize("order", [*itertools.permutations(PARTIES)], ids=" ".join)
def test_routes_win_then_the_newest_simulator(order, router, make_api, cassette, who):
    simulators = {name: make_api(name) for name in ("first", "second")}
    blocks = {"respx": router, "cassette": cassette}
    blocks |= {name: intercepting(api.interceptor()) for name, api in simulators.items()}
    with ExitStack() as stack:
        opened = {name: stack.enter_context(blocks[name]) for name in order}
        newest = max(simulators, key=order.index)
        assert who() == {run: {newest if answerer == "simulator" else "respx"} for run, answerer in ROUTES.items()}
        assert opened["cassette"].play_count == 0
        assert not opened["cassette"].dirty


# what is no simulator's

FOREIGN = {
    "a route of the user's elsewhere": "https://weather.example/mocked",
    "nobody's": "https://weather.example/",
    "a route of the user's that is let through": "https://api.openai.com/v1/mocked",
    "let through": "https://api.openai.com/v1/models",
}


@pytest.mark.parametrize("order", [*itertools.permutations(("respx", "cassette", "simulator"))], ids=" ".join)
@pytest.mark.parametrize("options", ROUTERS)
def test_for_the_rest_nothing_changes(order, options, outcome, api, http_clients):
    with_us = outcome(order, options)
    without = outcome([each for each in order if each != "simulator"], options)
    assert with_us == without
    assert len(with_us[0]) == len(FOREIGN) * 2 * len(http_clients)
    assert api.requests == []


@pytest.fixture
def outcome(api, tmp_path, http_clients, network):
    """Open some parties in an order; return who answers, what is recorded, and what gets to the network."""

    def outcome(order, options):
        router = respx.mock(assert_all_called=False, **options)
        for path in ("https://weather.example/mocked", "https://api.openai.com/v1/mocked"):
            router.get(path).respond(json=by("respx"))
        blocks = {
            "respx": router,
            "cassette": vcr.use_cassette(str(tmp_path / str(len(order))), record_mode="all"),
            "simulator": intercepting(api.interceptor(passthrough=["/v1/mocked", "/v1/models"])),
        }
        network.requests.clear()
        with ExitStack() as stack:
            opened = {party: stack.enter_context(blocks[party]) for party in order}
            answers = [answered(client, url) for client, _ in http_clients.values() for url in FOREIGN.values()]
            answers += asyncio.run(answered_async([client for _, client in http_clients.values()]))
            recorded = [(request.method, request.uri) for request in opened["cassette"].requests]
        return answers, recorded, list(network.requests)

    return outcome


def answered(client, url):
    try:
        return client.get(url).json()["metadata"]["by"]
    # respx: not mocked, or mocked with an empty answer. Some releases of vcrpy and respx break each other otherwise.
    except Exception as error:  # noqa: BLE001
        return type(error).__name__


async def answered_async(clients):
    answers = []
    for client, url in itertools.product(clients, FOREIGN.values()):
        try:
            answers.append((await client.get(url)).json()["metadata"]["by"])
        except Exception as error:  # noqa: BLE001  # as above
            answers.append(type(error).__name__)
    return answers
