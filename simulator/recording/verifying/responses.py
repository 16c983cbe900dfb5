"""Asks the simulator what recorded sessions asked of the Responses and Conversations APIs, with the recorded model.

A response is made in one request, so there is no run to follow: what the model said stands in the answer, or in the
events of the stream, with its pieces and its cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, cast

from ...api.refusals.refusal import Refusal
from ...api.refusals.responses import Beyond
from ...api.responses.beyond import refuse_beyond
from ...api.routes import OPERATION_NAMES
from ...api.wire import Frame, Request, Response
from ...backend.brain import View
from ...backend.course import Span
from ...backend.responses.items import PREFIXES
from ...backend.tokens import Tokens
from ...backend.turns import (
    CallTools,
    Fail,
    Finish,
    Incomplete,
    Part,
    RefusedText,
    RunCode,
    Say,
    SearchFiles,
    ToolCall,
    Turn,
)
from ...simulator import Simulator
from ..events import events_of
from .comparing import Answer, Comparison
from .driving import Driven
from .identities import Identities
from .reading import Exchange, Json, Session, headers_of

# Within the second that an object shows: a response begins before it ends.
_BEGINS, _ENDS = 0.2, 0.7
_REASONS = {"max_output_tokens": "max_completion_tokens"}


def beyond(session: Session) -> str | None:
    """Return what a session uses that the simulator refuses by name; None: nothing."""
    return next((found for exchange in session.exchanges if (found := _beyond(exchange)) is not None), None)


def _beyond(exchange: Exchange) -> str | None:
    if exchange.operation.name not in OPERATION_NAMES:
        return exchange.operation.name
    if exchange.operation.name == "responses.create":
        try:
            refuse_beyond({key: value for key, value in exchange.body.items() if value is not None})
        except Beyond as refused:
            return refused.param
        except Refusal:
            return None  # the service refused it too, as the answer shows
    kinds = (item["type"] for response in _responses_in(exchange) for item in response["output"])
    return next((kind for kind in kinds if kind not in PREFIXES), None)


@dataclass(kw_only=True)
class Plan:
    """A response as it went.

    Args:
        turns: what the model did, and what each turn cost.
        ends: when the last turn closed.
    """

    turns: list[tuple[Turn, Tokens]]
    ends: float
    asked: int = 0

    def next_turn(self) -> Turn:
        """Return what the model does next."""
        self.asked += 1
        return self.turns[self.asked - 1][0]


@dataclass(kw_only=True)
class _Course:
    """The recorded times and costs; `plan` is that of the response that is being made."""

    plan: Plan = field(default_factory=lambda: Plan(turns=[], ends=0.0))

    def request(self, seconds: float) -> float:
        """Return 0: the clock is set before each request."""
        return 0.0

    def pick_up(self, run: Mapping[str, Any], at: float) -> float:
        """Return `at`: no run is part of such a session."""
        return at

    def turn(self, run: Mapping[str, Any], turn: Turn, at: float) -> Span:
        """Return the span of a turn: the last one ends when the response did."""
        is_last = self.plan.asked == len(self.plan.turns)
        return Span(at, max(at, self.plan.ends) if is_last else at)

    def confirm_cancel(self, run: Mapping[str, Any], at: float) -> float:
        """Return `at`, likewise."""
        return at

    def ingest(self, file: Mapping[str, Any], at: float) -> float:
        """Return `at`: files are there before the session."""
        return at

    def tokens(self, run: Mapping[str, Any], turn: Turn | None) -> Tokens | None:
        """Return what a turn cost."""
        return next((tokens for one, tokens in self.plan.turns if one is turn), None)


class _Stage(Simulator):
    """A simulator in which each response is as it was recorded."""

    def __init__(self, as_of: str | None) -> None:
        super().__init__(brain=self._answer, as_of=as_of, poll_after_ms=None, journal=False)
        self.course = _Course()
        self._backend.engine.course = self.course

    def _answer(self, view: View) -> Turn:
        return self.course.plan.next_turn()


def drive(session: Session) -> Driven:
    """Ask the simulator what was asked in a session, and compare."""
    driven = Driven(session=session)
    stage, identities = _Stage(_day_of(session)), Identities()
    comparison = Comparison(session, identities)
    _place(session, stage, identities)
    for exchange in session.exchanges:
        second = _second(exchange)
        if second is not None:
            stage.clock.advance_to(second + _BEGINS)
        driven.tallies[exchange.index] = comparison.compare(exchange, _ask(exchange, stage, identities))
    return driven


def _ask(exchange: Exchange, stage: _Stage, identities: Identities) -> Answer:
    recorded = exchange.interaction.request
    stage.course.plan = _plan(exchange)
    request = Request(
        recorded.method,
        identities.translated(recorded.path),
        identities.translated(recorded.query),
        headers_of(exchange, None),
        identities.translated(recorded.body.decode()).encode(),
    )
    response = cast("Response", stage.handle(request))  # no connection fails unless a fault is planned
    if isinstance(response.body, bytes):
        return Answer(status=response.status, headers=response.headers, body=response.body)
    body = b"".join(_read(stage, response.body))
    if "event-stream" not in response.headers["content-type"]:
        return Answer(status=response.status, headers=response.headers, body=body)
    events = [(one.event, one.data if one.json is None else one.json) for one in events_of(body)]
    return Answer(status=response.status, headers=response.headers, body=body, events=events, is_stream=True)


def _read(stage: _Stage, frames: Iterator[Frame]) -> Iterator[bytes]:
    for frame in frames:
        stage.wait_until(frame.due)
        yield frame.data


def _place(session: Session, stage: _Stage, identities: Identities) -> None:
    """Put in their place what was there before the session: vector stores that are searched, responses built upon."""
    made = {response["id"] for exchange in session.exchanges for response in _responses_in(exchange)}
    for exchange in session.exchanges:
        for tool in exchange.body.get("tools") or ():
            for id in tool.get("vector_store_ids") or ():
                identities.keep(id)
                stage.put("vector_stores", {"id": id})
        previous = exchange.body.get("previous_response_id")
        if previous is not None and previous not in made and exchange.status < 400:
            identities.keep(previous)
            stage.put("responses", {"id": previous})


# What the model did.


def _responses_in(exchange: Exchange) -> list[Json]:
    """Return the responses that an answer shows, in order."""
    if exchange.interaction.response.is_stream:
        shown = [data.get("response") for _, data in exchange.events if isinstance(data, dict)]
    else:
        shown = [exchange.interaction.response.json]
    return [one for one in shown if isinstance(one, dict) and one.get("object") == "response"]


def _plan(exchange: Exchange) -> Plan:
    responses = _responses_in(exchange) if exchange.operation.name == "responses.create" else []
    if not responses:
        return Plan(turns=[(Finish(), Tokens())], ends=0.0)
    last = responses[-1]
    turns = [*_turns(last, _pieces(exchange))]
    costs = [*[Tokens()] * (len(turns) - 1), _tokens(last.get("usage"))]
    ends = last.get("completed_at") or last["created_at"]
    return Plan(turns=list(zip(turns, costs, strict=True)), ends=ends + _ENDS)


def _turns(response: Json, pieces: Mapping[str, Sequence[str]]) -> Iterator[Turn]:
    rounds = [list(group) for _, group in groupby(response["output"], _round)]
    for number, items in enumerate(rounds, start=1):
        is_last = number == len(rounds)
        if is_last and response["status"] in ("incomplete", "failed"):
            yield _stopped(response, items[0], pieces)
            return
        yield _turn(items, pieces, more=not is_last)
    if response["status"] == "failed":
        yield Fail(code=response["error"]["code"], message=response["error"]["message"])
    elif response["status"] == "incomplete":
        yield Incomplete(reason=_reason(response))
    elif not rounds or rounds[-1][0]["type"].endswith(("file_search_call", "interpreter_call")):
        yield Finish()


def _round(item: Json) -> str:
    """Return what tells the turns apart: calls of functions that follow one another are one turn."""
    return "calls" if item["type"] == "function_call" else str(item["id"])


def _turn(items: Sequence[Json], pieces: Mapping[str, Sequence[str]], *, more: bool) -> Turn:
    first = items[0]
    chunks = pieces.get(first["id"])
    if first["type"] == "function_call":
        return CallTools(
            calls=tuple(ToolCall(one["name"], one["arguments"], chunks=pieces.get(one["id"])) for one in items)
        )
    if first["type"] == "code_interpreter_call":
        logs = "".join(one["logs"] for one in first["outputs"] or () if one["type"] == "logs")
        return RunCode(input=first["code"], logs=logs or None, chunks=chunks)
    if first["type"] == "file_search_call":
        return SearchFiles(query=" ".join(first["queries"]), results=tuple(first["results"] or ()))
    notes = [note for part in first["content"][:1] for note in part.get("annotations", ())]
    return Say(
        parts=tuple(map(_part, first["content"])), annotations=tuple(map(_note, notes)), chunks=chunks, more=more
    )


def _part(part: Json) -> Part:
    return RefusedText(part["refusal"]) if part["type"] == "refusal" else str(part["text"])


def _note(note: Json) -> Json:
    """Return a citation with the place where a marker would have stood; the container has another id here."""
    if "index" not in note:
        return {key: value for key, value in note.items() if key != "container_id"}
    return {"start_index": note["index"], "end_index": note["index"], **note}


def _stopped(response: Json, item: Json, pieces: Mapping[str, Sequence[str]]) -> Turn:
    text = "".join(part.get("text", "") for part in item.get("content", ()))
    if response["status"] == "failed":
        return Fail(code=response["error"]["code"], message=response["error"]["message"], text=text)
    return Incomplete(reason=_reason(response), text=text, chunks=pieces.get(item["id"]))


def _reason(response: Json) -> str:
    reason = str(response["incomplete_details"]["reason"])
    return _REASONS.get(reason, reason)


def _tokens(usage: Json | None) -> Tokens:
    if usage is None:
        return Tokens()
    details = usage["input_tokens_details"], usage["output_tokens_details"]
    return Tokens(
        usage["input_tokens"], usage["output_tokens"], details[0]["cached_tokens"], details[1]["reasoning_tokens"]
    )


def _pieces(exchange: Exchange) -> dict[str, list[str]]:
    """Return the pieces in which each item came; only a stream has any."""
    pieces: dict[str, list[str]] = {}
    for name, data in exchange.events:
        if name.endswith(".delta"):
            pieces.setdefault(data["item_id"], []).append(data["delta"])
    return pieces


# Times.


def _second(exchange: Exchange) -> int | None:
    shown = exchange.interaction.response.json
    made = next(iter(_responses_in(exchange)), shown if isinstance(shown, dict) else {})
    is_made = exchange.operation.name.endswith(".create") and exchange.status < 400
    second = made.get("created_at") if is_made else None
    return second if isinstance(second, int) else None


def _day_of(session: Session) -> str | None:
    seconds = [second for one in session.exchanges if (second := _second(one)) is not None]
    return datetime.fromtimestamp(min(seconds), UTC).date().isoformat() if seconds else None
