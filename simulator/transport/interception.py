"""Interception: while a simulator is active, every client's requests to the API's hosts come here.

Two layers are patched, in each library, whenever it is imported (feasibility.md A):

1. `_transport_for_url` of Client and AsyncClient: for a URL of an API host, a real transport gets a
   `Bridge` in front. Nothing that later patches the transports gets round it.
2. `handle_request` of the real transports, for people's own transports that wrap one.

A transport that is not real (`MockTransport`, `ASGITransport`, people's own) is left alone. The
user's respx routers are asked first (`respx_routes`), a cassette of vcrpy's comes last (`vcr_cassettes`).
The patches are made once, whatever the number of simulators, and taken away with the last one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from . import active, guard, libraries, respx_routes, vcr_cassettes
from .active import Interceptor
from .forks import hold_during_forks
from .httpx_transport import pause, wiring
from .late_imports import ImportWatch
from .libraries import HttpRequest, HttpResponse, HttpTransport, Url
from .patching import Attribute, Patches, Target

# Reentrant: respx's `stop`, which ends in `settle`, may be called by a finalizer at any time.
_lock = threading.RLock()
hold_during_forks(_lock)
_patches = Patches()


def activate(interceptor: Interceptor) -> None:
    """Let a simulator take the requests to its hosts, in front of those that are active already.

    Raises:
        UsageError: it is active already; nothing was changed.
    """
    with _lock:
        active.add(interceptor)
        settle()


def deactivate(interceptor: Interceptor) -> None:
    """Take a simulator out, in whatever order they came; the last one takes the patches with it.

    Requests that are being answered, and responses that are being streamed, come to their end. What a
    thread or task asks afterwards goes where it would have gone before.

    Raises:
        UsageError: it is not active; nothing was changed.
    """
    with _lock:
        active.discard(interceptor)
        settle()


@contextmanager
def intercepting(interceptor: Interceptor) -> Iterator[Interceptor]:
    """Keep a simulator active inside a `with` block.

    Raises:
        UsageError: it is active already.
    """
    activate(interceptor)
    try:
        yield interceptor
    finally:
        deactivate(interceptor)


def settle() -> None:
    """Put every patch in its place, or take it away, as the list of active simulators demands."""
    with _lock:
        if active.some():
            _late_imports.on()
            _patches.install(_targets())
        else:
            _late_imports.off()
            _patches.remove()
        guard.settle()


_late_imports = ImportWatch(
    (*libraries.NAMES, *libraries.AIOHTTP_MODULES, respx_routes.MODULE, vcr_cassettes.MODULE), settle
)


def _targets() -> list[Target]:
    """Return what must be wrapped, of all that has been imported."""
    found: list[Target] = []
    for library in libraries.loaded():
        found += _targets_in(library)
    if respx_routes.imported():
        found += respx_routes.targets(settle)
    if vcr_cassettes.imported():
        found += vcr_cassettes.targets(_answer, _answer_async)
    return found


def _targets_in(library: ModuleType) -> list[Target]:
    sync_layer, async_layer = _transport_layers(library)
    return [
        (library.Client, "_transport_for_url", _client_layer(library)),
        (library.AsyncClient, "_transport_for_url", _client_layer(library)),
        (library.HTTPTransport, "handle_request", sync_layer),
        (library.AsyncHTTPTransport, "handle_async_request", async_layer),
        *(
            (transport, "handle_async_request", async_layer)
            for transport in libraries.aiohttp_transports()
            if issubclass(transport, library.AsyncBaseTransport)
        ),
    ]


def _client_layer(library: ModuleType) -> Callable[[Attribute], Attribute]:
    def wrap(original: Attribute) -> Attribute:
        def _transport_for_url(self: object, url: Url) -> HttpTransport:
            transport: HttpTransport = original(self, url)
            if active.knows(url):
                return _bridged(library, transport)
            _tidy()
            return transport

        return _transport_for_url

    return wrap


def _tidy() -> None:
    """Take away a wrapper that another patch has kept alive, when it is used after the last simulator."""
    if not active.some():
        settle()


def _bridged(library: ModuleType, transport: HttpTransport) -> HttpTransport:
    """Return what stands between a client and its transport, for a URL of an API host."""
    if _is_real(library, transport):
        return Bridge(library, transport)
    # It may wrap a real one, and somebody's patch that came after ours lies over layer 2.
    if type(transport) is not library.MockTransport and not _patches.are_on_top():
        settle()
    return transport


# Any: transports and classes of transports as people make them.
def _is_real(library: ModuleType, transport: Any) -> bool:
    """Tell whether a transport leads to the network, with nothing of the user's in between."""
    kind = type(transport)
    if kind is library.HTTPTransport or kind is library.AsyncHTTPTransport:
        return True
    if kind.__module__ in libraries.AIOHTTP_MODULES:
        return True
    if kind.__module__ == "respx.transports":
        return _is_real(library, transport.transports[-1])
    return _is_plain_subclass(library, kind)


