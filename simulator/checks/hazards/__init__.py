"""The known hazards: what the service does, where it was reported, the scenario that shows it, what judges it.

hazard    what a hazard is
runs, calls, messages, requests, streams    the tables
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...errors import UsageError, suggestion
from .calls import CALLS
from .hazard import Hazard
from .messages import MESSAGES
from .requests import REQUESTS
from .runs import RUNS
from .streams import STREAMS

KINDS: Mapping[str, Sequence[Hazard]] = {
    "runs": RUNS,
    "calls": CALLS,
    "messages": MESSAGES,
    "requests": REQUESTS,
    "streams": STREAMS,
}
HAZARDS: Sequence[Hazard] = tuple(hazard for hazards in KINDS.values() for hazard in hazards)
BY_ID: Mapping[str, Hazard] = {hazard.id: hazard for hazard in HAZARDS}


def hazards_named(ids: Iterable[str]) -> list[Hazard]:
    """Return the hazards of these ids, in the order of the table; of none: all.

    Raises:
        UsageError: an id that no hazard has.
    """
    asked = set(ids)
    for id in asked - BY_ID.keys():
        hint = suggestion(id, BY_ID) or " docs/hazards.md lists them."
        raise UsageError(f"There is no hazard {id!r}.{hint}")
    return [hazard for hazard in HAZARDS if not asked or hazard.id in asked]


__all__ = ["BY_ID", "HAZARDS", "KINDS", "Hazard", "hazards_named"]
