"""Which files are meant: those that are named, the scenarios in folders, and the one that a name stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..errors import ScenarioError, suggestion
from .shipped import nearest_shipped, on_disk

SUFFIX = ".scenario.yaml"
FOLDER = "scenarios"
# What somebody may have meant to be one.
_NEARLY = (".scenario.yml", ".scenario.json")


def scenario_files(path: Path) -> Sequence[Path]:
    """Return a file as it is, and of a folder all scenarios, in order. What begins with a dot is passed over (`.venv`).

    A link that leads nowhere is among them: it was meant to be one. Where there is nothing, a path that begins with
    `scenarios/` means what is shipped, and its files are named as if they were there.

    Raises:
        ScenarioError: there is nothing there, or no scenario in the folder; names the nearest that is shipped.
    """
    place = on_disk(path)
    if place.is_file():
        return [path]
    if not place.exists():
        raise ScenarioError(f"{path}: there is no such file or folder.{nearest_shipped(path)}")
    found = sorted(_inside(place, (SUFFIX,)))
    if not found:
        raise ScenarioError(f"{path}: there is no scenario in it: their names end in {SUFFIX}.")
    return [path / file.relative_to(place) for file in found]


def nearly_scenarios(path: Path) -> Sequence[Path]:
    """Return the files of a folder that are passed over because of the end of their names."""
    return sorted(_inside(path, _NEARLY)) if path.is_dir() else []


def find(name: str, beside: Path, root: Path) -> Path:
    """Return the file of a scenario by its name, or by its path.

    Looked for, first come: as a path beside the test; in `scenarios/` there and in each folder above, up to the root of
    the project; last, in all folders below the root's `scenarios/`.

    Args:
        name: `weather`, `shapes/weather`, `weather.scenario.yaml` or a path.
        beside: the folder of the test.
        root: of the project.

    Raises:
        ScenarioError: there is none, or there are several; names the nearest.
    """
    file_name = name if name.endswith(SUFFIX) else f"{name}{SUFFIX}"
    folders = list(_folders(beside, root))
    for folder in folders:
        if (folder / file_name).is_file():
            return folder / file_name
    below = sorted(path for path in _inside(root / FOLDER, (SUFFIX,)) if path.name == file_name)
    if len(below) > 1:
        raise ScenarioError(f"There are several scenarios {name!r}: {', '.join(map(str, below))}. Name its folder too.")
    if below:
        return below[0]
    raise ScenarioError(f"There is no scenario {name!r}.{_nearest(name, folders)} Looked in: {_listed(folders)}.")


def _folders(beside: Path, root: Path) -> Iterator[Path]:
    yield beside
    for folder in (beside, *beside.parents):
        if folder == beside or folder.is_relative_to(root):
            yield folder / FOLDER


def _nearest(name: str, folders: Iterable[Path]) -> str:
    known = {path.name.removesuffix(SUFFIX) for folder in folders for path in _inside(folder, (SUFFIX,))}
    return suggestion(Path(name).name.removesuffix(SUFFIX), sorted(known))


def _listed(folders: Iterable[Path]) -> str:
    return ", ".join(map(str, folders))


def _inside(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.name.endswith(suffixes) and not hidden and (path.is_file() or _leads_nowhere(path)):
            yield path


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()
