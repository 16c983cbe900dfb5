"""Which files a command is meant for: those that are named, and the cassettes in folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ...errors import CassetteError
from ..forms import SUFFIXES


def cassette_files(path: Path) -> Sequence[Path]:
    """Return a file as it is, and of a folder all files whose names end as those of cassettes, in order.

    What begins with a dot is passed over (`.venv`, `.git`).

    Raises:
        CassetteError: there is nothing there.
    """
    if not path.exists():
        raise CassetteError(f"{path}: there is no such file or folder.")
    return sorted(_inside(path)) if path.is_dir() else [path]


def _inside(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix in SUFFIXES and not hidden and path.is_file():
            yield path


def unique(paths: Iterable[Path]) -> list[Path]:
    """Return paths in their order, each once."""
    return list(dict.fromkeys(paths))
