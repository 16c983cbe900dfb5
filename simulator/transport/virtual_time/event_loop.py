"""The event loop of asyncio: where it would wait for its next timer, the clock moves there.

The step of the loop (`BaseEventLoop._run_once`) is the one place through which all waiting of asyncio and of
anyio goes: sleeps, `wait_for`, timeouts, `call_later`, whoever imported what and when.
"""

from __future__ import annotations

import math
import sys
from asyncio.base_events import BaseEventLoop
from contextlib import nullcontext
from typing import Any

from ..patching import Patch
from . import private
from .genuine import NS
from .others import Gate, others
from .parking import parking
from .process_clock import clock
from .waiting import wait

# Microseconds by which a timer may be missed: floats of a loop's clock are exact to 0.002 of them.
_TOLERANCE = 0.02


def _wrap_run_once(original: Any) -> Any:
    def _run_once(loop: Any) -> None:
        if clock.active:
            if loop._ready or loop._stopping:
                clock.spin()
            elif private.steps_as_usual(loop) and not others.is_bystander():
                with others.with_process() if private.awaits_process(loop) else nullcontext():
                    _pass_idle_time(loop)
        if clock.active and loop._debug:
            _without_slowness(original, loop)
        else:
            original(loop)

    return _run_once


def _without_slowness(step: Any, loop: Any) -> None:
    """Step without a look at how long callbacks take: in debug mode each would be told of that made a request.

    What a request costs is virtual. `unittest.IsolatedAsyncioTestCase` always has the debug mode.
    """
    limit, loop.slow_callback_duration = loop.slow_callback_duration, math.inf
    try:
        step(loop)
    finally:
        if loop.slow_callback_duration == math.inf:  # else a callback has set it
            loop.slow_callback_duration = limit


def _wrap_time(original: Any) -> Any:
    def time(loop: Any) -> float:
        """Return the time of the loop, in seconds. A loop that does not step as usual keeps real time."""
        if not clock.active:
            return float(original(loop))
        is_virtual = private.steps_as_usual(loop) and not others.is_bystander()
        return (clock.glance() if is_virtual else clock.real_ns()) / NS

    return time


class LoopSpot:
    """The spot of a loop: it is woken by callbacks of other threads, and by its sockets."""

    def __init__(self, loop: Any) -> None:
        self._loop = loop

    def poll(self, seconds: float | None) -> bool:
        """Wait in the loop's selector; tell whether callbacks are ready. None: for as long as it takes."""
        return private.poll(self._loop, seconds)

    def is_settled(self) -> bool:
        """Tell whether no callback has arrived: `call_soon_threadsafe` adds it first and wakes the selector then."""
        return not self._loop._ready

    def awaits_io(self) -> bool:
        """Tell whether the loop has sockets that are not its own."""
        return private.has_foreign_sockets(self._loop)


def _pass_idle_time(loop: Any) -> None:
    """Wait until a callback is ready or the next timer is due."""
    private.drop_cancelled_timers(loop)
    spot = LoopSpot(loop)
    when = loop._scheduled[0]._when if loop._scheduled else math.inf
    if when < math.inf:  # `asyncio.sleep(math.inf)` is for ever
        with clock.wait(_until(when)) as target:
            wait(spot, target)
    elif others.gate is Gate.THREADS:  # else the loop's own step waits
        with parking.park(spot):
            spot.poll(None)


def _until(when: float) -> int:
    """Return how far away a time of the loop's is, in nanoseconds; whole microseconds, so that it is exact."""
    microseconds = (when - clock.glance() / NS) * 1_000_000
    return max(1, math.ceil(microseconds - _TOLERANCE)) * 1000 if microseconds > 0 else 0


def foreign_loop() -> str | None:
    """Return the name of the event loop that runs in this thread if its sleeps are real."""
    loop = private.running_loop()
    if loop is not None:
        kind = type(loop)
        return None if private.steps_as_usual(loop) else f"{kind.__module__}.{kind.__qualname__}"
    trio = sys.modules.get("trio")
    in_trio_run = getattr(getattr(trio, "lowlevel", None), "in_trio_run", None)
    return "trio" if in_trio_run is not None and in_trio_run() else None


PATCHES = (Patch(BaseEventLoop, "_run_once", _wrap_run_once), Patch(BaseEventLoop, "time", _wrap_time))
