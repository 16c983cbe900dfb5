"""The files beside a card: scenarios that play a finding again, pages of timelines, and the list of the pages."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...report.pages import ListedPage, write_index
from ...scenario.finding_files import SUFFIX
from ...whole_files import try_place, write_whole
from .card import Diagnosis, Examined, file_stem, shown_path
from .telling import line_of

COMMAND = "assistants-simulator"


@dataclass(slots=True)
class Files:
    """Writes what comes with diagnoses, into folders that are made where they are missing.

    Args:
        app: its name, as `run --app` takes it; or the command.
        scenarios: the folder for scenarios; None: none are written.
        pages: the folder for pages; None: likewise.
        is_command: whether it is a program.
        beside: further options of `run`.

    Raises:
        OSError: a folder cannot be written to.
    """

    app: str
    scenarios: Path | None = None
    pages: Path | None = None
    is_command: bool = False
    beside: Sequence[str] = ()
    _listed: list[ListedPage] = field(default_factory=list)

    def __post_init__(self) -> None:
        for folder in (self.scenarios, self.pages):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
                try_place(folder / "card")

    def take(self, examined: Examined) -> Diagnosis:
        """Write what comes with a diagnosis, and return it with the names of the files.

        Raises:
            OSError: a file cannot be written; what stood there still stands.
        """
        diagnosis, stem = examined.diagnosis, file_stem(self.app, examined.diagnosis.id)
        files: dict[str, str] = {}
        if self.scenarios is not None and examined.scenario and diagnosis.is_finding:
            path = self.scenarios / f"{stem}{SUFFIX}"
            write_whole(path, examined.scenario.encode())
            files["scenario"] = shown_path(path)
            files["replay"] = shlex.join([COMMAND, *self._again(path, diagnosis)])
        if self.pages is not None and examined.page and diagnosis.is_finding:
            path = self.pages / f"{stem}.html"
            write_whole(path, examined.page.encode("utf-8", "backslashreplace"))
            files["timeline"] = shown_path(path)
            self._listed.append(ListedPage(f"{diagnosis.id}: {diagnosis.title}", path.name, _first(diagnosis)))
        return diagnosis.model_copy(update=files)

    def _again(self, path: Path, diagnosis: Diagnosis) -> Sequence[str]:
        """Return what plays a finding again. A program is played by the doctor alone."""
        if self.is_command:
            return "doctor", "--command", self.app, "--hazard", diagnosis.id
        return "run", shown_path(path), "--app", self.app, *self.beside

    def close(self) -> Path | None:
        """Write the list of the pages, and return where; None: there are none."""
        if self.pages is None:
            return None
        return write_index(self.pages, self._listed, heading=f"{len(self._listed)} findings of {self.app}")


def _first(diagnosis: Diagnosis) -> str:
    findings: Sequence[str] = [line_of(one) for one in diagnosis.findings]
    return next(iter(findings), "")
