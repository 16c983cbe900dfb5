"""Reading the body of a request, up to a limit: what is longer is never held in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive, Scope


class TooLarge(Exception):
    """A body is longer than the limit. It was not read, or is read no further.

    Args:
        limit: the most bytes that are taken.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit} bytes, which is the most that is taken.")
        self.limit = limit


class HungUp(Exception):
    """The client closed the connection before its request was complete."""


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """Return the whole body of a request.

    Raises:
        TooLarge: by its `content-length`, before anything is read; else by the bytes that came.
        HungUp: the client has gone.
    """
    if _announced(scope) > limit:
        raise TooLarge(limit)
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        piece, more = await _next_piece(receive)
        size += len(piece)
        if size > limit:
            raise TooLarge(limit)
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def discard_body(receive: Receive) -> None:
    """Read what is left, and keep nothing of it: a client that still sends would not see its answer."""
    more = True
    while more:
        try:
            _, more = await _next_piece(receive)
        except HungUp:
            return


async def _next_piece(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise HungUp
    return message.get("body", b""), message.get("more_body", False)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
