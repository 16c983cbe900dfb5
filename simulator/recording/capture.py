"""What vcrpy captures, in the order of the requests, with streams that stay lazy.

vcrpy patches the HTTP libraries and turns what crosses them into its own requests and responses; hooks see
those. Two things are ours. Its stubs for httpx and httpx2 read a whole stream before the program sees its
first event, and a program that answers a tool call while it still reads would be recorded as another
program: ours (`_Stubs`) pass each chunk on. And it keeps interactions in the order of their answers, which
with threads and tasks is not that of the requests.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from types import ModuleType
from typing import Any

import vcr
from vcr.cassette import Cassette as VcrCassette
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.request import Request as VcrRequest

from ..transport import libraries
from .cassette import EVENT_STREAM, Interaction, RecordedRequest, RecordedResponse
from .forms.form import bytes_of, decoded, lower

# Any: requests, responses and transports are vcrpy's and the libraries', which have no types here.
Hook = Callable[[Any], Any]


class Capture(VcrCassette):  # type: ignore[misc]  # vcrpy ships no types
    """vcrpy's cassette, which remembers when each request began."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = threading.Lock()
        self.begun = 0
        self._numbers: list[int] = []
        self._open: set[_Tee] = set()

    def can_play_response_for(self, request: Any) -> bool:
        """Play nothing; vcrpy asks before it sends a request, so this is when it begins."""
        self.begin(request)
        return False

    def begin(self, request: Any) -> None:
        """Give a request its place."""
        with self._lock:
            self.begun += 1
            request.begun = self.begun

    def append(self, request: Any, response: Any) -> None:
        """Keep an interaction, unless a hook drops it."""
        with self._lock:
            before = len(self.data)
            super().append(request, response)
            if len(self.data) > before:
                self._numbers.append(getattr(request, "begun", self.begun))

    def watch(self, tee: _Tee) -> None:
        """Keep a stream that is being read."""
        self._open.add(tee)

    def forget(self, tee: _Tee) -> None:
        """Let go of a stream that has been read."""
        self._open.discard(tee)

    def close(self) -> list[Interaction]:
        """Return what was captured; of a stream that is still open, what was read of it so far."""
        for tee in tuple(self._open):
            tee.finish()
        return self.interactions()

    def interactions(self) -> list[Interaction]:
        """Return what was captured and is whole, in the order of the requests."""
        pairs = sorted(zip(self._numbers, self.data, strict=True), key=lambda numbered: numbered[0])
        return [_interaction(request, response) for _, (request, response) in pairs]


class _NoFile:
    """A persister for vcrpy that finds nothing and writes nothing: that is done by `writing`, after scrubbing."""

    @staticmethod
    def load_cassette(*_: Any, **__: Any) -> Any:
        raise CassetteNotFoundError

    @staticmethod
    def save_cassette(*_: Any, **__: Any) -> None:
        pass


@contextmanager
def capturing(
    wanted: Callable[[Any], bool], before_record_request: Hook | None = None, before_record_response: Hook | None = None
) -> Iterator[Capture]:
    """Capture, inside the block, what every client sends and gets.

    Args:
        wanted: tells of vcrpy's request whether it belongs to the session; others pass through.
        before_record_request: as vcrpy's: is given a copy of its request, returns what is to be kept, or None.
        before_record_response: the same for its response, a dict.
    """
    hooks = [lambda request: request if wanted(request) else None]
    settings = vcr.VCR(
        record_mode="all",
        before_record_request=[*hooks, before_record_request] if before_record_request else hooks,
        before_record_response=before_record_response,
    )
    settings.register_persister(_NoFile)
    # vcrpy applies these after its own, so that for the same attribute these are the ones that stand.
    holder: list[Capture] = []
    patches = tuple(patch for library in libraries.loaded() for patch in _stubs(library, lambda: holder[0]))
    config = settings.get_merged_config(path="(not written)", custom_patches=patches)
    with Capture.use(**config) as capture:
        holder.append(capture)
        yield capture


