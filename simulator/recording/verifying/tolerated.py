"""The differences that are tolerated: each rule precise, with its reason; what it passes over is counted."""

from __future__ import annotations

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


RULES: Sequence[Rule] = ()


def judged(differences: Sequence[Difference], session: Session) -> list[Difference]:
    """Return differences, each with the name of the rule that tolerates it."""
    return [replace(one, rule=_rule(one, session)) for one in differences]


def _rule(difference: Difference, session: Session) -> str | None:
    fitting = (rule.name for rule in RULES if rule.aspect is difference.aspect and rule.holds(difference, session))
    return next(fitting, None)
