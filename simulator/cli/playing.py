"""The work of the command `run`; loaded when it is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from ..errors import ScenarioError, SimulatorError, UsageError, suggestion
from ..migration import tolerated
from ..report import scenarios as report
from ..report.scenarios import Outcome
from ..scenario.apps import App, app_named
from ..scenario.finding_files import nearly_scenarios, scenario_files
from ..scenario.loading import filled, line_of_step, read
from ..scenario.parameters import given
from ..scenario.playing import perform
from ..scenario.schema import Scenario
from .comparing import Against, Pages, Reference, Write, compare_with, unused
from .printing import FINDINGS, UNREADABLE, show_json, stop, warn

IMPORT_SECONDS = 60.0  # of real time; an app that loads a model takes some
_STYLES = {
    rf"^{report.PASSED}": "green",
    rf"^({report.FAILED}|{report.UNPLAYABLE})": "bold red",
    r"^ +warning:": "yellow",
    r"^ {4}\S+:\d+: (step \d+|the whole).*$": "bold",
    r"^ {4} *[\d.]+  .*$": "dim",
    r"^ {4}\w+( of \S+)? in turn \d+ .*$|≠": "bold red",
    r"^ {8}(old|new|why): ": "bold",
}


class _Read(NamedTuple):
    """A file, and the scenario in it, or why there is none."""

    path: Path
    scenario: Scenario | None = None
    error: str | None = None


@dataclass(slots=True)
class _Show:
    """Prints an outcome as it comes, and how far it is where somebody watches."""

    as_json: bool
    console: Console = field(default_factory=Console)

    @contextmanager
    def progress(self, total: int) -> Iterator[Progress]:
        """Show inside the block how far it is."""
        columns = (TextColumn("playing"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        silent = self.as_json or not self.console.is_terminal
        options: Any = {
            "transient": True,
            "disable": silent,
            "auto_refresh": False,
        }  # no thread: time is real beside one
        with Progress(*columns, console=self.console, **options) as progress:
            progress.add_task("", total=total)
            yield progress

    def outcome(self, outcome: Outcome) -> None:
        """Print an outcome."""
        for line in [] if self.as_json else report.lines_of(outcome):
            self.line(line)

    def line(self, line: str) -> None:
        """Print a line, wrapped nowhere."""
        text = Text(line)
        for pattern, style in _STYLES.items():
            text.highlight_regex(pattern, style)
        self.console.print(text, soft_wrap=True)


class Comparing(NamedTuple):
    """With what scenarios are compared, as the options say.

    Args:
        against: an app, as `MODULE:CALLABLE`.
        write: a folder for a baseline.
        compare: a folder with one.
        tolerated: a file of differences that are meant.
        html: a folder for pages.
    """

    against: str | None = None
    write: Path | None = None
    compare: Path | None = None
    tolerated: Path | None = None
    html: Path | None = None


def play_files(
    paths: Sequence[Path],
    app_name: str | None,
    settings: Sequence[str],
    text: str | None,
    timeout: float,
    comparing: Comparing,
    *,
    as_json: bool,
) -> None:
    """Play scenarios, and print what came of them; ends the command with its exit code."""
    try:
        texts = _parsed(settings)
        found, missing = _files_of(paths)
        files = _selected(_without_twins(_read(path, texts) for path in found), text, texts)
        app = _app_named("--app", app_name, timeout)
        reference = _reference_of(comparing, timeout)
    except SimulatorError as error:
        stop(str(error), UNREADABLE)
    show, pages = _Show(as_json), None if comparing.html is None else Pages(comparing.html)
    outcomes = _played(files, partial(_outcome_of, app=app, timeout=timeout, reference=reference, pages=pages), show)
    if as_json:
        show_json(report.as_json(outcomes))
    else:
        for line in report.closing_lines(outcomes):
            show.line(line)
        for line in _notes(reference, outcomes, whole=text is None):
            show.line(line)
    if pages is not None:
        warn(f"Wrote {pages.close()}.")
    _end(outcomes, missing=missing)


def _notes(reference: Reference | None, outcomes: Sequence[Outcome], *, whole: bool) -> Iterator[str]:
    """Yield what is to be said of what was compared; of tolerated differences only if nothing was left out."""
    if reference is not None:
        yield from reference.notes()
        yield from unused(reference.entries, outcomes) if whole else ()


def _end(outcomes: Sequence[Outcome], *, missing: bool) -> None:
    if missing or any(one.word == report.UNPLAYABLE for one in outcomes):
        raise typer.Exit(UNREADABLE)
    if any(one.word == report.FAILED for one in outcomes):
        raise typer.Exit(FINDINGS)


# What is played.


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
            files |= {file.resolve(): file for file in scenario_files(path) if file.resolve() not in files}
        except ScenarioError as error:
            warn(str(error))
            missing = True
        for file in nearly_scenarios(path):
            warn(f"{file} is passed over: the names of scenarios end in .scenario.yaml.")
    if not files:
        raise typer.Exit(UNREADABLE)
    return list(files.values()), missing


def _read(path: Path, texts: Mapping[str, str]) -> _Read:
    try:
        scenario = read(path)
        return _Read(path, filled(scenario, given(texts, scenario), str(path)))
    except ScenarioError as error:
        return _Read(path, error=str(error))
    except UsageError as error:
        return _Read(path, error=f"{path}: --set {error}")


def _without_twins(files: Iterator[_Read]) -> Iterator[_Read]:
    """Yield the files; of several with the same title all but the first with an error."""
    titles: dict[str, Path] = {}
    for one in files:
        first = one.path if one.scenario is None else titles.setdefault(one.scenario.scenario, one.path)
        if first == one.path or one.scenario is None:
            yield one
            continue
        place = f"{one.path}:{line_of_step(one.path, None)}"
        title = one.scenario.scenario
        yield _Read(one.path, error=f"{place}: {title!r} is the title of {first} too. Give each its own.")


def _selected(files: Iterator[_Read], text: str | None, texts: Mapping[str, str]) -> list[_Read]:
    kept = [one for one in files if text is None or text.lower() in f"{one.path} {_title(one)}".lower()]
    if not kept:
        raise UsageError(f"-k {text}: no scenario has that in its path or title.")
    known = {name for one in kept if one.scenario for name in one.scenario.parameters}
    for name in texts if all(one.scenario for one in kept) else ():
        if name not in known:
            hint = suggestion(name, sorted(known)) or f" There are: {', '.join(sorted(known)) or 'none'}."
            raise UsageError(f"--set {name}: no scenario has such a parameter.{hint}")
    return kept


def _title(one: _Read) -> str:
    return one.scenario.scenario if one.scenario else ""


def _reference_of(comparing: Comparing, timeout: float) -> Reference | None:
    """Return with what is compared, or None.

    Raises:
        SimulatorError: options that cannot be meant together, or what they name is not there.
    """
    given = [name for name in ("against", "write", "compare") if getattr(comparing, name) is not None]
    if len(given) > 1:
        raise UsageError("Of --against, --baseline and --compare give one.")
    if comparing.tolerated is not None and given != ["against"]:
        raise UsageError("--tolerated is for --against; a baseline has its tolerated.yaml within.")
    if comparing.write is not None:
        return Write(comparing.write)
    if comparing.compare is not None:
        return compare_with(comparing.compare)
    other = _app_named("--against", comparing.against, timeout)
    if other is None:
        return None
    return Against(
        lambda scenario: perform(scenario, other, patience=timeout),
        [] if comparing.tolerated is None else tolerated.read(comparing.tolerated),
    )


def _app_named(option: str, name: str | None, timeout: float) -> App | None:
    if name is None:
        return None
    try:
        with _output_aside():
            return app_named(name, patience=max(timeout, IMPORT_SECONDS))
    except UsageError as error:
        raise UsageError(f"{option} {name}: {error}") from error


# Playing.


def _played(files: Sequence[_Read], play: Callable[[_Read], Outcome], show: _Show) -> list[Outcome]:
    outcomes = []
    with show.progress(len(files)) as progress:
        (task,) = progress.task_ids
        for one in files:
            progress.update(task, description=str(one.path), refresh=True)
            outcome = play(one)
            outcomes.append(outcome)
            show.outcome(outcome)
            progress.advance(task)
    return outcomes


def _outcome_of(
    one: _Read, *, app: App | None, timeout: float, reference: Reference | None, pages: Pages | None
) -> Outcome:
    if one.scenario is None:
        return Outcome(path=one.path, error=one.error)
    try:
        with _output_aside():
            played = perform(one.scenario, app, patience=timeout)
            comparison = None if reference is None else reference.take(one.path, one.scenario, played)
    except SimulatorError as error:
        return Outcome(path=one.path, scenario=one.scenario, error=str(error))
    outcome = Outcome(path=one.path, scenario=one.scenario, played=played, comparison=comparison)
    if pages is not None:
        _write_pages(pages, outcome, reference)
    return outcome


def _write_pages(pages: Pages, outcome: Outcome, reference: Reference | None) -> None:
    try:
        pages.take(outcome, reference.played if isinstance(reference, Against) else None)
    except OSError as error:
        stop(f"--html {pages.folder}: {error.strerror or error}.", UNREADABLE)


@contextmanager
def _output_aside() -> Iterator[None]:
    """Send to stderr, inside the block, what the app prints, and what its child processes print."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
