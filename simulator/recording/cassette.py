"""A recorded session as a value: interactions in the order of their requests, whatever file they came from.

The words are vcrpy's: a *cassette* holds *interactions*, each a request with its response.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..api.wire import Request
from .events import Event, events_of
from .json_values import parsed
from .shown import Shown, shown_in

API_BASE = "https://api.openai.com"
EVENT_STREAM = "text/event-stream"
BETA_HEADER = "openai-beta"
# In the SDK's own name: "OpenAI/Python 1.14.3", "AsyncOpenAI/Python 1.14.3".
SDK_AGENT = "OpenAI/"
_SDK = re.compile(rf"\w*{SDK_AGENT}\w+(?: \d[\w.+-]*)?")


@dataclass(frozen=True, kw_only=True)
class RecordedRequest:
    """What was sent.

    Args:
        method: in upper case.
        uri: the whole address, with the query.
        headers: names in lower case.
        body: the bytes, decoded (no gzip).
    """

    method: str
    uri: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        """The path of the address, without the query."""
        return urlsplit(self.uri).path

    @cached_property
    def query(self) -> str:
        """The query of the address, without the question mark."""
        return urlsplit(self.uri).query

    @cached_property
    def json(self) -> Any:
        """The body, parsed; None where there is none or it is no JSON."""
        return parsed(self.body)


@dataclass(frozen=True, kw_only=True)
class RecordedResponse:
    """What was answered.

    Args:
        status: of HTTP.
        headers: names in lower case.
        body: the bytes, decoded; of a stream, all its frames.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def json(self) -> Any:
        """The body, parsed; None where there is none, it is no JSON, or it is a stream."""
        return None if self.is_stream else parsed(self.body)

    @cached_property
    def is_stream(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        return self.headers.get("content-type", "").startswith(EVENT_STREAM)

    @cached_property
    def events(self) -> Sequence[Event]:
        """The events of a stream, in order; of anything else, none."""
        return events_of(self.body) if self.is_stream else ()

    @cached_property
    def shown(self) -> Shown:
        """The objects in it, each of the shape that readers rely on, and what had to be left out for that."""
        return shown_in([event.json for event in self.events] if self.is_stream else [self.json])


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One request with its response.

    Args:
        recorded_at: ISO 8601 in UTC, where the file says so.
        line: where it begins in its file, from 1, where the file has lines.
    """

    request: RecordedRequest
    response: RecordedResponse
    recorded_at: str | None = None
    line: int | None = None

    @property
    def label(self) -> str:
        """Method and address as a reader knows them: `GET /v1/threads/thread_1/runs?limit=2`."""
        request = self.request
        return f"{request.method} {request.path}{f'?{request.query}' if request.query else ''}"


@dataclass(frozen=True, kw_only=True)
class Head:
    """What is known of a session as a whole.

    Args:
        recorded_at: ISO 8601 in UTC.
        api_version: `"v1"` or `"v2"`, as the requests' OpenAI-Beta header says; None where none does.
        sdk: name and version of the client that was recorded.
        source: where a session that was converted came from.
        kind: `documented`: printed by a specification and never sent; None: recorded.
    """

    recorded_at: str | None = None
    api_version: str | None = None
    sdk: str | None = None
    source: str | None = None
    kind: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cassette:
    """A recorded session.

    Args:
        path: the file it was read from; None: it was made in memory.
        form: the name of the file's form (`forms`).
    """

    interactions: Sequence[Interaction]
    head: Head = Head()
    path: Path | None = None
    form: str = "own"

    @property
    def name(self) -> str:
        """Return the file as a message names it: below the working directory, from there."""
        if self.path is None:
            return "the cassette"
        here = Path.cwd()
        return str(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path)

    def where(self, interaction: Interaction) -> str:
        """Return file and line of an interaction, for messages."""
        place = self.name
        return f"{place}:{interaction.line}" if interaction.line else place


def head_of(interactions: Sequence[Interaction], **known: str | None) -> Head:
    """Return the head of a session: what is known, and for the rest what its interactions say."""
    found: dict[str, str | None] = {
        "recorded_at": next((one.recorded_at for one in interactions if one.recorded_at), None),
        "api_version": _first(interactions, BETA_HEADER, _version),
        "sdk": _first(interactions, "user-agent", _sdk),
    }
    return Head(**{**found, **{name: value for name, value in known.items() if value is not None}})


def as_recorded(request: Request) -> RecordedRequest:
    """Return a request of today as a recorder would keep it."""
    query = f"?{request.query}" if request.query else ""
    uri = f"{request.base_url or API_BASE}{request.path}{query}"
    return RecordedRequest(method=request.method, uri=uri, headers=request.headers, body=request.body)


def _first(interactions: Sequence[Interaction], header: str, read: Callable[[str], str | None]) -> str | None:
    values = (one.request.headers.get(header) for one in interactions)
    return next((found for value in values if value and (found := read(value))), None)


def _version(beta: str) -> str | None:
    return next((part.strip().removeprefix("assistants=") for part in beta.split(",") if "assistants=" in part), None)


def _sdk(user_agent: str) -> str | None:
    # What a program adds of its own is not the SDK's.
    found = _SDK.search(user_agent)
    return found[0] if found else None
