"""What the commands print with: colours where the terminal has any, and how a command stops."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Never

import typer

DISTRIBUTION = "assistants-simulator"
FINDINGS, UNREADABLE = 1, 2


def show_line(line: str) -> None:
    """Print a line, with a colour for who speaks and for what went wrong where the terminal has any."""
    from rich.console import Console
    from rich.text import Text

    text = Text(line)
    text.highlight_regex(r"^ *(user|assistant):", "bold")
    text.highlight_regex(r"(?m)^.{11}  .*$", "dim")
    text.highlight_regex(r" [45]\d\d  .*$|fault: .*$", "red")
    Console().print(text, soft_wrap=True)


def show_lines(lines: Iterable[str], styles: dict[str, str]) -> None:
    """Print lines as they are, wrapped nowhere.

    Args:
        styles: rich's name of a style by the pattern of what it is for.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for line in lines:
        text = Text(line)
        for pattern, style in styles.items():
            text.highlight_regex(pattern, style)
        console.print(text, soft_wrap=True)


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
