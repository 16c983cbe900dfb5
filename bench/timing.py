"""Taking the time of two things in turns, so that what the machine does meanwhile strikes both."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple


class Spread(NamedTuple):
    """The middle of what was measured, the least and the most."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Return the spread of some values."""
        known = sorted(values)
        return cls(median(known), known[0], known[-1])


def nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """Something that is timed.

    Args:
        call: what is timed; takes what `prepare` returned.
        prepare: runs before each call; not timed.
        around: entered before a round's calls and left after them; not timed.
    """

    call: Callable[[Any], object]  # Any: the two functions agree on it
    prepare: Callable[[], Any] = nothing
    around: Callable[[], AbstractContextManager[object]] = nullcontext


def seconds_of(case: Case, calls: int) -> float:
    """Return how long one of `calls` calls took: the middle one, so that an interruption does not count."""
    took = []
    with case.around():
        for _ in range(calls):
            given = case.prepare()
            start = perf_counter()
            case.call(given)
            took.append(perf_counter() - start)
    return median(took)


def compare(case: Case, floor: Case, *, rounds: int, calls: int) -> Spread:
    """Return the ratios of `case` to `floor`, one for each round.

    The first round of each is thrown away. They change the order from round to round: whoever comes
    second finds warmer caches.
    """
    seconds_of(case, calls)
    seconds_of(floor, calls)
    ratios = []
    with _without_collector():
        for number in range(rounds):
            if number % 2:
                below = seconds_of(floor, calls)
                ratios.append(seconds_of(case, calls) / below)
            else:
                above = seconds_of(case, calls)
                ratios.append(above / seconds_of(floor, calls))
            gc.collect()
    return Spread.of(ratios)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Collect between the rounds only, and only what was made in them."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