def _is_plain_subclass(library: ModuleType, kind: Any) -> bool:
    """Tell whether a class inherits the way to the network unchanged (only its set-up is its own)."""
    if issubclass(kind, library.HTTPTransport):
        return kind.handle_request is library.HTTPTransport.handle_request
    if issubclass(kind, library.AsyncHTTPTransport):
        return kind.handle_async_request is library.AsyncHTTPTransport.handle_async_request
    return False


class Bridge:
    """Stands in front of a real transport for one request to an API host."""

    __slots__ = ("_library", "_real")

    def __init__(self, library: ModuleType, real: HttpTransport) -> None:
        self._library = library
        self._real = real

    def handle_request(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or let it through untouched if no simulator accepts it."""
        interceptor = active.find(request)
        if interceptor is None:
            return self._real.handle_request(request)
        return _answer(self._library, interceptor, request)

    async def handle_async_request(self, request: HttpRequest) -> HttpResponse:
        """As `handle_request`."""
        interceptor = active.find(request)
        if interceptor is None:
            return await self._real.handle_async_request(request)
        return await _answer_async(self._library, interceptor, request)


def _transport_layers(library: ModuleType) -> tuple[Callable[[Attribute], Attribute], ...]:
    """Return the wrappers of `handle_request` and `handle_async_request`."""

    def wrap(original: Attribute) -> Attribute:
        def handle_request(self: object, request: HttpRequest) -> HttpResponse:
            interceptor = active.find(request)
            if interceptor is not None:
                return _answer(library, interceptor, request)
            _tidy()
            response: HttpResponse = original(self, request)
            return response

        return handle_request

    def wrap_async(original: Attribute) -> Attribute:
        async def handle_async_request(self: object, request: HttpRequest) -> HttpResponse:
            interceptor = active.find(request)
            if interceptor is not None:
                return await _answer_async(library, interceptor, request)
            _tidy()
            response: HttpResponse = await original(self, request)
            return response

        return handle_async_request

    return wrap, wrap_async


def _answer(library: ModuleType, interceptor: Interceptor, request: HttpRequest) -> HttpResponse:
    wired, most = wiring(library), interceptor.max_body_bytes
    if wired.is_taken(request, most):
        request.read()
    response = respx_routes.ask(library, request)
    if response is not None:
        return response
    return wired.exchange(interceptor.handle, interceptor.wait_until, request, most)


async def _answer_async(library: ModuleType, interceptor: Interceptor, request: HttpRequest) -> HttpResponse:
    wired, most = wiring(library), interceptor.max_body_bytes
    if wired.is_taken(request, most):
        await request.aread()
    response = await respx_routes.ask_async(library, request)
    if response is not None:
        return response
    await pause()
    return wired.exchange(interceptor.handle, interceptor.wait_until, request, most)
