"""The ids and statuses that an answer shows, and the ids that a request mentions.

An id is known by its place, never by its look: compatible services have UUIDs, examples have `thread_abc123`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

# `"id": "…"`, `"assistant_id": "…"`, `"file_ids": ["…", "…"]`, and `"conversation": "…"` of the Responses API. Inside
# a string the quotes are escaped, so that arguments and texts are not taken for fields.
_FIELD = re.compile(
    r'"(?:id|conversation|[a-z_]+_id)"\s*:\s*"([^"\\]+)"'  # one
    r'|"[a-z_]+_ids"\s*:\s*\[([^\]]*)\]'  # many
)
_TEXT = re.compile(r'"([^"\\]+)"')

# Objects whose status moves by itself, by their `object`, and the statuses in which each stands still for the client.
_MOVING = frozenset(
    {"response", "thread.run", "vector_store", "vector_store.file", "vector_store.file_batch"}
    | {"vector_store.files_batch"}
)
_UNDER_WAY = frozenset({"queued", "in_progress", "cancelling"})


class Blanked(NamedTuple):
    """A text with its ids taken out, and the ids in their order."""

    text: str
    ids: tuple[str, ...]


class Shown(NamedTuple):
    """The status of an object that an answer shows."""

    id: str
    status: str

    @property
    def is_halt(self) -> bool:
        """Whether it moves on only if the client does something, or not at all."""
        return self.status not in _UNDER_WAY


def ids_in(text: str) -> Iterator[str]:
    """Yield the ids in JSON text or in a frame, in their order, as often as they occur."""
    for one, many in _FIELD.findall(text):
        if one:
            yield one
        else:
            yield from _TEXT.findall(many)


def blanked(text: str) -> Blanked:
    """Return JSON text with a `*` in the place of each id."""
    ids = tuple(ids_in(text))
    return Blanked(_FIELD.sub(_blank, text), ids)


def statuses_in(value: Any) -> Iterator[Shown]:
    """Yield the statuses that an answer shows: of itself, of a list's items, of the response in an event."""
    if not isinstance(value, dict):
        return
    inner = value.get("response")
    for each in (value, *_items(value), inner):
        if isinstance(each, dict):
            kind, id, status = each.get("object"), each.get("id"), each.get("status")
            if isinstance(kind, str) and kind in _MOVING and isinstance(id, str) and isinstance(status, str):
                yield Shown(id, status)


def _items(value: dict[str, Any]) -> list[Any]:
    items = value.get("data")
    return items if isinstance(items, list) else []


def _blank(found: re.Match[str]) -> str:
    group = 1 if found[1] else 2
    start, end = found.start(group) - found.start(), found.end(group) - found.start()
    ids = "*" if group == 1 else _TEXT.sub('"*"', found[2])
    return f"{found[0][:start]}{ids}{found[0][end:]}"
