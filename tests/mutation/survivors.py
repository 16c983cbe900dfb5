"""The mutants that no test should notice, each with the reason.

A mutant that survives and is not listed here wants a test. One that is listed and noticed is listed for nothing, and
`make mutation` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Explained:
    """Mistakes in one line that change nothing.

    Args:
        was: the line, without its indentation.
        why: the reason.
        now: what the mistakes make of the line; none: whatever they make of it.
    """

    was: str
    why: str
    now: tuple[str, ...] = ()


EXPLAINED: Mapping[str, tuple[Explained, ...]] = {}
