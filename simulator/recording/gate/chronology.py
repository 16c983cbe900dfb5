"""The order of a recording: an id is used after it was created, or the file is out of order.

Recorders of concurrent programs write an interaction when its answer comes. Where that turned creation and use round,
the times of the interactions say how it was; without them there is no telling.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...errors import CassetteError
from ..cassette import Cassette, Interaction
from .paths import key_of, place_of


class _Early(NamedTuple):
    """An id that is used before it is created."""

    id: str
    used: Interaction
    created: Interaction


def in_order(cassette: Cassette) -> Sequence[Interaction]:
    """Return the interactions of a cassette in the order of the recording.

    Raises:
        CassetteError: one uses what a later one creates, and not all have their times.
    """
    given = cassette.interactions
    early = next(_early(given), None)
    if early is None:
        return given
    if all(one.recorded_at for one in given):
        ordered = sorted(given, key=lambda one: one.recorded_at or "")
        if next(_early(ordered), None) is None:
            return ordered
    raise CassetteError(
        f"{cassette.where(early.used)}: {early.used.label} uses {early.id}, which {early.created.label} creates later, "
        f"at {cassette.where(early.created)}: the interactions are out of order. Put them in the order of the "
        "recording, or give each its time (`recorded_at`)."
    )


def _early(interactions: Sequence[Interaction]) -> Iterator[_Early]:
    """Yield what is used before it is created; what was made before the session is created nowhere in it."""
    used: dict[str, Interaction] = {}
    for one in interactions:
        request = one.request
        place = place_of(key_of(request.method, request.path, "").path)
        if place.id is not None:
            used.setdefault(place.id, one)
        elif request.method == "POST" and one.response.status < 400 and used:
            made = one.response.json
            id = made.get("id") if isinstance(made, dict) else None
            if id in used:
                yield _Early(id, used[id], one)
