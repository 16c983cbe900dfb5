"""Batches of files of a vector store: create, retrieve, cancel, list their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..backend import objects
from ..backend.objects import JsonDict
from ..backend.vector_stores import NewFile
from .call import Call
from .refusals.parameters import FilesTwice
from .vector_stores import new_file, new_files, usable


def create(call: Call) -> JsonDict:
    """Add files to a vector store in one go: `file_ids`, or `files` with a strategy and attributes each.

    Raises:
        FilesTwice: both are given, or neither.
        NotFound: no such file.
        NotForRetrieval: file search does not take files of this kind.
        VectorStoreExpired: the store takes no more.
    """
    vector_store = usable(call.vector_store())
    files = _files(call, call.body)
    id = call.backend.ids.stamped("vsfb_ibj_", call.created_at)
    batch = objects.vector_store_file_batch(id, call.created_at, vector_store["id"])
    return call.backend.engine.vector_stores.add_batch(vector_store, batch, files)


def retrieve(call: Call) -> JsonDict:
    """Return a batch."""
    return call.file_batch()


def cancel(call: Call) -> JsonDict:
    """Give up the files that are not ready; a batch that has ended is answered as it is (recorded 2025-09)."""
    batch = call.file_batch()
    call.backend.engine.vector_stores.cancel_batch(batch)
    return batch


def list_files(call: Call) -> JsonDict:
    """Return a page of the files of a batch, perhaps only those of one status."""
    batch = call.file_batch()
    members = frozenset(call.backend.store.batch_files.get(batch["id"], ()))
    status = call.query.get("filter")
    listing = call.backend.store.vector_store_files.of(batch["vector_store_id"])
    return call.page(listing, "file", keep=lambda file: file["id"] in members and status in (None, file["status"]))


def _files(call: Call, body: Mapping[str, Any]) -> list[NewFile]:
    if ("file_ids" in body) == ("files" in body):
        raise FilesTwice
    if "file_ids" in body:
        return new_files(call, body["file_ids"], body)
    new_files(call, [file["file_id"] for file in body["files"]])
    # What is given for all is ignored here (the spec).
    by_id = {file["file_id"]: file for file in body["files"]}
    return [new_file(id, file) for id, file in by_id.items()]
