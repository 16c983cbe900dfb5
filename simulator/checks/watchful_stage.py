"""The stage of checks: gives an app time as long as something moves, and notes where its event loop stands still."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..api.service import Service, ServiceMode
from ..api.wire import NoResponse, Request, Response
from ..backend.journal import Entry, Exchange
from ..backend.lifecycle import ACTIVE
from ..scenario.stage import Stage, StageClock, is_of_the_app
from .evidence import Blocked

STANDSTILL_SECONDS = 120.0
"""After so much virtual time in which nothing moves and no run is active, a loop that goes on waits for nothing."""


class WatchfulClock(StageClock):
    """A clock that notes where the program waits although an event loop runs in its thread.

    Attributes:
        last: when the time of the app is over, even if it gets on.
        gets_on: tells whether anything has moved since it was asked last.
    """

    last = float("inf")

    def __init__(self, start: float) -> None:
        super().__init__(start)
        self.blocked: list[Blocked] = []
        self.gets_on: Callable[[], bool] = lambda: False

    def has_waited(self, seconds: float) -> None:
        """Take note of a wait.

        Raises:
            Hung: the deadline has passed.
        """
        if seconds and is_in_a_task():
            self.blocked.append(Blocked(self.now(), seconds, "a sleep", _place_now()))
        super().has_waited(seconds)

    def is_over(self) -> bool:
        """Tell whether the deadline has passed. As long as something moves, it is put off."""
        if super().is_over() and self.now() <= self.last and self.gets_on():
            self.deadline = self.now() + STANDSTILL_SECONDS
        return super().is_over()


class WatchfulStage(Stage):
    """A stage that notes requests for which an event loop stands still.

    Attributes:
        heard: is told of each request before it is answered.
    """

    heard: Callable[[Request], object] | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(clock=WatchfulClock, **options)
        self._moved = 0
        self._watchful.gets_on = self._gets_on

    def give_time(self, limit: float) -> None:
        """Let the app go on as long as something moves, and `limit` virtual seconds at most."""
        self._moved = 0
        now = self.clock.now()
        self._watchful.deadline, self._watchful.last = now + min(limit, STANDSTILL_SECONDS), now + limit

    def _gets_on(self) -> bool:
        """Tell whether a run is active, or anything but a request has come into the journal since it was asked last."""
        before, self._moved = self._moved, sum(not isinstance(entry, Exchange) for entry in self._journal.entries)
        return self._moved > before or any(run["status"] in ACTIVE for run in self._backend.store.runs)

    @property
    def _watchful(self) -> WatchfulClock:
        clock: Any = self.clock  # made by `__init__`
        watchful: WatchfulClock = clock
        return watchful

    def serve(self, service: str) -> None:
        """Become another service, as of `Simulator(service=…)`, until the stage is set anew."""
        settings = replace(self._options.service_settings(), mode=ServiceMode(service))
        self._service = Service(self._backend, self._stubs, settings)

    def drop_unused(self) -> list[str]:
        """Forget the answers that nobody asked for, and return them: the next step must not get them."""
        with self._lock:
            unused = [piece.describe() for piece in self._brain.unused]
            self._brain.clear()
        return unused

    @property
    def entries(self) -> list[Entry]:
        """What is in the journal by now; to be had whatever the simulator is in the middle of."""
        return self._journal.entries

    @property
    def blocked(self) -> list[Blocked]:
        """When the event loop stood still."""
        return self._watchful.blocked

    def handle(self, request: Request) -> Response | NoResponse:
        """Answer a request; one of a sync client blocks the event loop that runs in its thread.

        Raises:
            Hung: the deadline has passed.
        """
        if self.heard is not None:
            self.heard(request)
        began, blocks = self.clock.now(), request.headers.get("x-stainless-async") == "false" and is_in_a_task()
        response = super().handle(request)
        if blocks:
            what = f"{request.method} {request.path} of a client that is not async"
            self.blocked.append(Blocked(began, self.clock.now() - began, what, _place_now()))
        return response


def is_in_a_task() -> bool:
    """Tell whether the code that runs is a task's of an event loop, which stands still as long."""
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


def _place_now() -> str:
    frames = (frame for frame, _ in traceback.walk_stack(None) if is_of_the_app(frame.f_code.co_filename))
    frame = next(frames, None)
    return "" if frame is None else f"It is in {frame.f_code.co_name}, {frame.f_code.co_filename}:{frame.f_lineno}."
