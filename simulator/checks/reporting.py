"""What is said of a case in which something does not hold: what, why it matters, and how it came about."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..api.service import ServiceMode
from ..errors import told
from ..report.timeline import render
from ..scenario import loading
from ..scenario.finding_files import SUFFIX
from ..scenario.schema import Scenario
from ..whole_files import write_whole
from .cases import Case
from .evidence import Spoken
from .invariants import Invariant, reason_of
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
            f"As a scenario: {path}\nIt plays again with simulator.checks.checking.check_scenario(path, converse)"
            f", or with\n{_INDENT}assistants-simulator run {path} --app MODULE:CALLABLE"
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
    text = scenario_text(
        driven.case.with_faults(driven.struck),
        f"{app} does not keep {name}",
        driven.tools.schemas,
        (finding.invariant for finding in verdict.findings),
    )
    write_whole(path, text.encode())
    return path


def scenario_text(
    case: Case,
    title: str,
    schemas: Mapping[str, Mapping[str, Any]],
    invariants: Iterable[Invariant],
    *,
    about: str = "",
    service: str = ServiceMode.NORMAL,
) -> str:
    """Return a case as a scenario that is judged by these invariants, as YAML."""
    scenario = case.scenario(title, schemas)
    more: dict[str, Any] = {"invariants": list(dict.fromkeys(one.__name__ for one in invariants))}
    if about:
        more["about"] = about
    if service != ServiceMode.NORMAL:
        more["assistants"] = {"service": service}
    value = scenario.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return loading.text_of(Scenario.model_validate({**value, **more}))


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
