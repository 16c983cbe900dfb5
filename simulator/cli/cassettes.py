"""The commands that examine cassettes: audit, show, diff, convert, distill, verify.

What they need is loaded by the one that is run: the simulator's other commands do without it.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..recording.examining.concerns import Concern
from .printing import UNREADABLE, stop


class FormName(StrEnum):
    """The forms that there are (`recording.forms`)."""

    OWN = "own"
    VCRPY = "vcrpy"
    VCRPY_JSON = "vcrpy-json"
    RUBY = "ruby"
    CORPUS = "corpus"


class Distilled(StrEnum):
    """What `distill` writes."""

    TEST = "test"
    SCENARIO = "scenario"


Paths = Annotated[list[Path], typer.Argument(metavar="PATH…", help="Cassettes, and folders of them.")]
OneCassette = Annotated[Path, typer.Argument(metavar="CASSETTE", help="A cassette of any form.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (audit_command, show, diff, convert_command, distill_command, verify_command):
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
    from .examining import audit_files

    audit_files(paths, only, tests, as_json=json)


def show(
    path: OneCassette,
    json: AsJson = False,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the session, request by request, as one HTML page; printed is nothing."
        ),
    ] = None,
) -> None:
    """Print the conversation of a cassette: messages, statuses with times, tool calls with outputs, tokens.

    Git shows it in the place of the file: write "cassettes/*.yaml diff=cassette" into .gitattributes, and run
    git config diff.cassette.textconv "assistants-simulator show"
    """
    from .examining import show_file, write_page_of

    if html is None:
        show_file(path, as_json=json)
    elif json:
        stop("--json and --html: which of the two?", UNREADABLE)
    else:
        write_page_of(path, html)


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A cassette of any form.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another.")],
) -> None:
    """Print what changed between two conversations, ids and times aside.

    Exit codes, as of diff: 0 nothing, 1 something, 2 a file that cannot be read.
    """
    from .examining import diff_files

    diff_files(old, new)


def convert_command(
    paths: Paths,
    to: Annotated[FormName, typer.Option(help="The form to write.")] = FormName.OWN,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="A file, or for several cassettes a folder."),
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Write the result over its source.")] = False,
) -> None:
    """Write cassettes in another form; secrets are scrubbed. What is there already is never overwritten.

    Without --output the result stands beside its source, under its name with the form's suffix.
    """
    from .examining import convert_files

    convert_files(paths, str(to), output, in_place=in_place)


def distill_command(
    path: OneCassette,
    to: Annotated[Distilled, typer.Option(help="A pytest file, or a scenario.")] = Distilled.TEST,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where; without it the result is printed.")
    ] = None,
) -> None:
    """Write the conversation of a cassette as turns for the simulator, to be varied.

    A pytest file that passes, or a scenario (NAME.scenario.yaml) that the plain run loop passes; what a scenario cannot
    say is told in a comment at its top.
    """
    from .examining import distill_file

    distill_file(path, output, as_scenario=to is Distilled.SCENARIO)


def verify_command(paths: Paths, json: AsJson = False) -> None:
    """Ask the simulator what was asked in recorded sessions, and say where it answers otherwise.

    Cassettes of any form, as the service gave them. What the model said and when things happened is given; all else
    must come out the same: status, error bodies, keys and their order, values, the events of streams. Ids may be
    others, each for one.

    Exit codes: 0 as recorded, 1 something differs, 2 a file that cannot be read.
    """
    from .verifying import verify_files

    verify_files(paths, as_json=json)
