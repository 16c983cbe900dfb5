"""How many calls of a function may run at once."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.lowlevel import RunVar

_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.1


class Gate:
    """Lets so many through at once, in the whole process.

    Within one event loop whoever comes first goes first. Between event loops, as each thread of a sync client has one
    for its calls, there is nothing to wake the others with; one of each loop looks again after a few milliseconds.

    Args:
        places: how many.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._process = threading.BoundedSemaphore(places)
        self._loop: RunVar[anyio.Semaphore] = RunVar(f"gate {id(self)}")

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it."""
        async with self._of_this_loop():
            pause = _FIRST_PAUSE
            while not self._process.acquire(blocking=False):
                await anyio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            try:
                yield
            finally:
                self._process.release()

    def _of_this_loop(self) -> anyio.Semaphore:
        try:
            return self._loop.get()
        except LookupError:
            semaphore = anyio.Semaphore(self._places)
            self._loop.set(semaphore)
            return semaphore
