"""What stands in the place of the functions of `time` while time is virtual.

Each gate asks first for whom it is called, and is the genuine function for all the others: outside of a
block, for bystanders, and for what must keep real time.
"""

from __future__ import annotations

import operator
import sys
import time
from collections.abc import Callable
from typing import Any

from .genuine import NS, frozen_time, genuine, time_machine_travels
from .others import others
from .process_clock import clock
from .waiting import pass_time

# Top-level modules that keep real time. Test tools measure; those of the standard library wait by means
# that stay real (pipes, processes, locks) against deadlines of their own, and would wait for ever on a clock
# that stands still.
REAL_MODULES = frozenset(
    {
        "_pytest",
        "allure_commons",
        "allure_pytest",
        "bdb",
        "coverage",
        "debugpy",
        "execnet",
        "freezegun",
        "hypothesis",
        "multiprocessing",
        "pdb",
        "pluggy",
        "pydevd",
        "pytest",
        "pytest_html",
        "pytest_timeout",
        "queue",
        "sched",
        "selectors",
        "socketserver",
        "subprocess",
        "threading",
        "time_machine",
        "xdist",
    }
)
# What `time.sleep` itself takes at most, roughly 292 years.
_LONGEST_SLEEP = 2**63 // NS
# And at least, on a machine (Linux's timer slack): a loop that sleeps for less against a deadline must get there.
_SHORTEST_SLEEP_NS = 50_000

_verdicts: dict[Any, bool] = {}


def keeps_real_time(module: str | None) -> bool:
    """Tell whether a module is one of `REAL_MODULES`, or part of one."""
    verdict = _verdicts.get(module)
    if verdict is None:
        verdict = _verdicts[module] = str(module).partition(".")[0] in REAL_MODULES
    return verdict


def is_virtual() -> bool:
    """Tell whether time is virtual for the caller of the gate that asks."""
    if not clock.active or keeps_real_time(sys._getframe(2).f_globals.get("__name__")):
        return False
    return not others.is_bystander()


def sleep(seconds: float, /) -> None:
    """Stand for `time.sleep`: the clock moves. Where other threads run, wait really."""
    if not is_virtual():
        genuine.sleep(seconds)
        return
    amount = seconds if isinstance(seconds, float) else operator.index(seconds)
    if not 0 < amount < _LONGEST_SLEEP:  # nothing to wait for, or an error that the genuine one words best
        genuine.sleep(seconds)
        return
    pass_time(max(_SHORTEST_SLEEP_NS, round(amount * NS)))


def monotonic() -> float:
    """Stand for `time.monotonic`. Outside of a block it is ahead by what was virtual: it never goes back."""
    if not clock.active:  # the common case, and the one that may not cost anything
        return float((genuine.monotonic_ns() + clock.ahead) / NS)
    return (clock.look() if is_virtual() else clock.real_ns()) / NS


def monotonic_ns() -> int:
    """Stand for `time.monotonic_ns`."""
    return clock.look() if is_virtual() else clock.real_ns()


def time_() -> float:
    """Stand for `time.time`."""
    if not is_virtual() or time_machine_travels():
        return float(genuine.time())
    frozen = frozen_time()
    return clock.wall_ns() / NS if frozen is None else frozen


def time_ns() -> int:
    """Stand for `time.time_ns`."""
    if not is_virtual() or time_machine_travels():
        return int(genuine.time_ns())
    frozen = frozen_time()
    return clock.wall_ns() if frozen is None else round(frozen * NS)


def localtime(seconds: float | None = None, /) -> time.struct_time:
    """Stand for `time.localtime`."""
    result: time.struct_time = genuine.localtime(_wall_seconds() if seconds is None and is_virtual() else seconds)
    return result


def gmtime(seconds: float | None = None, /) -> time.struct_time:
    """Stand for `time.gmtime`."""
    result: time.struct_time = genuine.gmtime(_wall_seconds() if seconds is None and is_virtual() else seconds)
    return result


def ctime(seconds: float | None = None, /) -> str:
    """Stand for `time.ctime`."""
    return str(genuine.ctime(_wall_seconds() if seconds is None and is_virtual() else seconds))


def asctime(*when: Any) -> str:
    """Stand for `time.asctime`."""
    if not when and is_virtual():
        when = (genuine.localtime(_wall_seconds()),)
    return str(genuine.asctime(*when))


def strftime(format: str, *when: Any) -> str:
    """Stand for `time.strftime`."""
    if not when and is_virtual():
        when = (genuine.localtime(_wall_seconds()),)
    return str(genuine.strftime(format, *when))


def _wall_seconds() -> float | None:
    if time_machine_travels():
        return None
    frozen = frozen_time()
    return clock.wall_ns() / NS if frozen is None else frozen


def _named(gate: Callable[..., Any], name: str) -> Callable[..., Any]:
    gate.__name__ = gate.__qualname__ = name
    return gate


# Name in `time`: the genuine function, and its gate.
GATES: dict[str, tuple[Any, Callable[..., Any]]] = {
    "sleep": (genuine.sleep, sleep),
    "time": (genuine.time, _named(time_, "time")),
    "time_ns": (genuine.time_ns, time_ns),
    "monotonic": (genuine.monotonic, monotonic),
    "monotonic_ns": (genuine.monotonic_ns, monotonic_ns),
    "localtime": (genuine.localtime, localtime),
    "gmtime": (genuine.gmtime, gmtime),
    "ctime": (genuine.ctime, ctime),
    "asctime": (genuine.asctime, asctime),
    "strftime": (genuine.strftime, strftime),
}
# These stay while the process's monotonic clock is ahead of the machine's.
LASTING = frozenset({"monotonic", "monotonic_ns"})
