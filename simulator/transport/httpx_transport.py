"""The transport for `httpx` and `httpx2`, sync and async: requests in, answers and lazy streams out.

A request becomes a `wire.Request`, the handler answers it, the answer becomes a response of the
library that asked. Nothing is buffered: a stream hands on each frame as its own chunk, and asks for
the next one only when the reader does.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any

from ..api.wire import BrokenOff, Frame, NoResponse, Request, Response, read_headers
from ..backend.fault_kinds import NoResponseKind
from .libraries import HttpRequest, HttpResponse, HttpTransport

Handle = Callable[[Request], Response | NoResponse]
# Given the time at which a frame is due: 0 where the clock stands there now, else the seconds to wait before
# the next call. (None, of those who keep no time, is as good as 0.)
WaitUntil = Callable[[float], float | None]

# The exception of the library, and the words that the operating system gives a real one.
FAILURES = {
    NoResponseKind.CONNECT_REFUSED: ("ConnectError", "[Errno 111] Connection refused"),
    NoResponseKind.CONNECT_TIMEOUT: ("ConnectTimeout", "timed out"),
    NoResponseKind.READ_TIMEOUT: ("ReadTimeout", "The read operation timed out"),
    NoResponseKind.RESET: ("ReadError", "[Errno 104] Connection reset by peer"),
    NoResponseKind.CLOSED: ("RemoteProtocolError", "Server disconnected without sending a response."),
}
# What httpcore says where the rest of a body does not come.
_NO_REST = "peer closed connection without sending complete message body (incomplete chunked read)"


class FrameStream:
    """The body of a streamed response; mixed with the library's two stream classes.

    Args:
        frames: made as they are asked for.
        wait_until: moves the clock to the time at which a frame leaves the service, or says how long to wait.
        failure: from how the connection fails in the middle to the library's exception.
    """

    def __init__(
        self, frames: Iterator[Frame], wait_until: WaitUntil, failure: Callable[[NoResponseKind], Exception]
    ) -> None:
        self._frames = frames
        self._wait_until = wait_until
        self._failure = failure

    def _unbroken(self) -> Iterator[Frame]:
        try:
            yield from self._frames
        except BrokenOff as broken:
            raise self._failure(broken.kind) from None

    def __iter__(self) -> Iterator[bytes]:
        wait_until = self._wait_until
        for due, data in self._unbroken():
            while seconds := wait_until(due):
                time.sleep(seconds)
            if data:  # an empty frame only moves the clock
                yield data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        wait_until = self._wait_until
        for due, data in self._unbroken():
            if not data:  # whoever waits lets others go first: they may ask for the same conversation
                await pause()
            while seconds := wait_until(due):
                await pause(seconds)
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

    def is_taken(self, request: HttpRequest, max_body_bytes: float) -> bool:
        """Tell whether the body of a request is in memory already, or announces no more bytes than that."""
        if isinstance(request.stream, self._bytes):
            return True
        announced = request.headers.get("content-length", "")
        return not announced.isdecimal() or int(announced) <= max_body_bytes

    def exchange(
        self, handle: Handle, wait_until: WaitUntil, request: HttpRequest, max_body_bytes: float = math.inf
    ) -> HttpResponse:
        """Answer a request; that of an async client has been read, if it is taken.

        Args:
            max_body_bytes: a body that announces more stays unread; `handle` gets an empty one and refuses it.

        Raises:
            httpx.TransportError: its subclass for the kind of `NoResponse` that `handle` returned.
        """
        answer = handle(wire_request(request, request.read() if self.is_taken(request, max_body_bytes) else b""))
        if isinstance(answer, NoResponse):
            raise self._failure(answer.kind, request)
        body = answer.body
        # `stream=` and not `content=`, which marks the response as read and closed: over the network
        # it is neither, and `with_streaming_response` and `iter_raw` can tell (so does vcrpy).
        stream = self._bytes(body) if isinstance(body, bytes) else self._stream(body, wait_until, request)
        response: HttpResponse = self._response(answer.status, headers=answer.headers, stream=stream)
        return response

    def _stream(self, frames: Iterator[Frame], wait_until: WaitUntil, request: HttpRequest) -> Any:
        def failure(kind: NoResponseKind) -> Exception:
            return self._failure(kind, request, _NO_REST if kind is NoResponseKind.CLOSED else None)

        return self._frames(frames, wait_until, failure)

    def _failure(self, kind: NoResponseKind, request: HttpRequest, text: str | None = None) -> Exception:
        failure, usual = self._failures[kind]
        exception: Exception = failure(text or usual, request=request)
        return exception


@functools.cache
def wiring(library: ModuleType) -> Wiring:
    """Return the `Wiring` of a library."""
    return Wiring(library)


class SimulatorTransport:
    """A transport that asks `handle`; mixed with the library's two base classes by `transport_for`."""

    def __init__(self, library: ModuleType, handle: Handle, wait_until: WaitUntil, max_body_bytes: float) -> None:
        self._wiring = wiring(library)
        self._handle = handle
        self._wait_until = wait_until
        self._max_body_bytes = max_body_bytes

    def handle_request(self, request: HttpRequest) -> HttpResponse:
        """Answer a request of a sync client."""
        return self._wiring.exchange(self._handle, self._wait_until, request, self._max_body_bytes)

    async def handle_async_request(self, request: HttpRequest) -> HttpResponse:
        """Answer a request of an async client."""
        if self._wiring.is_taken(request, self._max_body_bytes):
            await request.aread()
        await pause()
        return self._wiring.exchange(self._handle, self._wait_until, request, self._max_body_bytes)


def transport_for(
    library: ModuleType, handle: Handle, wait_until: WaitUntil, max_body_bytes: float = math.inf
) -> HttpTransport:
    """Return a transport that serves sync and async clients of `library`.

    Args:
        library: the module `httpx` or `httpx2`.
        handle: answers; called in the thread or task of the client.
        wait_until: moves the clock to a frame's due time, or says how long to wait.
        max_body_bytes: a body that announces more is not read.
    """
    transport: HttpTransport = _transport_class(library)(library, handle, wait_until, max_body_bytes)
    return transport


@functools.cache
def _transport_class(library: ModuleType) -> Any:  # Any: as in `Wiring`
    bases = (SimulatorTransport, library.BaseTransport, library.AsyncBaseTransport)
    return type("SimulatorTransport", bases, {})


def wire_request(request: HttpRequest, body: bytes) -> Request:
    """Return the library's request, with its body, as a value of ours."""
    url = request.url
    path, _, query = url.raw_path.decode("ascii").partition("?")
    timeout = request.extensions.get("timeout")
    return Request(
        request.method,
        path,
        query,
        _headers(request.headers.raw),
        body,
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


async def pause(seconds: float = 0) -> None:
    """Give the other tasks of the running event loop their turn, for so long at least.

    Over the network every request and every chunk suspends its task. Without that, a task that
    cancels a run while another one reads its stream would first run when the stream has ended.
    """
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # trio; httpx and httpx2 both depend on anyio
        import anyio

        await anyio.sleep(seconds)
    else:
        await asyncio.sleep(seconds)
