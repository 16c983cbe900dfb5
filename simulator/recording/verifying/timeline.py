"""One time line for a session: a time for each exchange and each move of a run, so that every second comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import floor, inf

from .moments import Moment
from .reading import Exchange, Session

FAR = 1e11
"""A time that no session reaches."""


@dataclass(kw_only=True)
class _Point:
    """A point of the line: an exchange, or a move where `moment` is one.

    Args:
        second: in which it lies, where that is shown.
        hint: in which it lies as far as the recorder's clock went with the service's.
    """

    second: int | None
    hint: int | None = None
    moment: Moment | None = None
    time: float = 0.0


def assign(session: Session, moments: Sequence[Moment], known: Mapping[int, int]) -> list[float]:
    """Give each moment its time, and return those of the exchanges.

    What is shown is kept (`created_at` of what an exchange made, `started_at`, `completed_at`); between, the
    recorder's own times are followed as far as they fit.

    Args:
        known: the seconds of exchanges, where something else shows them.
    """
    points = list(_points(session, moments, known))
    start = session.began or 0
    _seconds(points, start)
    for _, same in groupby(points, key=lambda point: floor(point.time)):
        together = list(same)
        for number, point in enumerate(together):
            point.time += (number + 1) / (len(together) + 1)
    for point in points:
        if point.moment is not None:
            point.moment.time = point.time
    return [point.time for point in points if point.moment is None]


def _points(session: Session, moments: Sequence[Moment], known: Mapping[int, int]) -> Iterator[_Point]:
    seconds = [known.get(one.index, _hard(one)) for one in session.exchanges]
    placed = sorted(
        ((_gap(session, moment, seconds), number, moment) for number, moment in enumerate(moments)),
        key=lambda one: one[0],
    )
    count = len(session.exchanges)
    for place, exchange in enumerate(session.exchanges):
        yield from (_Point(second=one.second, moment=one) for gap, _, one in placed if gap == place)
        yield _Point(second=seconds[place], hint=exchange.second)
    yield from (_Point(second=one.second, moment=one) for gap, _, one in placed if gap == count)
    for gap, _, moment in placed:
        if gap > count:
            moment.time = FAR


def _gap(session: Session, moment: Moment, seconds: Sequence[int | None]) -> float:
    """Return the exchange before which a move lies: the last one possible, or an earlier one that its second says."""
    if moment.before == inf:
        return inf
    last = floor(moment.before) + (moment.before > floor(moment.before))
    if moment.second is not None:
        for place in range(floor(moment.after) + 1, last):
            known = seconds[place] if seconds[place] is not None else session.exchanges[place].second
            if known is not None and known > moment.second:
                return place
    return last


def _hard(exchange: Exchange) -> int | None:
    made = exchange.made
    second = None if made is None else made.get("created_at")
    return second if isinstance(second, int) else None


def _seconds(points: Sequence[_Point], start: int) -> None:
    """Give each point its second: as shown; else as hinted, but never past the next that is shown."""
    ceilings: list[float] = []
    ceiling = inf
    for point in reversed(points):
        ceilings.append(ceiling)
        ceiling = min(ceiling, inf if point.second is None else point.second)
    now = float(start)
    for point, most in zip(points, reversed(ceilings), strict=True):
        wanted = point.second if point.second is not None else min(point.hint or now, most)
        now = point.time = max(now, wanted)
