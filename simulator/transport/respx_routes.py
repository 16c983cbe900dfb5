"""Being a polite neighbour of respx: the user's own routes win over the simulator.

respx asks its routers in the order of their start and reaches `httpx` only, so going through it
fails (feasibility.md A). Instead every started router, for whatever layer, is asked before a
simulator answers; and where respx stands in front of us, its "not mocked" becomes "pass it on".
respx is touched only if the user has imported it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from . import active
from .libraries import ByteStream, HttpRequest, HttpResponse
from .patching import Attribute, Target

# respx is optional, and so are its types: `respx.Router`, a class and an exception of `respx.mocks`.
Router = Any
Mocker = Any

MODULE = "respx.mocks"

# In a request's extensions: the name of the mocker that was asked already, so that a route which
# lets the request pass is not asked, and its call not counted, twice.
ASKED = "simulator.respx"


def imported() -> bool:
    """Tell whether respx is there; not while another thread is importing it."""
    return hasattr(sys.modules.get(MODULE), "Mocker")


def is_respxs(transport: Any) -> bool:
    """Tell whether a transport is the `MockTransport` that respx's client layer asks its routers through."""
    mocker = getattr(getattr(transport, "handler", None), "__self__", None)
    return imported() and isinstance(mocker, type) and issubclass(mocker, sys.modules[MODULE].Mocker)


def ask(library: ModuleType, request: HttpRequest) -> HttpResponse | None:
    """Ask the user's routers about a request whose body has been read.

    Returns:
        What the first matching route answers; None if none matches, or if it lets the request pass.

    Raises:
        Exception: what the route's side effect raises.
    """
    routers = _started(request)
    return _ask(routers, library, request) if routers else None


async def ask_async(library: ModuleType, request: HttpRequest) -> HttpResponse | None:
    """As `ask`, for async clients, whose routes may have async side effects."""
    routers = _started(request)
    return await _ask_async(routers, library, request) if routers else None


def _started(request: HttpRequest) -> list[Router]:
    """Return the routers that have routes and have not been asked."""
    module = sys.modules.get(MODULE)
    if module is None:
        return []
    asked = request.extensions.get(ASKED)
    mockers = [mocker for name, mocker in module.Mocker.registry.items() if name != asked]
    return [router for mocker in mockers for router in mocker.routers if router.routes]


def _ask(routers: list[Router], library: ModuleType, request: HttpRequest) -> HttpResponse | None:
    question = _as_httpx(library, request)
    with _verdicts(library, request):
        for router in routers:
            if not _concerns(router, question):
                continue
            with _unmatched_is_no_error():
                found = router.resolve(question)
                if found.route is not None:
                    return _as_own(library, found.response)
    return None


async def _ask_async(routers: list[Router], library: ModuleType, request: HttpRequest) -> HttpResponse | None:
    question = _as_httpx(library, request)
    with _verdicts(library, request):
        for router in routers:
            if not _concerns(router, question):
                continue
            with _unmatched_is_no_error():
                found = await router.aresolve(question)
                if found.route is not None:
                    return _as_own(library, found.response)
    return None


def _concerns(router: Router, question: HttpRequest) -> bool:
    """Tell whether a route may match. Asking without that would grow the router's list of calls."""
    return any(not route.pattern or route.pattern.match(question) for route in router.routes)


@contextmanager
def _unmatched_is_no_error() -> Iterator[None]:
    """Go on to the next router where the only matching side effect declined by returning None."""
    from respx.models import AllMockedAssertionError

    try:
        yield
    except AllMockedAssertionError:
        return


@contextmanager
def _verdicts(library: ModuleType, request: HttpRequest) -> Iterator[None]:
    """Turn "let it pass" into no answer, and exceptions of httpx into those of the library that asked."""
    import httpx
    from respx.models import PassThrough

    try:
        yield
    except PassThrough:
        return
    except httpx.RequestError as error:
        if library is httpx:
            raise
        own = getattr(library, type(error).__name__, library.TransportError)
        raise own(str(error), request=request) from error


