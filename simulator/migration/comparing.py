"""From two records of one conversation to what differs: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

from ..errors import BaselineError
from .kinds import Difference, Found, Kind
from .outcomes import differences_of_answers, differences_of_outcomes, unordered
from .record import Record, UserTurn, canonical
from .views import differences_of_views


def compare(old: Record, new: Record) -> list[Difference]:
    """Return what differs, in order; nothing where the model was shown the same and the same came of it.

    Raises:
        BaselineError: the model was shown the same and answered otherwise: the two sides had different scripts.
    """
    found: list[Difference] = []
    for number, (before, after) in enumerate(zip_longest(old.turns, new.turns), start=1):
        turn = before or after
        own = _differences_of(before, after)
        if before and after:
            _refuse_other_scripts(before, after, number, own, differs=bool(found))
        found += [
            Difference(kind=one.kind, turn=number, user=turn.user, about=one.about, old=one.old, new=one.new)
            for one in own
        ]
    return found


def _differences_of(before: UserTurn | None, after: UserTurn | None) -> list[Found]:
    if before is None or after is None:
        kind = Kind.TURN_ADDED if before is None else Kind.TURN_LOST
        return [Found(kind, old=before and before.user, new=after and after.user)]
    found = [
        *differences_of_views(before, after),
        *differences_of_answers(before, after),
        *differences_of_outcomes(before, after),
    ]
    return _unexplained(_unique(found))


def _unique(found: Iterable[Found]) -> list[Found]:
    """Return each difference once: what is wrong in one view is so in the next."""
    kept: dict[str, Found] = {}
    for one in found:
        kept.setdefault(canonical(one), one)
    return list(kept.values())


# What is a consequence of another difference of the same turn, and is not told beside it.
_REFUSALS = {Kind.OUTPUT_ORPHANED, Kind.CHAIN_BROKEN, Kind.CONVERSATION_LOCKED, Kind.REQUEST_REFUSED}
_EXPLAINED_BY: Mapping[Kind, frozenset[Kind]] = {
    Kind.ASKED_LESS: frozenset({*_REFUSALS, Kind.CALL_UNANSWERED, Kind.FAILURE_ADDED}),
    Kind.CALL_UNANSWERED: frozenset(_REFUSALS),
    Kind.FAILURE_ADDED: frozenset({*_REFUSALS, Kind.CALL_UNANSWERED}),
    Kind.REPLY_CHANGED: frozenset({*_REFUSALS, Kind.CALL_UNANSWERED, Kind.ASKED_LESS, Kind.ANSWER_CHANGED}),
    Kind.REPLY_MISREAD: frozenset({*_REFUSALS, Kind.CALL_UNANSWERED, Kind.ASKED_LESS, Kind.ANSWER_CHANGED}),
}


def _unexplained(found: Sequence[Found]) -> list[Found]:
    kinds = {one.kind for one in found}
    return [one for one in found if kinds.isdisjoint(_EXPLAINED_BY.get(one.kind, ()))]


def _refuse_other_scripts(
    before: UserTurn, after: UserTurn, number: int, found: Iterable[Found], *, differs: bool
) -> None:
    """Refuse to compare where a model that was shown the same answered otherwise."""
    if differs or any(one.kind not in _CONSEQUENCES for one in found):
        return
    for asked, (old, new) in enumerate(zip(before.model, after.model, strict=False), start=1):
        if unordered(old.answers) != unordered(new.answers):
            raise BaselineError(
                f"The two sides had different scripts. In turn {number} ({before.user!r:.60}) the model was shown"
                f" the same, and its answer {asked} is {canonical(old.answers)} on the old side and"
                f" {canonical(new.answers)} on the new one. Give both the same answers; where the test has changed,"
                " write the baseline again with the old code."
            )


# What is found when the answers differ, without a cause of its own.
_CONSEQUENCES = frozenset(
    {
        Kind.ANSWER_CHANGED,
        Kind.CALL_UNANSWERED,
        Kind.CALL_ADDED,
        Kind.OUTPUT_CHANGED,
        Kind.ASKED_LESS,
        Kind.ASKED_MORE,
        Kind.REPLY_CHANGED,
        Kind.REPLY_MISREAD,
        Kind.HISTORY_CHANGED,
    }
)
