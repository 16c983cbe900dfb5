"""What the commands print with: colours where the terminal has any, and how a command stops."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Never

import typer

if TYPE_CHECKING:
    from rich.text import Text

DISTRIBUTION = "assistants-simulator"
FINDINGS, UNREADABLE = 1, 2
# Who speaks, and in a timeline what went wrong.
_CONVERSATION = {
    r"^ *(user|assistant):": "bold",
    r"(?m)^.{11}  .*$": "dim",
    r" [45]\d\d  .*$|fault: .*$": "red",
}


def show_line(line: str) -> None:
    """Print a line, with a colour for who speaks and for what went wrong where the terminal has any."""
    show_lines([line], _CONVERSATION)


def show_lines(lines: Iterable[str], styles: Mapping[str, str]) -> None:
    """Print lines as they are, wrapped nowhere.

    Args:
        styles: rich's name of a style by the pattern of what it is for.
    """
    from rich.console import Console

    console = Console()
    for line in lines:
        console.print(styled(line, styles), soft_wrap=True)


def styled(line: str, styles: Mapping[str, str]) -> Text:
    """Return a line with rich's styles in it, each by the pattern of what it is for."""
    from rich.text import Text

    text = Text(line)
    for pattern, style in styles.items():
        text.highlight_regex(pattern, style)
    return text


def show_json(value: Any) -> None:
    """Print a JSON value."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def warn(message: str) -> None:
    """Say on stderr what is wrong, and go on."""
    typer.echo(f"{DISTRIBUTION}: {message}", err=True)


def stop(message: str, code: int = 1) -> Never:
    """Say what is wrong, and end with an exit code."""
    warn(message)
    raise typer.Exit(code)
