"""The order of a recording: an id is used after it was created, or the file is out of order.

Recorders of concurrent programs write an interaction when its answer comes. Where that turned creation and use round,
the times of the interactions say how it was. Without them the order of the file stands: an id that is used before its
creation counts as known from the beginning.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...api.routes import segments_of
from ..cassette import Cassette, Interaction
from .paths import place_of


def in_order(cassette: Cassette) -> Sequence[Interaction]:
    """Return the interactions of a cassette in the order of the recording, as far as there is telling."""
    given = cassette.interactions
    if not uses_early(given) or not all(one.recorded_at for one in given):
        return given
    ordered = sorted(given, key=lambda one: one.recorded_at or "")
    return given if uses_early(ordered) else ordered


def uses_early(interactions: Sequence[Interaction]) -> bool:
    """Tell whether any path has an id that a later interaction creates."""
    used: set[str] = set()
    for one in interactions:
        request = one.request
        place = place_of(tuple(segments_of(request.path)))
        if place.id is not None:
            used.add(place.id)
        elif request.method == "POST" and one.response.status < 400 and used:
            made = one.response.json
            id = made.get("id") if isinstance(made, dict) else None
            if isinstance(id, str) and id in used:
                return True
    return False
