"""The scenarios that come with the package: a path that begins with `scenarios/` and is not there means these."""

from __future__ import annotations

import difflib
from pathlib import Path

_INSTALLED = Path(__file__).parent / "shipped_scenarios"
_IN_THE_REPOSITORY = Path(__file__).parents[2] / "scenarios"
SHIPPED = _INSTALLED if _INSTALLED.exists() else _IN_THE_REPOSITORY
"""Where they are: a wheel has them within (`force-include` in pyproject.toml), a working copy at its top."""
NAME = "scenarios"
"""How a path to them begins, as the documentation writes it."""


def on_disk(path: Path) -> Path:
    """Return where a path leads: itself where something is there, else what is shipped under it, if anything is."""
    shipped = SHIPPED.joinpath(*path.parts[1:])
    return shipped if _may_be_shipped(path) and shipped.exists() else path


def is_shipped(path: Path) -> bool:
    """Tell whether a path leads to what is shipped, for there is nothing of one's own."""
    return on_disk(path) != path


def nearest_shipped(path: Path) -> str:
    """Return ` Did you mean 'scenarios/…'?` with the nearest that is shipped; empty where none is near, or meant."""
    if not _may_be_shipped(path):
        return ""
    known = {_stem(one): one for one in sorted(SHIPPED.rglob("*"), reverse=True)}
    near = difflib.get_close_matches(_stem(path), known, n=1)
    return f" Did you mean '{NAME}/{known[near[0]].relative_to(SHIPPED).as_posix()}'?" if near else ""


def _may_be_shipped(path: Path) -> bool:
    return path.parts[:1] == (NAME,) and ".." not in path.parts and not path.exists()


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]
