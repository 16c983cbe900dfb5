"""What a session shows of each run: every sighting of it, of its steps and its messages, in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, NamedTuple

from .reading import Exchange, Json, Session


class Sighting(NamedTuple):
    """An object as an answer showed it.

    Args:
        place: the exchange; within a stream, half a place later: after the request had its effect.
    """

    place: float
    shown: Json


@dataclass(kw_only=True)
class RunHistory:
    """What is known of one run.

    Args:
        made_at: the exchange that made it; None: it is older, or that request is not known.
        submits: the exchanges that answered its calls.
        pieces: the texts of deltas, by the id of the message, or of the step with the index of the call.
        told: statuses that refusals told of.
        freed: the first exchange that could not have gone through with the run still active.
    """

    id: str
    thread_id: str
    made_at: int | None
    sightings: list[Sighting] = field(default_factory=list)
    steps: dict[str, list[Sighting]] = field(default_factory=dict)
    messages: dict[str, list[Sighting]] = field(default_factory=dict)
    submits: list[int] = field(default_factory=list)
    cancels: list[int] = field(default_factory=list)
    pieces: dict[str, list[str]] = field(default_factory=dict)
    told: list[Sighting] = field(default_factory=list)
    freed: float = inf

    @property
    def end(self) -> Json | None:
        """The run as it was when it had ended; None where that was not seen."""
        return next((one.shown for one in self.sightings if one.shown.get("status") in ENDED), None)


STATUS_IN_REFUSAL = re.compile(r"""tatus ['"](\w+)['"]""")
ENDED = frozenset({"completed", "failed", "cancelled", "expired", "incomplete"})


def histories_of(session: Session) -> dict[str, RunHistory]:
    """Return the runs of a session by their ids, in the order in which they were first seen."""
    found: dict[str, RunHistory] = {}
    for exchange in session.exchanges:
        for place, shown in _shown(exchange):
            _note(found, session, Sighting(place, shown))
        _note_request(found, exchange)
        _note_free_thread(found.values(), exchange)
    return found


def _shown(exchange: Exchange) -> Iterator[tuple[float, Json]]:
    place = exchange.index + (0.5 if exchange.interaction.response.is_stream else 0)
    for shown in exchange.objects:
        yield place, shown


def _note(found: dict[str, RunHistory], session: Session, sighting: Sighting) -> None:
    shown = sighting.shown
    kind = shown.get("object")
    if kind == "thread.run":
        _run(found, session, shown["id"], shown).sightings.append(sighting)
    elif kind == "thread.run.step" and shown.get("run_id"):
        run = _run(found, session, shown["run_id"], shown)
        run.steps.setdefault(shown["id"], []).append(sighting)
    elif kind == "thread.message" and shown.get("run_id"):
        run = _run(found, session, shown["run_id"], shown)
        run.messages.setdefault(shown["id"], []).append(sighting)
    elif kind in {"thread.message.delta", "thread.run.step.delta"}:
        _note_delta(found.values(), shown)


def _run(found: dict[str, RunHistory], session: Session, id: str, shown: Mapping[str, Any]) -> RunHistory:
    if id not in found:
        found[id] = RunHistory(id=id, thread_id=str(shown.get("thread_id")), made_at=session.made.get(id))
    return found[id]


def _note_delta(runs: Iterable[RunHistory], shown: Json) -> None:
    for run in runs:
        if shown["id"] in run.messages:
            for part in shown["delta"].get("content") or ():
                if "text" in part:
                    run.pieces.setdefault(shown["id"], []).append(part["text"].get("value") or "")
        elif shown["id"] in run.steps:
            _note_step_delta(run, shown)


def _note_step_delta(run: RunHistory, shown: Json) -> None:
    """Keep the pieces of a call; its first delta has its id, the others only its index."""
    for call in (shown["delta"].get("step_details") or {}).get("tool_calls") or ():
        details = call.get(call.get("type"), {})
        piece = details.get("arguments", details.get("input"))
        if piece is not None and "id" not in call:  # the first only opens the call
            run.pieces.setdefault(f"{shown['id']}/{call['index']}", []).append(piece)


def _note_request(found: Mapping[str, RunHistory], exchange: Exchange) -> None:
    run = found.get(exchange.operation.ids[1]) if len(exchange.operation.ids) > 1 else None
    if exchange.status >= 400:
        status = STATUS_IN_REFUSAL.search(str(exchange.interaction.response.json))
        if run is not None and status is not None:
            run.told.append(Sighting(exchange.index, {"object": "thread.run", "status": status[1]}))
        return
    if run is not None and exchange.operation.name == "runs.submit_tool_outputs":
        run.submits.append(exchange.index)
    elif run is not None and exchange.operation.name == "runs.cancel":
        run.cancels.append(exchange.index)


def _note_free_thread(runs: Iterable[RunHistory], exchange: Exchange) -> None:
    if exchange.operation.name not in {"messages.create", "runs.create"} or exchange.status >= 400:
        return
    for run in runs:
        if run.thread_id == exchange.operation.ids[0] and run.made_at != exchange.index:
            run.freed = min(run.freed, exchange.index)


def continued(run: RunHistory) -> RunHistory:
    """Return an older run that waited for outputs as one that the submit of them made."""
    first = run.submits[0]
    answered = answered_step(run)
    return replace(
        run,
        made_at=first,
        submits=run.submits[1:],
        sightings=[one for one in run.sightings if one.place >= first],
        steps={id: seen for id, seen in run.steps.items() if id != answered},
    )


def answered_step(run: RunHistory) -> str | None:
    """Return the step whose calls were waiting when the session began: the first that calls functions."""
    calls = {id: seen[0].shown["step_details"].get("tool_calls") or () for id, seen in run.steps.items()}
    return next((id for id, made in calls.items() if any(one["type"] == "function" for one in made)), None)
