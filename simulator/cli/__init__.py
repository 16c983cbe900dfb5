"""The command `assistants-simulator`, which is also `python -m simulator`."""

from __future__ import annotations

import sys
from importlib import metadata, resources
from pathlib import Path
from typing import Annotated

import typer

from ..errors import SimulatorError
from . import cassettes, doctor, scenarios, serving
from .closed_pipes import ending_without_readers
from .printing import DISTRIBUTION, show_line, stop

PACKAGE = __package__.partition(".")[0]
STARTER = "test_weather_assistant.py"

app = typer.Typer(
    help="A local simulator of OpenAI's Assistants API, for tests.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command that the arguments name; ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show an arrow shows a question mark
    with ending_without_readers():
        app(prog_name=DISTRIBUTION)


def _show_version(asked: bool) -> None:
    if asked:
        try:
            typer.echo(f"{DISTRIBUTION} {metadata.version(DISTRIBUTION)}")
        except metadata.PackageNotFoundError:
            typer.echo(f"{DISTRIBUTION}, from its sources and not installed")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command()
def demo() -> None:
    """Play a conversation with the real SDK: two tool calls at once, then a stream; and show its timeline."""
    from ..report.demo import play

    try:
        play(show_line)
    except SimulatorError as error:
        stop(str(error))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; made if it is not there.")] = Path(),
) -> None:
    """Write a test file that passes, to start from."""
    target = folder / STARTER
    text = resources.files(PACKAGE).joinpath("starter", f"{STARTER}.txt").read_text(encoding="utf-8")
    if (folder / "simulator").exists() or (folder / "simulator.py").exists():
        text = text.replace("from simulator import", "from assistants_simulator import")  # theirs comes first
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:  # x: what is there already stays as it is
            file.write(text)
    except FileExistsError as error:
        if error.filename == str(target):
            stop(f"{target} is there already, and is left as it is. Name another folder, or move it away.")
        stop(f"{folder} is a file. Name a folder.")
    except OSError as error:
        stop(f"{target} cannot be written: {error.strerror}.")
    typer.echo(f"Wrote {target}. Now run:\n\n    python -m pytest {target}")


scenarios.add_to(app)
doctor.add_to(app)
serving.add_to(app)
cassettes.add_to(app)
