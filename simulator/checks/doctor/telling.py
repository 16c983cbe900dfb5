"""From verdicts to diagnoses: what a card says of a case."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...report.page import page_of
from ..battery import Result
from ..evidence import Evidence, Spoken
from ..hazards import KINDS, Hazard
from ..invariants import Finding as Broken
from ..invariants import reason_of
from ..verdicts import Outcome, Verdict
from .card import DRAWN, Diagnosis, Examined, Finding, Hang

PAGE = "docs/hazards.md"
CHECKS_PAGE = "docs/checks.md#what-must-hold"
_PLACE = re.compile(r"It is in (?P<function>.+), (?P<place>.+:\d+)\.$")
_KIND_OF = {hazard.id: kind for kind, hazards in KINDS.items() for hazard in hazards}
MOST_PRINTED = 2_000


def begun(hazard: Hazard) -> dict[str, Any]:
    """Return what a card says of a hazard whatever came of it."""
    return {
        "id": hazard.id,
        "kind": _KIND_OF.get(hazard.id, "hazards"),
        "title": hazard.title,
        "repair": hazard.repair,
        "docs": f"{PAGE}#{hazard.id}",
    }


def of_hazard(result: Result, scenario: str, *, with_page: bool) -> Examined:
    """Return what a card says of a hazard that was played, or was not applicable.

    Args:
        scenario: the conversation in which the app came through worst, as YAML.
    """
    told = begun(result.hazard)
    if result.verdict is None:
        return Examined(diagnosis=Diagnosis(**told, outcome=result.outcome, why=result.why))
    return _examined(told, result.verdict, scenario, with_page=with_page)


def unplayed(hazard: Hazard, why: str) -> Examined:
    """Return what a card says of a hazard that an app could not be played with."""
    findings = (Finding(text=why),)
    return Examined(diagnosis=Diagnosis(**begun(hazard), outcome=Outcome.MISBEHAVED, findings=findings))


def of_drawn(verdict: Verdict, scenario: str, *, with_page: bool) -> Examined:
    """Return what a card says of a drawn conversation in which something does not hold."""
    invariant = verdict.findings[0].invariant
    title, _, _ = reason_of(invariant).partition("\n\n")
    told = {"id": invariant.__name__, "kind": DRAWN, "title": " ".join(title.split()), "docs": CHECKS_PAGE}
    return _examined(told, verdict, scenario, with_page=with_page)


def _examined(told: dict[str, Any], verdict: Verdict, scenario: str, *, with_page: bool) -> Examined:
    evidence, findings = verdict.driven.evidence, tuple(_findings(verdict))
    hung = next((step for step in evidence.spoken if step.hung is not None), None)
    diagnosis = Diagnosis(
        **told,
        outcome=verdict.outcome,
        findings=findings,
        hang=None if hung is None else _hang(evidence, hung),
        printed=verdict.driven.printed[-MOST_PRINTED:],
    )
    page = ""
    if with_page and diagnosis.is_finding:
        page = page_of(evidence.journal, title=told["title"], findings=[line_of(one) for one in findings])
    return Examined(
        diagnosis=diagnosis,
        scenario=scenario if diagnosis.is_finding else "",
        page=page,
        is_spent=hung is not None and hung.was_busy,
    )


def line_of(finding: Finding) -> str:
    """Return a finding in a line."""
    where = "" if finding.said is None else f" when {finding.user} said {finding.said!r}"
    return f"{finding.invariant}{where}: {finding.text}" if finding.invariant else finding.text


def _findings(verdict: Verdict) -> Iterator[Finding]:
    """Yield the findings, of each invariant one for each message: the first tells what there is to mend."""
    told = set()
    for broken in verdict.findings:
        key = broken.invariant, None if broken.step is None else broken.step.number
        if key not in told:
            told.add(key)
            yield _finding(broken)


def _finding(broken: Broken) -> Finding:
    _, _, why = reason_of(broken.invariant).partition("\n\n")
    return Finding(
        invariant=broken.invariant.__name__,
        text=from_here(" ".join(broken.text.split())),
        why=" ".join(why.split()),
        user=None if broken.step is None else broken.step.user,
        said=None if broken.step is None else broken.step.text,
    )


def from_here(text: str) -> str:
    """Return a text with the paths in it as one would write them from here: the same on every machine."""
    return text.replace(f"{Path.cwd()}{os.sep}", "")


def _hang(evidence: Evidence, step: Spoken) -> Hang:
    asked = [sent.exchange for sent in evidence.of(step)]
    request = f"{asked[-1].method} {asked[-1].path}, answered {asked[-1].status}" if asked else ""
    found = _PLACE.search(step.hung or "")
    place, function = (from_here(found["place"]), found["function"]) if found else ("", "")
    return Hang(request=request, place=place, function=function)
