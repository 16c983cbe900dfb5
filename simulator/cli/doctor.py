"""The command `doctor`; what examines is loaded when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AppName = Annotated[
    str | None,
    typer.Argument(
        metavar="MODULE:CALLABLE",
        help="Who is examined: a callable (user_id, text) -> reply, sync or async, or a class or function without "
        "arguments that makes one.",
    ),
]
HazardIds = Annotated[
    list[str] | None,
    typer.Option("--hazard", metavar="ID", help="Only this hazard (docs/hazards.md); may be given again."),
]
Examples = Annotated[
    int, typer.Option("--examples", min=0, help="Drawn conversations in one search; 0: none are drawn.")
]
Timeout = Annotated[
    float,
    typer.Option(min=0.1, metavar="SECONDS", help="Real time that a step may take if the app never asks or sleeps."),
]
Report = Annotated[Path | None, typer.Option("--report", metavar="DIR", help="Write a timeline of each finding there.")]
Save = Annotated[
    Path | None, typer.Option("--save", metavar="DIR", help="Write each finding there, as a scenario that plays it.")
]
ToolsName = Annotated[
    str | None,
    typer.Option("--tools", metavar="MODULE:NAME", help="The dict in which the app looks its functions up by name."),
]
PrepareName = Annotated[
    str | None,
    typer.Option("--prepare", metavar="MODULE:CALLABLE", help="Is given the simulator before each conversation."),
]
CommandText = Annotated[
    str | None,
    typer.Option(
        "--command",
        metavar="COMMAND",
        help="Examine a program instead: it finds the API where OPENAI_BASE_URL says, reads a line for each message, "
        "and writes the reply.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the card as JSON. Everything else goes to stderr.")]
ListThem = Annotated[bool, typer.Option("--list", help="List the hazards, and examine nothing.")]


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(doctor)


def doctor(
    app: AppName = None,
    hazards: HazardIds = None,
    examples: Examples = 50,
    timeout: Timeout = 10.0,
    report: Report = None,
    save: Save = None,
    tools: ToolsName = None,
    prepare: PrepareName = None,
    command: CommandText = None,
    json: AsJson = False,
    list_them: ListThem = False,
) -> None:
    """Play the known hazards and drawn conversations against your app, and print its report card.

    The app runs in a process of its own, with clients of its own, whose requests are answered by a simulator; its
    sleeps take no time. Where it hangs or ends its process, the card says so, and the next hazard is played.

    Exit codes: 0 nothing found, 1 findings, 2 the app cannot be examined, 130 interrupted, with the card so far.
    """
    from .doctoring import Wanted, examine_app, list_hazards

    if list_them:
        list_hazards(hazards or [])
        return
    examine_app(
        app,
        Wanted(
            hazards=hazards or [],
            examples=examples,
            timeout=timeout,
            report=report,
            save=save,
            tools=tools,
            prepare=prepare,
            command=command,
            as_json=json,
        ),
    )
