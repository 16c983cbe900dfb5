"""One scenario played against two apps: an old one and the one that takes its place, each on its own API."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import TwinsDiffer
from ..scenario.apps import AnApp
from ..scenario.loading import filled, load
from ..scenario.played import Played
from ..scenario.playing import LIMIT_SECONDS, perform
from ..scenario.schema import Scenario, step_named
from .gathering import record_of_steps
from .judging import compared
from .report import Comparison, text_of
from .tolerated import Entry, read


def twin(
    scenario: Scenario | str | os.PathLike[str],
    old: AnApp | None = None,
    new: AnApp | None = None,
    *,
    tolerated: str | os.PathLike[str] | None = None,
    limit: float = LIMIT_SECONDS,
    **parameters: Any,
) -> Comparison:
    """Play a scenario against two apps, and fail where the model is shown, or the app then does, something else.

    Both get the same answers of the model. Compared are, for each turn of a user, instructions, history, tools,
    settings, calls, outputs and the reply; `docs/migrating.md` names the kinds of difference.

    Args:
        scenario: one that was loaded, or the path of its file.
        old: the app as it was, a callable `(user_id, text) -> reply`, or a class or function without arguments that
            makes one; None: a plain run loop.
        new: the app that takes its place.
        tolerated: a file of differences that are meant, each with its reason.
        limit: how much virtual time a step may take, in seconds.
        parameters: go over those of the scenario's file.

    Raises:
        TwinsDiffer: what differs, both sides, and why it matters; or what the scenario expects and a side did not do.
        BaselineError: the file of tolerated differences cannot be read.
        ScenarioError: the scenario cannot be played.
        UsageError: no app can be had from what is given.
    """
    loaded = (
        filled(scenario, parameters, scenario.scenario)
        if isinstance(scenario, Scenario)
        else load(scenario, parameters)
    )
    entries = [] if tolerated is None else read(tolerated)
    sides = [perform(loaded, app, limit=limit) for app in (old, new)]
    comparison = compared_sides(loaded, sides[0], sides[1], entries)
    comparison.failed = [*_findings("old", sides[0], loaded), *comparison.failed]
    comparison.unused = [one.describe() for place, one in enumerate(entries) if place not in comparison.used]
    if not comparison.passed:
        raise TwinsDiffer(text_of(comparison))
    return comparison


def compared_sides(
    scenario: Scenario, old: Played, new: Played, entries: Sequence[Entry] = (), of: str | None = None
) -> Comparison:
    """Return what differs between two playings of a scenario, and what is not as expected on the new side.

    Args:
        entries: differences that are meant.
        of: what it is called there; the title, if nothing is given.
    """
    name = of or scenario.scenario
    records = [record_of_steps(side.steps, name) for side in (old, new)]
    comparison = compared(name, records[0], records[1], entries)
    sides = {"old": old, "new": new}
    comparison.failed = list(_findings("new", new, scenario))
    comparison.skipped = [f"on the {side} side, {text}" for side, played in sides.items() for text in played.skipped]
    return comparison


def _findings(side: str, played: Played, scenario: Scenario) -> Iterator[str]:
    for one in played.findings:
        yield f"the {side} side does not do what is expected: {step_named(scenario, one.step)}: {one.text}"
