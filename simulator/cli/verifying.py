"""The work of the command `verify`; loaded when it is run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from ..errors import SimulatorError
from ..recording.examining.finding_files import cassette_files, unique
from ..recording.verifying.verifying import verify
from ..report import verification
from .printing import FINDINGS, UNREADABLE, show_json, show_lines, stop, warn

_STYLES = {
    r"^\S.*$": "bold",
    r"^ +recorded   .*$": "green",
    r"^ +simulated  .*$": "red",
}


def verify_files(paths: Sequence[Path], *, as_json: bool) -> None:
    """Print how the simulator answers what was recorded; ends the command with its exit code."""
    try:
        files = unique(file for path in paths for file in cassette_files(path))
    except SimulatorError as error:
        stop(str(error), UNREADABLE)
    verified = verify(files, paths)
    for failure in verified.failures:
        warn(failure)
    if not (verified.scored or verified.responses or verified.documented or verified.passed_over):
        if verified.failures:  # they say it already
            raise typer.Exit(UNREADABLE)
        stop("No recorded session is there.", UNREADABLE)
    if as_json:
        show_json(verification.as_json(verified))
    else:
        show_lines(verification.lines_of(verified), _STYLES)
    if verified.failures:
        raise typer.Exit(UNREADABLE)
    if not verification.is_perfect(verified):
        raise typer.Exit(FINDINGS)
