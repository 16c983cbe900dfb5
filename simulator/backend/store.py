"""Where the objects are kept: collections of ordered listings, with cursors.

A listing is ordered by `created_at`, then by insertion. Each object has a place, a number that holds
both, so that a cursor is found by bisection however long the listing is. The place of a deleted
object is remembered: whoever deletes while paging goes on where he was (no recording shows what the
service did; clean-up scripts that do it were in wide use).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from .objects import JsonDict
from .transcripts import Transcripts

_ORDER_BITS = 40  # insertions that a place can tell apart within one second

NO_PARENT = ""
"""The parent of collections that are not divided."""


class UnknownCursor(KeyError):
    """A page was asked for after or before an object that this listing never had."""


class Page(NamedTuple):
    """A stretch of a listing, and whether there is more beyond it."""

    data: list[JsonDict]
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which stretch: `after` and `before` are ids, in the order asked for."""

    limit: int = 20
    descending: bool = True
    after: str | None = None
    before: str | None = None


class Listing:
    """The objects of one parent, in order."""

    __slots__ = ("_objects", "_places", "_places_by_id")

    def __init__(self) -> None:
        self._places: list[int] = []
        self._objects: list[JsonDict] = []
        self._places_by_id: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[JsonDict]:
        return iter(self._objects)

    def newest_first(self) -> Iterator[JsonDict]:
        """Iterate backwards."""
        return reversed(self._objects)

    def get(self, id: str) -> JsonDict | None:
        """Return the object, or None where it never was or is deleted."""
        index = self._index(id)
        return None if index is None else self._objects[index]

    def add(self, place: int, item: JsonDict) -> None:
        """Put a new object in its place; the usual one is at the end."""
        self._places_by_id[item["id"]] = place
        if not self._places or place > self._places[-1]:
            self._places.append(place)
            self._objects.append(item)
            return
        index = bisect_left(self._places, place)
        self._places.insert(index, place)
        self._objects.insert(index, item)

    def remove(self, id: str) -> JsonDict | None:
        """Take an object out and return it; its place is remembered for cursors."""
        index = self._index(id)
        if index is None:
            return None
        del self._places[index]
        return self._objects.pop(index)

    def page(self, wanted: PageRequest, keep: Callable[[JsonDict], bool] | None = None) -> Page:
        """Return the stretch that was asked for, of those that `keep` lets pass.

        With `before` alone it is the stretch next to that object, which is the previous page.

        Raises:
            UnknownCursor: `after` or `before` names nothing that was ever here.
        """
        low, high = self._bounds(wanted)
        forward = wanted.before is None or wanted.after is not None
        indices = range(low, high) if forward != wanted.descending else range(high - 1, low - 1, -1)
        data: list[JsonDict] = []
        has_more = False
        for index in indices:
            item = self._objects[index]
            if keep is not None and not keep(item):
                continue
            if len(data) == wanted.limit:
                has_more = True
                break
            data.append(item)
        return Page(data if forward else data[::-1], has_more)

    def placed(self) -> Iterator[tuple[int, JsonDict]]:
        """Iterate over objects with their places."""
        return zip(self._places, self._objects, strict=True)

    def places_of_deleted(self) -> dict[str, int]:
        """Return the remembered places of what is gone."""
        present = set(self._places)
        gone = ((id, place) for id, place in self._places_by_id.items() if place not in present)
        return dict(sorted(gone, key=itemgetter(1)))  # the order of deletion is not kept in a file

    def remember(self, places: Mapping[str, int]) -> None:
        """Take over the places of what was deleted before a save."""
        self._places_by_id.update(places)

    def _bounds(self, wanted: PageRequest) -> tuple[int, int]:
        first, last = (wanted.before, wanted.after) if wanted.descending else (wanted.after, wanted.before)
        low = 0 if first is None else bisect_right(self._places, self._place(first))
        high = len(self._places) if last is None else bisect_left(self._places, self._place(last))
        return low, high

    def _place(self, id: str) -> int:
        try:
            return self._places_by_id[id]
        except KeyError:
            raise UnknownCursor(id) from None

    def _index(self, id: str) -> int | None:
        place = self._places_by_id.get(id)
        if place is None:
            return None
        index = bisect_left(self._places, place)
        return index if index < len(self._places) and self._places[index] == place else None


_EMPTY_LISTING = Listing()


