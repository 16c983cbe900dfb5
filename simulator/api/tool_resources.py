"""What requests give the file search tool: vector stores, by id or to be made, and files attached to messages.

A request may yet be refused when its resources are read, by the brain at the latest. So what is to be made
waits in a `Resources` until `keep`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..backend import file_search, objects
from ..backend.objects import EMPTY, JsonDict
from ..backend.vector_stores import THREAD_EXPIRY, NewFile
from .call import Call
from .refusals.lookups import NotFound, WrongPrefix
from .vector_stores import new_files, usable

FILE_PREFIXES = ("file", "assistant")  # the second is Azure's


class NewStore(NamedTuple):
    """A vector store that is to be made, with its files."""

    vector_store: JsonDict
    files: Sequence[NewFile]


def with_resources(
    call: Call, body: Mapping[str, Any], expires_after: Mapping[str, Any] | None = None
) -> tuple[JsonDict, list[NewStore]]:
    """Return the body with its tool resources as they are stored, and the vector stores to be made for them.

    Args:
        expires_after: of those stores.

    Raises:
        WrongPrefix: no such file for the code interpreter, and its id cannot be one.
        NotFound: no such vector store, or no such file.
        NotForRetrieval: file search does not take files of this kind.
    """
    if "tool_resources" not in body:
        return dict(body), []
    resources = dict(body["tool_resources"])
    _require_files_for_code(call, resources)
    search = resources.get("file_search", EMPTY)
    ids = search.get("vector_store_ids")
    for id in ids or ():
        if call.backend.store.vector_stores.get(id) is None:
            raise NotFound("vector store", id)
    wanted = [(given, new_files(call, given.get("file_ids", ()), given)) for given in search.get("vector_stores", ())]
    stores = [NewStore(_made(call, given, expires_after), files) for given, files in wanted]
    if stores:
        ids = [*(ids or ()), *(one.vector_store["id"] for one in stores)]
    resources["file_search"] = {} if ids is None else {"vector_store_ids": ids}
    return {**body, "tool_resources": {name: resource for name, resource in resources.items() if resource}}, stores


def keep(call: Call, stores: Iterable[NewStore]) -> None:
    """Make the vector stores."""
    for new in stores:
        call.backend.engine.vector_stores.add(new.vector_store, new.files)


def check_attachments(
    call: Call, messages: Sequence[Mapping[str, Any]], thread: Mapping[str, Any] | None = None, *, where: str = ""
) -> None:
    """Refuse files that messages name and that there are not, and those for file search that cannot be searched.

    Args:
        messages: as requests have them.
        thread: where they will stand, if there is one yet.
        where: the path of the messages in the request; empty where the request is the message.

    Raises:
        WrongPrefix: no such file, and its id cannot be one (reported in LibreChat#8178).
        NotFound: no such file.
        NotForRetrieval: file search does not take files of this kind.
        VectorStoreExpired: the vector store of the thread takes no more.
    """
    if not any(map(_may_name_files, messages)):
        return
    for index, message in enumerate(messages):
        _require_files(call, message, f"{where}[{index}]." if where else "")
    if new_files(call, _for_search(messages)):
        _store_of(call, thread)


def attach(call: Call, thread: JsonDict, messages: Iterable[Mapping[str, Any]]) -> None:
    """Put what is attached to messages for file search into the vector store of the thread, made if need be."""
    ids = _for_search(messages)
    if not ids:
        return
    files = list(map(NewFile, dict.fromkeys(ids)))
    vector_store = _store_of(call, thread)
    if vector_store is not None:
        call.backend.engine.vector_stores.add_files(vector_store, files)
        return
    made = call.backend.engine.vector_stores.add(_made(call, EMPTY, THREAD_EXPIRY), files)
    thread["tool_resources"] = {**thread["tool_resources"], "file_search": {"vector_store_ids": [made["id"]]}}


def require_usable(call: Call, *owners: Mapping[str, Any]) -> None:
    """Refuse a run whose assistant or thread has a vector store that has expired; one that is gone does not matter.

    Raises:
        VectorStoreExpired: it cannot be searched.
    """
    for owner in owners:
        if owner["tool_resources"]:
            _store_of(call, owner)


def _may_name_files(message: Mapping[str, Any]) -> bool:
    return "attachments" in message or not isinstance(message["content"], str)


def _require_files_for_code(call: Call, resources: Mapping[str, Any]) -> None:
    """Refuse files that there are not, in the words of attachments: chosen, for no recording has such a request."""
    for index, id in enumerate(resources.get("code_interpreter", EMPTY).get("file_ids", ())):
        _require_file(call, id, f"tool_resources.code_interpreter.file_ids[{index}]")


def _require_files(call: Call, message: Mapping[str, Any], where: str) -> None:
    for path, id in _named_files(message):
        _require_file(call, id, f"{where}{path}")


def _require_file(call: Call, id: str, path: str) -> None:
    if call.backend.store.files.get(id) is not None:
        return
    if not id.startswith(FILE_PREFIXES):
        raise WrongPrefix(path, id, "file")
    raise NotFound("file", id)


def _named_files(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    content = message["content"]
    for index, part in enumerate(content if isinstance(content, list) else ()):
        if part["type"] == "image_file":
            yield f"content[{index}].image_file.file_id", part["image_file"]["file_id"]
    for index, attachment in enumerate(message.get("attachments") or ()):
        yield f"attachments[{index}].file_id", attachment["file_id"]


def _for_search(messages: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        attachment["file_id"]
        for message in messages
        for attachment in message.get("attachments") or ()
        if any(tool["type"] == "file_search" for tool in attachment.get("tools") or ())
    ]


def _store_of(call: Call, owner: Mapping[str, Any] | None) -> JsonDict | None:
    stores = map(call.backend.store.vector_stores.get, file_search.store_ids(owner))
    return next((usable(one) for one in stores if one is not None), None)


def _made(call: Call, given: Mapping[str, Any], expires_after: Mapping[str, Any] | None) -> JsonDict:
    id, metadata = call.backend.ids.stamped("vs_", call.created_at), given.get("metadata", EMPTY)
    return objects.vector_store(id, call.created_at, metadata=metadata, expires_after=expires_after)
