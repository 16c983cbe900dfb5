"""The work of the command `doctor`; loaded when it is run."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..checks.doctor import Command, Doctor
from ..checks.doctor.lines import lines_of
from ..checks.doctor.writing import Files
from ..checks.hazards import hazards_named
from ..errors import SimulatorError
from .printing import FINDINGS, UNREADABLE, show_lines, stop, warn

INTERRUPTED = 130
"""As a shell says that SIGINT ended a command."""
_STYLES = {
    r"^  survived": "green",
    r"^  (MISBEHAVED|HUNG)": "bold red",
    r"^  not applicable.*$": "dim",
    r"^    (where|last request|to do|more|again|timeline|why|it printed): ?": "bold",
    r"^\w[\w ]*$": "bold underline",
    r"^Note: ": "yellow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the options say."""

    hazards: Sequence[str]
    examples: int
    timeout: float
    report: Path | None
    save: Path | None
    tools: str | None
    prepare: str | None
    command: str | None
    as_json: bool


def examine_app(app: str | None, wanted: Wanted) -> None:
    """Examine an app, and print its card; ends the command with its exit code."""
    if (app is None) == (wanted.command is None):
        stop("Name your app, doctor MODULE:CALLABLE, or give a program, doctor --command COMMAND.", UNREADABLE)
    examined = app if wanted.command is None else Command(wanted.command)
    try:
        doctor = Doctor(
            examined or "",
            hazards=wanted.hazards,
            examples=wanted.examples,
            timeout=wanted.timeout,
            tools=wanted.tools,
            prepare=wanted.prepare,
            with_pages=wanted.report is not None,
        )
        files = Files(str(examined), wanted.save, wanted.report, is_command=app is None, beside=list(_beside(wanted)))
        was_interrupted = _examined(doctor, files)
        index = files.close()
    except SimulatorError as error:
        stop(str(error), UNREADABLE)
    except OSError as error:
        stop(f"{error.filename or 'a file'} cannot be written: {error.strerror or error}.", UNREADABLE)
    _show(doctor, as_json=wanted.as_json)
    if index is not None:
        warn(f"Wrote {index}.")
    if was_interrupted:
        warn("Interrupted.")
        raise typer.Exit(INTERRUPTED)
    if not doctor.card.clean:
        raise typer.Exit(FINDINGS)


def _beside(wanted: Wanted) -> Iterator[str]:
    """Yield the options that `run` needs to play the same again."""
    for option, value in (("--tools", wanted.tools), ("--prepare", wanted.prepare)):
        if value is not None:
            yield from (option, value)


def list_hazards(ids: Sequence[str]) -> None:
    """Print the hazards, a line each."""
    try:
        hazards = hazards_named(ids)
    except SimulatorError as error:
        stop(str(error), UNREADABLE)
    width = max(len(hazard.id) for hazard in hazards)
    show_lines((f"{hazard.id:<{width}}  {hazard.title}" for hazard in hazards), {r"^\S+": "bold"})


def _examined(doctor: Doctor, files: Files) -> bool:
    """Examine, and write what comes with the diagnoses; tell whether somebody interrupted it."""
    with _progress(doctor.steps) as progress:
        (task,) = progress.task_ids
        try:
            with _terminated_as_interrupted():
                for examined in doctor.examined():
                    doctor.results[-1] = files.take(examined)
                    progress.update(task, advance=1, description=examined.diagnosis.id, refresh=True)
        except KeyboardInterrupt:
            return True
    return False


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Take SIGTERM, as CI sends it to what lasts too long, for Ctrl-C: the app's process ends, the card is shown."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress(total: int) -> Iterator[Progress]:
    """Show inside the block how far it is, on stderr, where somebody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("playing"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task("", total=total)
        yield progress


def _show(doctor: Doctor, *, as_json: bool) -> None:
    if as_json:
        typer.echo(doctor.card.model_dump_json(indent=2))
    else:
        show_lines(lines_of(doctor.card), _STYLES)
