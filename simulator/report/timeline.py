"""The journal as plain text on the virtual clock: for terminals, and for tests that fail.

        0.648  runs.create              200  run_…d8itK queued
        0.648    the model: "Paris or London?" → get_weather({"location": "Paris"})
        0.992    run_…d8itK  queued → in_progress
        1.131  runs.retrieve ×5         200  run_…d8itK in_progress

A request stands where it was answered, so that what it saw or caused stands in the order in which
it happened. Equal polls are one line, whatever polls and changes stand between them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ..backend.journal import Entry, Journal
from ..errors import UsageError
from .rows import CALL_WIDTH, Kind, Row, rows_of
from .wording import cut, flat, shorten_ids

WIDTH = 100
TIME_WIDTH = 9
OPERATION_WIDTH = 24
TEXT_LINES = 3
NOTHING = (
    "Nothing has happened: no request came. The simulator takes those to the hosts of OpenAI and Azure, those of\n"
    "OPENAI_BASE_URL and AZURE_OPENAI_ENDPOINT, and those of hosts=[...], an option of Simulator and of the marker."
)
# What comes of requests stands further in than they do.
_INDENTS = dict.fromkeys((Kind.STATUS, Kind.MODEL, Kind.FUNCTION), "  ")
SHARE_OF_BEGINNING = 4  # one line in four, where not all fit; how it ended matters more


def render(journal: Sequence[Entry], *, limit: int | None = None) -> str:
    """Return the timeline of a journal as plain text, at most 100 columns wide.

    Args:
        journal: `Simulator.journal`, or a part of it.
        limit: how many lines at most, two or more; of a longer timeline the first and, above all, the
            last lines are kept, and one says how many are left out. None: all.

    Raises:
        UsageError: `limit` is none of these.
    """
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 2):
        raise UsageError(f"render(limit=…) is a number of lines, two or more, or None, not {limit!r}.")
    if not journal:
        off = isinstance(journal, Journal) and not journal.enabled
        return "The journal is switched off." if off else NOTHING
    lines = lines_of(rows_of(journal), start_of(journal))
    return "\n".join(lines if limit is None else _limited(lines, limit))


def start_of(journal: Sequence[Entry]) -> float:
    """Return when the first thing of a journal happened, which is not empty."""
    return min(entry.at for entry in journal)


def lines_of(rows: Sequence[Row], start: float) -> list[str]:
    """Return the lines of a timeline, the heading first.

    Args:
        start: what the times count from, in virtual seconds since the epoch.
    """
    return [heading(start), *(printable(line) for row in rows for line in _lines(row, start))]


def _lines(row: Row, start: float) -> Iterator[str]:
    time = f"{row.at - start:>{TIME_WIDTH}.3f}  "
    indent = " " * (len(time) + 4)
    what, text = f"{_INDENTS.get(row.kind, '')}{shorten_ids(row.what)}", shorten_ids(row.text)
    if row.status:
        times = f" ×{row.count}" if row.count > 1 else ""
        what = f"{cut(what, OPERATION_WIDTH - len(times)) + times:<{OPERATION_WIDTH}} {row.status:>3} "
    first = f"{time}{what} {text}".rstrip()
    if row.whole and len(first) > WIDTH:
        yield f"{time}{what}".rstrip()
        yield from _wrapped(text, indent)
    else:
        yield cut(first, WIDTH)
    for one in row.answered:
        yield cut(f"{indent}{cut(shorten_ids(one.call), CALL_WIDTH)} → {shorten_ids(flat(one.output))}".rstrip(), WIDTH)


def _wrapped(text: str, indent: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
    return lines if len(lines) <= TEXT_LINES else [*lines[: TEXT_LINES - 1], cut(f"{lines[TEXT_LINES - 1]} …", WIDTH)]


def printable(line: str) -> str:
    """Return a line without what a terminal would act upon: somebody's text may hold anything."""
    return line if line.isprintable() else "".join(one if one.isprintable() else "�" for one in line)


def heading(start: float) -> str:
    """Return what the times of a timeline count from."""
    return f"virtual seconds since {datetime.fromtimestamp(start, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _limited(lines: list[str], limit: int) -> list[str]:
    if len(lines) <= limit:
        return lines
    beginning = (limit - 1) // SHARE_OF_BEGINNING
    end = limit - 1 - beginning
    left_out = len(lines) - beginning - end
    return [*lines[:beginning], f"{'…':>{TIME_WIDTH}}  {left_out} lines left out", *lines[-end:]]
