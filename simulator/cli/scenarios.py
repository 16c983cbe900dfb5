"""The command `run`; what plays is loaded when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Paths = Annotated[list[Path], typer.Argument(metavar="PATH…", help="Scenarios, and folders of them.")]
AppName = Annotated[
    str | None,
    typer.Option(
        "--app",
        metavar="MODULE:CALLABLE",
        help="Who is played: a callable (user_id, text) -> reply, sync or async, or a class or function without "
        "arguments that makes one for each scenario. Without it, a plain run loop.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the scenarios that have it; may be given again."),
]
Text = Annotated[str | None, typer.Option("-k", metavar="TEXT", help="Only those with this in their path or title.")]
Timeout = Annotated[
    float,
    typer.Option(min=0.1, metavar="SECONDS", help="Real time that a step may take if the app never asks or sleeps."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON. What the app prints goes to stderr in any case.")]


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(run)


def run(
    paths: Paths,
    app: AppName = None,
    json: AsJson = False,
    settings: Settings = None,
    text: Text = None,
    timeout: Timeout = 60.0,
) -> None:
    """Play scenarios against your app, in this process, and say what is not as they expect.

    The app is looked for in the current folder first, and runs as it is: its requests are answered by a simulator of
    its own for each scenario, and its sleeps take no time.

    Exit codes: 0 all passed, 1 something failed, 2 something could not be played.
    """
    from .playing import play_files

    play_files(paths, app, settings or [], text, timeout, as_json=json)
