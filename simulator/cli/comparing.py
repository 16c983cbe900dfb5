"""What the command `run` compares a playing with: another app, or a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..errors import UsageError
from ..migration import files, tolerated
from ..migration.gathering import record_of_steps
from ..migration.judging import compared
from ..migration.record import Record
from ..migration.report import Comparison
from ..migration.tolerated import Entry
from ..migration.twins import compared_sides
from ..report.scenarios import Outcome
from ..scenario.finding_files import SUFFIX
from ..scenario.played import Played
from ..scenario.schema import Scenario


class Reference(Protocol):
    """What a playing is compared with, or written into."""

    entries: Sequence[Entry]

    def take(self, path: Path, scenario: Scenario, played: Played) -> Comparison | None:
        """Return how a playing compares; None where there is nothing to compare.

        Raises:
            SimulatorError: it cannot be compared or written.
        """

    def notes(self) -> Iterator[str]:
        """Yield what is to be said at the end."""


@dataclass(slots=True)
class Against:
    """Another app, which takes the place of that which was played."""

    play: Callable[[Scenario], Played]
    entries: Sequence[Entry] = ()
    played: Played | None = None

    def take(self, path: Path, scenario: Scenario, played: Played) -> Comparison:
        """Play the other app, and compare."""
        self.played = self.play(scenario)
        return compared_sides(scenario, played, self.played, self.entries, _name_of(path))

    def notes(self) -> Iterator[str]:
        """Yield nothing."""
        return iter(())


@dataclass(slots=True)
class Write:
    """A folder into which a baseline is written; of scenarios that failed nothing is."""

    folder: Path
    entries: Sequence[Entry] = ()
    written: int = 0

    def take(self, path: Path, scenario: Scenario, played: Played) -> None:
        """Write what came of a scenario."""
        if played.passed:
            files.write(_record(path, played), self.folder)
            self.written += 1

    def notes(self) -> Iterator[str]:
        """Yield how much was written."""
        yield f"Wrote {self.written} record{'' if self.written == 1 else 's'} into {self.folder}."


@dataclass(slots=True)
class Compare:
    """A folder with a baseline, that of older code."""

    folder: Path
    entries: Sequence[Entry] = ()
    missing: list[str] = field(default_factory=list)

    def take(self, path: Path, scenario: Scenario, played: Played) -> Comparison | None:
        """Compare with what is written of a scenario, if there is anything."""
        name = _name_of(path)
        place = files.place_of(self.folder, name)
        if not place.exists():
            self.missing.append(str(path))
            return None
        comparison = compared(name, files.read(place), files.scrubbed(_record(path, played)), self.entries)
        comparison.skipped = list(played.skipped)
        return comparison

    def notes(self) -> Iterator[str]:
        """Yield what could not be compared."""
        if self.missing:
            yield f"Without a record in {self.folder}: {', '.join(self.missing)}."


def compare_with(folder: Path) -> Compare:
    """Return the baseline in a folder.

    Raises:
        BaselineError: its file of tolerated differences cannot be read.
        UsageError: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(f"--compare: {folder} is no folder: write it with --baseline {folder} and the old app.")
    return Compare(folder, tolerated.read_beside(folder))


def _name_of(path: Path) -> str:
    return path.as_posix().removesuffix(SUFFIX)


def _record(path: Path, played: Played) -> Record:
    return record_of_steps(played.steps, _name_of(path))


def unused(entries: Sequence[Entry], outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the tolerated differences that nothing needed."""
    used = {place for one in outcomes if one.comparison is not None for place in one.comparison.used}
    return (f"Never needed: {one.describe()}." for place, one in enumerate(entries) if place not in used)
