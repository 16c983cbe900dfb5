"""Where an app is played: a simulator that goes on until a deadline, and says to the app what the users say."""

from __future__ import annotations

import asyncio
import inspect
import mmap
import os
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias

from .. import saving
from ..api.wire import NoResponse, Request, Response
from ..backend.clock import Clock
from ..simulator import Simulator
from ..transport.pace import pace_of

Converse: TypeAlias = Callable[[str, str], "str | Awaitable[str]"]
"""An app: from a user's id and what the user says to the reply."""

_PACKAGE = str(Path(__file__).resolve().parents[1])
_LIBRARY = str(Path(os.__file__).parent)


class Hung(BaseException):
    """The app goes on when its time is over. No `Exception`: loops swallow those.

    Attributes:
        place: where an async app waits; its frames are in no traceback.
        in_real_time: whether it is real time that is over; then the text is a sentence.
    """

    place = ""
    in_real_time = False


class StageClock(Clock):
    """A clock that stops whoever waits past a deadline.

    Attributes:
        deadline: in virtual seconds since the epoch.
    """

    deadline = float("inf")
    _is_told = False

    def advance(self, seconds: float) -> float:
        """Move forward as a request, or the test, does."""
        self._is_told = True
        try:
            return super().advance(seconds)
        finally:
            self._is_told = False

    def follow(self, seconds: float) -> None:
        """Move forward; if it is because the program has waited, look whether its time is over.

        Raises:
            Hung: the deadline has passed.
        """
        super().follow(seconds)
        if not self._is_told:
            self.has_waited(seconds)

    def has_waited(self, seconds: float) -> None:
        """Take note that the program has waited.

        Raises:
            Hung: the deadline has passed.
        """
        if self.is_over():
            raise Hung("it waits")

    def is_over(self) -> bool:
        """Tell whether the deadline has passed."""
        return self._now > self.deadline


class Stage(Simulator):
    """A simulator that answers until a deadline, after which both requests and waits raise `Hung`."""

    def __init__(self, *, clock: type[StageClock] = StageClock, **options: Any) -> None:
        super().__init__(**options)
        self._stage_clock = clock(self._options.start)
        self._clock = self._stage_clock
        self._pace = pace_of(self._options.time, self._clock)  # streams move this clock, too
        self._begin()
        self._process = os.getpid()
        self._asked_elsewhere = mmap.mmap(-1, 1)  # memory that a forked child shares with its parent

    @property
    def deadline(self) -> float:
        """When the time of the app is over, in virtual seconds since the epoch."""
        return self._stage_clock.deadline

    @deadline.setter
    def deadline(self, at: float) -> None:
        self._stage_clock.deadline = at

    def handle(self, request: Request) -> Response | NoResponse:
        """Answer a request.

        Raises:
            Hung: the deadline has passed.
        """
        if self._stage_clock.is_over():
            raise Hung(f"{request.method} {request.path}")
        if os.getpid() != self._process:
            self._asked_elsewhere[0] = True
        return super().handle(request)

    def was_asked_elsewhere(self) -> bool:
        """Tell whether a forked child has asked since this was last called: its requests change nothing here."""
        asked, self._asked_elsewhere[0] = bool(self._asked_elsewhere[0]), False
        return asked

    def remember(self) -> bytes:
        """Return the state of the service, without scripts and journal."""
        with self._settled() as backend:
            return saving.encoded(backend.to_json())

    def recall(self, state: bytes) -> None:
        """Go back to a state of the service."""
        with self._settled() as backend:
            backend.restore(saving.decoded(state))


class Speaker:
    """Says to an app, sync or async, what the users say. An async one has the same event loop from first to last."""

    def __init__(self, converse: Converse) -> None:
        self._converse = converse
        self._runner: asyncio.Runner | None = None

    def say(self, user: str, text: str) -> Any:
        """Return the app's reply; what it raises is raised."""
        reply: Any = self._converse(user, text)
        if not inspect.isawaitable(reply):
            return reply
        self._runner = self._runner or asyncio.Runner()
        try:
            return self._runner.run(_awaited(reply))
        except Hung as hung:
            hung.place = _place_in(reply)
            raise

    def end(self) -> None:
        """Close the event loop."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None


async def _awaited(reply: Awaitable[Any]) -> Any:
    return await reply


def place_of(error: BaseException) -> str:
    """Return the line of the app in which it failed or hung: the last that is neither ours nor a library's."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [_told(one.name, one.filename, one.lineno) for one in frames if is_of_the_app(one.filename)]
    return next(reversed(places), error.place if isinstance(error, Hung) else "")


def _place_in(awaited: Any) -> str:
    """Return where a coroutine of the app is suspended: in the innermost of those that it awaits, as far as known."""
    place = ""
    while (frame := getattr(awaited, "cr_frame", None)) is not None:
        if is_of_the_app(frame.f_code.co_filename):
            place = _told(frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno)
        awaited = awaited.cr_await
    return place


def _told(function: str, filename: str, line: int | None) -> str:
    return f"It is in {function}, {filename}:{line}."


def is_of_the_app(filename: str) -> bool:
    """Tell whether a source file is neither ours nor a library's."""
    return "site-packages" not in filename and not filename.startswith((_PACKAGE, _LIBRARY))
