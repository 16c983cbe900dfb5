"""Differences that are meant: a YAML file with a reason for each, and those that every move brings.

    tolerated:
      - kind: tool_strictness
        about: get_*
        in: tests/test_weather/*
        turn: 1
        reason: These functions have become strict on purpose.

Only `kind` and `reason` must be there; `about` and `in` may have `*`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field, field_validator

from ..errors import suggestion
from .kinds import Difference, Kind
from .record import Part
from .validating import validated

FILE = "tolerated.yaml"


class Entry(Part):
    """A difference that is meant.

    Args:
        kind: of difference.
        about: the function, the setting or the request that it is about; all, where it is not given.
        in_: of which tests or scenarios.
        turn: of which turn of the user.
        reason: why it is meant.
    """

    kind: Annotated[Kind, Field(strict=False)]
    about: str | None = None
    in_: str | None = Field(default=None, alias="in")
    turn: int | None = Field(default=None, ge=1)
    reason: str = Field(min_length=1)

    @field_validator("kind", mode="before")
    @classmethod
    def _is_a_kind(cls, value: object) -> object:
        if value not in tuple(Kind):
            hint = suggestion(value, map(str, Kind)) or f" There are: {', '.join(Kind)}"
            raise ValueError(f"there is no kind {value!r}.{hint}")
        return value

    def fits(self, difference: Difference, of: str) -> bool:
        """Tell whether it is this difference that is meant."""
        return (
            self.kind == difference.kind
            and (self.about is None or fnmatchcase(difference.about, self.about))
            and (self.in_ is None or fnmatchcase(of, self.in_))
            and self.turn in (None, difference.turn)
        )

    def describe(self) -> str:
        """Return what it allows, for a list of those that nothing needed."""
        given = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"reason"})
        return ", ".join(f"{key}: {value}" for key, value in given.items())


class Tolerated(Part):
    """What a file of tolerated differences holds."""

    tolerated: list[Entry] = Field(default_factory=list)


NOTHING: Sequence[Entry] = ()


class Known(NamedTuple):
    """A difference that every move brings, whatever the program says."""

    kind: Kind
    old: object
    new: object
    reason: str


KNOWN: Sequence[Known] = (
    Known(
        Kind.TRUNCATION_CHANGED,
        "auto",
        "disabled",
        "nobody said anything: where a thread drops its oldest messages, a response is refused. "
        "`truncation: auto` brings the old behaviour back.",
    ),
)


class Judged(NamedTuple):
    """Differences, sorted.

    Args:
        open: those that nobody meant.
        meant: those that are tolerated, each with its reason.
        used: the places of the entries that were needed.
    """

    open: Sequence[Difference]
    meant: Sequence[tuple[Difference, str]]
    used: frozenset[int]


def judge(found: Iterable[Difference], entries: Sequence[Entry], of: str) -> Judged:
    """Sort differences into those that are meant and all others."""
    left: list[Difference] = []
    meant: list[tuple[Difference, str]] = []
    used: set[int] = set()
    for one in found:
        known = next((row for row in KNOWN if (row.kind, row.old, row.new) == (one.kind, one.old, one.new)), None)
        fitting = [place for place, entry in enumerate(entries) if entry.fits(one, of)]
        if fitting:
            used.update(fitting)
            meant.append((one, entries[fitting[0]].reason))
        elif known is not None:
            meant.append((one, known.reason))
        else:
            left.append(one)
    return Judged(left, meant, frozenset(used))


def read(path: str | os.PathLike[str]) -> list[Entry]:
    """Return the tolerated differences in a file.

    Raises:
        BaselineError: it cannot be read, or is none; says file and line.
    """
    return validated(Path(path), Tolerated, "tolerated").tolerated


def read_beside(folder: Path) -> list[Entry]:
    """Return those of the file in the folder of a baseline; none where there is no such file.

    Raises:
        BaselineError: as `read`.
    """
    file = folder / FILE
    return read(file) if file.exists() else []
