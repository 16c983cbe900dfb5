"""Uploads: a file in parts. Nothing of them is recorded; shapes, limits and life are the documentation's.

The objects are those of the official reference; an upload that is not completed within an hour is expired.
"""

from __future__ import annotations

from hashlib import md5

from ..backend import objects
from ..backend.objects import JsonDict
from . import files
from .call import Call
from .multipart import FormPart
from .refusals.lookups import NotFound
from .refusals.parameters import InvalidParameter
from .refusals.states import UploadNotPending

MAX_BYTES = 8 << 30


def create(call: Call) -> JsonDict:
    """Begin an upload; it is `pending` for an hour."""
    body = call.body
    upload = objects.upload(call.backend.ids.new("upload_"), call.created_at, **body)
    if "expires_after" in body:
        call.backend.store.expiries[upload["id"]] = body["expires_after"]
    return call.backend.store.uploads.add(upload)


def add_part(call: Call) -> JsonDict:
    """Take a part of the bytes; parts may come in any order, and from several clients at once.

    Raises:
        UploadNotPending: the upload is completed, cancelled or expired.
        InvalidParameter: together the parts would have more bytes than were announced.
    """
    upload = _pending(call)
    data: FormPart = call.body["data"]
    parts = call.backend.store.upload_parts
    held = sum(len(call.backend.store.contents[part["id"]]) for part in parts.of(upload["id"]))
    if held + len(data.content) > upload["bytes"]:
        text = f"The parts have {held + len(data.content)} bytes, and the upload was announced with {upload['bytes']}."
        raise InvalidParameter(text, "data", "invalid_value")
    part = objects.upload_part(call.backend.ids.new("part_"), call.created_at, upload["id"])
    call.backend.store.contents[part["id"]] = data.content
    return parts.add(part, upload["id"])


def complete(call: Call) -> JsonDict:
    """Put the parts together, in the order of `part_ids`, to a file.

    Raises:
        UploadNotPending: as `add_part`.
        NotFound: a part that this upload does not have.
        InvalidParameter: the bytes are not as many as were announced, or have another MD5 sum.
    """
    upload = _pending(call)
    content = b"".join(_content_of(call, upload, id) for id in call.body["part_ids"])
    _check_bytes(content, upload, call.body.get("md5"))
    file = files.store(
        call, content, upload["filename"], upload["purpose"], call.backend.store.expiries.pop(upload["id"], None)
    )
    _drop_parts(call, upload)
    upload.update(status="completed", file=file)
    return upload


def cancel(call: Call) -> JsonDict:
    """Give an upload up; its parts are gone.

    Raises:
        UploadNotPending: as `add_part`.
    """
    upload = _pending(call)
    _drop_parts(call, upload)
    upload["status"] = "cancelled"
    return upload


def _pending(call: Call) -> JsonDict:
    id = call.ids[0]
    upload = call.backend.store.uploads.get(id)
    if upload is None:
        raise NotFound("upload", id)
    if upload["status"] == "pending" and call.backend.clock.now() >= upload["expires_at"]:
        _drop_parts(call, upload)
        upload["status"] = "expired"
    if upload["status"] != "pending":
        raise UploadNotPending(id, upload["status"])
    return upload


def _content_of(call: Call, upload: JsonDict, part_id: str) -> bytes:
    part = call.backend.store.upload_parts.get(part_id, upload["id"])
    if part is None:
        raise NotFound("upload part", part_id)
    return call.backend.store.contents[part["id"]]


def _check_bytes(content: bytes, upload: JsonDict, sum_: str | None) -> None:
    if len(content) != upload["bytes"]:
        text = f"The parts have {len(content)} bytes, and the upload was announced with {upload['bytes']}."
        raise InvalidParameter(text, "part_ids", "invalid_value")
    found = md5(content, usedforsecurity=False).hexdigest()
    if sum_ is not None and sum_.lower() != found:
        raise InvalidParameter(f"The MD5 sum of the parts is {found}, not {sum_}.", "md5", "invalid_value")


def _drop_parts(call: Call, upload: JsonDict) -> None:
    for part in call.backend.store.upload_parts.of(upload["id"]):
        call.backend.store.contents.pop(part["id"])
    call.backend.store.upload_parts.drop(upload["id"])
