"""The figures as a table for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from .rows import RATIO, Row
from .timing import Spread

Measured = tuple[Row, Spread]


def is_ok(row: Row, spread: Spread) -> bool:
    """Return whether the middle is within the target."""
    return spread.middle <= row.target


def as_table(measured: Sequence[Measured], title: str) -> Table:
    """Return the table that is printed."""
    table = Table(title=title, title_justify="left")
    table.add_column("name", no_wrap=True)
    table.add_column("what")
    for heading in ("measured", "min–max", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for row, spread in measured:
        table.add_row(row.name, row.what, *_figures(row, spread), _verdict(row, spread))
    return table


def as_json(measured: Sequence[Measured]) -> str:
    """Return the same as a JSON array."""
    return json.dumps([_as_dict(row, spread) for row, spread in measured], indent=2, ensure_ascii=False)


def _figures(row: Row, spread: Spread) -> tuple[str, str, str]:
    aim = "" if row.aim is None else f" (aim {_number(row, row.aim)})"
    return (
        f"{_number(row, spread.middle)} {row.unit}",
        f"{_number(row, spread.low)}–{_number(row, spread.high)}",
        f"≤ {_number(row, row.target)}{aim}",
    )


def _number(row: Row, value: float) -> str:
    return f"{value:,.0f}" if row.unit == "B" else f"{value:.2f}" if row.unit == RATIO else f"{value:.1f}"


def _verdict(row: Row, spread: Spread) -> str:
    return "[green]ok[/]" if is_ok(row, spread) else "[red]over[/]"


def _as_dict(row: Row, spread: Spread) -> dict[str, Any]:
    return {
        "name": row.name,
        "what": row.what,
        "measured": spread.middle,
        "min": spread.low,
        "max": spread.high,
        "target": row.target,
        "aim": row.aim,
        "unit": row.unit,
        "ok": is_ok(row, spread),
    }
