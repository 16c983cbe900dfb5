"""What a hazard is: something that the service does, and that run loops are known to stumble over."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ...backend.faults_json import Plan
from ...scenario.loading import load
from ...scenario.schema import Scenario
from ...scenario.shipped import SHIPPED
from ..invariants import Invariant

FOLDER = SHIPPED / "faults"
"""The scenarios."""
_ISSUE = "https://github.com/{}/issues/{}"
_TOPIC = "https://community.openai.com/t/{}"


@functools.cache  # to read it takes as long as to play it
def _loaded(name: str) -> Scenario:
    return load(FOLDER / f"{name}.scenario.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """One hazard.

    Args:
        id: as `--hazard` takes it.
        what: what the service does, and what comes of it.
        reports: where it was reported: `owner/repo#number`, or `topic number` of the forum of OpenAI.
        scenarios: the names of the files that show it; title and repair are those of the first.
        invariants: what is looked at.
        faults: planned for each step, where a scenario tells its plain loop what to do wrong.
        rounds: so often the last answer of the model comes.
    """

    id: str
    what: str
    scenarios: tuple[str, ...]
    invariants: tuple[Invariant, ...]
    reports: tuple[str, ...] = ()
    faults: tuple[Plan, ...] = ()
    rounds: int = 1

    @property
    def title(self) -> str:
        """What happens, in a line."""
        return self.scenario(self.scenarios[0]).scenario

    @property
    def repair(self) -> str:
        """What a loop must do."""
        return self.scenario(self.scenarios[0]).about or ""

    @staticmethod
    def scenario(name: str) -> Scenario:
        """Return a scenario by the name of its file."""
        return _loaded(name)

    @property
    def links(self) -> Iterator[tuple[str, str]]:
        """The reports, each with its address."""
        for report in self.reports:
            place, _, number = report.replace("#", " ").partition(" ")
            yield report, _TOPIC.format(number) if place == "topic" else _ISSUE.format(place, number)
