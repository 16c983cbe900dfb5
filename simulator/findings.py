"""What `check()` may find: something that the test expected did not happen, or something else did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from .backend.lifecycle import CANCELLABLE
from .backend.state import Backend
from .brains.scripted import ScriptedBrain
from .errors import UsageError, refuse_text

STILL_ACTIVE = (
    "Still active: run {id} of {thread_id} is {status}. Let the program see it end or cancel it; if it may stay so: "
    "allow=['active_run'], an option of check(), Simulator(…) and @pytest.mark.simulator."
)
NEVER_STRUCK = "Never struck: "
PROBLEMS = ("unused_script", "unused_fault", "unexpected_request", "active_run", "blocked_request")


class Finding(NamedTuple):
    """One finding; `problem` is one of `PROBLEMS`."""

    problem: str
    text: str


def known_problems(allow: Collection[str]) -> frozenset[str]:
    """Return the findings that `allow=` names.

    Raises:
        UsageError: there is no such finding.
    """
    refuse_text("allow", allow)
    wrong = set(allow).difference(PROBLEMS)
    if wrong:
        raise UsageError(f"allow= knows {', '.join(PROBLEMS)}, not {', '.join(map(repr, sorted(wrong, key=str)))}.")
    return frozenset(allow)


def findings(backend: Backend, brain: ScriptedBrain, blocked: Iterable[str]) -> Iterator[Finding]:
    """Yield all that is to be found.

    Args:
        blocked: what the guard said of each request that it stopped.
    """
    for text in dict.fromkeys(blocked):  # a loop that tries again is told once
        yield Finding("blocked_request", text)
    for surprise in backend.engine.surprises:
        yield Finding("unexpected_request", f"Unexpected: {surprise}")
    for piece in brain.unused:
        yield Finding("unused_script", f"Never used: {piece.describe()}")
    for fault in backend.faults.unused:
        yield Finding("unused_fault", f"{NEVER_STRUCK}{fault}")
    for run in backend.store.runs:
        if run["status"] in CANCELLABLE:  # one that is being cancelled ends without the program
            yield Finding("active_run", STILL_ACTIVE.format_map(run))
