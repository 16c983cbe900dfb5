"""A recorded session as a journal, to be shown as a timeline.

The session is told as it was recorded, not as a simulator would replay it: requests with their answers, and a change
of status where one was first seen. What the model was shown is in no recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..backend.journal import Entry, Exchange, StatusChange, kept_headers
from ..recording.cassette import Interaction
from ..recording.events import frame_of
from ..recording.examining.operations import operation_of

# The times of objects that have passed when they are shown.
_PASSED = ("created_at", "started_at", "completed_at", "failed_at", "cancelled_at")


def journal_of(interactions: Sequence[Interaction]) -> list[Entry]:
    """Return what happened in a recorded session.

    Times are those of the recording; where it has none, those that the answers show, to the second.
    """
    times = list(_times(interactions))
    statuses: dict[str, str] = {}
    entries: list[Entry] = []
    for interaction, at in zip(interactions, times, strict=True):
        entries.append(_exchange(interaction, at))
        entries += _changes(interaction.response.shown.objects, at, statuses)
    return entries


def _times(interactions: Iterable[Interaction]) -> Iterator[float]:
    """Yield when each answer was there: never before the one that stands before it."""
    known = [_time(one) for one in interactions]
    now = next((time for time in known if time is not None), 0.0)
    for time in known:
        now = now if time is None else max(now, time)
        yield now


def _time(interaction: Interaction) -> float | None:
    try:
        return datetime.fromisoformat(interaction.recorded_at or "").timestamp()
    except ValueError:
        shown = interaction.response.shown.objects
        return max((float(one[name]) for one in shown for name in _PASSED if _is_time(one.get(name))), default=None)


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _exchange(interaction: Interaction, at: float) -> Exchange:
    request, response = interaction.request, interaction.response
    name = operation_of(request).name
    return Exchange(
        at=at,
        answered_at=at,
        operation=None if " " in name else name,  # of a route that the simulator lacks: method and path
        method=request.method,
        path=request.path,
        query=request.query,
        headers=kept_headers(request.headers),
        body=request.body,
        status=response.status,
        response=b"" if response.is_stream else response.body,
        frames=list(map(frame_of, response.events)) if response.is_stream else None,
    )


def _changes(shown: Iterable[Mapping[str, Any]], at: float, statuses: dict[str, str]) -> Iterator[StatusChange]:
    """Yield the changes that an answer shows; `statuses` holds what was seen last, by the ids of runs."""
    for one in shown:
        if one.get("object") != "thread.run":
            continue
        id, status = one["id"], one["status"]
        if statuses.get(id) != status:
            yield StatusChange(at, "thread.run", id, id, one["thread_id"], statuses.get(id), status, "seen")
            statuses[id] = status
