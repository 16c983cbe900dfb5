"""When a recorded run moved: which change lies between which two exchanges, and in which second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import inf
from typing import NamedTuple

from ...backend.turns import Hang
from .history import ENDED, RunHistory, Sighting
from .model import Act


class Move(StrEnum):
    """What happens to a run by itself."""

    PICK_UP = "pick up"
    OPEN = "open"
    CLOSE = "close"
    CONFIRM_CANCEL = "confirm cancel"


@dataclass(kw_only=True)
class Moment:
    """One move of a run.

    Args:
        act: the turn that it belongs to: the next one, for a pick-up.
        round: how many times the run was answered before.
        second: in which it happened, where that is shown.
        after: the last exchange in which it had not happened.
        before: the first exchange in which it had; infinite: none did.
        time: once it is known, in seconds since the epoch.
    """

    move: Move
    act: int
    round: int
    second: int | None = None
    after: float = -1
    before: float = inf
    time: float = inf


class Progress(NamedTuple):
    """How many moments of a run had passed: at least, and at most."""

    least: int
    most: int


def moments_of(run: RunHistory, acts: Sequence[Act]) -> list[Moment]:
    """Return the moves of a run, in order, each with what the session shows of its time."""
    moments = [*_of_acts(acts), *_of_cancel(run)]
    for moment in moments:
        moment.after = max(moment.after, _begin(run, moment.round))
        moment.second = _second(run, acts, moment)
    for sighting in _sightings(run):
        progress = _progress(run, acts, moments, sighting)
        for number, moment in enumerate(moments):
            if number < progress.least or (moment.move is Move.CONFIRM_CANCEL and _is_cancelled(sighting)):
                moment.before = min(moment.before, sighting.place)
            if number >= progress.most:
                moment.after = max(moment.after, sighting.place)
    if not isinstance(acts[-1].turn, Hang):
        moments[-1].before = min(moments[-1].before, run.freed)
    _follow_from_later(moments)
    return moments


def _of_acts(acts: Sequence[Act]) -> Iterator[Moment]:
    answered = 0
    yield Moment(move=Move.PICK_UP, act=0, round=0)
    for number, act in enumerate(acts):
        if not isinstance(act.turn, Hang):
            yield Moment(move=Move.OPEN, act=number, round=answered)
            yield Moment(move=Move.CLOSE, act=number, round=answered)
        if act.asks and number + 1 < len(acts):
            answered += 1
            yield Moment(move=Move.PICK_UP, act=number + 1, round=answered)


def _of_cancel(run: RunHistory) -> Iterator[Moment]:
    if run.cancels:
        yield Moment(move=Move.CONFIRM_CANCEL, act=-1, round=0, after=run.cancels[0])


def _begin(run: RunHistory, answered: int) -> float:
    """Return the exchange that began a round: the one that made the run, or gave the outputs before."""
    begins = [-1 if run.made_at is None else run.made_at, *run.submits]
    return begins[min(answered, len(begins) - 1)]


def _sightings(run: RunHistory) -> list[Sighting]:
    steps = [one for sightings in run.steps.values() for one in sightings]
    messages = [one for sightings in run.messages.values() for one in sightings]
    return [*run.sightings, *run.told, *steps, *messages]


def _progress(run: RunHistory, acts: Sequence[Act], moments: Sequence[Moment], sighting: Sighting) -> Progress:
    """Return how far a run was where an answer shows it, a step of it, or a message."""
    shown = sighting.shown
    if shown["object"] == "thread.run":
        return _progress_of_run(run, moments, sighting)
    is_step = shown["object"] == "thread.run.step"
    ids = [act.step if is_step else act.message for act in acts]
    if shown["id"] not in ids:
        return Progress(0, len(moments))
    act = ids.index(shown["id"])
    ended = shown.get("completed_at") is not None if is_step else bool(shown["content"])
    move = Move.CLOSE if ended else Move.OPEN
    at = [number for number, one in enumerate(moments) if one.act == act and one.move is move]
    return Progress(at[-1] + 1 if at else 0, len(moments))


def _progress_of_run(run: RunHistory, moments: Sequence[Moment], sighting: Sighting) -> Progress:
    status, place = sighting.shown["status"], sighting.place
    answered = sum(place >= submit for submit in run.submits)
    first = next((number for number, one in enumerate(moments) if one.round == answered), len(moments))
    last = max((number for number, one in enumerate(moments) if one.round == answered), default=len(moments) - 1)
    if status == "queued":
        return Progress(first, first)
    if status == "in_progress":
        return Progress(first + 1, max(first + 1, last))
    if status == "requires_action":
        return Progress(last + 1, last + 1)
    if status in ENDED and not run.cancels:
        return Progress(len(moments), len(moments))
    # Of one that is being cancelled, all that shows is whether it was picked up.
    return Progress(int(sighting.shown.get("started_at") is not None), len(moments))


def _is_cancelled(sighting: Sighting) -> bool:
    return bool(sighting.shown["object"] == "thread.run" and sighting.shown["status"] == "cancelled")


def _follow_from_later(moments: Sequence[Moment]) -> None:
    """Let nothing happen after what follows it, nor before what goes before it."""
    for earlier, later in reversed(list(pairwise(moments))):
        if later.move is not Move.CONFIRM_CANCEL:
            earlier.before = min(earlier.before, later.before)
    for earlier, later in pairwise(moments):
        later.after = max(earlier.after, later.after)


def _second(run: RunHistory, acts: Sequence[Act], moment: Moment) -> int | None:
    if moment.move is Move.PICK_UP:
        return _started(run, moment.round)
    if moment.move is Move.CONFIRM_CANCEL:
        return _latest(run.sightings, "cancelled_at")
    act = acts[moment.act]
    of_step = run.steps.get(act.step or "", ())
    of_message = run.messages.get(act.message or "", ())
    if moment.move is Move.OPEN:
        return _latest(of_step, "created_at") or _latest(of_message, "created_at")
    if act.asks:
        return None
    is_last = moment.act == len(acts) - 1
    ends = ("completed_at", "failed_at") if is_last else ()
    ended = (_latest(run.sightings, key) for key in ends)
    return next(
        (second for second in (_latest(of_step, "completed_at"), *ended) if second is not None),
        _latest(of_message, "completed_at"),
    )


def _started(run: RunHistory, answered: int) -> int | None:
    """Return when a round was picked up: `started_at` is written anew by each, and stays till the next is."""
    begin, end = _begin(run, answered), _begin(run, answered + 1)
    until = end if len(run.submits) > answered else inf
    seen = (
        one.shown.get("started_at")
        for one in run.sightings
        if begin < one.place < until and one.shown["status"] != "queued"
    )
    return next((second for second in seen if isinstance(second, int)), None)


def _latest(sightings: Sequence[Sighting], key: str) -> int | None:
    values = [value for one in sightings if isinstance(value := one.shown.get(key), int)]
    return values[-1] if values else None


def seconds_of_submits(run: RunHistory, acts: Sequence[Act]) -> dict[int, int]:
    """Return when outputs were taken, by the exchange: the step that waited for them is completed then."""
    ends = (_latest(run.steps.get(act.step or "", ()), "completed_at") for act in acts if act.asks)
    return {place: second for place, second in zip(run.submits, ends, strict=False) if second is not None}
