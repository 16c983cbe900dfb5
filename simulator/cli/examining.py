"""The work of the commands that examine cassettes; loaded by the one that is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from ..errors import CassetteError, NoCassette, SimulatorError
from ..recording import forms
from ..recording.examining.auditing import Audit, audit
from ..recording.examining.concerns import Concern
from ..recording.examining.converting import convert, default_output, write_new
from ..recording.examining.distilling import distill
from ..recording.examining.finding_files import cassette_files, unique
from ..recording.examining.gathering import conversation_of
from ..recording.examining.orphans import orphans
from ..recording.scrubbing import Scrubber
from ..report import audit as audit_report
from ..report import conversation as conversation_report
from ..scenario.distilling import distill_scenario
from ..scenario.finding_files import SUFFIX
from .printing import FINDINGS, UNREADABLE, show_json, show_lines, stop, warn

_AUDIT_STYLES = {
    r"^[^ :]+:(?= )": "bold",
    r"✗.*$": "red",
    r"[1-9]\d* (false green|secret|unanswered call)s?|named by no test|never answered": "red",
    r"nothing found": "green",
}
_SHOW_STYLES = {r"^ *(user|assistant|system|developer): ": "bold", r"^ *(run|thread|assistant) \S+": "dim"}
_DIFF_STYLES = {r"^\+.*$": "green", r"^-.*$": "red", r"^@@.*$": "dim"}


def audit_files(paths: Sequence[Path], only: Sequence[Concern] | None, tests: Path | None, *, as_json: bool) -> None:
    """Print what was found; ends the command with its exit code."""
    concerns = only or list(Concern)
    if Concern.ORPHANS in concerns and only and tests is None:
        stop("--only orphans needs --tests FOLDER.", UNREADABLE)
    failures: list[str] = []
    with _refusing():
        files = _files(paths)
        lost = set(orphans(files, tests)) if tests and Concern.ORPHANS in concerns else None
        audits = list(_audits(files, paths, concerns, lost, failures))
    if audits or as_json or not failures:  # of what cannot be read, nothing was found out
        _report(audits, alone=len(files) == 1, as_json=as_json)
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


def show_file(path: Path, *, as_json: bool) -> None:
    """Print the conversation of a cassette."""
    with _refusing():
        cassette = forms.load(path)
    conversation = conversation_of(cassette)
    if as_json:
        show_json(conversation_report.as_json(conversation))
    else:
        heading = conversation_report.heading(conversation)
        show_lines([heading, *conversation_report.lines_of(conversation)], _SHOW_STYLES)


def write_page_of(path: Path, page: Path) -> None:
    """Write the page of a cassette, and say where."""
    from ..report.page import write_page
    from ..report.recorded import journal_of

    with _refusing():
        cassette = Scrubber().cassette(forms.load(path))
        if page.exists() and page.samefile(path):
            raise CassetteError(f"{page} is the cassette itself: name another file for the page.")
    try:
        write_page(page, journal_of(cassette.interactions), title=str(path))
    except OSError as error:
        stop(f"{page} cannot be written: {error.strerror}.", UNREADABLE)
    typer.echo(f"Wrote {page}.")


def diff_files(old: Path, new: Path) -> None:
    """Print what changed between two conversations; ends the command with its exit code."""
    with _refusing():
        before, after = (conversation_of(forms.load(path)) for path in (old, new))
    lines = conversation_report.diff_of(before, after, (str(old), str(new)))
    show_lines(lines, _DIFF_STYLES)
    if lines:
        raise typer.Exit(FINDINGS)


def convert_files(paths: Sequence[Path], form: str, output: Path | None, *, in_place: bool) -> None:
    """Write cassettes in another form, and say where."""
    with _refusing():
        if output is not None and in_place:
            raise CassetteError("--output and --in-place: which of the two?")
        files = [file for file in _files(paths) if _is_cassette(file, paths)]
        scrubber = Scrubber()
        targets = _targets(files, paths, form, output, in_place=in_place)
        for file, target in zip(files, targets, strict=True):
            written = convert(file, form, target, scrubber)
            typer.echo(f"{file} → {target}{'' if written else ' (there already, the same)'}")


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


def distill_file(path: Path, output: Path | None, *, as_scenario: bool = False) -> None:
    """Print or write the test, or the scenario, that a cassette becomes."""
    if as_scenario and output is not None and not output.name.endswith(SUFFIX):
        stop(f"{output}: a scenario ends in {SUFFIX}.", UNREADABLE)
    with _refusing():
        cassette = Scrubber().cassette(forms.load(path))
        source = distill_scenario(cassette) if as_scenario else distill(cassette)
        if output is None:
            typer.echo(source, nl=False)
        else:
            done = f"Wrote {output}." if write_new(output, source) else f"{output} is there already, the same."
            how = "assistants-simulator run" if as_scenario else "python -m pytest"
            typer.echo(f"{done} Now run:\n\n    {how} {output}")


@contextmanager
def _refusing() -> Iterator[None]:
    """Say what is wrong with a file on stderr, and exit with 2."""
    try:
        yield
    except SimulatorError as error:
        stop(str(error), UNREADABLE)
