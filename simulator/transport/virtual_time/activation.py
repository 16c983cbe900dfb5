"""When time is virtual: from the first simulator that asks for it until the last has left, in any order."""

from __future__ import annotations

import sys
import threading
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

from ...backend.clock import Clock
from ...errors import UsageError
from ..forks import hold_during_forks
from ..pace import TimeMode
from ..patching import Patch
from . import event_loop, thread_gates, wall_clock
from .bindings import Bindings, is_of_a_copy
from .gates import GATES, LASTING
from .genuine import genuine, prepare_time_machine
from .others import Gate, others
from .process_clock import clock as process_clock


class ForeignLoopWarning(UserWarning):
    """The program runs on an event loop whose sleeps are real: the test is right, and slow."""


class Stay:
    """A simulator's stay in virtual time, from `enter` to `leave`.

    Args:
        clock: the simulator's; it follows what is slept, and moves the process's clock with what it passes.
        mode: of this simulator. In `REAL` nothing happens.

    Attributes:
        foreign_loops: the event loops met in its requests whose sleeps are real.
    """

    def __init__(self, clock: Clock, mode: TimeMode) -> None:
        self.clock = clock
        self.mode = mode
        self.foreign_loops: set[str] = set()

    def tell(self, seconds: float) -> None:
        """Move the process's clock because the simulator's did; it has gone back when the simulator was reset."""
        others.admit()
        if time.sleep is genuine.sleep or time.time is genuine.time or time.monotonic is genuine.monotonic:
            # Somebody has put back what was there before us (freezegun does, at the end of its block).
            _swap_again()
        if seconds < 0:
            process_clock.set_back(self.clock)
        else:
            process_clock.tell(self.clock, seconds)
        loop = event_loop.foreign_loop()
        if loop is not None:
            self.foreign_loops.add(loop)
            process_clock.flow()


# Re-entrant: a finalizer may leave while another stay begins.
_lock = threading.RLock()
hold_during_forks(_lock)
_stays: list[Stay] = []
_bindings = Bindings(GATES.values())
_neighbours: dict[str, Patch] = {}


def enter(clock: Clock, mode: TimeMode = TimeMode.VIRTUAL) -> Stay:
    """Begin virtual time for a simulator; returns what `leave` takes. A clock may enter more than once.

    Where the modes of simulators differ, waits of threads are virtual from the first that asks for it until
    the last simulator has left.

    Args:
        clock: the simulator's. If it is the first to enter, the program's wall clock goes to where it stands.
        mode: as `TimeMode` says.
    """
    stay = Stay(clock, mode)
    if mode is TimeMode.REAL:
        return stay
    with _lock:
        gate = Gate.THREADS if mode is TimeMode.THREADS else Gate.CLOCKS
        if not process_clock.active:
            _activate_whole(clock, gate)
        elif gate is Gate.THREADS and others.gate is not gate:
            others.gate = gate
            _install(thread_gates.WAIT_PATCHES)
        others.admit()
        _stays.append(stay)
        _connect(clock)
    return stay


def leave(stay: Stay) -> None:
    """End a simulator's stay. With the last one everything is put back; `time.monotonic` stays ahead.

    Raises:
        UsageError: it has ended already.
    """
    if stay.mode is TimeMode.REAL:
        return
    with _lock:
        if stay not in _stays:
            raise UsageError("this stay in virtual time has ended already")
        _stays.remove(stay)
        _connect(stay.clock)
        if not _stays:
            _deactivate()
    _warn(stay)


@contextmanager
def virtual_time(clock: Clock, mode: TimeMode = TimeMode.VIRTUAL) -> Iterator[Stay]:
    """Have virtual time inside a `with`; see `enter`."""
    stay = enter(clock, mode)
    try:
        yield stay
    finally:
        leave(stay)


def _connect(clock: Clock) -> None:
    """Let a clock follow, and tell the first of its stays, as long as it has any."""
    tell = next((stay.tell for stay in _stays if stay.clock is clock), None)
    clock.listener = tell
    process_clock.discard(clock)
    if tell is not None:
        process_clock.add(clock)


def _swap_again() -> None:
    """Swap, unless the last stay has ended since a request of another thread began."""
    with _lock:
        if process_clock.active:
            _bindings.swap()


def _activate_whole(leader: Clock, gate: Gate) -> None:
    """Begin, or leave nothing behind: Ctrl-C, or the timeout of a test, may strike in the middle."""
    try:
        _activate(leader, gate)
    except BaseException:
        _deactivate()
        raise


def _activate(leader: Clock, gate: Gate) -> None:
    prepare_time_machine()
    others.begin(gate)
    process_clock.start(leader, _shown_by_a_copy())
    _install(thread_gates.CLOCK_PATCHES)
    _install(thread_gates.POOL_PATCHES)
    _install(thread_gates.EVENT_PATCHES)
    _install(event_loop.PATCHES)
    if gate is Gate.THREADS:
        _install(thread_gates.WAIT_PATCHES)
    _bindings.swap()
    wall_clock.install()
    _install(_freezegun())


def _freezegun() -> list[Patch]:
    """Return the patch of the end of a freeze, which puts back the functions from before us, ours not."""
    freeze = getattr(sys.modules.get("freezegun.api"), "_freeze_time", None)
    if freeze is not None and "freezegun" not in _neighbours:
        _neighbours["freezegun"] = Patch(freeze, "stop", _wrap_stop)
    return list(_neighbours.values())


def _wrap_stop(original: Any) -> Any:
    def stop(self: Any) -> None:
        original(self)
        _swap_again()

    return stop


def _shown_by_a_copy() -> int:
    """Return where another copy of this package, which has left its gates, says that the monotonic clock stands."""
    return time.monotonic_ns() if is_of_a_copy(time.monotonic_ns, GATES["monotonic_ns"][1]) else 0


def _deactivate() -> None:
    process_clock.stop()
    wall_clock.remove()
    _bindings.restore(keep=[GATES[name][1] for name in LASTING])
    gates = thread_gates.POOL_PATCHES, thread_gates.EVENT_PATCHES, thread_gates.WAIT_PATCHES, _neighbours.values()
    for patch in (*event_loop.PATCHES, *chain.from_iterable(gates)):
        patch.remove()


def _install(patches: Iterable[Patch]) -> None:
    for patch in patches:
        patch.install()


def _warn(stay: Stay) -> None:
    """Say which loops slept for real. At the end: a warning may be an error, which must not strike a request."""
    if stay.foreign_loops:
        names = ", ".join(sorted(stay.foreign_loops))
        message = (
            f"the program ran on {names}, whose sleeps are real: virtual time covers asyncio's own event loop. "
            "Results are right; Simulator(time='real') says that this is meant"
        )
        warnings.warn(message, ForeignLoopWarning, stacklevel=3)
