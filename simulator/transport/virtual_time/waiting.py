"""A wait in virtual time: at once where nobody else can run meanwhile, really while somebody may."""

from __future__ import annotations

from .genuine import NS, genuine
from .others import Company, others
from .parking import Spot, parking
from .process_clock import Target, clock

# A real wait is cut in slices: it may be cut short when the other threads have come to rest.
FIRST_SLICE, LONGEST_SLICE = NS // 1000, NS // 50
# Where somebody waits for real sockets too, time neither jumps (a false timeout) nor stands still: it passes by
# a step after each slice. In the first 5 virtual seconds of a wait a second takes 80 ms, so that whoever answers
# within 400 ms is in time for the timeouts of httpx, and for the SDK's of connecting: both 5 s. Then it takes 5 ms.
# (5 ms from the start failed a server that took 30 ms, and a connection to the real service, let through.)
FAST_SLICE = 5 * NS // 1000
FIRST_STEP, FIRST_SECONDS, FAST_STEP = NS // 16, 5 * NS, NS


class Sleep:
    """The spot of who waits for nothing but the time."""

    def poll(self, seconds: float) -> bool:
        """Sleep."""
        if seconds:
            genuine.sleep(seconds)
        return False

    def is_settled(self) -> bool:
        """Tell that nobody can wake a sleeper."""
        return True

    def awaits_io(self) -> bool:
        """Tell that nothing can."""
        return False


SLEEP = Sleep()
# Beside whom time runs fast. A sleep cannot end too soon because somebody was late, as a wait with a timeout can.
_AWAITING_IO = frozenset({Company.AWAITING_IO})
_OF_A_SLEEP = frozenset({Company.AWAITING_IO, Company.LINGERING})


def pass_time(ns: int) -> None:
    """Let `ns` pass for the calling thread."""
    with clock.wait(ns) as target:
        sleep(target)


def sleep(target: Target) -> None:
    """Let the rest of a wait pass, which began before."""
    wait(SLEEP, target)


def wait(spot: Spot, target: Target) -> bool:
    """Wait until what a thread waits for has come, or the end of its wait; tell whether it has come.

    The order matters. First who else runs, then whether it has come: what another thread does before it goes
    to rest is then never missed. When the block ends meanwhile, the rest is waited for really.
    """
    with parking.park(spot):
        slice_, passed = FIRST_SLICE, 0
        fast = _OF_A_SLEEP if spot is SLEEP else _AWAITING_IO
        while True:
            company = _company(spot, target)
            if spot.poll(0):
                return True
            left = clock.left(target)
            if left <= 0 or company <= Company.WAITING:
                clock.arrive(target)
                return False
            is_fast = company in fast
            if spot.poll(min(FAST_SLICE if is_fast else slice_, max(left, 1)) / NS):
                return True
            if is_fast:
                step = min(FIRST_STEP if passed < FIRST_SECONDS else FAST_STEP, left)
                clock.pass_(step)
                passed += step
            slice_ = min(slice_ * 2, LONGEST_SLICE)


def _company(spot: Spot, target: Target) -> Company:
    """Tell for whom a wait must wait, as of one time."""
    seen = parking.moves
    if not clock.is_current(target) or not clock.is_first(target):
        return Company.RUNNING
    company = others.company()
    if parking.moves != seen:
        return Company.RUNNING
    return max(company, Company.AWAITING_IO) if spot.awaits_io() else company
