"""Requests and responses as values: what crosses every door, with no socket and no library in sight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from ..backend.fault_kinds import NoResponseKind

JSON_TYPE = "application/json"
# With the charset in every recorded stream from 2024-03 to 2025-10 (recorded-traffic.md 3).
EVENT_STREAM_TYPE = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Args:
        method: `GET`, `POST`, `DELETE`…
        path: the path as on the wire, with the prefix of the base URL (`/v1/threads`).
        query: the raw query string, without the question mark.
        headers: names in lower case.
        body: the raw bytes.
        base_url: scheme and authority, `https://api.openai.com`; empty where unknown.
        timeout: the client's own read timeout in seconds, if it has one.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = ""
    timeout: float | None = None

    @property
    def json(self) -> Any:
        """The body, parsed; None where there is none or it is not JSON."""
        try:
            return from_json(self.body)
        except ValueError:
            return None


class Frame(NamedTuple):
    """One piece of a streamed body.

    `due` is the virtual time at which it leaves the service, in seconds since the epoch. The door
    waits, or jumps its clock, to `due` before it passes `data` on or asks for the next frame.
    Empty `data` means: nothing to send, ask again when it is that late.
    """

    due: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response; a streamed `body` is an iterator of `Frame`, made lazily."""

    status: int
    headers: Mapping[str, str]
    body: bytes | Iterator[Frame]


@dataclass(frozen=True, slots=True)
class NoResponse:
    """The connection failed; each door raises its library's exception for `kind`."""

    kind: NoResponseKind


class BrokenOff(Exception):
    """The connection fails in the middle of a streamed body; each door raises its library's exception for `kind`."""

    def __init__(self, kind: NoResponseKind) -> None:
        super().__init__(str(kind))
        self.kind = kind


def json_body(value: object) -> bytes:
    """Return `value` as the service prints JSON: indented by two (1,062 of 1,062 recorded bodies)."""
    return to_json(value, indent=2)


def sse_frame(event: str, data: object) -> bytes:
    """Return one server-sent event: compact JSON, UTF-8 unescaped (recorded-traffic.md 3)."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), to_json(data))


SSE_DONE = b"event: done\ndata: [DONE]\n\n"


def read_headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return header pairs as a mapping with lower-case names; repeated ones are joined by a comma."""
    headers: dict[str, str] = {}
    for given_name, value in pairs:
        name = given_name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def json_response(status: int, value: Any, headers: Mapping[str, str]) -> Response:
    """Return a JSON response; `headers` are sent beside the content type."""
    return Response(status, {"content-type": JSON_TYPE, **headers}, json_body(value))
