"""The differences that are tolerated: each rule precise, with its reason; what it passes over is counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .differences import Aspect, Difference
from .reading import Session

MOST = 10
"""More rules than these would be leniency."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is tolerated.

    Args:
        name: as it is printed.
        reason: why the simulator does not do as recorded, or cannot.
        holds: tells whether a difference is one of these.
    """

    name: str
    reason: str
    aspect: Aspect
    holds: Callable[[Difference, Session], bool]


def _key_was_scrubbed(difference: Difference, session: Session) -> bool:
    sides = [str(side) for side in (difference.recorded, difference.simulated)]
    return (
        difference.path == "error.message"
        and _KEY.search(sides[0]) is not None
        and len({_KEY.sub("", side) for side in sides}) == 1
    )


def _second_was_crossed(difference: Difference, session: Session) -> bool:
    recorded, simulated = difference.recorded, difference.simulated
    if not isinstance(recorded, int) or not isinstance(simulated, int):
        return False
    if difference.path in _ENDS_IN_STREAMS or (difference.path, difference.operation) in _ENDS:
        return abs(recorded - simulated) == 1
    came_along = _ALONG.fullmatch(difference.path) is not None and difference.operation in _LISTS_WHAT_CAME_ALONG
    return came_along and abs(recorded - simulated) == 1


_KEY = re.compile(r"(?<=^Incorrect API key provided: )<\w+>|(?<=^Incorrect API key provided: )\S+(?=\. You can)")
_ENDS_IN_STREAMS = frozenset({"thread.run.completed.completed_at", "thread.message.completed.completed_at"})
_ENDS = frozenset({("completed_at", "runs.retrieve")})
_LISTS_WHAT_CAME_ALONG = frozenset(
    {"messages.list", "vector_stores.files.list", "vector_stores.file_batches.list_files"}
)
_ALONG = re.compile(r"data\[\d+\]\.created_at")


def _is_padding(difference: Difference, session: Session) -> bool:
    sides = difference.recorded, difference.simulated
    is_padding = difference.path.endswith(".delta.obfuscation") and all(isinstance(side, str) for side in sides)
    return is_padding and len({len(side) for side in sides}) == 1


def _is_query(difference: Difference, session: Session) -> bool:
    return _QUERIES.search(difference.path) is not None


_QUERIES = re.compile(r"\.queries(\.length|\[\d+\])$")

RULES: Sequence[Rule] = (
    Rule(
        name="one query",
        reason="a turn searches files with one query; the service sometimes made several of one question",
        aspect=Aspect.VALUES,
        holds=_is_query,
    ),
    Rule(
        name="padding",
        reason="a delta is padded with random letters, of which only the number says anything: it is compared",
        aspect=Aspect.VALUES,
        holds=_is_padding,
    ),
    Rule(
        name="scrubbed key",
        reason="the recorder put a placeholder where the refusal shows the wrong key, of which we show the ends",
        aspect=Aspect.VALUES,
        holds=_key_was_scrubbed,
    ),
    Rule(
        name="second crossed",
        reason="the service wrote the times of one event one after the other (of a message after its thread, of a file"
        " after its batch, of a run after its message), and a second began between",
        aspect=Aspect.VALUES,
        holds=_second_was_crossed,
    ),
)


def judged(differences: Sequence[Difference], session: Session) -> list[Difference]:
    """Return the differences of one answer, each with the name of the rule that tolerates it.

    That a body of an error differs is tolerated where all is that differs in it.
    """
    found = [replace(one, rule=_rule(one, session)) for one in differences]
    inside = [one.rule for one in found if one.aspect in {Aspect.KEYS, Aspect.VALUES}]
    if not inside or None in inside:
        return found
    return [replace(one, rule=inside[0]) if one.aspect is Aspect.ERRORS else one for one in found]


def _rule(difference: Difference, session: Session) -> str | None:
    fitting = (rule.name for rule in RULES if rule.aspect is difference.aspect and rule.holds(difference, session))
    return next(fitting, None)
