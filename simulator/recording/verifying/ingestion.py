"""When the files of vector stores became ready in a session: by the first answer that shows it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from math import inf

from .reading import Exchange, Json, Session

_DONE = "completed"


class Ingestion:
    """Knows for each file the exchanges that show it ready."""

    def __init__(self, session: Session) -> None:
        self._ready: dict[str, list[int]] = {}
        self._waiting: dict[str, list[int]] = {}
        self._members: dict[str, set[str]] = {}
        for exchange in session.exchanges:
            self._join(exchange)
            for id in self._shown_ready(exchange):
                self._ready.setdefault(id, []).append(exchange.index)
            for shown in exchange.objects:
                if shown.get("object") == "vector_store.file" and shown.get("status") == "in_progress":
                    self._waiting.setdefault(shown["id"], []).append(exchange.index)

    def ready_by(self, file_id: str, added: int) -> float:
        """Return the first exchange that shows a file ready that the exchange `added` brought.

        Where none does, it was ready at once if none shows that it was not, else never.
        """
        ready, waiting = _after(self._ready.get(file_id, []), added), _after(self._waiting.get(file_id, []), added)
        if ready is None:
            return added if waiting is None else inf
        return ready

    def _join(self, exchange: Exchange) -> None:
        """Note which files are in which vector store and batch."""
        made = exchange.made
        if made is None or not exchange.operation.name.startswith("vector_stores."):
            return
        body = exchange.body
        files = {*(body.get("file_ids") or ()), *([body["file_id"]] if "file_id" in body else ())}
        files |= {one["file_id"] for one in body.get("files") or ()}
        for id in (made["id"], *exchange.operation.ids[:1]):
            self._members.setdefault(id, set()).update(files)

    def _shown_ready(self, exchange: Exchange) -> Iterator[str]:
        for shown in exchange.objects:
            if shown.get("object") == "vector_store.file":
                if shown.get("status") == _DONE:
                    yield shown["id"]
            elif _has_all(shown):
                yield from self._members.get(shown["id"], ())


def _after(places: Sequence[int], added: int) -> int | None:
    after = bisect_right(places, added)
    return places[after] if after < len(places) else None


def _has_all(shown: Json) -> bool:
    counts: Mapping[str, int] = shown.get("file_counts") or {}
    return bool(counts.get("total")) and counts.get(_DONE) == counts.get("total")
