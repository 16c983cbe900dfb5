"""What a comparison comes to: how many things were looked at, and which differed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Aspect(StrEnum):
    """What is compared of an answer."""

    STATUS = "status"
    HEADERS = "headers"
    ERRORS = "error bodies"
    EVENTS = "event order"
    KEYS = "key sets"
    VALUES = "values"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that differs.

    Args:
        path: where in the answer, such as `data[2].created_at`, or the name of a header.
        recorded, simulated: both sides.
        weight: how many things it stands for: a missing object counts with all its values.
        rule: the name of the rule that tolerates it, if one does.
    """

    session: str
    place: int
    operation: str
    label: str
    aspect: Aspect
    path: str
    recorded: Any
    simulated: Any
    weight: int = 1
    rule: str | None = None


@dataclass(kw_only=True)
class Tally:
    """How many things of each aspect were compared, and what differed."""

    compared: Counter[Aspect] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take over what another one counted."""
        self.compared += other.compared
        self.differences += other.differences

    @property
    def counted(self) -> list[Difference]:
        """The differences that no rule tolerates."""
        return [one for one in self.differences if one.rule is None]

    @property
    def tolerated(self) -> list[Difference]:
        """Those that one does."""
        return [one for one in self.differences if one.rule is not None]

    def wrong(self, aspect: Aspect) -> int:
        """Return how many things of an aspect differ."""
        return sum(one.weight for one in self.counted if one.aspect is aspect)

    def share(self, aspect: Aspect) -> float | None:
        """Return the part of the things that agree, from 0 to 1; None where nothing was compared."""
        compared = self.compared[aspect]
        return None if not compared else max(0.0, 1 - self.wrong(aspect) / compared)


def total(tallies: Iterable[Tally]) -> Tally:
    """Return several tallies in one."""
    whole = Tally()
    for one in tallies:
        whole.add(one)
    return whole


def leaves(value: Any) -> int:
    """Return how many values a value holds; an empty one is one."""
    return sum(1 for _ in _leaves(value)) or 1


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _leaves(one)
    else:
        yield value
