"""Verifies files: reads each, drives the simulator through it, and says which were passed over, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import NoCassette
from .. import forms
from .differences import Tally, total
from .driving import Driven, drive
from .reading import Kind, session_of
from .tolerated import judged


@dataclass(kw_only=True)
class Verified:
    """What came of many files.

    Args:
        scored: the recorded sessions.
        documented: those that a specification prints; reported, not scored.
        passed_over: the paths of sessions of another surface.
    """

    scored: list[Driven] = field(default_factory=list)
    documented: list[Driven] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)

    @property
    def tally(self) -> Tally:
        """All that is scored, in one."""
        return total(one.tally for one in self.scored)


def verify(files: Iterable[Path], named: Sequence[Path] = ()) -> Verified:
    """Return what the comparison of sessions comes to.

    Args:
        files: cassettes of any form.
        named: those that must be cassettes; others that are none are passed over.

    Raises:
        CassetteError: a file that cannot be read.
    """
    verified = Verified()
    for path, driven in _driven(files, named):
        if driven is None:
            verified.passed_over.append(path)
        elif driven.session.kind is Kind.DOCUMENTED:
            verified.documented.append(driven)
        else:
            verified.scored.append(driven)
    return verified


def _driven(files: Iterable[Path], named: Sequence[Path]) -> Iterator[tuple[Path, Driven | None]]:
    for path in files:
        try:
            session = session_of(forms.load(path))
        except NoCassette:
            if path in named:
                raise
            continue
        yield path, None if session.kind is Kind.OTHER_SURFACE else _judged(drive(session))


def _judged(driven: Driven) -> Driven:
    for tally in driven.tallies.values():
        tally.differences = judged(tally.differences, driven.session)
    return driven
