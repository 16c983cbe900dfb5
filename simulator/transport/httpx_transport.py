"""The transport for `httpx` and `httpx2`, sync and async: requests in, answers and lazy streams out.

A request becomes a `wire.Request`, the handler answers it, the answer becomes a response of the
library that asked. Nothing is buffered: a stream hands on each frame as its own chunk, and asks for
the next one only when the reader does.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any

from ..api.wire import Frame, NoResponse, NoResponseKind, Request, Response, read_headers
from .libraries import HttpRequest, HttpResponse, HttpTransport

Handle = Callable[[Request], Response | NoResponse]
WaitUntil = Callable[[float], None]

# The exception of the library, and the words that the operating system gives a real one.
FAILURES = {
    NoResponseKind.CONNECT_REFUSED: ("ConnectError", "[Errno 111] Connection refused"),
    NoResponseKind.CONNECT_TIMEOUT: ("ConnectTimeout", "timed out"),
    NoResponseKind.READ_TIMEOUT: ("ReadTimeout", "The read operation timed out"),
    NoResponseKind.RESET: ("ReadError", "[Errno 104] Connection reset by peer"),
}


class FrameStream:
    """The body of a streamed response; mixed with the library's two stream classes.

    Args:
        frames: made as they are asked for.
        wait_until: moves the virtual clock to the time at which a frame leaves the service.
    """

    def __init__(self, frames: Iterator[Frame], wait_until: WaitUntil) -> None:
        self._frames = frames
        self._wait_until = wait_until

    def __iter__(self) -> Iterator[bytes]:
        wait_until = self._wait_until
        for due, data in self._frames:
            wait_until(due)
            if data:  # an empty frame only moves the clock
                yield data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        wait_until = self._wait_until
        for due, data in self._frames:
            wait_until(due)
            if data:
                await pause()
                yield data

    def close(self) -> None:
        """End the stream; a generator of frames is told (`GeneratorExit`). Harmless when repeated.

        One whose next frame another thread is waiting for is that thread's to end: it reads on.
        """
        close = getattr(self._frames, "close", None)
        if close is not None:
            with suppress(ValueError):  # generator already executing
                close()

    async def aclose(self) -> None:
        """End the stream, as `close` does."""
        self.close()


class Wiring:
    """What of one library is needed to answer its requests; one for each, from `wiring()`."""

    def __init__(self, library: ModuleType) -> None:
        self._response = library.Response
        self._bytes = library.ByteStream
        streams = (FrameStream, library.SyncByteStream, library.AsyncByteStream)
        # Any: a class made of a module that is known at run time only.
        self._frames: Any = type("FrameStream", streams, {})
        self._failures = {kind: (getattr(library, name), text) for kind, (name, text) in FAILURES.items()}

    def exchange(self, handle: Handle, wait_until: WaitUntil, request: HttpRequest) -> HttpResponse:
        """Answer a request; that of an async client has been read.

        Raises:
            httpx.TransportError: its subclass for the kind of `NoResponse` that `handle` returned.
        """
        answer = handle(wire_request(request))
        if isinstance(answer, NoResponse):
            failure, text = self._failures[answer.kind]
            raise failure(text, request=request)
        body = answer.body
        # `stream=` and not `content=`, which marks the response as read and closed: over the network
        # it is neither, and `with_streaming_response` and `iter_raw` can tell (so does vcrpy).
        stream = self._bytes(body) if isinstance(body, bytes) else self._frames(body, wait_until)
        response: HttpResponse = self._response(answer.status, headers=answer.headers, stream=stream)
        return response


@functools.cache
def wiring(library: ModuleType) -> Wiring:
    """Return the `Wiring` of a library."""
    return Wiring(library)


class SimulatorTransport:
    """A transport that asks `handle`; mixed with the library's two base classes by `transport_for`."""

    def __init__(self, library: ModuleType, handle: Handle, wait_until: WaitUntil) -> None:
        self._exchange = wiring(library).exchange
        self._handle = handle
        self._wait_until = wait_until

    def handle_request(self, request: HttpRequest) -> HttpResponse:
        """Answer a request of a sync client."""
        return self._exchange(self._handle, self._wait_until, request)

    async def handle_async_request(self, request: HttpRequest) -> HttpResponse:
        """Answer a request of an async client."""
        await request.aread()
        await pause()
        return self._exchange(self._handle, self._wait_until, request)


def transport_for(library: ModuleType, handle: Handle, wait_until: WaitUntil) -> HttpTransport:
    """Return a transport that serves sync and async clients of `library`.

    Args:
        library: the module `httpx` or `httpx2`.
        handle: answers; called in the thread or task of the client.
        wait_until: moves the virtual clock to a frame's due time.
    """
    transport: HttpTransport = _transport_class(library)(library, handle, wait_until)
    return transport


@functools.cache
def _transport_class(library: ModuleType) -> Any:  # Any: as in `Wiring`
    bases = (SimulatorTransport, library.BaseTransport, library.AsyncBaseTransport)
    return type("SimulatorTransport", bases, {})


def wire_request(request: HttpRequest) -> Request:
    """Return the library's request as a value of ours; that of an async client has been read."""
    url = request.url
    path, _, query = url.raw_path.decode("ascii").partition("?")
    timeout = request.extensions.get("timeout")
    return Request(
        request.method,
        path,
        query,
        _headers(request.headers.raw),
        request.read(),
        f"{url.scheme}://{url.netloc.decode('ascii')}",
        timeout.get("read") if timeout else None,
    )


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return header pairs by lower-case name.

    Latin-1 maps every byte, so that no header can break a request (RFC 9110, 5.5: opaque data).
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
    if len(headers) == len(raw):
        return headers
    return read_headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)


async def pause() -> None:
    """Give the other tasks of the running event loop their turn.

    Over the network every request and every chunk suspends its task. Without that, a task that
    cancels a run while another one reads its stream would first run when the stream has ended.
    """
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # trio; httpx and httpx2 both depend on anyio
        from anyio.lowlevel import checkpoint

        await checkpoint()
    else:
        await asyncio.sleep(0)
