"""Which scenarios the command `run` plays: those in files and folders, with the parameters that were set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import typer

from ..errors import ScenarioError, UsageError, suggestion
from ..scenario.finding_files import nearly_scenarios, scenario_files
from ..scenario.loading import filled, line_of_step, read
from ..scenario.parameters import values_of
from ..scenario.schema import Scenario
from ..scenario.shipped import is_shipped, on_disk
from .printing import UNREADABLE, warn


class ReadFile(NamedTuple):
    """A file, and the scenario in it, or why there is none."""

    path: Path
    scenario: Scenario | None = None
    error: str | None = None


class Chosen(NamedTuple):
    """What is to be played.

    Args:
        missing: whether one of the paths led nowhere; that is said already.
    """

    files: Sequence[ReadFile]
    missing: bool


def choose(paths: Sequence[Path], settings: Sequence[str], text: str | None) -> Chosen:
    """Return the scenarios that are meant; ends the command if no path leads to any.

    Args:
        settings: parameters, each as `NAME=VALUE`.
        text: what the path or the title must have; None: all are meant.

    Raises:
        UsageError: nothing is left to be played, or a setting that no scenario has.
    """
    texts = _parsed(settings)
    found, missing = _files_of(paths)
    return Chosen(_selected(_without_twins(_read(path, texts) for path in found), text, texts), missing)


def _parsed(settings: Sequence[str]) -> Mapping[str, str]:
    texts = {}
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign or not name:
            raise UsageError(f"--set {setting}: write NAME=VALUE.")
        texts[name] = value
    return texts


def _files_of(paths: Sequence[Path]) -> tuple[list[Path], bool]:
    """Return the files, each once, and whether a path led nowhere; what is wrong is said, and the others are played."""
    files: dict[Path, Path] = {}
    missing = False
    for path in paths:
        try:
            for file in scenario_files(path):
                files.setdefault(file.resolve(), file)
            if is_shipped(path):
                warn(f"{path} is not here; played is what assistants-simulator ships: {on_disk(path)}")
        except ScenarioError as error:
            warn(str(error))
            missing = True
        for file in nearly_scenarios(path):
            warn(f"{file} is passed over: the names of scenarios end in .scenario.yaml.")
    if not files:
        raise typer.Exit(UNREADABLE)
    return list(files.values()), missing


def _read(path: Path, texts: Mapping[str, str]) -> ReadFile:
    try:
        scenario = read(path)
        return ReadFile(path, filled(scenario, values_of(texts, scenario), str(path)))
    except ScenarioError as error:
        return ReadFile(path, error=str(error))
    except UsageError as error:
        return ReadFile(path, error=f"{path}: --set {error}")


def _without_twins(files: Iterator[ReadFile]) -> Iterator[ReadFile]:
    """Yield the files; of several with the same title all but the first with an error."""
    titles: dict[str, Path] = {}
    for one in files:
        first = one.path if one.scenario is None else titles.setdefault(one.scenario.scenario, one.path)
        if first == one.path or one.scenario is None:
            yield one
            continue
        place = f"{one.path}:{line_of_step(one.path, None)}"
        title = one.scenario.scenario
        yield ReadFile(one.path, error=f"{place}: {title!r} is the title of {first} too. Give each its own.")


def _selected(files: Iterator[ReadFile], text: str | None, texts: Mapping[str, str]) -> list[ReadFile]:
    kept = [one for one in files if text is None or text.lower() in f"{one.path} {_title(one)}".lower()]
    if not kept:
        raise UsageError(f"-k {text}: no scenario has that in its path or title.")
    known = {name for one in kept if one.scenario for name in one.scenario.parameters}
    for name in texts if all(one.scenario for one in kept) else ():
        if name not in known:
            hint = suggestion(name, sorted(known)) or f" There are: {', '.join(sorted(known)) or 'none'}."
            raise UsageError(f"--set {name}: no scenario has such a parameter.{hint}")
    return kept


def _title(one: ReadFile) -> str:
    return one.scenario.scenario if one.scenario else ""
