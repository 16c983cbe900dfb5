"""Why each library does not come through a hazard: `causes.yaml`, as values.

`tests/cards/test_cards.py` fails where a card has a finding without a cause, or a cause whose hazard is survived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from tests.sdks.pins import ROOT

PROGRAM, ADAPTERS, OWN = "../shared/seed/", "tests/cards/adapters/", "simulator/"


class Value(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cause(Value):
    """One cause, of one finding or several.

    Args:
        hazards: which.
        file: in the packages of the environment; or, from the top of the repository, an adapter, the program, our own.
        code: a piece of its line.
        what: what happens.
        nth: which of the lines with that piece, counted from 0.
    """

    hazards: tuple[str, ...]
    file: str = ""
    code: str
    what: str
    nth: int = 0

    @property
    def key(self) -> str:
        """What its line is kept by."""
        return f"{self.file}: {self.code}" + (f" ({self.nth + 1})" if self.nth else "")

    @property
    def shown(self) -> str:
        """Its file, as it is shown."""
        return self.file.removeprefix(PROGRAM).removeprefix(ADAPTERS)

    def path(self, packages: Path) -> Path:
        """Return where its file is.

        Args:
            packages: the folder of the packages of its environment.
        """
        return ROOT / self.file if self.file.startswith((PROGRAM, ADAPTERS, OWN)) else packages / self.file


class Causes(Value):
    """Those of one library; `file` is the file of those that name none."""

    file: str
    causes: tuple[Cause, ...]


class CausesFile(Value):
    """The whole file."""

    phrases: dict[str, str]
    libraries: dict[str, Causes]

    def by_library(self) -> Mapping[str, Sequence[Cause]]:
        """Return the causes, each with its file and its words."""
        return {
            name: [
                one.model_copy(update={"file": one.file or entry.file, "what": self.phrases.get(one.what, one.what)})
                for one in entry.causes
            ]
            for name, entry in self.libraries.items()
        }


def load(path: Path) -> Mapping[str, Sequence[Cause]]:
    """Return the causes of a file, by library."""
    return CausesFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).by_library()


CAUSES = load(Path(__file__).with_name("causes.yaml"))
