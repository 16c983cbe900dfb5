"""What the page shows, as a JSON value: the rows of the timeline, and for each what crossed the wire.

It is given a journal that is scrubbed already (`scrubbed_journal`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from pydantic_core import to_jsonable_python

from ..backend.journal import Asked, Entry, Exchange, Handled, StatusChange, Struck
from ..backend.turns_json import turn_to_json
from .rows import Kind, Row, point_of_failure, rows_of, told_value
from .scrubbed_journal import scrubbed_text
from .timeline import start_of
from .wording import flat, shorten_ids, without_addresses

JsonDict: TypeAlias = dict[str, Any]
# A pause of this many virtual seconds or more stands between two rows as one line, however long it is.
PAUSE = 30.0
_UNITS = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


class Lane(StrEnum):
    """Whose doing something is."""

    APP = "app"
    API = "API"
    RUN = "run"
    TOOLS = "tools"


LANES: Mapping[Lane, str] = {
    Lane.APP: "what the program asked for",
    Lane.API: "what it was answered",
    Lane.RUN: "the model and the status of runs",
    Lane.TOOLS: "function calls, their outputs, and watched functions",
}


def data_of(journal: Sequence[Entry], *, title: str, findings: Iterable[str] = ()) -> JsonDict:
    """Return what the page of a journal shows.

    Args:
        journal: one without secrets (`scrubbed_entries`).
        findings: what failed, each a text of one or more lines.
    """
    rows = rows_of(journal)
    told = [without_addresses(scrubbed_text(text)) for text in findings]
    start = start_of(journal) if journal else 0.0
    return {
        "title": scrubbed_text(title),
        "began": f"{_moment(start):%Y-%m-%d %H:%M:%S} UTC" if journal else None,
        "lasted": time_text(rows[-1].at - start) if journal else None,
        "findings": told,
        "failure": _failure(rows, failed=bool(told)),
        "lanes": [{"name": lane, "means": means} for lane, means in LANES.items()],
        "rows": list(_rows(rows, journal, start)),
    }


def _failure(rows: Sequence[Row], *, failed: bool) -> JsonDict | None:
    found = point_of_failure(rows, failed=failed)
    return None if found is None else {"row": found[0].places[0], "why": found[1]}


def _rows(rows: Iterable[Row], journal: Sequence[Entry], start: float) -> Iterator[JsonDict]:
    before = start
    for row in rows:
        entries = [journal[place] for place in row.places]
        yield {
            "id": row.places[0],
            "more": row.places[1:],
            "at": round(row.at - start, 6),
            "when": f"{_moment(row.at):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC",
            "pause": pause_text(row.at - before),
            "kind": row.kind,
            "what": shorten_ids(row.what),
            "status": row.status,
            "trouble": row.trouble,
            "cells": dict(_cells(row)),
            "details": [{"name": name, "text": text} for name, text in _details(row, entries)],
        }
        before = row.at


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def pause_text(seconds: float) -> str | None:
    """Return how long nothing happened; None where it is no pause worth a line."""
    return None if seconds < PAUSE else time_text(seconds)


def time_text(seconds: float) -> str:
    """Return a length of time in its two greatest units; below a minute to the millisecond."""
    if seconds < 60:
        return f"{seconds:.3f}".rstrip("0").rstrip(".") + " s"
    counts, rest = [], round(seconds)
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        counts.append((count, f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"))
    first = next(place for place, (count, _) in enumerate(counts) if count)
    return " ".join(text for count, text in counts[first : first + 2] if count)


# Which lane says what.


def _cells(row: Row) -> Iterator[tuple[Lane, list[str]]]:
    for lane, lines in _CELLS[row.kind](row).items():
        if any(lines):
            yield lane, list(map(shorten_ids, lines))


def _of_request(row: Row) -> Mapping[Lane, list[str]]:
    times = f" ×{row.count}" if row.count > 1 else ""
    return {
        Lane.APP: [f"{row.what}{times}"],
        Lane.API: [row.text],
        Lane.TOOLS: [f"{one.call} → {flat(one.output)}" for one in row.answered],
    }


def _of_turn(row: Row) -> Mapping[Lane, list[str]]:
    number = len(row.calls)
    answer = f"{number} call{'' if number == 1 else 's'}" if number else row.text
    return {Lane.RUN: [f"{row.what} {answer}"], Lane.TOOLS: row.calls}


def _of_function(row: Row) -> Mapping[Lane, list[str]]:
    return {Lane.TOOLS: [row.what, row.text]}


_CELLS: Mapping[Kind, Callable[[Row], Mapping[Lane, list[str]]]] = {
    Kind.REQUEST: _of_request,
    Kind.POLL: _of_request,
    Kind.STREAM: _of_request,
    Kind.STATUS: lambda row: {Lane.RUN: [row.what.replace("  ", " ")]},
    Kind.MODEL: _of_turn,
    Kind.FUNCTION: _of_function,
    Kind.FAULT: lambda row: {Lane.API: [row.what]},
}


# What is shown of an entry on demand.


def _details(row: Row, entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Yield names and texts; of equal polls those of the first, and when the others came."""
    if row.answered:
        yield "calls", _json([one._asdict() for one in row.answered])
    first = entries[0]
    yield from _DETAILS[type(first)](first)
    if len(entries) > 1:
        yield "the same again, at", "\n".join(f"{_moment(one.at):%H:%M:%S.%f}"[:-3] for one in entries[1:])


