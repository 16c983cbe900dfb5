"""What a case says about an app."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .driving import Driven
from .invariants import Finding, Invariant, judge


class Outcome(StrEnum):
    """How an app came through a case."""

    SURVIVED = "survived"
    MISBEHAVED = "misbehaved"
    HUNG = "hung"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case, and what did not hold in it; the first finding is the one to mend first."""

    driven: Driven
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """How the app came through."""
        if any(step.hung is not None for step in self.driven.evidence.spoken):
            return Outcome.HUNG
        return Outcome.MISBEHAVED if self.findings else Outcome.SURVIVED


def verdict_of(driven: Driven, invariants: Iterable[Invariant] | None = None) -> Verdict:
    """Return the verdict of these invariants; None: of all."""
    return Verdict(driven, tuple(judge(driven.evidence, invariants)))