def _as_httpx(library: ModuleType, request: HttpRequest) -> HttpRequest:
    import httpx

    if library is httpx:
        return request
    make: Any = httpx.Request  # Any: to mypy httpx's own classes are no `HttpRequest`
    question: HttpRequest = make(
        request.method,
        str(request.url),
        headers=request.headers.raw,
        content=request.read(),
        extensions=request.extensions,
    )
    return question


def _as_own(library: ModuleType, response: HttpResponse) -> HttpResponse:
    import httpx

    if library is httpx:
        return response
    # respx has read a plain body already
    plain = isinstance(response.stream, httpx.ByteStream)
    stream = library.ByteStream(response.content) if plain else _relay_class(library)(response.stream)
    own: HttpResponse = library.Response(
        response.status_code, headers=response.headers.raw, stream=stream, extensions=response.extensions
    )
    return own


class _Relay:
    """A body of httpx as a body of another library, chunk by chunk."""

    def __init__(self, source: ByteStream) -> None:
        self._source = source

    def __iter__(self) -> Iterator[bytes]:
        yield from self._source

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._source:
            yield chunk

    def close(self) -> None:
        self._source.close()

    async def aclose(self) -> None:
        await self._source.aclose()


@functools.cache
def _relay_class(library: ModuleType) -> Any:  # Any: made of a module that is known at run time only
    return type("Relay", (_Relay, library.SyncByteStream, library.AsyncByteStream), {})


def targets(settle: Callable[[], None]) -> list[Target]:
    """Return what of respx must be wrapped: owner, name and wrapper, as `Patch` takes them.

    Args:
        settle: called after respx has taken its patches back, which may have taken ours with them.
    """
    mocker = sys.modules[MODULE].Mocker
    return [
        (mocker, "handler", _wrap_handler),
        (mocker, "async_handler", _wrap_async_handler),
        (mocker, "stop", functools.partial(_wrap_stop, settle)),
    ]


def _wrap_handler(original: Attribute) -> Attribute:
    """Wrap `Mocker.handler`: an API request that no route of the user's matches is passed on to us."""
    inner = original.__func__

    def handler(cls: Mocker, request: HttpRequest) -> HttpResponse:
        if not _stands_in_front(cls, request):
            answered: HttpResponse = inner(cls, request)
            return answered
        response = _ask(cls.routers, sys.modules["httpx"], request)
        if response is None:
            raise _passed_on(cls, request)
        return response

    return classmethod(handler)


def _wrap_async_handler(original: Attribute) -> Attribute:
    """Wrap `Mocker.async_handler`, as `_wrap_handler`."""
    inner = original.__func__

    async def async_handler(cls: Mocker, request: HttpRequest) -> HttpResponse:
        if not _stands_in_front(cls, request):
            answered: HttpResponse = await inner(cls, request)
            return answered
        response = await _ask_async(cls.routers, sys.modules["httpx"], request)
        if response is None:
            raise _passed_on(cls, request)
        return response

    return classmethod(async_handler)


def _stands_in_front(mocker: Mocker, request: HttpRequest) -> bool:
    """Tell whether what respx passes on comes to us.

    A mocker of the client layer does. One of the httpcore layer lies below us: what gets there went
    round us, and its "not mocked" must stay, because behind it is the network.
    """
    return "_transport_for_url" in mocker.target_methods and active.find(request) is not None


def _passed_on(mocker: Mocker, request: HttpRequest) -> Exception:
    request.extensions[ASKED] = mocker.name
    pass_through: Any = sys.modules[MODULE].PassThrough
    passed: Exception = pass_through(f"{request!r} is left to the simulator", request=request, origin=None)
    return passed


def _wrap_stop(settle: Callable[[], None], original: Attribute) -> Attribute:
    inner = original.__func__

    def stop(cls: Mocker, *args: Any, **kwargs: Any) -> None:  # Any: respx's arguments, passed on
        inner(cls, *args, **kwargs)
        settle()

    return classmethod(stop)
