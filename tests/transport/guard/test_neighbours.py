"""Mocks that stand in front never trip the guard, started before it or inside; what they pass on does."""

from __future__ import annotations

import asyncio
import http.client
import urllib.request
from contextlib import ExitStack

import aiohttp
import httpx
import pytest
import requests
import responses
import respx
import urllib3
import vcr

from simulator.errors import RequestBlocked

URL = "https://api.openai.com/v1/embeddings"


@pytest.fixture(params=["before", "inside"])
def beside(request, guarded, network):
    """Open a mock and hold the guard, in either order; nothing is told, and no socket is opened."""
    with ExitStack() as stack:

        def beside(mock):
            if request.param == "before":
                opened = stack.enter_context(mock)
                told.append(stack.enter_context(guarded()))
            else:
                told.append(stack.enter_context(guarded()))
                opened = stack.enter_context(mock)
            return opened

        told = []
        yield beside
    assert told == [[]]
    assert network == []


async def aiohttp_get():
    async with aiohttp.ClientSession() as session, session.get(URL) as response:
        return response.status


def urllib3_get():
    with urllib3.PoolManager() as pool:
        return pool.request("GET", URL).status


def http_client_get():
    connection = http.client.HTTPSConnection("api.openai.com")
    connection.request("GET", "/v1/embeddings")
    return connection.getresponse().status


def test_responses(beside):
    beside(responses.RequestsMock()).get(URL, status=201)
    assert requests.get(URL).status_code == 201


CASSETTE = f"""
version: 1
interactions:
- request: {{method: GET, uri: "{URL}", body: null, headers: {{}}}}
  response: {{status: {{code: 201, message: Created}}, headers: {{}}, body: {{string: "{{}}"}}}}
"""
GET = {
    "requests": lambda: requests.get(URL).status_code,
    "urllib3": urllib3_get,
    "urllib": lambda: urllib.request.urlopen(URL).status,
    "http.client": http_client_get,
    "aiohttp": lambda: asyncio.run(aiohttp_get()),
}

if int(vcr.__version__.partition(".")[0]) >= 9:  # earlier ones take the proxy for the host that is asked
    GET["requests-proxied"] = lambda: requests.get(URL, proxies={"https": "http://127.0.0.1:9"}).status_code


@pytest.fixture
def cassette(tmp_path):
    def cassette(content=None, **options):
        path = tmp_path / "cassette.yaml"
        if content:
            path.write_text(content)
        return vcr.use_cassette(str(path), **options)

    return cassette


@pytest.mark.parametrize("get", GET.values(), ids=GET)
def test_a_cassette_plays(beside, cassette, get):
    played = beside(cassette(CASSETTE, record_mode="none"))
    assert get() == 201
    assert played.play_count == 1


@pytest.mark.parametrize("get", GET.values(), ids=GET)
@pytest.mark.parametrize("order", ["before", "inside"])
def test_a_cassette_that_records_is_stopped(guarded, cassette, network, get, order):
    with ExitStack() as stack:
        if order == "before":
            stack.enter_context(cassette(record_mode="all"))
        told = stack.enter_context(guarded())
        if order == "inside":
            stack.enter_context(cassette(record_mode="all"))
        with pytest.raises(RequestBlocked):
            get()
    assert len(told) == 1
    assert network == []


def test_respx_below_httpx(beside):
    """At its layer of httpcore; above, the simulator takes the request, and asks respx itself."""
    handle_request = httpx.HTTPTransport.handle_request  # goes round the interception
    router = beside(respx.mock(using="httpcore"))
    router.get(URL).respond(201)
    with httpx.HTTPTransport() as transport:
        assert handle_request(transport, httpx.Request("GET", URL)).status_code == 201
