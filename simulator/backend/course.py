"""How long things take and what they cost: what the service decides beside what the model says.

The engine asks one object for it. The usual one draws latencies by the seed and estimates tokens; whoever
compares the simulator with a recorded session gives one that knows the recorded times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from .ids import Ids
from .tokens import Tokens
from .turns import Turn

# Virtual seconds, drawn by the seed. Recorded runs were picked up 0 to 5 s after their creation, mostly
# within one (recorded-traffic.md 4); how long a turn and a cancel take was not measured: chosen.
QUEUED_SECONDS = (0.1, 0.5)
TURN_SECONDS = (0.3, 1.0)
CANCEL_SECONDS = (0.3, 0.9)
# Of five small files added at once some were ready a second later, and all after two (openai-dotnet's
# CanApplyChunkingStrategy and CanUseBatchIngestion of 16 September 2025).
INGEST_SECONDS = (0.3, 1.5)
SHARE_BEFORE_FIRST_PIECE = 0.4

Run = Mapping[str, Any]


class Span(NamedTuple):
    """When a turn shows its first piece, and when it ends: virtual seconds since the epoch."""

    opens_at: float
    closes_at: float


class Course(Protocol):
    """Decides when what happens. Times are virtual seconds since the epoch."""

    def request(self, seconds: float) -> float:
        """Return how many seconds a request takes that usually takes `seconds`."""

    def pick_up(self, run: Run, at: float) -> float:
        """Return when a run is picked up that was queued at `at`."""

    def turn(self, run: Run, turn: Turn, at: float) -> Span:
        """Return when a turn opens and closes that begins at `at`."""

    def confirm_cancel(self, run: Run, at: float) -> float:
        """Return when a run is cancelled that was asked to at `at`."""

    def ingest(self, file: Mapping[str, Any], at: float) -> float:
        """Return when a file of a vector store is ready that was added at `at`."""

    def tokens(self, run: Run, turn: Turn | None) -> Tokens | None:
        """Return what the step of a turn cost; None: it is computed."""


class SeededCourse:
    """The usual course: latencies by the seed, tokens computed."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def request(self, seconds: float) -> float:
        """Return `seconds`."""
        return seconds

    def pick_up(self, run: Run, at: float) -> float:
        """Return a time soon after `at`."""
        return at + self._ids.seconds("queued", *QUEUED_SECONDS)

    def turn(self, run: Run, turn: Turn, at: float) -> Span:
        """Return the span that the turn says it takes, else one by the seed."""
        takes = self._ids.seconds("turn", *TURN_SECONDS) if turn.takes is None else turn.takes
        return Span(at + takes * SHARE_BEFORE_FIRST_PIECE, at + takes)

    def confirm_cancel(self, run: Run, at: float) -> float:
        """Return a time soon after `at`."""
        return at + self._ids.seconds("cancel", *CANCEL_SECONDS)

    def ingest(self, file: Mapping[str, Any], at: float) -> float:
        """Return a time soon after `at`."""
        return at + self._ids.seconds("ingest", *INGEST_SECONDS)

    def tokens(self, run: Run, turn: Turn | None) -> None:
        """Return None: it is computed."""
