"""The files of an assistant, in version 1 only: attach, retrieve, list, detach."""

from __future__ import annotations

from collections.abc import Iterable

from ..backend.assistant_files import attach, file_ids
from ..backend.objects import JsonDict
from .call import Call, deleted
from .refusals.lookups import NotFound
from .refusals.parameters import TooManyFiles

MOST = 20


def create(call: Call) -> JsonDict:
    """Attach a file; one that is attached already is answered as it is.

    Raises:
        NotFound: no such assistant, or no such file.
        TooManyFiles: it has as many as it can.
    """
    assistant = call.assistant(call.ids[0])
    file_id = call.body["file_id"]
    require_files(call, [file_id])
    wanted = dict.fromkeys([*file_ids(call.backend.store, assistant["id"]), file_id])
    if len(wanted) > MOST:
        raise TooManyFiles(assistant["id"], MOST)
    attach(call.backend.store, assistant, wanted, call.created_at)
    return _file(call, file_id)


def retrieve(call: Call) -> JsonDict:
    """Return an attached file."""
    call.assistant(call.ids[0])
    return _file(call, call.ids[1])


def list_(call: Call) -> JsonDict:
    """Return a page of the attached files."""
    assistant = call.assistant(call.ids[0])
    return call.page(call.backend.store.assistant_files.of(assistant["id"]), "file")


def delete(call: Call) -> JsonDict:
    """Detach a file, from what version 2 sees as well; the file itself stays."""
    assistant = call.assistant(call.ids[0])
    file = _file(call, call.ids[1])
    store = call.backend.store
    others = [one for one in file_ids(store, assistant["id"]) if one != file["id"]]
    attach(store, assistant, others, call.created_at)
    return deleted(file)


def require_files(call: Call, ids: Iterable[str]) -> None:
    """Refuse ids that no file has.

    Raises:
        NotFound: the first of them. The service's text for a file is not known: chosen after the other nouns.
    """
    for id in ids:
        if call.backend.store.files.get(id) is None:
            raise NotFound("file", id)


def _file(call: Call, file_id: str) -> JsonDict:
    file = call.backend.store.assistant_files.get(file_id, call.ids[0])
    if file is None:
        raise NotFound("file", file_id)
    return file
