"""What the fixture `simulator` is where a cassette or the service answers: the same test body must pass."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from ..api.wire import Request, Response
from ..backend.objects import JsonDict
from ..backend.records import ToolCallRecord
from ..errors import UsageError
from ..simulator import Simulator
from .replay_session import ReplaySession
from .session import Session
from .witness import messages_in, runs_in, tool_calls_in

if TYPE_CHECKING:
    import openai


class StandIn(Simulator):
    """A simulator that does not answer.

    Scripts, faults and placed objects are accepted and have no effect. Its clients talk to whoever answers;
    calls, runs and messages are those that went by.

    Args:
        session: that of the test.
        options: those of `Simulator`.
    """

    def __init__(self, session: Session, **options: Any) -> None:
        super().__init__(**options)
        self._session = session

    def handle(self, request: Request) -> Response:
        """Answer from the cassette.

        Raises:
            UsageError: the service answers.
        """
        if isinstance(self._session, ReplaySession):
            return self._session.handle(request)
        raise UsageError(f"With --assistants={self._session.mode} the service answers, not the fixture `simulator`.")

    def wait_until(self, due: float) -> float:
        """Wait for nothing: a recorded stream is there, whole."""
        return 0.0

    def client(self, **options: Any) -> openai.OpenAI:
        """Return an `openai.OpenAI` that talks to whoever answers."""
        if isinstance(self._session, ReplaySession):
            return super().client(**options)
        import openai

        return openai.OpenAI(**options)

    def async_client(self, **options: Any) -> openai.AsyncOpenAI:
        """Return an `openai.AsyncOpenAI`, as `client`."""
        if isinstance(self._session, ReplaySession):
            return super().async_client(**options)
        import openai

        return openai.AsyncOpenAI(**options)

    @property
    def calls(self) -> Sequence[ToolCallRecord]:
        """Every function call that was asked for, with its output once one was submitted."""
        return tool_calls_in(self._session.seen())

    @property
    def runs(self) -> Sequence[JsonDict]:
        """The runs, as last shown."""
        return runs_in(self._session.seen())

    def messages(self, thread_id: str) -> Sequence[JsonDict]:
        """Return the messages of a thread that were shown, the oldest first."""
        return messages_in(self._session.seen(), thread_id)

    def check(self, allow: Collection[str] = frozenset()) -> None:
        """Find nothing: what was scripted is not counted, and the session checks itself."""
