"""What is said of a case in which something does not hold: what, why it matters, and how it came about."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import told
from ..report.timeline import render
from ..scenario import loading
from ..scenario.finding_files import SUFFIX
from .evidence import Spoken
from .invariants import reason_of
from .verdicts import Verdict

WIDTH = 100
TIMELINE_LINES = 60
FOLDER = Path(".hypothesis", "scenarios")
"""Beside Hypothesis's own files: git ignores it already where Hypothesis is used."""
_INDENT = "    "


def report_of(verdict: Verdict, app: str, path: Path | None = None) -> str:
    """Return what is said of a verdict with findings.

    Args:
        app: its name.
        path: where the scenario was saved.
    """
    finding, *others = verdict.findings
    parts = [
        f"{app} does not keep `{finding.invariant.__name__}`.",
        textwrap.indent(reason_of(finding.invariant), _INDENT),
        f"What happened{_where(finding.step)}: {finding.text}",
        *_more(others),
        "The conversation, the smallest in which it was found:",
        textwrap.indent(verdict.driven.case.told(), _INDENT),
        "What the app did:",
        textwrap.indent("\n".join(map(_outcome, verdict.driven.evidence.spoken)), _INDENT),
        "The timeline:",
        textwrap.indent(render(verdict.driven.evidence.journal, limit=TIMELINE_LINES), _INDENT),
        *_printed(verdict.driven.printed),
        f"As Python: {verdict.driven.case!r}",
    ]
    if path is not None:
        parts.append(
            f"As a scenario: {path}\nIt plays again with simulator.checks.checking.check_scenario(path, converse)."
        )
    return "\n\n".join(parts)


def save(verdict: Verdict, app: str, folder: Path | None = None) -> Path:
    """Write the case of a verdict as a scenario, and return its path.

    Args:
        folder: where; None: `FOLDER`, from where the program was started.
    """
    driven = verdict.driven
    name = verdict.findings[0].invariant.__name__
    place = FOLDER if folder is None else folder
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{re.sub(r'[^A-Za-z0-9]+', '-', app).strip('-')}-{name}{SUFFIX}"
    case = driven.case.with_faults(driven.struck)
    loading.write(case.scenario(f"{app} does not keep {name}", driven.tools.schemas), path)
    return path


def _where(step: Spoken | None) -> str:
    return "" if step is None else f" when {step.user} said {step.text!r}"


def _more(others: Any) -> Iterator[str]:
    if others:
        lines = dict.fromkeys(f"`{one.invariant.__name__}`{_where(one.step)}: {one.text}" for one in others)
        yield "In the same conversation:\n" + textwrap.indent("\n".join(lines), _INDENT)


def _outcome(step: Spoken) -> str:
    if step.hung is not None:
        outcome = f"went on without end: {step.hung}"
    elif step.error is not None:
        outcome = f"raised {told(step.error):.300}"
    else:
        outcome = f"returned {step.reply!r:.300}"
    return f"{step.user}: {step.text!r} → {outcome} ({step.ended - step.began:,.1f} s)"


def _printed(text: str) -> Iterator[str]:
    if text.strip():
        yield "What it printed:\n" + textwrap.indent(text.rstrip(), _INDENT)
