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
    typer.Option(
        min=0.1, max=86_400.0, metavar="SECONDS", help="Real time that a step may take if the app never asks or sleeps."
    ),
]
Against = Annotated[
    str | None,
    typer.Option(
        "--against", metavar="MODULE:CALLABLE", help="The app that takes its place: play it too, and say what differs."
    ),
]
Tolerated = Annotated[
    Path | None, typer.Option("--tolerated", metavar="FILE", help="Differences that are meant, for --against.")
]
Baseline = Annotated[
    Path | None,
    typer.Option("--baseline", metavar="DIR", help="Write what the model was shown, and what came of it, there."),
]
Compare = Annotated[
    Path | None, typer.Option("--compare", metavar="DIR", help="Compare with what --baseline wrote, of older code.")
]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="DIR", help="Write the timelines as pages, of --against both sides'.")
]
ToolsName = Annotated[
    str | None,
    typer.Option("--tools", metavar="MODULE:NAME", help="The app's functions by name, for scenarios with invariants."),
]
PrepareName = Annotated[
    str | None,
    typer.Option(
        "--prepare", metavar="MODULE:CALLABLE", help="Is given the simulator first, for scenarios with invariants."
    ),
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
    against: Against = None,
    tolerated: Tolerated = None,
    baseline: Baseline = None,
    compare: Compare = None,
    html: Html = None,
    tools: ToolsName = None,
    prepare: PrepareName = None,
) -> None:
    """Play scenarios against your app, in this process, and say what is not as they expect.

    The app is looked for in the current folder first, and runs as it is: its requests are answered by a simulator of
    its own for each scenario, and its sleeps take no time.

    Exit codes: 0 all passed, 1 something failed or differs, 2 something could not be played, 130 interrupted.
    """
    from .playing import Beside, Comparing, play_files

    comparing = Comparing(against, baseline, compare, tolerated)
    play_files(
        paths, app, settings or [], text, timeout, comparing, beside=Beside(tools, prepare), html=html, as_json=json
    )
