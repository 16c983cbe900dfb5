"""The ways out of the process: what is wrapped, of each library that has been imported.

| library | where | beneath |
|---|---|---|
| http.client, and so urllib, urllib3, requests, httplib2 | `putrequest`, `connect` | responses, vcrpy |
| urllib3 | `connect` of its own, before a request is sent | responses, vcrpy |
| httpx, httpx2 | `handle_request` of httpcore's connections | respx, pytest-httpx, vcrpy |
| aiohttp | `connect` of the connector | aioresponses, vcrpy |
| any other | `socket.getaddrinfo` and its like | |

A connection that stayed open is asked again at each request. Where a library tells its proxy the target only
when it has connected to it, the layer above, which knows the request whole, leaves word (`under_way`).
"""

from __future__ import annotations

import functools
import socket
import sys
from collections.abc import Callable
from contextvars import copy_context
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from ..hosts import DEFAULT_PORTS
from ..patching import Attribute, Target
from .judging import concerns, judge, judge_connection, judge_look_up, request_under_way, under_way
from .outgoing import Outgoing, outgoing_of, plain_name

# Any: objects and arguments of libraries that may not be installed; they are passed on as they came.
_requested: WeakKeyDictionary[Any, Outgoing] = WeakKeyDictionary()  # connection of http.client: its newest request


# http.client and urllib3


