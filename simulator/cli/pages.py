"""The pages that the command `run` writes of what it played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..migration.report import text_of
from ..report.page import write_page
from ..report.pages import ListedPage, file_name, write_index
from ..report.scenarios import Outcome
from ..scenario.played import Played

NEW = "the new side"


@dataclass(slots=True)
class Pages:
    """Writes a page for each scenario that was played, and of twins one for each side."""

    folder: Path
    written: list[ListedPage] = field(default_factory=list)

    def take(self, outcome: Outcome, other: Played | None) -> None:
        """Write the pages of an outcome.

        Raises:
            OSError: one cannot be written.
        """
        if outcome.played is None:
            return
        self._write(str(outcome.path), outcome.played, outcome.findings)
        if other is not None:
            told = [text_of(outcome.comparison)] if outcome.comparison and not outcome.comparison.passed else []
            self._write(f"{outcome.path}, {NEW}", other, told)

    def _write(self, name: str, played: Played, findings: Sequence[str]) -> None:
        file = file_name(name)
        write_page(self.folder / file, played.journal, title=name, findings=findings)
        first = next(iter(findings), "").partition("\n")[0]
        self.written.append(ListedPage(name, file, first))

    def close(self) -> Path:
        """Write the list of the pages, and return where."""
        return write_index(self.folder, self.written, heading=f"{len(self.written)} playings of scenarios")
