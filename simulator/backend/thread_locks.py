"""Which run locks a thread: an active one, or for a while one that has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .objects import EMPTY, JsonDict


class ThreadLocks:
    """The locks of threads.

    A thread may have several active runs if they were placed; the oldest is named.

    Attributes:
        lingering: by thread, the run that has ended and locks it still, and until when; a fault made it so.
    """

    def __init__(self) -> None:
        self.lingering: dict[str, tuple[str, float]] = {}
        self._active: dict[str, dict[str, None]] = {}

    def holder(self, thread_id: str, now: float) -> str | None:
        """Return the id of the run that locks a thread, if one does."""
        active = next(iter(self._active.get(thread_id, EMPTY)), None)
        return self._lingering(thread_id, now) if active is None and self.lingering else active

    def _lingering(self, thread_id: str, now: float) -> str | None:
        run_id, until = self.lingering.get(thread_id, (None, 0.0))
        return run_id if now < until else None

    def take(self, run: Mapping[str, Any]) -> None:
        """Lock the thread of a run."""
        self._active.setdefault(run["thread_id"], {})[run["id"]] = None

    def release(self, run: Mapping[str, Any]) -> None:
        """Let go of the thread of a run that locks it."""
        runs = self._active[run["thread_id"]]
        del runs[run["id"]]
        if not runs:
            del self._active[run["thread_id"]]

    def linger(self, run: Mapping[str, Any], until: float) -> None:
        """Keep the thread of a run locked that has ended."""
        self.lingering[run["thread_id"]] = run["id"], until

    def to_json(self) -> JsonDict:
        """Return the locks that no active run explains."""
        return dict(self.lingering)

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take over what `to_json` described; active runs take their locks themselves."""
        self.lingering = {thread: (run, until) for thread, (run, until) in saved.items()}
