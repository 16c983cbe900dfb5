"""The API as an ASGI application: each request goes to `Simulator.handle`, each frame leaves when it is due.

Nothing is buffered. A client that hangs up in mid-stream ends its stream only: the run goes on and keeps its lock, as
the service's did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import anyio
from anyio.lowlevel import checkpoint
from starlette.websockets import WebSocketClose

from ..api.refusals.refusal import envelope
from ..api.wire import JSON_TYPE, BrokenOff, Frame, NoResponse, Request, Response, json_body, read_headers
from ..errors import UsageError
from .bodies import HungUp, TooLarge, discard_body, read_body
from .workers import Worker

if TYPE_CHECKING:
    from collections.abc import Generator

    from starlette.types import Receive, Scope, Send

    from ..simulator import Simulator

# What the server says of how a body is framed; a stub or a fault may have its own idea of it.
FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


class Door:
    """Answers requests to the API.

    Args:
        simulator: see there.
        work: calls what belongs to the simulator.
    """

    def __init__(self, simulator: Simulator, work: Worker) -> None:
        self._simulator = simulator
        self._work = work
        self._streams: set[anyio.CancelScope] = set()
        self._ending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        try:
            body = await read_body(scope, receive, self._simulator.max_body_bytes)
        except HungUp:
            return  # an unfinished request has no effect
        except TooLarge as error:
            await _refuse(error, receive, send)
            return
        response = await self._work(self._simulator.handle, wire_request(scope, body))
        if isinstance(response, NoResponse):
            hang_up(receive)
        elif isinstance(response.body, bytes):
            await _send_whole(response.status, response.headers, response.body, send)
        else:
            await self._stream(response, response.body, receive, send)

    def end_streams(self) -> None:
        """End every stream, those to come too; to be called in the event loop that they run in."""
        self._ending = True
        for stream in self._streams:
            stream.cancel()

    async def _stream(self, response: Response, frames: Iterator[Frame], receive: Receive, send: Send) -> None:
        await send(_start(response.status, response.headers))
        async with anyio.create_task_group() as group:
            stream = group.cancel_scope
            self._streams.add(stream)
            if self._ending:
                stream.cancel()
            group.start_soon(_cancel_when_gone, receive, stream)
            # `frames` is any iterator to its type; the simulator's is a generator, which is told that nobody reads on.
            with closing(cast("Generator[Frame]", frames)):
                try:
                    await self._send_frames(frames, send)
                except BrokenOff:
                    hang_up(receive)
            stream.cancel()
        self._streams.discard(stream)
        await send({"type": "http.response.body", "body": b""})

    async def _send_frames(self, frames: Iterator[Frame], send: Send) -> None:
        work, wait_until = self._work, self._simulator.wait_until
        while (frame := await work(next, frames, None)) is not None:
            while seconds := await work(wait_until, frame.due):  # noqa: ASYNC110  # time passes; no event tells
                await anyio.sleep(seconds)
            if frame.data:  # an empty frame only moves the clock
                await send({"type": "http.response.body", "body": frame.data, "more_body": True})
            await checkpoint()  # the others' turn: a stream that never waits would have the loop for itself


def wire_request(scope: Scope, body: bytes) -> Request:
    """Return what ASGI has of a request as a value of ours."""
    # Latin-1 maps every byte, so that no header can break a request (RFC 9110, 5.5: opaque data).
    headers = read_headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    raw_path = scope.get("raw_path")  # optional in ASGI; only there an encoded slash can be told from a plain one
    path = quote(scope["path"]) if raw_path is None else raw_path.partition(b"?")[0].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], path, query, headers, body, f"{scope['scheme']}://{headers.get('host', '')}")


def hang_up(receive: Receive) -> None:
    """Cut the connection, whatever has been sent: a planned fault. ASGI has no word for it, uvicorn has a transport.

    Raises:
        UsageError: the server is another one.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise UsageError(
            "A fault that breaks the connection needs uvicorn: `assistants-simulator serve`, or serving()."
        )
    transport.abort()


async def _cancel_when_gone(receive: Receive, stream: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.cancel()


async def _refuse(error: TooLarge, receive: Receive, send: Send) -> None:
    """Answer a body that is too large. The shape is the API's; no text of the service is known: chosen."""
    body = json_body(envelope(str(error), "invalid_request_error", None, None))
    await send(_start(413, {"content-type": JSON_TYPE}, len(body)))
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await discard_body(receive)
    await send({"type": "http.response.body", "body": b""})


async def _send_whole(status: int, headers: Mapping[str, str], body: bytes, send: Send) -> None:
    await send(_start(status, headers, len(body)))
    await send({"type": "http.response.body", "body": body})


def _start(status: int, headers: Mapping[str, str], length: int | None = None) -> dict[str, Any]:
    """Return the message that begins an answer; without a length its end is where the pieces end."""
    pairs = [
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in headers.items()
        if name not in FRAMING
    ]
    if length is not None:
        pairs.append((b"content-length", b"%d" % length))
    return {"type": "http.response.start", "status": status, "headers": pairs}
