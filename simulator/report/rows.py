"""The journal as rows: what happened, in order and in words. The plain timeline and the page are both made of these.

A request stands where it was answered, so that what it saw or caused stands in the order in which
it happened. Equal polls are one row, whatever polls and changes stand between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from ..backend.journal import Asked, Entry, Exchange, Handled, StatusChange, Struck
from ..backend.turns import CallTools
from .wording import (
    WaitingCall,
    calls_in,
    cut,
    describe_answer,
    describe_call,
    describe_stream,
    describe_turn,
    outputs_in,
    quoted,
    refusal_text,
    runs_in,
    without_addresses,
)

CALL_WIDTH = 50
# A run that ends so was meant to end otherwise; `cancelled` is what somebody asked for.
_BAD_ENDS = frozenset({"failed", "expired", "incomplete"})


class Kind(StrEnum):
    """What a row tells of."""

    REQUEST = "request"
    POLL = "poll"
    STREAM = "stream"
    STATUS = "status"
    MODEL = "model"
    FUNCTION = "function"
    FAULT = "fault"


class Trouble(StrEnum):
    """What went wrong in a row, as a reader is told."""

    UNEXPECTED = "unexpected"
    FAULT = "fault"
    REFUSED = "refused"
    NO_ANSWER = "no answer"
    ENDED_BADLY = "ended badly"
    RAISED = "raised"


class AnsweredCall(NamedTuple):
    """A function call with the output that the program gave.

    Args:
        name: of the function, or the id of the call where nobody was shown the call.
        arguments: as the model wrote them; None likewise.
    """

    name: str
    arguments: str | None
    output: str

    @property
    def call(self) -> str:
        """The call as the model wrote it."""
        return self.name if self.arguments is None else describe_call(self.name, self.arguments)


@dataclass(slots=True)
class Row:
    """One thing that happened.

    Args:
        at: virtual seconds since the epoch.
        text: in the plain timeline cut where the line ends, or with `whole` put below and wrapped.
        answered: of a submit, the calls with their outputs.
        calls: of a turn, the functions that the model calls.
        question: what a poll asked; None for all that is no poll.
        places: of the entries that it stands for, in the journal; of equal polls, of each.
        trouble: what went wrong, if anything did.
    """

    at: float
    what: str
    kind: Kind
    status: str = ""
    text: str = ""
    whole: bool = False
    answered: list[AnsweredCall] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    question: tuple[str, ...] | None = None
    places: list[int] = field(default_factory=list)
    trouble: Trouble | None = None

    @property
    def count(self) -> int:
        """How many equal polls it stands for; 1 for all that is no poll."""
        return len(self.places)


def rows_of(journal: Iterable[Entry]) -> list[Row]:
    """Return what is to be said of a journal, in the order in which it happened."""
    return _collapsed(sorted(_all_rows(journal), key=lambda row: row.at))


def _all_rows(journal: Iterable[Entry]) -> list[Row]:
    rows: list[Row] = []
    asked: Row | None = None
    calls: dict[str, WaitingCall] = {}
    for place, entry in enumerate(journal):
        if isinstance(entry, Struck):
            if asked is None:  # the journal begins between a request and its fault: a part of one was given
                rows.append(_lost_fault(entry, place))
            else:
                _mark_fault(asked, entry)
            continue
        if isinstance(entry, Exchange):
            row = asked = _exchange(entry, calls)
        else:
            row = _OTHERS[type(entry)](entry)
        row.places.append(place)
        rows.append(row)
    return rows


def _exchange(exchange: Exchange, calls: dict[str, WaitingCall]) -> Row:
    """Return the row of a request; `calls` gathers the calls by id, for the submit that answers them."""
    row = Row(
        at=exchange.answered_at,
        what=exchange.operation or f"{exchange.method} {exchange.path}",
        kind=_kind(exchange),
        status=str(exchange.status or "—"),
        trouble=_trouble(exchange),
    )
    answer = exchange.response_json
    for shown in (answer, *runs_in(exchange.frames or ())):
        calls.update({call.id: call for call in calls_in(shown)})
    if exchange.status >= 400:
        row.text, row.whole = refusal_text(answer) or f"{len(exchange.response)} bytes", True
    else:
        row.text = _outcome(exchange, answer)
        if exchange.operation == "runs.submit_tool_outputs":
            row.answered += _answered(exchange.json, calls)
    if exchange.method == "GET":
        row.question = (row.what, exchange.path, exchange.query)
    return row


def _kind(exchange: Exchange) -> Kind:
    if exchange.frames is not None:
        return Kind.STREAM
    return Kind.POLL if exchange.method == "GET" else Kind.REQUEST


def _trouble(exchange: Exchange) -> Trouble | None:
    if exchange.unexpected is not None:
        return Trouble.UNEXPECTED
    if not exchange.status:
        return Trouble.NO_ANSWER
    return Trouble.REFUSED if exchange.status >= 400 else None


def _outcome(exchange: Exchange, answer: Any) -> str:
    if not exchange.status:
        return "no answer"
    if exchange.frames is not None:
        return describe_stream(exchange.frames)
    return f"{len(exchange.response)} bytes" if exchange.operation is None else describe_answer(answer)


def _answered(body: Any, calls: Mapping[str, WaitingCall]) -> Iterator[AnsweredCall]:
    for id, output in outputs_in(body):
        call = calls.get(id)
        yield AnsweredCall(id, None, output) if call is None else AnsweredCall(call.name, call.arguments, output)


def _mark_fault(asked: Row, struck: Struck) -> None:
    asked.text, asked.answered, asked.trouble = f"fault: {struck.fault}", [], Trouble.FAULT


def _lost_fault(struck: Struck, place: int) -> Row:
    what = f"fault on {struck.operation}: {struck.fault}"
    return Row(struck.at, what, Kind.FAULT, places=[place], trouble=Trouble.FAULT)


def _change(change: StatusChange) -> Row:
    moved = change.id if change.id == change.run_id else f"{change.id} of {change.run_id}"
    ends_badly = change.id == change.run_id and change.after in _BAD_ENDS
    return Row(
        change.at,
        f"{moved}  {change.before or 'new'} → {change.after}",
        Kind.STATUS,
        trouble=Trouble.ENDED_BADLY if ends_badly else None,
    )


def _asked(asked: Asked) -> Row:
    seen, turn = asked.view.outputs, asked.turn
    shown = ", ".join(output.name for output in seen) if seen else quoted(asked.view.user, 40)
    calls = [describe_call(call.name, call.text) for call in turn.calls] if isinstance(turn, CallTools) else []
    return Row(asked.at, f"the model: {shown} →", Kind.MODEL, text=describe_turn(turn), whole=True, calls=calls)


def _handled(handled: Handled) -> Row:
    arguments = ", ".join(f"{name}={told_value(value)}" for name, value in handled.arguments.items())
    raised = handled.error is not None
    outcome = f"raised {told_value(handled.error)}" if raised else f"returned {told_value(handled.result)}"
    return Row(
        handled.at,
        cut(f"{handled.name}({arguments})", CALL_WIDTH),
        Kind.FUNCTION,
        text=outcome,
        trouble=Trouble.RAISED if raised else None,
    )


def told_value(value: object) -> str:
    """Return the `repr` of a value of the program under test, the same at each run."""
    return without_addresses(repr(value))


_OTHERS: Mapping[type, Callable[[Any], Row]] = {StatusChange: _change, Asked: _asked, Handled: _handled}


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
        if before is not None and _answers_alike(before, row):
            before.places += row.places
            continue
        polls[row.question] = row
        kept.append(row)
    return kept


def _answers_alike(one: Row, other: Row) -> bool:
    return (one.status, one.text) == (other.status, other.text)


# What a reader should look at first.


def point_of_failure(rows: Sequence[Row], *, failed: bool) -> tuple[Row, str] | None:
    """Return the row where somebody who asks why it failed should begin, and why that one; None if there is none.

    Args:
        failed: whether anything is known to have failed. An unexpected request is a failure by itself; with
            whatever else goes wrong a program may be right to go on.
    """
    for row in rows:
        if row.trouble is Trouble.UNEXPECTED:
            return row, "the first request that nothing was prepared for"
    if not failed or not rows:
        return None
    troubled = [row for row in rows if row.trouble is not None]
    if troubled:
        return troubled[-1], "the last thing that went wrong"
    return rows[-1], "the last thing that happened; nothing before it went wrong"
