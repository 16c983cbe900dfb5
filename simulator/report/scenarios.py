"""What came of scenarios, as plain text and as JSON: a line each, and of a failure all that one needs to mend it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..migration import report as comparisons
from ..migration.report import Comparison
from ..scenario.loading import line_of_step
from ..scenario.played import Played
from ..scenario.schema import Scenario, step_named
from .timeline import render

TIMELINE_LINES = 40
INDENT = "    "
PASSED, FAILED, UNPLAYABLE = "passed", "FAILED", "not played"
_WORD_WIDTH = max(map(len, (PASSED, FAILED, UNPLAYABLE)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one file.

    Args:
        scenario: None where the file is none.
        played: None where it could not be played; then `error` says why.
        comparison: with another app or with a baseline; None where there is none.
    """

    path: Path
    scenario: Scenario | None = None
    played: Played | None = None
    error: str | None = None
    comparison: Comparison | None = None

    @property
    def word(self) -> str:
        """The outcome in a word."""
        if self.played is None:
            return UNPLAYABLE
        return PASSED if self.played.passed and (self.comparison is None or self.comparison.passed) else FAILED

    @property
    def findings(self) -> list[str]:
        """What is not as expected, each a text of one or more lines."""
        found = [] if self.played is None else list(map(str, self.played.findings))
        if self.comparison is not None and not self.comparison.passed:
            found.append(comparisons.text_of(self.comparison))
        return found


def lines_of(outcome: Outcome) -> list[str]:
    """Return the line of a scenario, and below it what is not as expected, with the timeline."""
    title = f": {outcome.scenario.scenario}" if outcome.scenario else ""
    first = f"{outcome.word:<{_WORD_WIDTH}}  {outcome.path}{title}"
    if outcome.played is None:
        return [first, *_indented(str(outcome.error))]
    warnings = [f"{INDENT}warning: {text}" for text in outcome.played.warnings]
    if outcome.comparison is None:  # which says it itself
        warnings += [f"{INDENT}{text}" for text in passed_over(outcome.played)]
    compared = _indented("\n".join(_compared(outcome.comparison)))
    if outcome.played.passed or outcome.scenario is None:
        return [first, *compared, *warnings]
    return [first, *_indented(failure(outcome.path, outcome.scenario, outcome.played)), *compared, *warnings]


def passed_over(played: Played) -> list[str]:
    """Return what was not looked at, and why, a line each."""
    return [f"passed over: {text}" for text in played.skipped]


def _compared(comparison: Comparison | None) -> list[str]:
    """Return the lines of a comparison; nothing where it has nothing to say."""
    if comparison is None or (comparison.passed and not comparison.meant and not comparison.skipped):
        return []
    return list(comparisons.lines_of(comparison))


def failure(path: Path, scenario: Scenario, played: Played) -> str:
    """Return what is not as expected, by step with its line, and the timeline."""
    lines: list[str] = []
    heading = None
    for finding in played.findings:
        wanted = _heading(path, scenario, finding.step)
        lines += [*([] if wanted == heading else [wanted]), f"{INDENT}{finding.text}"]
        heading = wanted
    return "\n".join([*lines, "", render(played.journal, limit=TIMELINE_LINES)])


def _heading(path: Path, scenario: Scenario, step: int | None) -> str:
    return f"{path}:{line_of_step(path, step)}: {step_named(scenario, step)}"


def _indented(text: str) -> list[str]:
    return textwrap.indent(text, INDENT).splitlines()


def closing_lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the counts, and which functions no scenario exercised."""
    counts = {word: sum(one.word == word for one in outcomes) for word in (PASSED, FAILED, UNPLAYABLE)}
    yield f"{', '.join(f'{count} {word.lower()}' for word, count in counts.items() if count) or 'nothing'}."
    if names := unexercised(outcomes):
        yield f"Declared, and called in no scenario: {', '.join(names)}."


def unexercised(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the functions that are declared and that no scenario called."""
    played = [one.played for one in outcomes if one.played is not None]
    called = {name for one in played for name in one.called}
    return [name for name in dict.fromkeys(name for one in played for name in one.unused) if name not in called]


def as_json(outcomes: Sequence[Outcome]) -> Mapping[str, Any]:
    """Return all of it as a JSON value."""
    return {
        "passed": sum(one.word == PASSED for one in outcomes),
        "failed": sum(one.word == FAILED for one in outcomes),
        "not_played": sum(one.word == UNPLAYABLE for one in outcomes),
        "unexercised": unexercised(outcomes),
        "scenarios": [_one_as_json(one) for one in outcomes],
    }


def _one_as_json(outcome: Outcome) -> Mapping[str, Any]:
    played = outcome.played or Played(title=outcome.scenario.scenario if outcome.scenario else "")
    return {
        "path": str(outcome.path),
        "title": played.title,
        "passed": outcome.word == PASSED,
        "error": outcome.error,
        "findings": [
            {"step": one.step, "line": line_of_step(outcome.path, one.step), "text": one.text}
            for one in played.findings
        ],
        "warnings": played.warnings,
        "replies": [one if isinstance(one, str) or one is None else repr(one) for one in played.replies],
        "requests": played.requests,
        "seconds": round(played.seconds, 3),
        "unused": played.unused,
        "skipped": played.skipped,
        "comparison": outcome.comparison and comparisons.as_json(outcome.comparison),
    }
