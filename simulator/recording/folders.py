"""Where the cassette of a test lies: the folders of pytest-recording, and one name for many tests.

A cassette without a name is the test's own: `cassettes/<module>/<Class.test>.yaml` beside its file, as
pytest-recording has it. A named one is looked for there, then in `cassettes/` beside the file and in each
folder above it up to the root of the project, so that tests can share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .using import existing

FOLDER = "cassettes"
# pytest-recording's, character by character.
_FORBIDDEN = str.maketrans(dict.fromkeys("<>?%*:|\"'/\\", "-"))


@dataclass(frozen=True, kw_only=True)
class TestPlace:
    """Where a test stands.

    Args:
        file: that it is in.
        root: of the project.
        class_name: of the class that it is in.
        name: with the parameters.
        own_folder: of its cassettes, where the project has changed it (`vcr_cassette_dir`).
    """

    __test__ = False  # no test itself

    file: Path
    root: Path
    class_name: str | None
    name: str
    own_folder: Path | None = None

    @property
    def folder(self) -> Path:
        """Return the folder of the module's own cassettes."""
        return self.own_folder or self.file.parent / FOLDER / self.file.stem

    @property
    def default_name(self) -> str:
        """Return the name of a cassette that has none, as pytest-recording makes it."""
        return (f"{self.class_name}.{self.name}" if self.class_name else self.name).translate(_FORBIDDEN)


def own_cassette(place: TestPlace) -> Path:
    """Return the file of a test's own cassette."""
    return existing(place.folder / f"{place.default_name}.yaml")


def named_cassette(place: TestPlace, name: str) -> Path:
    """Return the file of a named cassette: the nearest that there is, else where one would be recorded."""
    candidates = [existing(folder / name) for folder in _folders(place)]
    return next((found for found in candidates if found.is_file()), candidates[1])


def _folders(place: TestPlace) -> Iterator[Path]:
    yield place.folder
    yield place.file.parent / FOLDER
    for parent in place.file.parent.parents:
        if parent.is_relative_to(place.root):
            yield parent / FOLDER
