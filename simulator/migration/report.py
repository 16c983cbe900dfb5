"""Differences as text: a table of the turns, then each difference with both sides and why it matters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .kinds import Difference, Kind
from .record import Record

# The columns of the table, and which kinds belong to each.
COLUMNS: Mapping[str, Sequence[Kind]] = {
    "instructions": (Kind.INSTRUCTIONS_LOST, Kind.INSTRUCTIONS_CHANGED),
    "history": (Kind.HISTORY_LOST, Kind.HISTORY_REPEATED, Kind.HISTORY_ADDED, Kind.HISTORY_CHANGED),
    "tools": (
        Kind.TOOL_LOST,
        Kind.TOOL_ADDED,
        Kind.TOOL_DESCRIPTION,
        Kind.TOOL_SCHEMA,
        Kind.TOOL_STRICTNESS,
        Kind.FILES_CHANGED,
    ),
    "settings": (
        Kind.MODEL_CHANGED,
        Kind.FORMAT_CHANGED,
        Kind.TOOL_CHOICE_CHANGED,
        Kind.PARALLEL_CALLS_CHANGED,
        Kind.SAMPLING_CHANGED,
        Kind.BUDGET_LOST,
        Kind.BUDGET_CHANGED,
        Kind.TRUNCATION_CHANGED,
    ),
    "calls": (
        Kind.ANSWER_CHANGED,
        Kind.CALL_UNANSWERED,
        Kind.CALL_ADDED,
        Kind.ASKED_LESS,
        Kind.ASKED_MORE,
        Kind.TURN_LOST,
        Kind.TURN_ADDED,
    ),
    "outputs": (Kind.OUTPUT_CHANGED, Kind.OUTPUT_ORPHANED),
    "reply": (
        Kind.REPLY_MISREAD,
        Kind.REPLY_CHANGED,
        Kind.FAILURE_SWALLOWED,
        Kind.FAILURE_ADDED,
        Kind.FAILURE_CHANGED,
        Kind.WATCHED_CHANGED,
        Kind.CHAIN_BROKEN,
        Kind.CONVERSATION_LOCKED,
        Kind.REQUEST_REFUSED,
    ),
}
SAME, OTHER, MEANT = "=", "≠", "~"
# As many characters of a side, around the place where the two part.
SHOWN = 400
_BEFORE = 40
_USER = 28
_INDENT = "    "


@dataclass(slots=True, kw_only=True)
class Comparison:
    """Two sides of a conversation, and what differs.

    Args:
        of: the test or the scenario.
        open: the differences that nobody meant; without any, the sides are twins.
        meant: those that are tolerated, each with its reason.
        used: places of the tolerated differences that were needed.
        unused: those that nothing needed.
        failed: what a side did not do that the scenario expects.
        skipped: what was expected of one surface only, and could not be looked at on the other.
    """

    of: str
    old: Record
    new: Record
    open: Sequence[Difference] = ()
    meant: Sequence[tuple[Difference, str]] = ()
    used: frozenset[int] = frozenset()
    unused: Sequence[str] = ()
    failed: Sequence[str] = ()
    skipped: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing differs but what is meant, and both sides did what is expected."""
        return not self.open and not self.failed


def text_of(comparison: Comparison) -> str:
    """Return a comparison as text."""
    return "\n".join(lines_of(comparison))


def lines_of(comparison: Comparison) -> Iterator[str]:
    """Yield the lines of a comparison."""
    yield headline_of(comparison)
    if comparison.open:
        yield ""
        yield from table(comparison)
    for one in comparison.open:
        yield ""
        yield from difference_lines(one)
    if comparison.failed:
        yield ""
        yield from comparison.failed
    notes = list(_notes(comparison))
    if notes:
        yield ""
        yield from notes


def headline_of(comparison: Comparison) -> str:
    """Return how many differences there are, and of which kinds; first, how often a side failed by itself."""
    count, kinds = len(comparison.open), ", ".join(dict.fromkeys(one.kind for one in comparison.open))
    told = f"{count or 'no'} difference{'' if count == 1 else 's'}{_surfaces(comparison)}"
    differ = f"{told}{f': {kinds}' if kinds else ''}"
    if not comparison.failed:
        return f"{comparison.of}: {differ}"
    failed = len(comparison.failed)
    found = f"{failed} finding{'' if failed == 1 else 's'} about {_failed_sides(comparison)}"
    return f"{comparison.of}: {found}{f'; {differ}' if count else ''}"


