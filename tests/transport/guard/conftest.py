"""Client libraries as programs use them, and a server on loopback that is the API, or a proxy to it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.client
import importlib
import socket
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import aiohttp
import pytest
import requests
import urllib3

from simulator.transport.guard import doors
from simulator.transport.interception import intercepting

API = "https://api.openai.com"


class Handler(BaseHTTPRequestHandler):
    """Answers what it is asked for, and a tunnel with 502; notes the request lines."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append(self.requestline.rpartition(" ")[0])
        self.send_response(502 if self.command == "CONNECT" else 200)
        self.send_header("content-length", "2")
        if self.command == "CONNECT":
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(b"{}")

    do_CONNECT = do_GET  # noqa: N815  # the name that http.server looks for

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    """A server on loopback; `seen` is what it was asked for, `url` where it is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.seen, server.url = [], f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def network(server):
    """The addresses to which sockets were connected. The name `api.test` is the server's."""
    connected = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", _resolver(socket.getaddrinfo))
        for method in ("connect", "connect_ex"):
            patch.setattr(socket.socket, method, _noting(connected, getattr(socket.socket, method)))
        yield connected


def _resolver(genuine):
    @functools.wraps(genuine)
    def getaddrinfo(host, *args, **kwargs):
        here = host in ("api.test", b"api.test")
        return genuine("127.0.0.1" if here else host, *args, **kwargs)

    return getaddrinfo


def _noting(connected, genuine):
    def connect(sock, address):
        connected.append(address)
        return genuine(sock, address)

    return connect


@pytest.fixture
def guarded(api):
    """Hold the guard as a simulator does; what is stopped comes into the list that the block gives."""

    @contextlib.contextmanager
    def guarded(**options):
        told = []
        with intercepting(api.interceptor(blocked=told.append, **options)):
            yield told

    return guarded


# How programs send a GET, with the place of a proxy or None. Each returns the status, or None where it failed.


def by_requests(url, proxy):
    return requests.get(url, proxies={"http": proxy, "https": proxy}, timeout=5).status_code


def by_urllib3(url, proxy):
    pool = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
    with pool:
        return pool.request("GET", url, retries=False, timeout=5).status


def by_urllib(url, proxy):
    proxies = {"http": proxy, "https": proxy} if proxy else {}
    with urllib.request.build_opener(urllib.request.ProxyHandler(proxies)).open(url, timeout=5) as response:
        return response.status


def by_http_client(url, proxy):
    target, place = urlsplit(url), urlsplit(proxy or url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    with contextlib.closing(kind(place.hostname, place.port, timeout=5)) as connection:
        if proxy and target.scheme == "https":
            connection.set_tunnel(target.hostname, target.port or 443)
        path = f"{target.path}?{target.query}" if target.query else target.path
        connection.request("GET", url if proxy and target.scheme == "http" else path)
        return connection.getresponse().status


async def _by_aiohttp(url, proxy):
    timeout = aiohttp.ClientTimeout(5)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, proxy=proxy) as response:
        return response.status


def by_aiohttp(url, proxy):
    return asyncio.run(_by_aiohttp(url, proxy))


def _own_transport(library):
    """Return a transport that calls a real one by the method it had before anybody intercepted."""
    handle_request = library.HTTPTransport.handle_request

    class Own(library.BaseTransport):
        def __init__(self, proxy):
            self.inner = library.HTTPTransport(proxy=proxy)

        def handle_request(self, request):
            return handle_request(self.inner, request)

        def close(self):
            self.inner.close()

    return Own


def _own_async_transport(library):
    handle_async_request = library.AsyncHTTPTransport.handle_async_request

    class Own(library.AsyncBaseTransport):
        def __init__(self, proxy):
            self.inner = library.AsyncHTTPTransport(proxy=proxy)

        async def handle_async_request(self, request):
            return await handle_async_request(self.inner, request)

        async def aclose(self):
            await self.inner.aclose()

    return Own


def _by_own_transport(name):
    library = importlib.import_module(name)
    own, own_async = _own_transport(library), _own_async_transport(library)

    def by_sync(url, proxy):
        with library.Client(transport=own(proxy)) as client:
            return client.get(url).status_code

    def by_async(url, proxy):
        async def ask():
            async with library.AsyncClient(transport=own_async(proxy)) as client:
                return (await client.get(url)).status_code

        return asyncio.run(ask())

    return {name: by_sync, f"{name}-async": by_async}


CLIENTS = {
    "requests": by_requests,
    "urllib3": by_urllib3,
    "urllib.request": by_urllib,
    "http.client": by_http_client,
    "aiohttp": by_aiohttp,
    **_by_own_transport("httpx"),
    **_by_own_transport("httpx2"),
}
FAILURES = (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException, aiohttp.ClientError)


@pytest.fixture(params=CLIENTS)
def client_name(request):
    return request.param


@pytest.fixture
def get(client_name):
    """Send a GET by one of the libraries, through a proxy or straight; None where the tunnel is refused."""

    def get(url, proxy=None):
        try:
            return CLIENTS[client_name](url, proxy)
        except FAILURES:
            return None
        except Exception as error:  # httpx and httpx2 have errors of their own
            if type(error).__name__ != "ProxyError":
                raise
            return None

    return get


assert doors.targets()