def _of_exchange(exchange: Exchange) -> Iterator[tuple[str, str]]:
    query = f"?{exchange.query}" if exchange.query else ""
    took = exchange.answered_at - exchange.at
    yield "request", f"{exchange.method} {exchange.path}{query}"
    yield "sent", f"{_moment(exchange.at):%H:%M:%S.%f}"[:-3] + f", answered {took:.3f} s later"
    if exchange.unexpected is not None:
        yield "unexpected", exchange.unexpected
    if exchange.headers:
        yield "headers", "\n".join(f"{name}: {value}" for name, value in exchange.headers.items())
    if exchange.body:
        yield "body", _text(exchange.body)
    if exchange.frames is not None:
        yield "stream", "".join(map(_text, exchange.frames))
    elif exchange.response:
        yield "answer", _text(exchange.response)


def _of_asked(asked: Asked) -> Iterator[tuple[str, str]]:
    view = asked.view
    yield "answered", _json(turn_to_json(asked.turn))
    yield (
        "was shown",
        _json(
            {
                "model": view.model,
                "instructions": view.instructions,
                "messages": [{"role": role, "text": text} for role, text in view.messages],
                "outputs": [output._asdict() for output in view.outputs],
                "functions": view.functions,
                "settings": view.settings,
                "files": view.files,
            }
        ),
    )
    yield "run", f"{asked.run_id} of {asked.thread_id}"


def _of_handled(handled: Handled) -> Iterator[tuple[str, str]]:
    yield "arguments", _json(handled.arguments)
    if handled.error is not None:
        yield "raised", told_value(handled.error)
    else:
        yield "returned", _json(handled.result)


def _of_change(change: StatusChange) -> Iterator[tuple[str, str]]:
    yield "object", f"{change.object} {change.id}"
    yield "run", f"{change.run_id} of {change.thread_id}"
    yield "event", change.event


# Any: each takes the entries of its own type.
_DETAILS: Mapping[type, Callable[[Any], Iterator[tuple[str, str]]]] = {
    Exchange: _of_exchange,
    Asked: _of_asked,
    Handled: _of_handled,
    StatusChange: _of_change,
    Struck: lambda struck: iter([("fault", struck.fault), ("operation", struck.operation)]),
}


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _json(value: Any) -> str:
    """Return a value as JSON text; what JSON cannot say, as its `repr`."""
    try:
        plain = to_jsonable_python(value, fallback=told_value, inf_nan_mode="strings", bytes_mode="base64")
        return json.dumps(plain, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):  # a value of somebody's program, which may hold itself
        return told_value(value)
