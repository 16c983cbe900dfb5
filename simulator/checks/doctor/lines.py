"""The card as plain text: a line for each hazard, and below each finding all that one needs to mend it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby

from ...report.timeline import printable
from ..verdicts import Outcome
from .card import DRAWN, PROCESS, PROCESS_ENDED, Diagnosis, Finding, Hang, ReportCard
from .telling import line_of

WORDS = {
    Outcome.SURVIVED: "survived",
    Outcome.MISBEHAVED: "MISBEHAVED",
    Outcome.HUNG: "HUNG",
    Outcome.NOT_APPLICABLE: "not applicable",
}
_WIDTH = max(map(len, WORDS.values()))
_HEADINGS = {DRAWN: "drawn conversations", PROCESS: "the process"}
_INDENT = " " * 4
_PRINTED_LINES = 8


def lines_of(card: ReportCard) -> Iterator[str]:
    """Yield the lines of a card."""
    yield _heading(card)
    for kind, diagnoses in groupby(card.results, key=lambda one: one.kind):
        yield ""
        yield _HEADINGS.get(kind, kind)
        for diagnosis in diagnoses:
            yield from lines_of_diagnosis(diagnosis)
    if card.notes:
        yield ""
        yield from (f"Note: {note}" for note in card.notes)
    yield ""
    yield summary_of(card)


def summary_of(card: ReportCard) -> str:
    """Return the last line: how many came through how."""
    counted = ", ".join(f"{card.summary.get(outcome, 0)} {outcome}" for outcome in Outcome)
    whole = "" if card.complete else " It was not played to its end."
    return f"{card.app}: {counted}.{whole}"


def _heading(card: ReportCard) -> str:
    used = ", ".join(f"{name} {version}" for name, version in card.versions.items())
    functions = f"functions: {', '.join(card.functions)}" if card.functions else "no functions"
    how = "reads streams" if card.streams else "polls"
    return f"{card.app} ({functions}; it {how}) with {used}"


def lines_of_diagnosis(one: Diagnosis) -> Iterator[str]:
    """Yield the line of a diagnosis, and of a finding what to do about it."""
    first = f"  {WORDS[one.outcome]:<{_WIDTH}}  {one.id}: {one.title}"
    if one.why:
        first = f"  {WORDS[one.outcome]:<{_WIDTH}}  {one.id}: {one.why}"
    yield printable(first)
    if not one.is_finding:
        return
    for text in _details(one):
        yield from (f"{_INDENT}{printable(line)}" for line in text.splitlines())


def _details(one: Diagnosis) -> Iterator[str]:
    for finding in one.findings:
        yield line_of(finding)
    yield from dict.fromkeys(_whys(one.findings))
    if one.hang is not None:
        yield from _hang(one.hang)
    if one.printed.strip() and (one.hang is not None or any(PROCESS_ENDED in found.text for found in one.findings)):
        yield "it printed:"
        yield textwrap.indent("\n".join(one.printed.rstrip().splitlines()[-_PRINTED_LINES:]), _INDENT)
    if one.repair:
        yield f"to do: {one.repair}"
    yield f"more: {one.docs}" if one.docs else ""
    if one.replay:
        yield f"again: {one.replay}"
    if one.timeline:
        yield f"timeline: {one.timeline}"


def _whys(findings: tuple[Finding, ...]) -> Iterator[str]:
    yield from (f"why: {finding.why}" for finding in findings if finding.why)


def _hang(hang: Hang) -> Iterator[str]:
    if hang.place:
        yield f"where: {hang.place}{f' in {hang.function}' if hang.function else ''}"
    elif hang.stack:
        yield f"where: {hang.stack[-1]}"
    yield f"last request: {hang.request or 'none'}"