class Collection:
    """The listings of one kind of object, one for each parent (thread, run, or none)."""

    def __init__(self) -> None:
        self._listings: dict[str, Listing] = {}
        self._insertions = 0

    def of(self, parent: str = NO_PARENT) -> Listing:
        """Return the listing of a parent; an empty one, not to be written to, where nothing is."""
        return self._listings.get(parent, _EMPTY_LISTING)

    def get(self, id: str, parent: str = NO_PARENT) -> JsonDict | None:
        """Return an object of a parent, or None."""
        return self.of(parent).get(id)

    def add(self, item: JsonDict, parent: str = NO_PARENT) -> JsonDict:
        """Store a new object and return it."""
        self._insertions += 1
        listing = self._listings.get(parent)
        if listing is None:
            listing = self._listings[parent] = Listing()
        listing.add((_whole_seconds(item["created_at"]) << _ORDER_BITS) + self._insertions, item)
        return item

    def replace(self, item: JsonDict, parent: str = NO_PARENT) -> JsonDict:
        """Store an object in place of one with its id; a new one is added."""
        old = self.get(item["id"], parent)
        if old is not None and old["created_at"] == item["created_at"]:
            old.clear()
            old.update(item)
            return old
        for listing in self._listings.values():  # it may have had another parent
            listing.remove(item["id"])
        return self.add(item, parent)

    def remove(self, id: str, parent: str = NO_PARENT) -> JsonDict | None:
        """Take out and return an object, or None."""
        return self.of(parent).remove(id)

    def drop(self, parent: str) -> None:
        """Forget all that a parent had."""
        self._listings.pop(parent, None)

    def __iter__(self) -> Iterator[JsonDict]:
        """Iterate over all objects, in the order of their places."""
        return (item for _, item in sorted(self._placed(), key=lambda pair: pair[0]))

    def __len__(self) -> int:
        return sum(map(len, self._listings.values()))

    def __bool__(self) -> bool:
        return any(self._listings.values())  # every run asks this, so do not count

    def to_json(self) -> JsonDict:
        """Return everything as JSON values."""
        listings = {
            parent: {"placed": list(listing.placed()), "deleted": listing.places_of_deleted()}
            for parent, listing in self._listings.items()
        }
        return {"insertions": self._insertions, "listings": listings}

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Collection:
        """Return the collection that `to_json` described."""
        self = cls()
        self._insertions = saved["insertions"]
        for parent, state in saved["listings"].items():
            listing = self._listings[parent] = Listing()
            for place, item in state["placed"]:
                listing.add(place, item)
            listing.remember(state["deleted"])
        return self

    def _placed(self) -> Iterator[tuple[int, JsonDict]]:
        for listing in self._listings.values():
            yield from listing.placed()


class Store:
    """Every object of the service.

    Messages and runs are listed by thread, steps by run, the files of version 1 by assistant, the files
    and batches of a vector store by that, the parts of an upload by that. `contents` are the bytes of files and of
    parts, `expiries` what uploads say of the expiry of their files. Ids: `run_files`, of the files that
    a run of such an assistant began with; `run_stores`, of the vector stores that a request gave to its run in
    place of the assistant's; `batch_files`, of the files that came in a batch.

    Of the Responses API: `response_turns`, what each response was given and said, and which one it stands on, also of
    deleted ones; `conversation_items`, the oldest first; `function_calls`, by the id of the call, with the task that
    they belong to, and their outputs.

    `transcripts` are read from the objects: they are not saved.
    """

    COLLECTIONS = (
        *("assistants", "threads", "messages", "runs", "run_steps", "files", "assistant_files"),
        *("vector_stores", "vector_store_files", "vector_store_file_batches", "uploads", "upload_parts"),
        *("responses", "conversations"),
    )

    PLAIN = (
        *("run_files", "batch_files", "run_stores", "expiries"),
        *("response_turns", "conversation_items", "function_calls"),
    )

    def __init__(self) -> None:
        self.assistants = Collection()
        self.threads = Collection()
        self.messages = Collection()
        self.runs = Collection()
        self.run_steps = Collection()
        self.files = Collection()
        self.assistant_files = Collection()
        self.vector_stores = Collection()
        self.vector_store_files = Collection()
        self.vector_store_file_batches = Collection()
        self.uploads = Collection()
        self.upload_parts = Collection()
        self.contents: dict[str, bytes] = {}
        self.expiries: dict[str, JsonDict] = {}
        self.run_files: dict[str, list[str]] = {}
        self.batch_files: dict[str, list[str]] = {}
        self.run_stores: dict[str, list[str]] = {}
        self.responses = Collection()
        self.conversations = Collection()
        self.response_turns: dict[str, JsonDict] = {}
        self.conversation_items: dict[str, list[JsonDict]] = {}
        self.function_calls: dict[str, JsonDict] = {}
        self.transcripts = Transcripts()

    def drop_thread(self, thread_id: str) -> None:
        """Delete a thread with all that belongs to it."""
        for run in self.runs.of(thread_id):
            self.run_steps.drop(run["id"])
            self.run_files.pop(run["id"], None)
            self.run_stores.pop(run["id"], None)
        self.messages.drop(thread_id)
        self.runs.drop(thread_id)
        self.threads.remove(thread_id)
        self.transcripts.drop(thread_id)

    def drop_items(self, conversation_id: str) -> None:
        """Delete the items of a conversation."""
        del self.conversation_items[conversation_id]
        self.transcripts.drop(conversation_id)

    def note_call(self, call: Mapping[str, Any], task: str, response_id: str, conversation: str) -> None:
        """Remember a function call of a response, by its `call_id`: what it belongs to, and later its output."""
        self.function_calls[call["call_id"]] = {
            "id": call["call_id"],
            "name": call["name"],
            "arguments": call["arguments"],
            "output": None,
            "task": task,
            "response_id": response_id,
            "conversation": conversation,
        }

    def to_json(self) -> JsonDict:
        """Return everything as JSON values."""
        collections = {name: getattr(self, name).to_json() for name in self.COLLECTIONS}
        contents = {id: content.hex() for id, content in self.contents.items()}
        plain = {name: getattr(self, name) for name in self.PLAIN}
        return {**collections, "contents": contents, **plain}

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Store:
        """Return the store that `to_json` described."""
        self = cls()
        for name in saved.keys() & set(self.COLLECTIONS):  # older states know fewer
            setattr(self, name, Collection.from_json(saved[name]))
        self.contents = {id: bytes.fromhex(content) for id, content in saved["contents"].items()}
        for name in saved.keys() & set(self.PLAIN):
            setattr(self, name, saved[name])
        return self


def _whole_seconds(created_at: object) -> int:
    # A placed object may have any time, even none: such ones come first.
    return int(created_at) if isinstance(created_at, int | float) else 0
