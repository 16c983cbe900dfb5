"""The files of a vector store: add, retrieve, list, update their attributes, remove, and read their text."""

from __future__ import annotations

from ..backend.objects import JsonDict
from .call import Call, deleted
from .vector_stores import new_file, uploaded, usable


def create(call: Call) -> JsonDict:
    """Add a file; one that is there is read anew.

    One of a kind that file search does not take is added, and fails: reported for one file; several at once are
    refused.

    Raises:
        NotFound: no such file.
        VectorStoreExpired: the store takes no more.
    """
    vector_store = usable(call.vector_store())
    (file,) = uploaded(call, [call.body["file_id"]])
    call.backend.engine.vector_stores.add_files(vector_store, [new_file(file["id"], call.body)])
    return added(call, file["id"])


def retrieve(call: Call) -> JsonDict:
    """Return a file of a vector store."""
    return call.vector_store_file()


def update(call: Call) -> JsonDict:
    """Put other attributes in the place of all that there are; null takes them away."""
    file = call.vector_store_file()
    file["attributes"] = call.body.get("attributes", {})
    return file


def list_(call: Call) -> JsonDict:
    """Return a page of the files of a vector store, perhaps only those of one status."""
    listing = call.backend.store.vector_store_files.of(call.vector_store()["id"])
    status = call.query.get("filter")
    return call.page(listing, "file", keep=lambda file: status in (None, file["status"]))


def delete(call: Call) -> JsonDict:
    """Take a file out of a vector store; the file itself stays."""
    file = call.vector_store_file()
    call.backend.engine.vector_stores.remove_file(call.vector_store(), file["id"])
    return deleted(file)


def content(call: Call) -> JsonDict:
    """Return the text of a file, as one part; one that is not ready, or cannot be read, has none."""
    file = call.vector_store_file()
    text = call.backend.engine.vector_stores.text(file)
    parts = [{"type": "text", "text": text}] if text else []
    return {"object": "vector_store.file_content.page", "data": parts, "has_more": False, "next_page": None}


def added(call: Call, file_id: str) -> JsonDict:
    """Return a file that was just added to the vector store that the path names first."""
    file = call.backend.store.vector_store_files.get(file_id, call.ids[0])
    assert file is not None  # noqa: S101  # it was just added
    return file
