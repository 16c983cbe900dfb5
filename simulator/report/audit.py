"""What an audit found, as plain text and as JSON: one screen for one cassette, one line each for many."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..recording.examining.auditing import REPLAYED_BY_STATE, Audit
from ..recording.examining.concerns import Concern
from ..recording.examining.conversation import Conversation, Run
from ..recording.examining.order_replay import Rule
from ..recording.examining.wrong_clients import RunTrials, Trial
from .conversation import call_text, heading
from .wording import cut, quoted, shorten_ids

WIDTH = 100
INDENT = "  "
ANSWER_WIDTH = 34
MISTAKE_WIDTH = 58
NAME_WIDTH = 60
# How a report names each kind of finding in a line.
_COUNTED = {
    Concern.REPLAY: "false green",
    Concern.CALLS: "unanswered call",
    Concern.SECRETS: "secret",
}
NAMED_BY_NONE = "named by no test"


def screen_of(audit: Audit) -> list[str]:
    """Return what is to be said of one cassette."""
    lines = [f"{audit.path}: {audit.cassette.form}, {heading(audit.conversation)}"]
    lines += [INDENT + line for line in _holdings(audit.conversation)]
    lines += [line for trials in audit.trials for line in _trials(trials)]
    if audit.cassette.form == REPLAYED_BY_STATE and audit.conversation.runs:
        lines += ["", "Replayed by state: what a run was not asked for, or not yet, is not answered."]
    lines += _secrets(audit)
    if audit.orphan:
        lines += ["", "No test names this cassette."]
    return lines


def lines_of(audits: Sequence[Audit]) -> list[str]:
    """Return a line for each cassette in which something was found, and one for all."""
    shown = [one for one in audits if any(map(one.count, Concern))]
    names = _short([one.path for one in shown])
    width = min(NAME_WIDTH, max(map(len, names), default=0))
    lines = [_line(one, name, width) for one, name in zip(shown, names, strict=True)]
    return [*lines, *([""] if lines else []), summary(audits)]


def _short(paths: Sequence[Path]) -> list[str]:
    """Return paths without the folder that all are in."""
    if len(paths) < 2:
        return [str(path) for path in paths]
    folder = os.path.commonpath([path.parent for path in paths])
    return [path.relative_to(folder).as_posix() if folder else str(path) for path in paths]


def summary(audits: Sequence[Audit]) -> str:
    """Return what the audit of many comes to."""
    if not audits:
        return "No cassette is there."
    total = f"{len(audits)} cassettes"
    found = {concern: sum(1 for one in audits if one.count(concern)) for concern in Concern}
    parts = [f"{found[concern]} with {text}" for concern, text in _SUMMED.items() if found[concern]]
    parts += [f"{found[Concern.ORPHANS]} that no test names"] if found[Concern.ORPHANS] else []
    return f"{total}: {', '.join(parts) or 'nothing found'}."


_SUMMED = {
    Concern.REPLAY: "tests that stay green for a wrong program",
    Concern.CALLS: "tool calls never answered",
    Concern.SECRETS: "secrets",
}


def _line(audit: Audit, name: str, width: int) -> str:
    conversation = audit.conversation
    held = f"{_count(conversation.requests, 'request')}, {_count(len(conversation.runs), 'run')}"
    counts = [(audit.count(concern), text) for concern, text in _COUNTED.items()]
    found = [_count(number, text) for number, text in counts if number]
    found += [NAMED_BY_NONE] if audit.orphan else []
    return f"{name:<{width}}  {held:<20}  {', '.join(found)}"


def _holdings(conversation: Conversation) -> Iterator[str]:
    yield ", ".join(f"{count} {name}" for name, count in sorted(conversation.operations.items()))
    if not conversation.runs:
        yield "no run is in it"
    for run in conversation.runs:
        yield shorten_ids(f"run {run.id}: {_told(run)}")
        for call in run.unanswered:
            yield shorten_ids(f"{INDENT}never answered: {cut(call_text(call), WIDTH - 20)}")


def _told(run: Run) -> str:
    parts = [" → ".join(seen.status for seen in run.statuses) or "its status is not in the session"]
    parts += [_count(len(run.calls), "tool call")] if run.calls else []
    parts += ["streamed"] if run.streamed else []
    return ", ".join(parts)


def _trials(trials: RunTrials) -> Iterator[str]:
    name = shorten_ids(trials.run_id)
    if trials.untried:
        yield f"{INDENT}{name}: no wrong program was tried: {trials.untried}"
        return
    yield ""
    if trials.false_greens:
        yield f"Replayed by order, a test of {name} stays green for a program that …"
        yield from map(_green, trials.false_greens)
        if any(len(one.passes) == 1 for one in trials.false_greens):
            yield f"{INDENT}* but not with match_on=[…, 'body'], which is not the default"
    caught = [one.mistake for one in trials.trials if not one.passes]
    if caught:
        yield from textwrap.wrap(f"It turns red for one that {'; '.join(caught)}.", WIDTH, subsequent_indent=INDENT)
    if trials.breaks:
        yield "And it turns red for a right program that polls once more than the recorded one did."
    if trials.loops:
        yield f"With {Rule.REPEATS} a right program polls for ever."


def _green(trial: Trial) -> str:
    mark = "*" if len(trial.passes) == 1 else ""
    seen = f"reads {quoted(trial.answer, ANSWER_WIDTH)}" if trial.answer else f"sees {trial.status}"
    return f"{INDENT}✗ {trial.mistake + mark:<{MISTAKE_WIDTH}} {seen}"


def _secrets(audit: Audit) -> Iterator[str]:
    if audit.secrets:
        yield ""
        yield "Secrets, or what looks like one:"
    lines: dict[tuple[str, str], list[int | None]] = {}
    for secret in audit.secrets:
        lines.setdefault((secret.kind, secret.place), []).append(secret.line)
    for (kind, place), where in lines.items():
        first = f"{audit.path}:{where[0]}" if where[0] else str(audit.path)
        yield f"{INDENT}{first}: {kind} in {place}{f', and {len(where) - 1} times more' if where[1:] else ''}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# As JSON.


def as_json(audit: Audit) -> dict[str, Any]:
    """Return what was found in a cassette as a JSON value."""
    conversation, head = audit.conversation, audit.cassette.head
    return {
        "path": str(audit.path),
        "form": audit.cassette.form,
        "api_version": head.api_version,
        "sdk": head.sdk,
        "recorded_at": head.recorded_at,
        "requests": conversation.requests,
        "operations": dict(conversation.operations),
        "runs": [_run_json(run) for run in conversation.runs],
        "ended": dict(Counter(run.status for run in conversation.runs)),
        "streams": sum(one.response.is_stream for one in audit.cassette.interactions),
        "unanswered": [{"run_id": run.id, "call_id": call.id, "name": call.name} for run, call in audit.unanswered],
        "replay_by_order": [_trials_json(one) for one in audit.trials],
        "secrets": [secret._asdict() for secret in audit.secrets],
        "orphan": audit.orphan,
        "findings": {concern.value: audit.count(concern) for concern in Concern},
    }


def _run_json(run: Run) -> dict[str, Any]:
    statuses = [seen.status for seen in run.statuses]
    return {"id": run.id, "statuses": statuses, "calls": len(run.calls), "streamed": run.streamed}


def _trials_json(trials: RunTrials) -> dict[str, Any]:
    return {
        "run_id": trials.run_id,
        "untried": trials.untried,
        "false_greens": [_trial_json(one) for one in trials.false_greens],
        "caught": [one.mistake for one in trials.trials if not one.passes],
        "polls_for_ever_with_repeats": trials.loops,
        "fails_a_right_program": trials.breaks,
    }


def _trial_json(trial: Trial) -> dict[str, Any]:
    by = ["default", *(["body"] if Rule.BODY in trial.passes else [])] if Rule.DEFAULT in trial.passes else ["body"]
    return {"a_program_that": trial.mistake, "passes_by": by, "sees": trial.status, "reads": trial.answer}


def advice(audits: Iterable[Audit]) -> str | None:
    """Return what to do about false greens, if there are any."""
    if not any(one.false_greens for one in audits):
        return None
    return "Replayed by state, such programs turn red: pytest --assistants=replay, which reads these files as they are."
