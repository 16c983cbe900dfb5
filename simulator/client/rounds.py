"""Rounds of an event loop, in each of which only so many requests are made.

To build a request takes the SDK half a millisecond, and while it does so nothing else runs. When a thousand users speak
at once, or the answers of the service come in a burst, an event loop would stand still for half a second.
"""

from __future__ import annotations

import asyncio
from collections import deque

from anyio.lowlevel import RunVar

PLACES = 4


class Rounds:
    """The rounds of one event loop.

    Args:
        loop: whose rounds they are.
        places: how many go on in a round; the others wait for the next, in the order of coming.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, places: int = PLACES) -> None:
        self.loop, self._places = loop, places
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def place(self) -> None:
        """Return in a round that has a place left."""
        if self._free and not self._waiting:
            self._take()
            return
        turn = self.loop.create_future()
        self._waiting.append(turn)
        await turn

    def _take(self) -> None:
        if self._free == self._places:
            self.loop.call_soon(self._next)
        self._free -= 1

    def _next(self) -> None:
        self._free = self._places
        while self._free and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # who was cancelled takes no place
                turn.set_result(None)
                self._take()


_ROUNDS: RunVar[Rounds] = RunVar("rounds")


def rounds_here() -> Rounds | None:
    """Return the rounds of the running event loop; None on trio, which has none."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    try:
        return _ROUNDS.get()
    except LookupError:
        rounds = Rounds(loop)
        _ROUNDS.set(rounds)
        return rounds
