"""Where the simulator's own code runs: in the event loop, or in a thread beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import ParamSpec, TypeVar

import anyio
from anyio.to_thread import run_sync

P = ParamSpec("P")
T = TypeVar("T")


class Inline:
    """Calls where the caller is: an answer that nobody waits for is sooner made than a thread is woken."""

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `function` returns."""
        return function(*args, **kwargs)


class OneThread:
    """Calls in a thread, one call at a time: who waits does so in the event loop, not for the simulator's lock.

    That lock takes a long wait for a circle, and refuses (`transport.locks`): a brain that asks a slow model would
    have the next request refused.
    """

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `function` returns."""
        return await run_sync(lambda: function(*args, **kwargs), limiter=self._limiter)

    @cached_property
    def _limiter(self) -> anyio.CapacityLimiter:
        return anyio.CapacityLimiter(1)  # made when it is used: it belongs to the event loop that runs then


Worker = Inline | OneThread
