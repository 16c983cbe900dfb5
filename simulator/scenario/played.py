"""What came of a scenario that was played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..backend.journal import Entry, Journal


class Complaint(NamedTuple):
    """Something that is not as the scenario expects: in which step, counted from 1, or None for the whole."""

    step: int | None
    text: str

    def __str__(self) -> str:
        return self.text if self.step is None else f"step {self.step}: {self.text}"


@dataclass(slots=True, kw_only=True)
class PlayedStep:
    """A step in which somebody spoke, and what came of it.

    Args:
        number: among all steps, from 1.
        entries: what the journal has of it.
        reply: what the app returned; None where it failed.
        error: how it failed.
    """

    number: int
    speaker: str
    said: str
    entries: Sequence[Entry] = ()
    reply: Any = None
    error: BaseException | None = None


@dataclass(slots=True, kw_only=True)
class Played:
    """What came of a scenario.

    Args:
        findings: what is not as expected; empty: it passed.
        warnings: what looks like a mistake of the scenario, or of the app's.
        steps: those in which somebody spoke.
        skipped: what was not looked at: it is expected of the Assistants API, and the app spoke to another.
        replies: of the steps in which somebody says something; None where the app failed.
        called: functions that the model called, each once.
        unused: functions that the scenario or the app declares, and that the model never called.
        seconds: how much virtual time passed.
    """

    title: str
    findings: list[Complaint] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    steps: list[PlayedStep] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    replies: list[Any] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    journal: Journal = field(default_factory=Journal)

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.findings
