"""What an operation is given, and the look-ups that every noun needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from ..backend.execution import RunStream
from ..backend.objects import JsonDict
from ..backend.state import Backend
from ..backend.store import Listing, PageRequest, UnknownCursor
from .refusals.lookups import NoFileInStore, NotFound, WrongPrefix
from .wire import Frame


class Content(NamedTuple):
    """A reply that is no JSON: the bytes of a file, and what it is called."""

    data: bytes
    filename: str


class Later(NamedTuple):
    """A reply that comes as time passes; `frames` is told for how many seconds its client waits for each."""

    content_type: str
    frames: Callable[[float], Iterator[Frame]]


Reply: TypeAlias = "JsonDict | RunStream | Content | Later"


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose route and body are known to be right.

    Args:
        backend: the service.
        ids: those in the path, in order.
        query: checked, without what was not given.
        body: checked, without nulls.
    """

    backend: Backend
    ids: tuple[str, ...]
    query: Mapping[str, Any]
    body: JsonDict

    @property
    def created_at(self) -> int:
        """The time for an object that this request makes, in whole seconds."""
        return int(self.backend.clock.now())

    def assistant(self, id: str) -> JsonDict:
        """Return an assistant.

        Raises:
            NotFound: there is none.
        """
        return _found(self.backend.store.assistants.get(id), "assistant", id)

    def thread(self) -> JsonDict:
        """Return the thread that the path names first.

        Raises:
            WrongPrefix: no such thread, and its id cannot be one (recorded since 2025; before, 404).
            NotFound: no such thread.
        """
        id = self.ids[0]
        thread = self.backend.store.threads.get(id)
        if thread is None and not id.startswith("thread"):
            raise WrongPrefix("thread_id", id, "thread")
        return _found(thread, "thread", id)

    def message(self) -> JsonDict:
        """Return the message that the path names second, on the thread that it names first."""
        self.thread()
        return _found(self.backend.store.messages.get(self.ids[1], self.ids[0]), "message", self.ids[1])

    def run(self) -> JsonDict:
        """Return the run that the path names second, on the thread that it names first."""
        self.thread()
        return _found(self.backend.store.runs.get(self.ids[1], self.ids[0]), "run", self.ids[1])

    def step(self) -> JsonDict:
        """Return the step that the path names third, of the run that it names second."""
        self.run()
        return _found(self.backend.store.run_steps.get(self.ids[2], self.ids[1]), "run step", self.ids[2])

    def vector_store(self) -> JsonDict:
        """Return the vector store that the path names first."""
        return _found(self.backend.store.vector_stores.get(self.ids[0]), "vector store", self.ids[0])

    def vector_store_file(self) -> JsonDict:
        """Return the file that the path names second, in the vector store that it names first.

        Raises:
            NoFileInStore: it is not there.
        """
        self.vector_store()
        file = self.backend.store.vector_store_files.get(self.ids[1], self.ids[0])
        if file is None:
            raise NoFileInStore(self.ids[1], self.ids[0])
        return file

    def file_batch(self) -> JsonDict:
        """Return the batch that the path names second, of the vector store that it names first.

        Raises:
            WrongPrefix: no such batch, and its id cannot be one (reported of the SDKs' `upload_and_poll`, 2025-11).
            NotFound: no such batch (the service's text is not known: chosen).
        """
        self.vector_store()
        id = self.ids[1]
        batch = self.backend.store.vector_store_file_batches.get(id, self.ids[0])
        if batch is None and not id.startswith("vsfb_"):
            raise WrongPrefix("batch_id", id, "vsfb_")
        return _found(batch, "file batch", id)

    def page(
        self,
        listing: Listing,
        noun: str,
        *,
        run_id: str | None = None,
        keep: Callable[[JsonDict], bool] | None = None,
        limit: int = 20,
    ) -> JsonDict:
        """Return the stretch of a listing that the query asks for, in its envelope.

        Args:
            run_id: only what this run wrote.
            keep: only what it lets pass.
            limit: how many, where the query does not say.

        Raises:
            NotFound: a cursor that was never in this listing (the service's text is not known: chosen).
        """
        query = self.query
        wanted = PageRequest(
            limit=query.get("limit", limit),
            descending=query.get("order", "desc") == "desc",
            after=query.get("after"),
            before=query.get("before"),
        )
        if run_id is not None:
            keep = _written_by(run_id)
        try:
            page = listing.page(wanted, keep)
        except UnknownCursor as unknown:
            raise NotFound(noun, unknown.args[0]) from None
        return list_envelope(page.data, has_more=page.has_more)


def list_envelope(data: list[JsonDict], *, has_more: bool) -> JsonDict:
    """Return a page as sent; an empty one has null ids (recorded-traffic.md 8)."""
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more}


def deleted(item: Mapping[str, Any]) -> JsonDict:
    """Return the answer to a delete."""
    return {"id": item["id"], "object": f"{item['object']}.deleted", "deleted": True}


def _written_by(run_id: str) -> Callable[[JsonDict], bool]:
    return lambda item: bool(item["run_id"] == run_id)


def _found(item: JsonDict | None, noun: str, id: str) -> JsonDict:
    if item is None:
        raise NotFound(noun, id)
    return item
