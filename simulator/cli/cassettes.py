"""The commands that examine cassettes: audit, show, diff, convert, distill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import CassetteError, NoCassette, SimulatorError
from ..recording import forms
from ..recording.examining.auditing import Audit, Concern, audit
from ..recording.examining.converting import convert, default_output, write_new
from ..recording.examining.distilling import distill
from ..recording.examining.finding_files import cassette_files, unique
from ..recording.examining.gathering import conversation_of
from ..recording.examining.orphans import orphans
from ..recording.scrubbing import Scrubber
from ..report import audit as audit_report
from ..report import conversation as conversation_report
from .printing import FINDINGS, UNREADABLE, show_json, show_lines, stop, warn

_AUDIT_STYLES = {
    r"^[^ :]+:(?= )": "bold",
    r"✗.*$": "red",
    r"[1-9]\d* (false green|secret|unanswered call)s?|named by no test|never answered": "red",
    r"nothing found": "green",
}
_SHOW_STYLES = {r"^ *(user|assistant|system|developer): ": "bold", r"^ *(run|thread|assistant) \S+": "dim"}
_DIFF_STYLES = {r"^\+.*$": "green", r"^-.*$": "red", r"^@@.*$": "dim"}

FormName = StrEnum("FormName", {name.replace("-", "_"): name for name in forms.NAMES})  # type: ignore[misc]  # from a table

_OWN = FormName("own")

Paths = Annotated[list[Path], typer.Argument(metavar="PATH…", help="Cassettes, and folders of them.")]
OneCassette = Annotated[Path, typer.Argument(metavar="CASSETTE", help="A cassette of any form.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (audit_command, show, diff, convert_command, distill_command):
        app.command(command.__name__.removesuffix("_command"))(command)


def audit_command(
    paths: Paths,
    json: AsJson = False,
    only: Annotated[list[Concern] | None, typer.Option(help="What to look for; may be given again.")] = None,
    tests: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Tests: a cassette that none of them names is an orphan.")
    ] = None,
) -> None:
    """Say what cassettes hold, which of their green tests lie, and which secrets are in them.

    Replay by order (vcrpy, VCR) is tried with wrong programs: those that a test would not notice are listed.
    Files in a folder that are no cassettes are passed over.

    The check for CI: audit cassettes --only secrets --only orphans --tests tests

    Exit codes: 0 nothing found, 1 something, 2 a file that cannot be read.
    """
    concerns = only or list(Concern)
    if Concern.ORPHANS in concerns and only and tests is None:
        stop("--only orphans needs --tests FOLDER.", UNREADABLE)
    failures: list[str] = []
    with _refusing():
        files = _files(paths)
        lost = set(orphans(files, tests)) if tests and Concern.ORPHANS in concerns else None
        audits = list(_audits(files, paths, concerns, lost, failures))
    _report(audits, alone=len(files) == 1, as_json=json)
    for failure in failures:
        warn(failure)
    if failures:
        raise typer.Exit(UNREADABLE)
    if any(one.count(concern) for one in audits for concern in concerns):
        raise typer.Exit(FINDINGS)


def _files(paths: Iterable[Path]) -> list[Path]:
    return unique(file for path in paths for file in cassette_files(path))


def _audits(
    files: Iterable[Path],
    named: Sequence[Path],
    concerns: Sequence[Concern],
    lost: set[Path] | None,
    failures: list[str],
) -> Iterator[Audit]:
    for file in files:
        try:
            yield audit(file, concerns, orphan=None if lost is None else file in lost)
        except NoCassette as error:
            if file in named:
                failures.append(str(error))
        except CassetteError as error:
            failures.append(str(error))


def _report(audits: Sequence[Audit], *, alone: bool, as_json: bool) -> None:
    if as_json:
        show_json([audit_report.as_json(one) for one in audits])
        return
    one_screen = alone and audits
    lines = audit_report.screen_of(audits[0]) if one_screen else audit_report.lines_of(audits)
    advice = audit_report.advice(audits)
    show_lines([*lines, *(["", advice] if advice else [])], _AUDIT_STYLES)


def show(path: OneCassette, json: AsJson = False) -> None:
    """Print the conversation of a cassette: messages, statuses with times, tool calls with outputs, tokens.

    Git shows it in the place of the file: write "cassettes/*.yaml diff=cassette" into .gitattributes, and run
    git config diff.cassette.textconv "assistants-simulator show"
    """
    with _refusing():
        cassette = forms.load(path)
    conversation = conversation_of(cassette)
    if json:
        show_json(conversation_report.as_json(conversation))
    else:
        heading = conversation_report.heading(conversation)
        show_lines([heading, *conversation_report.lines_of(conversation)], _SHOW_STYLES)


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A cassette of any form.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another.")],
) -> None:
    """Print what changed between two conversations, ids and times aside.

    Exit codes, as of diff: 0 nothing, 1 something, 2 a file that cannot be read.
    """
    with _refusing():
        conversations = [conversation_of(forms.load(path)) for path in (old, new)]
    lines = conversation_report.diff_of(*conversations)
    show_lines(lines, _DIFF_STYLES)
    if lines:
        raise typer.Exit(FINDINGS)


def convert_command(
    paths: Paths,
    to: Annotated[FormName, typer.Option(help="The form to write.")] = _OWN,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="A file, or for several cassettes a folder."),
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Write the result over its source.")] = False,
) -> None:
    """Write cassettes in another form; secrets are scrubbed. What is there already is never overwritten.

    Without --output the result stands beside its source, under its name with the form's suffix.
    """
    with _refusing():
        if output is not None and in_place:
            raise CassetteError("--output and --in-place: which of the two?")
        files = [file for file in _files(paths) if _is_cassette(file, paths)]
        scrubber = Scrubber()
        targets = _targets(files, paths, str(to), output, in_place=in_place)
        for file, target in zip(files, targets, strict=True):
            written = convert(file, str(to), target, scrubber)
            typer.echo(f"{file} → {target}{'' if written else ' (was there)'}")


def _targets(
    files: Sequence[Path], named: Sequence[Path], form: str, output: Path | None, *, in_place: bool
) -> list[Path]:
    """Return where each result goes.

    Raises:
        CassetteError: two would go to the same place, or one over its source, which was not asked for.
    """
    if in_place:
        return list(files)
    if output is None:
        targets = [default_output(file, form) for file in files]
    elif list(named) == list(files) and len(files) == 1 and not output.is_dir():
        targets = [output]
    else:
        targets = [output / default_output(Path(file.name), form) for file in files]
    for file, target in zip(files, targets, strict=True):
        if target.resolve() == file.resolve():
            raise CassetteError(f"{file}: the result would stand in its place. Say --in-place, or --output PATH.")
        if targets.count(target) > 1:
            raise CassetteError(f"{target}: two cassettes would be written there. Convert them one by one.")
    return targets


def _is_cassette(file: Path, named: Sequence[Path]) -> bool:
    """Tell whether a file found in a folder is a cassette; what was named must be."""
    if file in named:
        return True
    try:
        forms.load(file)
    except NoCassette:
        return False
    return True


def distill_command(
    path: OneCassette,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where; without it the test is printed.")
    ] = None,
) -> None:
    """Write the conversation of a cassette as turns for the simulator: a pytest file that passes, to be varied."""
    with _refusing():
        source = distill(forms.load(path))
        if output is None:
            typer.echo(source, nl=False)
        elif write_new(output, source):
            typer.echo(f"Wrote {output}. Now run:\n\n    python -m pytest {output}")


@contextmanager
def _refusing() -> Iterator[None]:
    """Say what is wrong with a file on stderr, and exit with 2."""
    try:
        yield
    except SimulatorError as error:
        stop(str(error), UNREADABLE)