def _wrap_putrequest(original: Attribute) -> Attribute:
    @functools.wraps(original)
    def putrequest(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if concerns(self._tunnel_host or self.host) or not _is_path(url):
            _send(self, method, url or "/")
        return original(self, method, url, *args, **kwargs)

    return putrequest


def _is_path(url: str | None) -> bool:
    """Tell whether a request is for the host of its connection; http.client takes nothing for "/"."""
    return not url or url[0] == "/"


def _send(connection: Any, method: str, url: str) -> None:
    """Judge a request. The connection may be opened only after it: what it is for is kept."""
    place = _place_of(connection)
    outgoing = outgoing_of(place.scheme, place.host, place.port, method, url)
    if concerns(outgoing.host):
        judge(outgoing)
        _requested[connection] = outgoing


def _wrap_connect(original: Attribute) -> Attribute:
    @functools.wraps(original)
    def connect(self: Any, *args: Any, **kwargs: Any) -> Any:
        request = request_under_way()
        if request is None and not concerns(self._tunnel_host or self.host):
            return original(self, *args, **kwargs)
        outgoing = request or _requested.get(self) or _place_of(self)
        judge_connection(outgoing)
        with under_way(outgoing):
            return original(self, *args, **kwargs)

    return connect


def _place_of(connection: Any) -> Outgoing:
    """Return where a connection leads, behind its proxy if it has one."""
    if connection._tunnel_host:  # made for https; the connection itself speaks to the proxy
        return Outgoing("https", plain_name(connection._tunnel_host), connection._tunnel_port)
    scheme = "https" if connection.default_port == DEFAULT_PORTS["https"] else "http"
    return Outgoing(scheme, plain_name(connection.host), connection.port)


def _wrap_urlopen(original: Attribute) -> Attribute:
    @functools.wraps(original)
    def urlopen(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        outgoing = None
        if concerns(self.host) or not _is_path(url):
            outgoing = outgoing_of(self.scheme, self.host, self.port, method, url)
        if outgoing is None or not concerns(outgoing.host):
            return original(self, method, url, *args, **kwargs)
        with under_way(outgoing):  # judged below, where no mock is in between
            return original(self, method, url, *args, **kwargs)

    return urlopen


def _genuine(kind: Any) -> Any:
    """Return the class itself where a cassette of vcrpy that is open has put its own in the place."""
    while hasattr(kind, "_baseclass"):
        kind = kind._baseclass
    return kind


def _in_http_client(module: Any) -> list[Target]:
    connection = _genuine(module.HTTPConnection)
    return [(connection, "putrequest", _wrap_putrequest), (connection, "connect", _wrap_connect)]


def _in_urllib3(module: Any) -> list[Target]:
    kinds = (_genuine(module.HTTPConnection), _genuine(module.HTTPSConnection))
    return [(kind, "connect", _wrap_connect) for kind in kinds if "connect" in vars(kind)]


def _in_urllib3_pools(module: Any) -> list[Target]:
    return [(module.HTTPConnectionPool, "urlopen", _wrap_urlopen)]


# httpx and httpx2


def _wrap_handle(original: Attribute) -> Attribute:
    @functools.wraps(original)
    def handle_request(self: Any, request: Any) -> Any:
        if not concerns(request.url.host):
            return original(self, request)
        outgoing = _of_httpcore(request)
        judge(outgoing)
        with under_way(outgoing):
            return original(self, request)

    return handle_request


def _wrap_async_handle(original: Attribute) -> Attribute:
    @functools.wraps(original)
    async def handle_async_request(self: Any, request: Any) -> Any:
        if not concerns(request.url.host):
            return await original(self, request)
        outgoing = _of_httpcore(request)
        judge(outgoing)
        with under_way(outgoing):
            return await original(self, request)

    return handle_async_request


def _of_httpcore(request: Any) -> Outgoing:
    url = request.url
    scheme, method, target = (text.decode("ascii") for text in (url.scheme, request.method, url.target))
    return outgoing_of(scheme, plain_name(url.host), url.port, method, target)


# Each of them is given the request as its client made it, and turns it into that to its proxy.
HTTPCORE_CONNECTIONS = (
    ("connection", "HTTPConnection"),
    ("http_proxy", "ForwardHTTPConnection"),
    ("http_proxy", "TunnelHTTPConnection"),
    ("socks_proxy", "Socks5Connection"),
)


def _in_httpcore(module: ModuleType) -> list[Target]:
    found: list[Target] = []
    for part, name in HTTPCORE_CONNECTIONS:
        kinds = (
            ("_sync", name, "handle_request", _wrap_handle),
            ("_async", f"Async{name}", "handle_async_request", _wrap_async_handle),
        )
        for flavour, kind, method, wrap in kinds:
            owner = getattr(sys.modules.get(f"{module.__name__}.{flavour}.{part}"), kind, None)
            if owner is not None:
                found.append((owner, method, wrap))
    return found


# aiohttp


def _wrap_connector(original: Attribute) -> Attribute:
    @functools.wraps(original)
    async def connect(self: Any, req: Any, *args: Any, **kwargs: Any) -> Any:
        url = req.url
        if not concerns(url.raw_host or ""):
            return await original(self, req, *args, **kwargs)
        outgoing = outgoing_of(url.scheme, url.raw_host, url.port, req.method, url.raw_path)
        judge(outgoing)
        with under_way(outgoing):
            return await original(self, req, *args, **kwargs)

    return connect


def _in_aiohttp(module: Any) -> list[Target]:
    return [(module.BaseConnector, "connect", _wrap_connector)]


# Look-ups, whoever asks


def _wrap_getaddrinfo(original: Attribute) -> Attribute:
    @functools.wraps(original)
    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if concerns(host):
            judge_look_up(host, _number(port))
        return original(host, port, *args, **kwargs)

    return getaddrinfo


def _wrap_gethostbyname(original: Attribute) -> Attribute:
    @functools.wraps(original)
    def gethostbyname(hostname: Any, /) -> Any:
        if concerns(hostname):
            judge_look_up(hostname, None)
        return original(hostname)

    return gethostbyname


def _wrap_loop(original: Attribute) -> Attribute:
    """Wrap the loop's `getaddrinfo`: the thread that it asks knows nothing of the task's request."""

    @functools.wraps(original)
    async def getaddrinfo(self: Any, host: Any, port: Any, **options: Any) -> Any:
        if not concerns(host):
            return await original(self, host, port, **options)
        judge_look_up(host, _number(port))
        look_up = functools.partial(copy_context().run, socket.getaddrinfo, host, port, **options)
        return await self.run_in_executor(None, look_up)

    return getaddrinfo


def _number(port: object) -> int | None:
    """Return a port as `getaddrinfo` takes it: a number, its digits, or the name of a service."""
    if isinstance(port, (bytes, bytearray)):
        port = bytes(port).decode("latin-1")
    if isinstance(port, str):
        return int(port) if port.isdecimal() else DEFAULT_PORTS.get(port)
    return port if isinstance(port, int) else None


def _in_socket(module: ModuleType) -> list[Target]:
    return [
        (module, "getaddrinfo", _wrap_getaddrinfo),
        (module, "gethostbyname", _wrap_gethostbyname),
        (module, "gethostbyname_ex", _wrap_gethostbyname),
    ]


def _in_asyncio(module: Any) -> list[Target]:
    return [(module.BaseEventLoop, "getaddrinfo", _wrap_loop)]


# Module: a name that it has once its import is over, and what to wrap.
DOORS: dict[str, tuple[str, Callable[[ModuleType], list[Target]]]] = {
    "socket": ("gethostbyname_ex", _in_socket),
    "asyncio.base_events": ("BaseEventLoop", _in_asyncio),
    "http.client": ("HTTPSConnection", _in_http_client),
    "urllib3.connection": ("HTTPSConnection", _in_urllib3),
    "urllib3.connectionpool": ("HTTPSConnectionPool", _in_urllib3_pools),
    "httpcore": ("__version__", _in_httpcore),
    "httpcore2": ("__version__", _in_httpcore),
    "aiohttp.connector": ("TCPConnector", _in_aiohttp),
}
MODULES = tuple(DOORS)


def targets() -> list[Target]:
    """Return what must be wrapped, of all that has been imported: owner, name and wrapper, as `Patch` takes them."""
    found: list[Target] = []
    for name, (last, targets_in) in DOORS.items():
        module = sys.modules.get(name)
        if module is not None and hasattr(module, last):
            found += targets_in(module)
    return found
