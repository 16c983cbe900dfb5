"""No library reaches the API, by whatever way; nothing else is touched."""

from __future__ import annotations

import asyncio
import http.client
import re

import aiohttp
import httpcore
import pytest
import requests

from simulator.errors import RequestBlocked
from simulator.transport import active

API = "https://api.openai.com"
NOT_INTERCEPTED = ["requests", "urllib3", "urllib.request", "http.client", "aiohttp"]


def test_a_request_to_the_api_is_stopped_before_a_socket_opens(guarded, get, client_name, network):
    with guarded() as told, pytest.raises(RequestBlocked) as stopped:
        get(f"{API}/v1/embeddings")
    assert network == []
    assert told == [str(stopped.value)]
    assert (
        f"Blocked: {client_name.removesuffix('-async')} was about to send GET {API}/v1/embeddings (sent at " in told[0]
    )
    assert 'passthrough=["GET /v1/embeddings"]' in told[0]


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_proxy_is_not_told_of_it(guarded, get, network, server, scheme):
    url = f"{scheme}://api.openai.com/v1/embeddings"
    with guarded(), pytest.raises(RequestBlocked, match=re.escape(f" was about to send GET {url} (sent at ")):
        get(url, server.url)
    assert network == []
    assert server.seen == []


@pytest.mark.parametrize(
    "scheme,asked", [("https", "CONNECT api.openai.com:443"), ("http", "GET http://api.openai.com/v1/embeddings")]
)
def test_without_a_guard_the_proxy_is(get, server, scheme, asked):
    get(f"{scheme}://api.openai.com/v1/embeddings", server.url)
    assert server.seen == [asked]


@pytest.mark.parametrize("proxied", [False, True])
def test_a_route_that_is_let_through_gets_through_and_others_do_not(guarded, get, server, proxied):
    place = f"http://api.test:{server.server_port}"
    proxy = server.url if proxied else None
    with guarded(hosts=[place], passthrough=["GET /v1/models"]) as told:
        assert get(f"{place}/v1/models?limit=2", proxy) == 200
        with pytest.raises(RequestBlocked):
            get(f"{place}/v1/threads?key=secret", proxy)
    assert server.seen == [f"GET {place if proxied else ''}/v1/models?limit=2"]
    assert len(told) == 1
    assert "secret" not in told[0]


def test_so_does_one_to_a_tunnel(guarded, get, server):
    with guarded(passthrough=["/v1/models"]) as told:
        get(f"{API}/v1/models", server.url)
    assert server.seen == ["CONNECT api.openai.com:443"]
    assert told == []


@pytest.mark.parametrize("proxied", [False, True])
def test_other_hosts_are_untouched(guarded, get, server, proxied):
    place = f"http://api.test:{server.server_port}"
    with guarded() as told:
        assert get(f"{place}/v1/models", server.url if proxied else None) == 200
    assert len(server.seen) == 1
    assert told == []


@pytest.mark.parametrize("client_name", NOT_INTERCEPTED, indirect=True)
def test_a_server_of_ones_own_on_loopback_is_untouched(guarded, get, server):
    with guarded(hosts=[server.url]) as told:
        assert get(f"{server.url}/v1/models") == 200
    assert server.seen == ["GET /v1/models"]
    assert told == []


def test_after_the_block_all_is_as_before(guarded, get, server):
    place = f"http://api.test:{server.server_port}"
    with guarded(hosts=[place]):
        pass
    assert not active.some()
    assert get(f"{place}/v1/models") == 200


@pytest.mark.parametrize("host", ["API.OpenAI.com", "api.openai.com.", "my-resource.openai.azure.com"])
def test_a_host_is_known_however_it_is_spelt(guarded, get, network, host):
    with guarded(), pytest.raises(RequestBlocked):
        get(f"https://{host}/v1/models")
    assert network == []


def test_a_session_that_has_connected_before_is_stopped_too(guarded, server, network):
    place = f"http://api.test:{server.server_port}"
    with requests.Session() as session:
        session.get(f"{place}/v1/models")
        with guarded(hosts=[place]), pytest.raises(RequestBlocked, match="requests was about"):
            session.get(f"{place}/v1/models")
    assert (len(server.seen), len(network)) == (1, 1)


def test_so_is_a_pool_of_httpcore(guarded, server, network):
    place = f"http://api.test:{server.server_port}"
    with httpcore.ConnectionPool() as pool:
        pool.request("GET", f"{place}/v1/models")
        with guarded(hosts=[place]), pytest.raises(RequestBlocked, match="httpcore was about"):
            pool.request("GET", f"{place}/v1/models")
    assert (len(server.seen), len(network)) == (1, 1)


def test_so_is_a_session_of_aiohttp(guarded, server, network):
    place = f"http://api.test:{server.server_port}"

    async def main():
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{place}/v1/models") as response:
                await response.read()
            with guarded(hosts=[place]), pytest.raises(RequestBlocked, match="aiohttp was about"):
                await session.get(f"{place}/v1/models")

    asyncio.run(main())
    assert (len(server.seen), len(network)) == (1, 1)


def test_a_connection_that_is_opened_by_hand_is_stopped_before_it_is(guarded, network):
    with (
        guarded(),
        pytest.raises(RequestBlocked, match=r"http\.client was about to connect to https://api\.openai\.com, r"),
    ):
        http.client.HTTPSConnection("api.openai.com").connect()
    assert network == []
