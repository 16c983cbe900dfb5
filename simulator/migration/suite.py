"""A baseline of a whole test suite: writes what came of each test, and compares it with what was written before.

Each test has a file of its own, so that processes that share a suite do not meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from ..backend.journal import Journal
from ..errors import BaselineError
from . import files, tolerated
from .gathering import record_of
from .judging import compared
from .record import Record
from .report import Comparison

JsonDict: TypeAlias = dict[str, Any]
# Of its own that a test may make: a property test makes thousands, and not the same ones each time.
MOST = 9
NO_JOURNAL = "its simulator keeps no journal (journal=False)"


class State(StrEnum):
    """What became of a test."""

    WRITTEN = "written"
    SAME = "same"
    DIFFERS = "differs"
    NEW = "new"
    SILENT = "silent"
    CROWDED = "crowded"


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of a test; `to_json` goes from a worker to the process that sums up.

    Args:
        file: of its record, within the folder.
        used: places of the tolerated differences that were needed.
        meant: how many differences are tolerated.
    """

    state: State
    file: str = ""
    used: Sequence[int] = ()
    meant: int = 0
    comparison: Comparison | None = None

    def to_json(self) -> JsonDict:
        """Return all but the comparison as JSON values."""
        return {"state": str(self.state), "file": self.file, "used": list(self.used), "meant": self.meant}


def write_test(folder: Path, of: str, journal: Journal, secrets: Iterable[str] = ()) -> Outcome:
    """Write what came of a test; of one that asked nothing there is nothing to write.

    Args:
        of: the id of the test.
        secrets: texts that are secret whatever they look like.

    Raises:
        BaselineError: the file cannot be written, or there is no journal.
    """
    record = _record(journal, of)
    if not record.turns:
        return Outcome(state=State.SILENT)
    path = files.write(record, folder, secrets)
    return Outcome(state=State.WRITTEN, file=path.relative_to(folder).as_posix())


def compare_test(folder: Path, of: str, journal: Journal, secrets: Iterable[str] = ()) -> Outcome:
    """Compare what came of a test with what is written of it.

    Raises:
        BaselineError: a file that cannot be read, different scripts, or no journal.
    """
    path = files.place_of(folder, of)
    now = _record(journal, of)
    if not path.exists():
        return Outcome(state=State.NEW if now.turns else State.SILENT)
    old, new = files.read(path), files.scrubbed(now, secrets)
    comparison = compared(of, old, new, tolerated.read_beside(folder))
    return Outcome(
        state=State.SAME if comparison.passed else State.DIFFERS,
        file=path.relative_to(folder).as_posix(),
        used=sorted(comparison.used),
        meant=len(comparison.meant),
        comparison=comparison,
    )


def _record(journal: Journal, of: str) -> Record:
    if not journal.enabled:
        raise BaselineError(f"{of}: there is nothing to write down or to compare: {NO_JOURNAL}.")
    return record_of(journal, of)


@dataclass(slots=True)
class Summary:
    """What became of all tests of a run."""

    folder: Path
    outcomes: list[Mapping[str, Any]] = field(default_factory=list)
    failed: int = 0

    def lines(self) -> Iterator[str]:
        """Yield what is to be said at the end."""
        if counts := {state: count for state in State if (count := self._count(state)) and state != State.SILENT}:
            yield f"baseline {self.folder}: {', '.join(f'{count} {_WORDS[state]}' for state, count in counts.items())}"
        if meant := sum(one["meant"] for one in self.outcomes):
            yield f"{meant} difference{'' if meant == 1 else 's'} tolerated"
        if self.failed and self._count(State.WRITTEN):
            yield f"not written: {self.failed} that failed; what is written of them is as before"
        if any(State(one["state"]) in (State.SAME, State.DIFFERS) for one in self.outcomes):
            yield from self._left()

    def _count(self, state: State) -> int:
        return sum(one["state"] == state for one in self.outcomes)

    def _left(self) -> Iterator[str]:
        """Yield what was not needed: records of tests that did not run; if all ran, tolerated differences."""
        compared = {one["file"] for one in self.outcomes}
        written = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob(f"*{files.SUFFIX}")}
        if missed := sorted(written - compared - {tolerated.FILE}):
            yield f"not compared, for their tests did not run to their end: {_some(missed)}"
            return
        used = {place for one in self.outcomes for place in one["used"]}
        for place, entry in enumerate(tolerated.read_beside(self.folder)):
            if place not in used:
                yield f"never needed, of {tolerated.FILE}: {entry.describe()}"


_WORDS = {
    State.WRITTEN: "written",
    State.SAME: "the same",
    State.DIFFERS: "with differences",
    State.NEW: "without a record",
    State.CROWDED: f"with more simulators than are kept apart ({MOST})",
}
_SHOWN = 5


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
