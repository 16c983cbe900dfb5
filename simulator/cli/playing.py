"""The work of the command `run`; loaded when it is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..errors import SimulatorError, UsageError
from ..importing import imported
from ..migration import tolerated
from ..report import scenarios as report
from ..report.scenarios import Outcome
from ..scenario.apps import App, app_named
from ..scenario.played import Played
from ..scenario.playing import perform
from ..scenario.schema import Scenario
from .choosing import ReadFile, choose
from .comparing import Against, Reference, Write, compare_with, unused
from .pages import Pages
from .printing import FINDINGS, UNREADABLE, show_json, stop, styled, warn

IMPORT_SECONDS = 60.0  # of real time; an app that loads a model takes some
INTERRUPTED = 130  # 128, and the number of SIGINT
_STYLES = {
    rf"^{report.PASSED}": "green",
    rf"^({report.FAILED}|{report.UNPLAYABLE})": "bold red",
    r"^ +warning:": "yellow",
    r"^ {4}\S+:\d+: (step \d+|the whole).*$": "bold",
    r"^ {4} *[\d.]+  .*$": "dim",
    r"^ {4}\w+( of \S+)? in turn \d+ .*$|≠": "bold red",
    r"^ {8}(old|new|why): ": "bold",
}


Perform: TypeAlias = Callable[[Scenario, App | None], Played]


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
        # No refresh by itself: it needs a thread, and beside another thread time is real.
        shown = Progress(*columns, console=self.console, transient=True, disable=silent, auto_refresh=False)
        with shown as progress:
            progress.add_task("", total=total)
            yield progress

    def outcome(self, outcome: Outcome) -> None:
        """Print an outcome."""
        for line in [] if self.as_json else report.lines_of(outcome):
            self.line(line)

    def line(self, line: str) -> None:
        """Print a line, wrapped nowhere."""
        self.console.print(styled(line, _STYLES), soft_wrap=True)


class Comparing(NamedTuple):
    """With what scenarios are compared, as the options say.

    Args:
        against: an app, as `MODULE:CALLABLE`.
        write: a folder for a baseline.
        compare: a folder with one.
        tolerated: a file of differences that are meant.
    """

    against: str | None = None
    write: Path | None = None
    compare: Path | None = None
    tolerated: Path | None = None


class Beside(NamedTuple):
    """What is named beside an app, for scenarios that are judged by invariants.

    Args:
        tools: the dict in which it looks its functions up, as `MODULE:NAME`.
        prepare: what is given the simulator first, likewise.
    """

    tools: str | None = None
    prepare: str | None = None

    def found(self) -> dict[str, Any]:
        """Return what is named, by the options of `replay`.

        Raises:
            UsageError: it names nothing.
        """
        return {name: imported(value) for name, value in self._asdict().items() if value is not None}


def play_files(
    paths: Sequence[Path],
    app_name: str | None,
    settings: Sequence[str],
    text: str | None,
    timeout: float,
    comparing: Comparing,
    *,
    beside: Beside,
    html: Path | None,
    as_json: bool,
) -> None:
    """Play scenarios, and print what came of them; ends the command with its exit code.

    Args:
        app_name: `MODULE:CALLABLE`; None: a plain run loop.
        settings: parameters, each as `NAME=VALUE`.
        text: what the path or the title must have; None: all are played.
        timeout: how much real time a step may take, in seconds, if the app neither asks nor sleeps.
        html: a folder for pages.
    """
    try:
        files, missing = choose(paths, settings, text)
        app = _app_named("--app", app_name, timeout)
        replayed = partial(_performed, timeout=timeout, beside=beside.found())
        reference = _reference_of(comparing, timeout)
    except SimulatorError as error:
        stop(str(error), UNREADABLE)
    show, pages = _Show(as_json), None if html is None else _pages_in(html)
    outcomes: list[Outcome] = []
    try:
        _play(files, partial(_outcome_of, app=app, perform=replayed, reference=reference, pages=pages), show, outcomes)
    except KeyboardInterrupt:
        warn(f"Interrupted: {len(files) - len(outcomes)} of {len(files)} scenarios were not played to their end.")
    is_whole = len(outcomes) == len(files)
    _close(show, outcomes, _notes(reference, outcomes, whole=is_whole and text is None))
    if pages is not None:
        warn(f"Wrote {pages.close()}.")
    _end(outcomes, missing=missing, is_whole=is_whole)


def _pages_in(folder: Path) -> Pages:
    """Return what writes pages into a folder, which is made before anything is played."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(f"--html {folder}: {error.strerror or error}. Name a folder in which files may be made.", UNREADABLE)
    return Pages(folder)


def _close(show: _Show, outcomes: Sequence[Outcome], notes: Iterator[str]) -> None:
    if show.as_json:
        show_json(report.as_json(outcomes))
        return
    for line in (*report.closing_lines(outcomes), *notes):
        show.line(line)


def _notes(reference: Reference | None, outcomes: Sequence[Outcome], *, whole: bool) -> Iterator[str]:
    """Yield what is to be said of what was compared; of tolerated differences only if nothing was left out."""
    if reference is not None:
        yield from reference.notes()
        yield from unused(reference.entries, outcomes) if whole else ()


def _end(outcomes: Sequence[Outcome], *, missing: bool, is_whole: bool) -> None:
    if not is_whole:
        raise typer.Exit(INTERRUPTED)
    if missing or any(one.word == report.UNPLAYABLE for one in outcomes):
        raise typer.Exit(UNREADABLE)
    if any(one.word == report.FAILED for one in outcomes):
        raise typer.Exit(FINDINGS)


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
        lambda scenario: _performed(scenario, other, timeout=timeout, beside={}),
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


def _play(files: Sequence[ReadFile], play: Callable[[ReadFile], Outcome], show: _Show, outcomes: list[Outcome]) -> None:
    """Play files, and add what comes of each: whoever is interrupted has those that were played."""
    with show.progress(len(files)) as progress:
        (task,) = progress.task_ids
        for one in files:
            progress.update(task, description=str(one.path), refresh=True)
            outcome = play(one)
            outcomes.append(outcome)
            show.outcome(outcome)
            progress.advance(task)


def _outcome_of(
    one: ReadFile, *, app: App | None, perform: Perform, reference: Reference | None, pages: Pages | None
) -> Outcome:
    if one.scenario is None:
        return Outcome(path=one.path, error=one.error)
    try:
        with _output_aside():
            played = perform(one.scenario, app)
            comparison = None if reference is None else reference.take(one.path, one.scenario, played)
    except SimulatorError as error:
        return Outcome(path=one.path, scenario=one.scenario, error=str(error))
    outcome = Outcome(path=one.path, scenario=one.scenario, played=played, comparison=comparison)
    if pages is not None:
        _write_pages(pages, outcome, reference)
    return outcome


def _performed(scenario: Scenario, app: App | None, *, timeout: float, beside: Mapping[str, Any]) -> Played:
    if scenario.invariants:
        from ..checks.replaying import replay

        return replay(scenario, app, patience=timeout, **beside)
    return perform(scenario, app, patience=timeout)


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
