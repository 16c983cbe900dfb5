"""Files: upload, list, retrieve, delete, and download what is in them."""

from __future__ import annotations

from ..backend import objects
from ..backend.objects import JsonDict
from ..backend.store import NO_PARENT
from .call import Call, Content
from .multipart import FormPart
from .refusals.bodies import InvalidField
from .refusals.lookups import NoSuchFile

# What a part without a file name is called: the service requires one; the SDKs send `upload` for bare bytes.
NAMELESS = "upload"


def create(call: Call) -> JsonDict:
    """Store an uploaded file; it is `processed` at once (recorded-traffic.md 1)."""
    part: FormPart = call.body["file"]
    name = NAMELESS if part.filename is None else part.filename
    return store(call, part.content, name, call.body["purpose"], call.body.get("expires_after"))


def store(call: Call, content: bytes, name: str, purpose: str, expires_after: JsonDict | None = None) -> JsonDict:
    """Store a file and return it.

    Args:
        expires_after: after how many `seconds` it is gone; None: never.

    Raises:
        InvalidField: it is empty (the service's text is not known: chosen).
    """
    if not content:
        raise InvalidField("File is empty.", "file")
    id = call.backend.ids.new("file-")
    file = objects.file(id, call.created_at, name, purpose, len(content))
    if expires_after is not None:
        file["expires_at"] = file["created_at"] + expires_after["seconds"]
    call.backend.store.contents[id] = content
    return call.backend.store.files.add(file)


def retrieve(call: Call) -> JsonDict:
    """Return a file.

    Raises:
        NoSuchFile: it never was, was deleted, or has expired.
    """
    id = call.ids[0]
    file = call.backend.store.files.get(id)
    if file is None or not _is_there(call, file):
        raise NoSuchFile(id)
    return file


def list_(call: Call) -> JsonDict:
    """Return a page of files, in the envelope of this noun (recorded-traffic.md 8)."""
    purpose = call.query.get("purpose")

    def keep(file: JsonDict) -> bool:
        return purpose in (None, file["purpose"]) and _is_there(call, file)

    page = call.page(call.backend.store.files.of(NO_PARENT), "file", keep=keep, limit=10_000)
    return {key: page[key] for key in ("object", "data", "has_more", "first_id", "last_id")}


def delete(call: Call) -> JsonDict:
    """Delete a file with what is in it; the keys stand in another order than elsewhere (recorded-traffic.md 8)."""
    file = retrieve(call)
    call.backend.store.files.remove(file["id"])
    call.backend.store.contents.pop(file["id"], None)
    call.backend.engine.vector_stores.forget_file(file["id"])
    return {"object": "file", "deleted": True, "id": file["id"]}


def content(call: Call) -> Content:
    """Return what is in a file, byte by byte.

    That files of purpose `assistants` could not be downloaded is an old complaint; no text of it is established,
    and tests want to see what was uploaded: chosen.
    """
    file = retrieve(call)
    return Content(call.backend.store.contents.get(file["id"], b""), file["filename"])


def _is_there(call: Call, file: JsonDict) -> bool:
    expires_at = file.get("expires_at")
    return expires_at is None or call.backend.clock.now() < expires_at
