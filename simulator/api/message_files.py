"""The files of a message, in version 1 only: retrieve and list. They come with the message and stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..backend import objects
from ..backend.objects import JsonDict
from ..backend.store import Listing
from .call import Call
from .refusals.lookups import NotFound


def retrieve(call: Call) -> JsonDict:
    """Return a file of a message.

    Raises:
        NotFound: there is no such message, or it has no such file.
    """
    file = _files(call.message()).get(call.ids[2])
    if file is None:
        raise NotFound("file", call.ids[2])
    return file


def list_(call: Call) -> JsonDict:
    """Return a page of the files of a message.

    Raises:
        NotFound: there is no such message.
    """
    return call.page(_files(call.message()), "file")


def file_ids(message: Mapping[str, Any]) -> list[str]:
    """Return the ids of the files that are attached to a message, each once."""
    attached = (one.get("file_id") for one in message["attachments"] or ())
    return list(dict.fromkeys(filter(None, attached)))


def _files(message: Mapping[str, Any]) -> Listing:
    listing = Listing()
    for place, id in enumerate(file_ids(message)):
        listing.add(place, objects.message_file(id, message["created_at"], message["id"]))
    return listing
