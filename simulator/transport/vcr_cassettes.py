"""Being a polite neighbour of vcrpy: no cassette plays or records what a simulator answers.

A cassette stands for the network, so it stands behind the simulators: it has the other hosts, and the
routes that they let through. Which of the two was opened first does not matter. vcrpy goes on from its
own patches with what it found at its import, and so past ours; therefore its two functions that stand
between a request and the cassette are wrapped. Each `use_cassette` looks them up by name when a request
comes. vcrpy 8.0 and 8.1 patch httpcore, which lies below us; there is nothing to wrap.
vcrpy is touched only if the user has imported it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any, TypeAlias

from . import active, respx_routes
from .active import Interceptor
from .libraries import HttpRequest, HttpResponse, HttpTransport
from .patching import Attribute, Target

MODULE = "vcr.stubs.httpx_stubs"

Answer: TypeAlias = Callable[[ModuleType, Interceptor, HttpRequest], HttpResponse]
AsyncAnswer: TypeAlias = Callable[[ModuleType, Interceptor, HttpRequest], Awaitable[HttpResponse]]

# vcrpy ships no types: its `Cassette`, the function that it patched, and a client of httpx.
Cassette = Any
Real = Any
Client = Any


def imported() -> bool:
    """Tell whether vcrpy's part for httpx is there; not while another thread is importing it."""
    return bool(_present(sys.modules.get(MODULE)))


def targets(answer: Answer, answer_async: AsyncAnswer) -> list[Target]:
    """Return what of vcrpy must be wrapped: owner, name and wrapper, as `Patch` takes them.

    Args:
        answer: answers a request that an interceptor accepts.
        answer_async: as `answer`, for async clients.
    """
    wrappers: dict[str, Callable[[Attribute], Attribute]] = {
        "_sync_vcr_send": _wrap_send,
        "_async_vcr_send": _wrap_send,
        "_vcr_handle_request": functools.partial(_wrap_handle, answer),
        "_vcr_handle_async_request": functools.partial(_wrap_handle, answer_async),
    }
    module = sys.modules[MODULE]
    return [(module, name, wrappers[name]) for name in _present(module)]


def _present(module: ModuleType | None) -> tuple[str, ...]:
    """Return the names of the two functions: vcrpy 8.2 patches transports, 5 to 7 patch clients."""
    for names in (("_vcr_handle_request", "_vcr_handle_async_request"), ("_sync_vcr_send", "_async_vcr_send")):
        if all(hasattr(module, name) for name in names):
            return names
    return ()


def _wrap_handle(answer: Any, original: Attribute) -> Attribute:  # Any: an Answer or an AsyncAnswer
    def handle(cassette: Cassette, real: Real, transport: HttpTransport, request: HttpRequest, library: Any) -> Any:
        interceptor = active.find(request)
        if interceptor is not None:
            if isinstance(transport, (library.HTTPTransport, library.AsyncHTTPTransport)):
                return answer(library, interceptor, request)
            if respx_routes.is_respxs(transport):  # in front of us: what it lets pass comes to us
                return real(transport, request)
        # Other transports that vcrpy patches are the user's own, such as a MockTransport.
        return original(cassette, real, transport, request, library)

    return handle


def _wrap_send(original: Attribute) -> Attribute:
    def send(cassette: Cassette, real: Real, client: Client, request: HttpRequest, **options: Any) -> Any:
        if active.find(request) is not None and _leads_to_us(client, request):
            return real(client, request, **options)
        return original(cassette, real, client, request, **options)

    return send


def _leads_to_us(client: Client, request: HttpRequest) -> bool:
    httpx = sys.modules["httpx"]
    transport = client._transport_for_url(request.url)
    return not isinstance(transport, (httpx.MockTransport, httpx.WSGITransport, httpx.ASGITransport))
