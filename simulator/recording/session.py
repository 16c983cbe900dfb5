"""One use of a cassette: while it is open, requests are replayed, recorded or let through.

`use_cassette` and the pytest plugin both stand on this. They differ in who says when the session ends well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from ..api.wire import Request
from ..transport.pace import TimeMode
from .cassette import Interaction
from .scrubbing import Scrubber


class Mode(StrEnum):
    """What becomes of the requests."""

    REPLAY = "replay"
    RECORD = "record"
    LIVE = "live"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be said of a session.

    Args:
        outputs: of replay: how tool outputs are compared (`strict`, `shape`, `ignore`).
        ignore: of replay: paths in bodies that are not compared.
        hosts: API hosts beside the usual ones, as of `Simulator`.
        time: of replay: what is virtual for the program, as of `Simulator`.
        scrubber: takes the secrets out of what is written, and out of a request before it is compared.
        before_record_request: as vcrpy's.
        before_record_response: as vcrpy's.
        change: of replay: changes a request before it is compared, as a recorder changed what it wrote.
    """

    outputs: str = "strict"
    ignore: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    time: TimeMode = TimeMode.VIRTUAL
    scrubber: Scrubber = field(default_factory=Scrubber)
    before_record_request: Callable[[Any], Any] | None = None  # Any: vcrpy's request, and its response
    before_record_response: Callable[[Any], Any] | None = None
    change: Callable[[Request], Request] | None = None


class Session(Protocol):
    """A cassette in use."""

    mode: Mode
    path: Path

    def check(self) -> None:
        """As `finish`, before fixtures clean up: more requests may come."""

    def seen(self) -> Sequence[Interaction]:
        """Return what happened so far."""

    def finish(self) -> None:
        """End well: compare what happened with the cassette, or write it."""

    def remark(self, failure: str) -> str | None:
        """Return what to say beside the failure of a block that failed, but for what that says itself."""
