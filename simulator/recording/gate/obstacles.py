"""Why a recorded answer cannot be given: what stands between a request and each interaction that it might mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from .session import Entry


class Kind(IntEnum):
    """What is wrong, the nearest miss first: the first of these is what a message tells of."""

    OUTPUTS = 0
    """The tool outputs are not the recorded ones."""
    NOT_SEEN = 1
    """A status was not shown yet."""
    NOT_SHOWN = 2
    """It uses an id that was not shown yet."""
    NOT_DONE = 3
    """Effects are missing which were done before."""
    PASSED_BY = 4
    """It was recorded before effects that were made meanwhile."""
    BODY = 5
    """The body is another."""
    MADE = 6
    """It was made already, as often as it was recorded."""
    STUCK = 7
    """It was asked so often that nothing can come of it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Obstacle:
    """What stands between a request and one interaction.

    Args:
        missing: the interactions that show or do what is missing.
        details: what differs, in words.
    """

    kind: Kind
    entry: Entry
    missing: tuple[Entry, ...] = ()
    details: tuple[str, ...] = ()


@dataclass(eq=False)
class Missed(Exception):  # control flow between the gate and its callers, not an error of anybody
    """No recorded answer can be given.

    Args:
        obstacles: one for each interaction of the same key.
        is_bounded: whether ids of identical creations were tried in each other's place, and the search ended.
    """

    obstacles: list[Obstacle] = field(default_factory=list)
    is_bounded: bool = False
