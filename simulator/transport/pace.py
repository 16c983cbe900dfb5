"""How the clock of one simulator keeps pace with the program: by what passes virtually, or with real time."""

from __future__ import annotations

import enum
import time

from ..backend.clock import Clock


class TimeMode(enum.StrEnum):
    """What is virtual for the program inside a block that intercepts.

    VIRTUAL: clocks, dates, `time.sleep`, the event loop of asyncio, and waits for an event where no other thread
        is; real where other threads run.
    THREADS: the waits, joins and pools of threads, too.
    REAL: nothing; the simulator's clock follows that of the program.
    """

    VIRTUAL = "virtual"
    THREADS = "threads"
    REAL = "real"


class Pace:
    """Of a simulator whose time is virtual: its clock moves by what it is told, and nobody waits for a frame."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def catch_up(self) -> None:
        """Let the time pass that has passed for the program since the last request."""

    def restart(self) -> None:
        """Begin anew, after a reset."""

    def wait_until(self, due: float) -> float:
        """Move the clock to `due`, or return the seconds that the caller must wait before it asks again."""
        self._clock.advance_to(due)
        return 0.0


class RealPace(Pace):
    """Of a simulator whose clock follows the program's.

    That is `time.monotonic` as it stands, so that beside a simulator whose time is virtual both agree.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._seen = time.monotonic()

    def catch_up(self) -> None:
        """Let the real time pass that has passed since the last request."""
        now = time.monotonic()
        self._clock.follow(max(0.0, now - self._seen))
        self._seen = now

    def restart(self) -> None:
        """Count from now on."""
        self._seen = time.monotonic()

    def wait_until(self, due: float) -> float:
        """Return the seconds that are left until `due`; what has passed meanwhile enters the clock."""
        self.catch_up()
        return max(0.0, due - self._clock.now())


_PACES = {TimeMode.VIRTUAL: Pace, TimeMode.THREADS: Pace, TimeMode.REAL: RealPace}


def pace_of(mode: TimeMode, clock: Clock) -> Pace:
    """Return how a clock keeps pace in a mode."""
    return _PACES[mode](clock)