def _stubs(library: ModuleType, capture: Callable[[], Capture]) -> list[tuple[type, str, Any]]:
    """Return what stands, inside the block, in front of the two transports of a library that reach the network."""
    send, send_async = library.HTTPTransport.handle_request, library.AsyncHTTPTransport.handle_async_request

    def handle_request(self: Any, request: Any) -> Any:
        recorded = _begun(capture(), request, request.read())
        response = send(self, request)
        if _is_stream(response):
            return _teed(capture(), library, recorded, response)
        content = b"".join(response.stream)
        response.stream.close()
        return _whole(capture(), library, recorded, response, content)

    async def handle_async_request(self: Any, request: Any) -> Any:
        recorded = _begun(capture(), request, await request.aread())
        response = await send_async(self, request)
        if _is_stream(response):
            return _teed(capture(), library, recorded, response)
        content = b"".join([part async for part in response.stream])
        await response.stream.aclose()
        return _whole(capture(), library, recorded, response, content)

    return [
        (library.HTTPTransport, "handle_request", handle_request),
        (library.AsyncHTTPTransport, "handle_async_request", handle_async_request),
    ]


def _begun(capture: Capture, request: Any, body: bytes) -> Any:
    recorded = VcrRequest(request.method, str(request.url), body, request.headers)
    capture.begin(recorded)
    return recorded


def _is_stream(response: Any) -> bool:
    return str(response.headers.get("content-type", "")).startswith(EVENT_STREAM)


def _whole(capture: Capture, library: ModuleType, recorded: Any, response: Any, content: bytes) -> Any:
    response.stream = library.ByteStream(content)
    capture.append(recorded, _as_vcr(library, response, content))
    return response


def _teed(capture: Capture, library: ModuleType, recorded: Any, response: Any) -> Any:
    def done(content: bytes) -> None:
        capture.forget(tee)
        capture.append(recorded, _as_vcr(library, response, content))

    tee = _tee_class(library)(response.stream, done)
    capture.watch(tee)
    response.stream = tee
    return response


class _Tee:
    """A stream that remembers what was read of it; mixed with the library's two stream classes.

    Args:
        stream: that of the response.
        done: called once, with all that was read, when the stream ends or is closed.
    """

    def __init__(self, stream: Any, done: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._done: Callable[[bytes], None] | None = done
        self._chunks: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self._chunks.append(chunk)
            yield chunk
        self.finish()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._chunks.append(chunk)
            yield chunk
        self.finish()

    def close(self) -> None:
        """End the stream, read or not."""
        self._stream.close()
        self.finish()

    async def aclose(self) -> None:
        """End the stream, read or not."""
        await self._stream.aclose()
        self.finish()

    def finish(self) -> None:
        """Say what was read; harmless when repeated."""
        done, self._done = self._done, None
        if done is not None:
            done(b"".join(self._chunks))


@cache
def _tee_class(library: ModuleType) -> Any:
    return type("_Tee", (_Tee, library.SyncByteStream, library.AsyncByteStream), {})


def _as_vcr(library: ModuleType, response: Any, content: bytes) -> dict[str, Any]:
    """Return a response as vcrpy has them, its body without compression (the library knows them all)."""
    headers: dict[str, list[str]] = {}
    for name, value in response.headers.multi_items():
        headers.setdefault(name.lower(), []).append(value)
    if headers.pop("content-encoding", None) and content:
        content = library.Response(200, headers=response.headers, content=content).content
    return {
        "status": {"code": response.status_code, "message": response.reason_phrase},
        "headers": headers,
        "body": {"string": content},
    }


def _interaction(request: Any, response: dict[str, Any]) -> Interaction:
    headers, answered = lower(dict(request.headers)), lower(response["headers"])
    body = decoded(bytes_of(request.body), headers)
    content = decoded(bytes_of(response["body"]["string"]), answered)
    if answered.get("content-type", "").startswith(EVENT_STREAM):
        content = _whole_events(content)
    return Interaction(
        request=RecordedRequest(method=request.method, uri=request.uri, headers=headers, body=body),
        response=RecordedResponse(status=response["status"]["code"], headers=answered, body=content),
    )


def _whole_events(content: bytes) -> bytes:
    """Return a stream up to the end of its last whole event: the program left off there, not the service."""
    ends = [content.rfind(mark) + len(mark) for mark in (b"\n\n", b"\r\n\r\n", b"\r\r") if mark in content]
    return content[: max(ends, default=0)]


def now() -> str:
    """Return the time, in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
