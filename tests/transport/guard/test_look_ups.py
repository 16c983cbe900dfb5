"""The backstop: whoever looks up an API host is stopped, unless it is for a request that may pass."""

from __future__ import annotations

import asyncio
import functools
import socket
from contextvars import copy_context

import pytest

from simulator.errors import RequestBlocked
from simulator.transport.guard.judging import under_way
from simulator.transport.guard.outgoing import Outgoing

HOST = "api.openai.com"


async def _connect_in_a_loop():
    await asyncio.open_connection(HOST, 443)


async def _look_up_in_a_thread():
    await asyncio.to_thread(socket.getaddrinfo, HOST, 443)


async def _look_up_in_an_executor():
    await asyncio.get_running_loop().run_in_executor(None, socket.getaddrinfo, HOST, 443)


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.getaddrinfo(HOST, 443),
        lambda: socket.getaddrinfo(host=HOST, port="https", type=socket.SOCK_STREAM),
        lambda: socket.getaddrinfo(HOST.encode(), None),
        lambda: socket.create_connection((HOST, 443)),
        lambda: socket.gethostbyname(HOST),
        lambda: socket.gethostbyname_ex(HOST),
        lambda: asyncio.run(_connect_in_a_loop()),
        lambda: asyncio.run(_look_up_in_a_thread()),
        lambda: asyncio.run(_look_up_in_an_executor()),
    ],
)
def test_a_look_up_is_stopped(guarded, network, reach):
    with guarded() as told, pytest.raises(RequestBlocked, match=r"a look-up of its name was about to connect to api\."):
        reach()
    assert network == []
    assert len(told) == 1
    assert ", route unknown" in told[0]
    assert "(`passthrough` needs a route, and none is known here)" in told[0]


@pytest.mark.parametrize(
    "host,port", [("api.openai.com.example", 443), ("localhost", 443), (None, 80), ("my-host.test", 8001)]
)
def test_other_names_are_looked_up(guarded, monkeypatch, host, port):
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: asked.append(args))
    with guarded(hosts=["my-host.test:8000", "localhost:443"]) as told:
        socket.getaddrinfo(host, port)
    assert asked == [(host, port)]
    assert told == []


def test_so_are_other_names_without_a_port(guarded):
    with guarded():
        assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
        assert socket.gethostbyname_ex("127.0.0.1")[2] == ["127.0.0.1"]


@pytest.mark.parametrize("port", [8000, "8000", b"8000"])
def test_a_host_with_a_port_is_known_by_it(guarded, port):
    with guarded(hosts=["my-host.test:8000"]), pytest.raises(RequestBlocked, match=r"connect to my-host\.test:8000, "):
        socket.getaddrinfo("my-host.test", port)


def test_the_name_of_a_service_is_a_port_too(guarded):
    with guarded(hosts=["https://my-host.test/v1"]), pytest.raises(RequestBlocked):
        socket.getaddrinfo("my-host.test", "https")


@pytest.mark.parametrize("in_loop", [False, True])
def test_the_look_up_of_a_request_that_may_pass_passes(guarded, in_loop):
    async def look_up():
        return await asyncio.get_running_loop().getaddrinfo("api.test", 80, type=socket.SOCK_STREAM)

    request = Outgoing("http", "api.test", None, "GET", "/v1/models")
    with guarded(hosts=["api.test"], passthrough=["/v1/models"]), under_way(request):
        found = asyncio.run(look_up()) if in_loop else socket.getaddrinfo("api.test", 80, type=socket.SOCK_STREAM)
    assert [address for *_, address in found] == [("127.0.0.1", 80)]


def test_a_thread_that_was_given_the_context_may_look_up_too(guarded):
    request = Outgoing("http", "api.test", None, "GET", "/v1/models")

    async def look_up():
        look = functools.partial(copy_context().run, socket.getaddrinfo, "api.test", 80)
        return await asyncio.get_running_loop().run_in_executor(None, look)

    with guarded(hosts=["api.test"], passthrough=["/v1/models"]) as told, under_way(request):
        assert asyncio.run(look_up())
    assert told == []


def test_a_request_that_may_pass_lets_no_other_host_be_looked_up(guarded):
    request = Outgoing("http", "api.test", None, "GET", "/v1/models")
    with guarded(hosts=["api.test"], passthrough=["/v1/models"]), under_way(request), pytest.raises(RequestBlocked):
        socket.getaddrinfo(HOST, 443)


def test_the_message_says_where_it_was_asked_for(guarded):
    with guarded(), pytest.raises(RequestBlocked) as stopped:
        socket.create_connection((HOST, 443))
    assert f", route unknown (sent at {__file__}:{stopped.tb.tb_lineno})" in str(stopped.value)


def test_a_loop_looks_other_names_up_as_ever(guarded):
    async def look_up():
        return await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)

    with guarded():
        assert [address for *_, address in asyncio.run(look_up())] == [("127.0.0.1", 80)]
