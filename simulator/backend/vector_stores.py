"""The vector stores at work: files that are added become searchable, batches count them, idle stores expire.

What will happen stands on the engine's calendar: `ingest` (a file is ready, or cannot be read) and
`expire_store`. Every change of a status goes through the one table, as it does for runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from . import objects
from .clock import Calendar, Clock, Due
from .documents import UnreadableFileError, chunks, text_of, unsupported
from .lifecycle import Event, FileStatus, VectorStoreStatus, apply
from .objects import AUTO_CHUNKING, EMPTY, NOTHING, JsonDict
from .searching import Chunk, Found, as_chunk, matches, scores
from .store import Store

# The documented wait of a run for files that still come into the store of its thread ("Ensuring vector store
# readiness before creating runs"); for an assistant's store there was none.
MOST_SECONDS_WAITED = 60.0
# Stores that come with a thread, or with an attachment, expire so when nobody uses them (documented).
THREAD_EXPIRY = {"anchor": "last_active_at", "days": 7}

# Reported by users of the service; the text of an unsupported file is chosen.
INVALID_FILE = {"code": "invalid_file", "message": "The file could not be parsed."}
UNSUPPORTED_FILE = {"code": "unsupported_file", "message": "The file type is not supported."}


# A file uses as many bytes as it has. Until October 2025 each chunk cost 1,024 more: files of 12 and 21 bytes used
# 1,036 and 1,045 (ruby-openai/vector_store_files_retrieve_2024-04-30, openai-dotnet/CanAssociateFiles_196bf71); on
# 30 October one of 21 used 21 (openai-dotnet/CanTestGetVectorStoreFilesInBatchCollectionOptions_10c0723).
BYTES_PER_CHUNK = 1024
NO_OVERHEAD_SINCE = "2025-10-30"


class NewFile(NamedTuple):
    """A file that is to be added to a vector store."""

    id: str
    chunking: Mapping[str, Any] = AUTO_CHUNKING
    attributes: Mapping[str, Any] = EMPTY


class VectorStores:
    """The vector stores, their files and batches.

    Args:
        clock, store, calendar: the parts it works on; the engine fires what is due.
        ready_at: when a file is ready that is added at a time.

    Attributes:
        bytes_per_chunk: what each chunk uses beside its text.
    """

    def __init__(
        self, clock: Clock, store: Store, calendar: Calendar, ready_at: Callable[[JsonDict, float], float]
    ) -> None:
        self.clock, self.store, self._calendar, self._ready_at = clock, store, calendar, ready_at
        self.bytes_per_chunk = 0
        # What was cut and counted before, by file and strategy, with the bytes that it was made of.
        self._chunks: dict[tuple[str, int, int], tuple[bytes, list[Chunk]]] = {}

    def __contains__(self, id: str) -> bool:
        return self.store.vector_stores.get(id) is not None

    # What requests cause.

    def add(self, vector_store: JsonDict, files: Iterable[NewFile] = ()) -> JsonDict:
        """Store a new vector store, with files perhaps, and return it."""
        self.store.vector_stores.add(vector_store)
        self.plan_expiry(vector_store)
        self.add_files(vector_store, files)
        return vector_store

    def add_files(self, vector_store: JsonDict, files: Iterable[NewFile], batch: JsonDict | None = None) -> None:
        """Add files; one that is there already is read anew."""
        for new in files:
            self.remove_file(vector_store, new.id)
            self._add_file(vector_store, new, batch)
        self.touch(vector_store, self.clock.now())

    def add_batch(self, vector_store: JsonDict, batch: JsonDict, files: Iterable[NewFile]) -> JsonDict:
        """Store a batch, add its files, and return it."""
        self.store.vector_store_file_batches.add(batch, vector_store["id"])
        self.store.batch_files[batch["id"]] = []
        self.add_files(vector_store, files, batch)
        return batch

    def cancel_batch(self, batch: JsonDict) -> None:
        """Give up the files of a batch that are not ready; one that has ended stays as it is."""
        if batch["status"] != FileStatus.IN_PROGRESS:
            return
        # The batch first: when the last of its files is given up, it must not seem to be complete.
        apply(batch, Event.CANCEL, self.clock.now())
        for file in self.files_of(batch):
            if file["status"] == FileStatus.IN_PROGRESS:
                self._calendar.drop_part(batch["vector_store_id"], file["id"])
                self._move(file, Event.CANCEL)

    def files_of(self, batch: Mapping[str, Any]) -> list[JsonDict]:
        """Return the files of a batch that are still in the store."""
        listing = self.store.vector_store_files.of(batch["vector_store_id"])
        found = (listing.get(id) for id in self.store.batch_files.get(batch["id"], ()))
        return [file for file in found if file is not None]

    def remove_file(self, vector_store: JsonDict, file_id: str) -> JsonDict | None:
        """Take a file out of a vector store and return it, or None; its batches no longer name it."""
        file = self.store.vector_store_files.get(file_id, vector_store["id"])
        if file is None:
            return None
        if file["status"] == FileStatus.IN_PROGRESS:
            self._calendar.drop_part(vector_store["id"], file_id)
            self._move(file, Event.CANCEL)
        _count(vector_store["file_counts"], file["status"], -1)
        vector_store["usage_bytes"] -= file["usage_bytes"] or 0
        for batch in self._batches(file):
            self.store.batch_files[batch["id"]].remove(file_id)
        return self.store.vector_store_files.remove(file_id, vector_store["id"])

    def remove(self, vector_store: JsonDict) -> None:
        """Delete a vector store; its files stay where they were uploaded."""
        id = vector_store["id"]
        self._calendar.drop(id)
        for batch in self.store.vector_store_file_batches.of(id):
            self.store.batch_files.pop(batch["id"], None)
        self.store.vector_store_files.drop(id)
        self.store.vector_store_file_batches.drop(id)
        self.store.vector_stores.remove(id)

    def forget_file(self, file_id: str) -> None:
        """Take a file that is deleted out of every vector store (the spec: "remove it from all vector stores")."""
        for vector_store in self.store.vector_stores:
            self.remove_file(vector_store, file_id)

    def touch(self, vector_store: JsonDict, at: float) -> None:
        """Note that a vector store is used at a time: it expires so much later."""
        vector_store["last_active_at"] = int(at)
        self.renew(vector_store)

    def in_use(self, ids: Iterable[str], at: float) -> list[str]:
        """Return which of these vector stores can be searched; they are used at that time."""
        found = [one for one in map(self.store.vector_stores.get, ids) if one is not None]
        usable = [one for one in found if one["status"] != VectorStoreStatus.EXPIRED]
        for vector_store in usable:
            self.touch(vector_store, at)
        return [one["id"] for one in usable]

    def renew(self, vector_store: JsonDict) -> None:
        """Set when a vector store expires from when it was last used."""
        vector_store["expires_at"] = objects.expiry(vector_store["last_active_at"], vector_store["expires_after"])

    def plan_expiry(self, vector_store: JsonDict) -> None:
        """Put the expiry on the calendar, if there is one; used meanwhile, it is put off when it is due."""
        expires_at = vector_store["expires_at"]
        if expires_at is not None and vector_store["status"] != VectorStoreStatus.EXPIRED:
            self._calendar.add(expires_at, vector_store["id"], 0, "expire_store")

    def place_file(self, vector_store: JsonDict, file: JsonDict) -> JsonDict:
        """Store a file as it is, in place of one with its id, and return it.

        It does not move by itself. The vector store counts it, unless that was placed with counts of more files
        than there are.
        """
        id, counts = vector_store["id"], vector_store["file_counts"]
        old = self.store.vector_store_files.remove(file["id"], id)
        if old is not None:
            self._calendar.drop_part(id, file["id"])
            _count(counts, old["status"], -1)
        self.store.vector_store_files.add(file, id)
        if old is not None or counts["total"] < len(self.store.vector_store_files.of(id)):
            _count(counts, file["status"], +1)
        return file

    # Time.

    def fire(self, due: Due) -> None:
        """Let happen what is due of a vector store."""
        _ACTIONS[due.action](self, due)

    def ready_by(self, ids: Iterable[str], at: float) -> float:
        """Return when all files of these stores are ready, `at` if they are, a minute later at most."""
        waiting = {
            id
            for id in ids
            if (found := self.store.vector_stores.get(id)) and found["status"] == VectorStoreStatus.IN_PROGRESS
        }
        if not waiting:
            return at
        due = [due.due for due in self._calendar if due.action == "ingest" and due.subject in waiting]
        return min(max([at, *due]), at + MOST_SECONDS_WAITED)

    def _ingest(self, due: Due) -> None:
        # Whoever takes a file out, or gives it up, takes this off the calendar.
        file = cast("JsonDict", self.store.vector_store_files.get(due.part, due.subject))
        uploaded = self.store.files.get(file["id"])
        if uploaded is None:
            self._move(file, Event.FAIL, last_error=INVALID_FILE)
        elif unsupported([self.filename(file)]):
            self._move(file, Event.FAIL, last_error=UNSUPPORTED_FILE)
        else:
            self._read(file, uploaded)

    def _read(self, file: JsonDict, uploaded: Mapping[str, Any]) -> None:
        try:
            self._decoded(file)
        except UnreadableFileError:
            self._move(file, Event.FAIL, last_error=INVALID_FILE)
            return
        self._move(file, Event.COMPLETE)  # first: one that is not ready has no chunks
        file["usage_bytes"] = uploaded["bytes"] + self._overhead(file)
        vector_store = cast("JsonDict", self.store.vector_stores.get(file["vector_store_id"]))
        vector_store["usage_bytes"] += file["usage_bytes"]

    def _overhead(self, file: Mapping[str, Any]) -> int:
        # An empty file is one chunk, too: what was placed without its content was uploaded with it.
        return self.bytes_per_chunk * max(1, len(self.chunks_of(file))) if self.bytes_per_chunk else 0

    def _expire(self, due: Due) -> None:
        vector_store = cast("JsonDict", self.store.vector_stores.get(due.subject))
        if vector_store["expires_at"] is None:  # another was placed over it
            return
        if vector_store["expires_at"] > due.due:
            self.plan_expiry(vector_store)
        elif vector_store["status"] != VectorStoreStatus.EXPIRED:
            apply(vector_store, Event.EXPIRE, due.due)

    # Search.

    def search(
        self,
        store_ids: Iterable[str],
        queries: Sequence[str],
        *,
        limit: int,
        threshold: float = 0.0,
        filters: Mapping[str, Any] | None = None,
    ) -> list[Found]:
        """Return the chunks that answer one of the queries best, the best first.

        Args:
            limit: how many at most.
            threshold: the least score; at 0 a chunk that shares no word with a query comes last, since the
                service, which compared meanings, always found something.
            filters: which files are searched.
        """
        found = [
            (file, chunk)
            for id in store_ids
            for file in self.store.vector_store_files.of(id)
            if file["status"] == FileStatus.COMPLETED and matches(filters, file["attributes"])
            for chunk in self.chunks_of(file)
        ]
        rated = zip(found, scores(queries, [chunk for _, chunk in found]), strict=True)
        results = [
            Found(file, self.filename(file), chunk.text, score) for (file, chunk), score in rated if score >= threshold
        ]
        return sorted(results, key=lambda one: -one.score)[:limit]

    def chunks_of(self, file: Mapping[str, Any]) -> list[Chunk]:
        """Return the chunks of a file of a vector store."""
        static = (file["chunking_strategy"] or AUTO_CHUNKING).get("static") or AUTO_CHUNKING["static"]
        key = (file["id"], static["max_chunk_size_tokens"], static["chunk_overlap_tokens"])
        content = self.store.contents.get(file["id"], b"")
        known = self._chunks.get(key)
        if known is None or known[0] is not content:
            texts = chunks(self.text(file), key[1], key[2])
            known = self._chunks[key] = (content, list(map(as_chunk, texts)))
        return known[1]

    def text(self, file: Mapping[str, Any]) -> str:
        """Return the text of a file of a vector store; one that is not ready, or cannot be read, has none."""
        if file["status"] != FileStatus.COMPLETED:
            return ""
        try:
            return self._decoded(file)
        except UnreadableFileError:  # it was placed as completed
            return ""

    def filename(self, file: Mapping[str, Any]) -> str:
        """Return the name of a file of a vector store; its id where only the store knows it."""
        uploaded = self.store.files.get(file["id"])
        return str((uploaded or EMPTY).get("filename") or file["id"])

    def _decoded(self, file: Mapping[str, Any]) -> str:
        return text_of(self.filename(file), self.store.contents.get(file["id"], b""))

    # The funnel.

    def _add_file(self, vector_store: JsonDict, new: NewFile, batch: JsonDict | None) -> None:
        at = self.clock.now()
        file = objects.vector_store_file(new.id, int(at), vector_store["id"], new.chunking, new.attributes)
        self.store.vector_store_files.add(file, vector_store["id"])
        if vector_store["status"] == VectorStoreStatus.COMPLETED:
            apply(vector_store, Event.ADD_FILES, at)
        _count(vector_store["file_counts"], file["status"], +1)
        if batch is not None:
            self.store.batch_files[batch["id"]].append(new.id)
            _count(batch["file_counts"], file["status"], +1)
        self._calendar.add(self._ready_at(file, at), vector_store["id"], 0, "ingest", new.id)

    def _move(self, file: JsonDict, event: Event, **fields: object) -> None:
        """Move a file by the table; whoever counts it follows, and is complete with its last one."""
        at = self.clock.now()
        before, after = file["status"], apply(file, event, at, **fields)
        vector_store = self.store.vector_stores.get(file["vector_store_id"])
        for holder in filter(None, (vector_store, *self._batches(file))):
            counts = holder["file_counts"]
            _count(counts, before, -1)
            _count(counts, str(after), +1)
            if counts[before] == 0 and holder["status"] == before:
                apply(holder, Event.COMPLETE, at)

    def _batches(self, file: Mapping[str, Any]) -> list[JsonDict]:
        return [
            batch
            for batch in self.store.vector_store_file_batches.of(file["vector_store_id"])
            if file["id"] in self.store.batch_files.get(batch["id"], NOTHING)
        ]


def _count(counts: dict[str, int], status: str, change: int) -> None:
    # What was placed may count less than there is.
    counts[status] = max(counts[status] + change, 0)
    counts["total"] = max(counts["total"] + change, 0)


_ACTIONS: Mapping[str, Callable[[VectorStores, Due], None]] = {
    "ingest": VectorStores._ingest,
    "expire_store": VectorStores._expire,
}
