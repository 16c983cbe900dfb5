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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..backend.journal import Asked, Entry, Exchange, Handled, Journal, StatusChange, Struck
from ..errors import UsageError
from .wording import (
    calls_in,
    cut,
    describe_answer,
    describe_call,
    describe_stream,
    describe_turn,
    quoted,
    refusal_text,
    runs_in,
    shorten_ids,
)

WIDTH = 100
TIME_WIDTH = 9
OPERATION_WIDTH = 24
TEXT_LINES = 3
NOTHING = (
    "Nothing has happened: no request came. The simulator takes those to the hosts of OpenAI and Azure, those of\n"
    "OPENAI_BASE_URL and AZURE_OPENAI_ENDPOINT, and those of hosts=[...], an option of Simulator and of the marker."
)
SHARE_OF_BEGINNING = 4  # one line in four, where not all fit; how it ended matters more


@dataclass(slots=True)
class Row:
    """One thing that happened.

    Args:
        text: cut where the line ends, or with `whole` put below and wrapped.
        below: further lines, each cut.
        question: what a poll asked; None for all that is no poll.
        count: how many equal polls it stands for.
    """

    at: float
    what: str
    status: str = ""
    text: str = ""
    whole: bool = False
    below: list[str] = field(default_factory=list)
    question: tuple[str, ...] | None = None
    count: int = 1


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
    start = min(entry.at for entry in journal)
    lines = [_heading(start)]
    for row in _collapsed(sorted(_rows(journal), key=lambda row: row.at)):
        lines += map(_printable, _lines(row, start))
    return "\n".join(lines if limit is None else _limited(lines, limit))


# From entries to rows.


def _rows(journal: Iterable[Entry]) -> list[Row]:
    rows: list[Row] = []
    asked: Row | None = None
    calls: dict[str, str] = {}
    for entry in journal:
        if isinstance(entry, Struck):
            _mark_fault(asked, entry, rows)
            continue
        if isinstance(entry, Exchange):
            row = asked = _exchange(entry, calls)
        else:
            row = _OTHERS[type(entry)](entry)
        rows.append(row)
    return rows


def _exchange(exchange: Exchange, calls: dict[str, str]) -> Row:
    """Return the row of a request; `calls` gathers the calls by id, for the submit that answers them."""
    row = Row(
        at=exchange.answered_at,
        what=exchange.operation or f"{exchange.method} {exchange.path}",
        status=str(exchange.status or "—"),
    )
    answer = exchange.response_json
    for shown in (answer, *runs_in(exchange.frames or ())):
        calls.update({call.id: describe_call(call.name, call.arguments) for call in calls_in(shown)})
    if exchange.status >= 400:
        row.text, row.whole = refusal_text(answer) or f"{len(exchange.response)} bytes", True
    else:
        row.text = _outcome(exchange, answer)
        if exchange.operation == "runs.submit_tool_outputs":
            row.below += _answered(exchange.json, calls)
    if exchange.method == "GET":
        row.question = (row.what, exchange.path, exchange.query)
    return row


def _outcome(exchange: Exchange, answer: Any) -> str:
    if not exchange.status:
        return "no answer"
    if exchange.frames is not None:
        return describe_stream(exchange.frames)
    return f"{len(exchange.response)} bytes" if exchange.operation is None else describe_answer(answer)


def _answered(body: Any, calls: Mapping[str, str]) -> Iterator[str]:
    for output in body["tool_outputs"]:
        call = calls.get(output["tool_call_id"], output["tool_call_id"])
        yield f"{cut(shorten_ids(call), WIDTH // 2)} → {' '.join((output.get('output') or '').split())}"


def _mark_fault(asked: Row | None, struck: Struck, rows: list[Row]) -> None:
    if asked is None:  # the journal begins between a request and its fault: a part of one was given
        rows.append(Row(struck.at, f"fault on {struck.operation}: {struck.fault}"))
        return
    asked.text, asked.below = f"fault: {struck.fault}", []


def _change(change: StatusChange) -> Row:
    moved = change.id if change.id == change.run_id else f"{change.id} of {change.run_id}"
    return Row(change.at, f"  {moved}  {change.before or 'new'} → {change.after}")


def _asked(asked: Asked) -> Row:
    seen = asked.view.outputs
    shown = ", ".join(output.name for output in seen) if seen else quoted(asked.view.user, 40)
    return Row(asked.at, f"  the model: {shown} →", text=describe_turn(asked.turn), whole=True)


def _handled(handled: Handled) -> Row:
    arguments = ", ".join(f"{name}={value!r}" for name, value in handled.arguments.items())
    outcome = f"returned {handled.result!r}" if handled.error is None else f"raised {handled.error!r}"
    return Row(handled.at, f"  {cut(f'{handled.name}({arguments})', WIDTH // 2)}", text=outcome)


_OTHERS: Mapping[type, Callable[[Any], Row]] = {StatusChange: _change, Asked: _asked, Handled: _handled}


# From rows to lines.


def _collapsed(rows: Iterable[Row]) -> list[Row]:
    """Return the rows with each run of equal polls as one; anything that is asked beside polling ends all runs."""
    kept: list[Row] = []
    polls: dict[tuple[str, ...], Row] = {}
    for row in rows:
        if row.question is None:
            if row.status:
                polls.clear()
            kept.append(row)
            continue
        before = polls.get(row.question)
        if before is not None and (before.status, before.text, before.below) == (row.status, row.text, row.below):
            before.count += 1
            continue
        polls[row.question] = row
        kept.append(row)
    return kept


def _lines(row: Row, start: float) -> Iterator[str]:
    time = f"{row.at - start:>{TIME_WIDTH}.3f}  "
    indent = " " * (len(time) + 4)
    what, text = shorten_ids(row.what), shorten_ids(row.text)
    if row.status:
        times = f" ×{row.count}" if row.count > 1 else ""
        what = f"{cut(what, OPERATION_WIDTH - len(times)) + times:<{OPERATION_WIDTH}} {row.status:>3} "
    first = f"{time}{what} {text}".rstrip()
    if row.whole and len(first) > WIDTH:
        yield f"{time}{what}".rstrip()
        yield from _wrapped(text, indent)
    else:
        yield cut(first, WIDTH)
    for below in row.below:
        yield cut(f"{indent}{shorten_ids(below)}".rstrip(), WIDTH)


def _wrapped(text: str, indent: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
    return lines if len(lines) <= TEXT_LINES else [*lines[: TEXT_LINES - 1], cut(f"{lines[TEXT_LINES - 1]} …", WIDTH)]


def _printable(line: str) -> str:
    """Return a line without what a terminal would act upon: somebody's text may hold anything."""
    return line if line.isprintable() else "".join(one if one.isprintable() else "�" for one in line)


def _heading(start: float) -> str:
    return f"virtual seconds since {datetime.fromtimestamp(start, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _limited(lines: list[str], limit: int) -> list[str]:
    if len(lines) <= limit:
        return lines
    beginning = (limit - 1) // SHARE_OF_BEGINNING
    end = limit - 1 - beginning
    left_out = len(lines) - beginning - end
    return [*lines[:beginning], f"{'…':>{TIME_WIDTH}}  {left_out} lines left out", *lines[-end:]]
