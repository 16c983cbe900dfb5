"""Cassettes that no test names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...errors import CassetteError
from ..forms import SUFFIXES

# What a recorder puts beside the name of a test: pytest-recording the class before it and parameters behind it.
_OF_THE_TEST = re.compile(r"^(?:.*\.)?([^.\[]+)(?:\[.*)?$")


def orphans(cassettes: Iterable[Path], tests: Path) -> list[Path]:
    """Return the cassettes whose names stand in no file of a folder.

    A name counts wherever it stands: in `use_cassette("weather.yaml")`, in a marker, or as the name of the test
    itself (`test_weather[paris].yaml`). VCR writes blanks and dashes of a name as underscores.

    Raises:
        CassetteError: there is no such folder.
    """
    if not tests.is_dir():
        raise CassetteError(f"{tests}: there is no such folder of tests.")
    texts = _texts(tests)
    return [path for path in cassettes if not _is_named(path, texts)]


def _texts(tests: Path) -> Sequence[str]:
    files = (path for path in sorted(tests.rglob("*")) if path.is_file() and _may_name(path))
    return [file.read_text(encoding="utf-8", errors="replace") for file in files]


def _may_name(path: Path) -> bool:
    return path.suffix not in SUFFIXES | {".pyc"} and "__pycache__" not in path.parts


def _is_named(cassette: Path, texts: Iterable[str]) -> bool:
    found = _OF_THE_TEST.match(cassette.stem)
    names = {cassette.stem, found[1] if found else cassette.stem}
    either = "|".join(re.escape(name).replace("_", r"[\W_]") for name in sorted(names))
    pattern = re.compile(rf"(?<![\w-])(?:{either})(?![\w-])", re.IGNORECASE)
    return any(pattern.search(text) for text in texts)
