"""Run scenarios, count what they come to, with or without other work for the machine."""

from __future__ import annotations

import collections
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from simulator.backend.clock import Clock
from simulator.transport.pace import TimeMode
from simulator.transport.virtual_time import virtual_time

from . import clocks, threads

Scenario = Callable[[Clock], bool]
# The mode with threads keeps what the default promises of a single one.
SCENARIOS: Mapping[TimeMode, Sequence[Scenario]] = {
    TimeMode.VIRTUAL: clocks.SCENARIOS,
    TimeMode.THREADS: (*threads.SCENARIOS, clocks.tasks, clocks.busy_thread, clocks.last_word, clocks.real_socket),
}
RIGHT = "right"
_BURN = "while True: pass"


def outcomes(mode: TimeMode, scenario: Scenario, times: int) -> collections.Counter[str]:
    """Count what a scenario comes to. It is right only if a second simulator has kept in step."""
    found: collections.Counter[str] = collections.Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a false timeout inside of asyncio, nothing else tells
        for _ in range(times):
            first, second = Clock(1.7e9), Clock(2e9)
            with virtual_time(first, mode), virtual_time(second, mode):
                found[_outcome(scenario, first, second)] += 1
    return found


def _outcome(scenario: Scenario, first: Clock, second: Clock) -> str:
    try:
        if not scenario(first):
            return "wrong"
    except Exception as error:  # noqa: BLE001  # whatever it is, it is counted and shown
        return repr(error)
    return RIGHT if round(second.now() - 2e9, 5) == round(first.now() - 1.7e9, 5) else "out of step"


@contextmanager
def burners(number: int) -> Iterator[None]:
    """Keep so many cores busy inside the block."""
    processes = [subprocess.Popen([sys.executable, "-S", "-c", _BURN]) for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
