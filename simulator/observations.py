"""What happened in a simulator, for a test to look at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager

from .backend.brain import View
from .backend.clock import Clock
from .backend.faults import Faults
from .backend.journal import Exchange, Journal
from .backend.objects import JsonDict
from .backend.records import ToolCallRecord, copies, tool_calls_of
from .backend.state import Backend
from .errors import StateError


class Observations(ABC):
    """The part of `Simulator` that only looks.

    Each look settles first: it sees all that has happened by now.
    """

    _journal: Journal
    _clock: Clock
    _backend: Backend

    @abstractmethod
    def _settled(self) -> AbstractContextManager[Backend]:
        """Hold the lock, with everything done that is due by now."""

    @property
    def clock(self) -> Clock:
        """The virtual clock: `now()` and `advance(seconds)`."""
        return self._clock

    @property
    def faults(self) -> Faults:
        """What will go wrong: `add(http_error(429), on="runs.retrieve")`."""
        return self._backend.faults

    @property
    def journal(self) -> Journal:
        """Everything that happened, in order."""
        with self._settled():
            return self._journal

    @property
    def requests(self) -> Sequence[Exchange]:
        """The requests with their answers."""
        return self.journal.exchanges

    @property
    def views(self) -> Sequence[View]:
        """What the model was shown, turn by turn."""
        return self.journal.views

    @property
    def calls(self) -> Sequence[ToolCallRecord]:
        """Every function call, with its output once one was submitted."""
        with self._settled() as backend:
            return tool_calls_of(backend.store)

    @property
    def runs(self) -> Sequence[JsonDict]:
        """Copies of the runs, in order of their creation."""
        with self._settled() as backend:
            return copies(backend.store.runs)

    @property
    def responses(self) -> Sequence[JsonDict]:
        """Copies of the responses that were stored and not deleted, in order of their creation."""
        with self._settled() as backend:
            return copies(backend.store.responses)

    def messages(self, thread_id: str) -> Sequence[JsonDict]:
        """Return copies of the messages of a thread, the oldest first.

        Raises:
            StateError: there is no such thread.
        """
        with self._settled() as backend:
            if backend.store.threads.get(thread_id) is None:
                raise StateError(f"There is no thread {thread_id!r}.")
            return copies(backend.store.messages.of(thread_id))
