"""Verifies files: reads each, drives the simulator through it, and says which were passed over, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import CassetteError, NoCassette
from .. import forms
from . import responses
from .differences import Tally, total
from .driving import Driven, drive
from .reading import Kind, session_of
from .tolerated import judged


@dataclass(kw_only=True)
class Verified:
    """What came of many files.

    Args:
        scored: the recorded sessions.
        responses: those of the Responses and Conversations APIs, scored apart.
        documented: those that a specification prints; reported, not scored.
        passed_over: the paths of sessions that use what the simulator refuses by name.
        failures: what is wrong with files that could not be read, or asked again.
    """

    scored: list[Driven] = field(default_factory=list)
    responses: list[Driven] = field(default_factory=list)
    documented: list[Driven] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def tally(self) -> Tally:
        """All that is scored of the Assistants API, in one."""
        return total(one.tally for one in self.scored)

    @property
    def tally_of_responses(self) -> Tally:
        """All that is scored of the Responses and Conversations APIs, in one."""
        return total(one.tally for one in self.responses)


def verify(files: Iterable[Path], named: Sequence[Path] = ()) -> Verified:
    """Return what the comparison of sessions comes to.

    Args:
        files: cassettes of any form.
        named: those that must be cassettes; others that are none are passed over.
    """
    verified = Verified()
    for path in files:
        try:
            driven = _driven(path)
        except NoCassette as error:
            verified.failures += [str(error)] if path in named else []
            continue
        except CassetteError as error:
            verified.failures.append(str(error))
            continue
        if driven is None:
            verified.passed_over.append(path)
        elif driven.session.kind is Kind.OTHER_SURFACE:
            verified.responses.append(driven)
        elif driven.session.kind is Kind.DOCUMENTED:
            verified.documented.append(driven)
        else:
            verified.scored.append(driven)
    return verified


def _driven(path: Path) -> Driven | None:
    """Return what comes of a session; None: it uses what the simulator refuses by name.

    Raises:
        NoCassette: the file holds none.
        CassetteError: it cannot be read, or its answers are none of this API's.
    """
    session = session_of(forms.load(path))
    try:
        if session.kind is not Kind.OTHER_SURFACE:
            return _judged(drive(session))
        return _judged(responses.drive(session)) if responses.beyond(session) is None else None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise CassetteError(f"{path}: its answers are not formed as the API's are: {error!r}.") from error


def _judged(driven: Driven) -> Driven:
    for tally in driven.tallies.values():
        tally.differences = judged(tally.differences, driven.session)
    return driven
