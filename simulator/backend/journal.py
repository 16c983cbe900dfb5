"""What happened, in order: requests with their answers, changes of status, turns of the brain, faults.

Bodies are kept as the bytes that crossed the wire: cheaper than a copy of the objects, and true
whatever happens to them later. Only the headers that tests ask for are kept, and never a key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, overload

from .brain import View
from .turns import Turn

KEPT_HEADERS = (
    "openai-beta",
    "content-type",
    "x-stainless-retry-count",
    "x-stainless-poll-helper",
    "idempotency-key",
)


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request and its answer; `frames` grows while a stream is read.

    Args:
        at: when the request arrived, in virtual seconds since the epoch.
        answered_at: when its answer, or the first of it, left.
        operation: its name (`runs.create`), or None for a route that is no operation.
        status: 0 where the connection failed.
        unexpected: why it counts as a surprise that `check()` reports; None for the usual.
    """

    at: float
    operation: str | None
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    answered_at: float = 0.0
    status: int = 0
    response: bytes = b""
    frames: list[bytes] | None = None
    unexpected: str | None = None

    def came(self, data: bytes, at: float) -> None:
        """Keep what was read of the answer at a time: an event of a stream, or the body that took its time."""
        if self.frames is not None:
            self.frames.append(data)
            return
        self.response += data
        self.answered_at = at

    @property
    def json(self) -> Any:
        """The body of the request, parsed; None where there is none or it is not JSON."""
        return _parsed(self.body)

    @property
    def response_json(self) -> Any:
        """The body of the answer, parsed; None for a stream."""
        return _parsed(self.response)


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A run or a step moved."""

    at: float
    object: str
    id: str
    run_id: str
    thread_id: str
    before: str | None
    after: str
    event: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The brain was shown `view` and answered `turn`."""

    at: float
    run_id: str
    thread_id: str
    view: View
    turn: Turn


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault came into effect on the request that stands before it."""

    at: float
    operation: str
    fault: str


@dataclass(frozen=True, slots=True)
class Handled:
    """A watched callable of the program under test was called; it returned `result` or raised `error`."""

    at: float
    name: str
    arguments: Mapping[str, Any]
    result: Any = None
    error: BaseException | None = None


Entry: TypeAlias = Exchange | StatusChange | Asked | Struck | Handled


@dataclass(slots=True)
class Journal(Sequence[Entry]):
    """The entries, the oldest first. With `enabled` False nothing is kept."""

    enabled: bool = True
    entries: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Write one entry."""
        if self.enabled:
            self.entries.append(entry)

    def clear(self) -> None:
        """Begin anew."""
        self.entries.clear()

    @property
    def exchanges(self) -> list[Exchange]:
        """The requests, in order."""
        return [entry for entry in self.entries if isinstance(entry, Exchange)]

    @property
    def views(self) -> list[View]:
        """What the brain was shown, turn by turn."""
        return [entry.view.detached() for entry in self.entries if isinstance(entry, Asked)]

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        return self.entries[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that the journal keeps."""
    return {name: headers[name] for name in KEPT_HEADERS if name in headers}


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