def _failed_sides(comparison: Comparison) -> str:
    sides = [side for side in ("old", "new") if any(one.startswith(f"the {side} side") for one in comparison.failed)]
    return f"the {' and the '.join(sides)} side"


def as_json(comparison: Comparison) -> Mapping[str, Any]:
    """Return a comparison as a JSON value."""
    return {
        "passed": comparison.passed,
        "differences": [_one_as_json(one) for one in comparison.open],
        "tolerated": [{**_one_as_json(one), "reason": reason} for one, reason in comparison.meant],
        "failed": list(comparison.failed),
        "skipped": list(comparison.skipped),
    }


def _one_as_json(one: Difference) -> Mapping[str, Any]:
    return {
        "kind": str(one.kind),
        "turn": one.turn,
        "user": one.user,
        "about": one.about,
        "old": one.old,
        "new": one.new,
        "why": one.why,
    }


def table(comparison: Comparison) -> Iterator[str]:
    """Yield a line for each turn of the user: what is the same (=), what differs (≠), what is meant to differ (~)."""
    turns = max(comparison.old.turns, comparison.new.turns, key=len)
    width = max((len(_cut(turn.user)) for turn in turns), default=0)
    yield f"{'turn':<5} {'':<{width}}  " + "  ".join(COLUMNS)
    for number, turn in enumerate(turns, start=1):
        marks = [f"{_mark(comparison, number, kinds):^{len(name)}}" for name, kinds in COLUMNS.items()]
        yield f"{number:<5} {_cut(turn.user):<{width}}  {'  '.join(marks)}".rstrip()


def _mark(comparison: Comparison, number: int, kinds: Sequence[Kind]) -> str:
    if any(one.turn == number and one.kind in kinds for one in comparison.open):
        return OTHER
    return MEANT if any(one.turn == number and one.kind in kinds for one, _ in comparison.meant) else SAME


def difference_lines(one: Difference) -> Iterator[str]:
    """Yield what differs, both sides, and why it matters."""
    yield f"{_headline(one)} in turn {one.turn} ({_cut(one.user)!r})"
    old, new = _sides(one.old, one.new)
    yield from _side("old", old)
    yield from _side("new", new)
    yield f"{_INDENT}why: {one.why}"


def _headline(one: Difference) -> str:
    return f"{one.kind}{f' of {one.about}' if one.about else ''}"


def _notes(comparison: Comparison) -> Iterator[str]:
    for text, turns in _together(comparison.meant).items():
        yield f"meant: {text} (turn {', '.join(map(str, turns))})"
    for text in comparison.unused:
        yield f"never needed, of the tolerated differences: {text}"
    for text in comparison.skipped:
        yield f"skipped: {text}"


def _together(meant: Iterable[tuple[Difference, str]]) -> dict[str, list[int]]:
    turns: dict[str, list[int]] = {}
    for one, reason in meant:
        turns.setdefault(f"{_headline(one)}: {reason}", []).append(one.turn)
    return turns


def _surfaces(comparison: Comparison) -> str:
    old, new = comparison.old.surface, comparison.new.surface
    return f" ({old} → {new})" if old and new and old != new else ""


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _USER else f"{line[: _USER - 1]}…"


def _sides(old: Any, new: Any) -> tuple[str, str]:
    """Return both sides as text; of long ones what is around the place where they part."""
    before, after = _worded(old), _worded(new)
    part = next((place for place, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    begin = max(0, part - _BEFORE) if max(len(before), len(after)) > SHOWN else 0
    return _window(before, begin), _window(after, begin)


def _window(text: str, begin: int) -> str:
    end = begin + SHOWN
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if len(text) > end else ''}"


def _worded(value: Any) -> str:
    if value is None or value in ("", []):
        return "(nothing)"
    if isinstance(value, str):
        return value
    if _is_history(value):
        return "\n".join(f"{role}: {text}" for role, text in value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _is_history(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, tuple) for one in value)


def _side(name: str, text: str) -> Iterator[str]:
    first, *others = text.split("\n")
    yield f"{_INDENT}{name}: {first}"
    for line in others:
        yield f"{_INDENT}     {line}"
