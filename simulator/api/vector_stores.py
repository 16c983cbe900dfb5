"""Vector stores: create, retrieve, update, list, delete, search; and what tools and attachments ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..backend import objects
from ..backend.documents import unsupported
from ..backend.lifecycle import VectorStoreStatus
from ..backend.objects import AUTO_CHUNKING, EMPTY, JsonDict
from ..backend.searching import Found
from ..backend.vector_stores import NewFile
from .call import Call, deleted
from .refusals.lookups import NotFound
from .refusals.parameters import NotForRetrieval
from .refusals.states import VectorStoreExpired

RESULTS = 10


def create(call: Call) -> JsonDict:
    """Make a vector store, perhaps with files.

    Raises:
        NotFound: no such file.
        NotForRetrieval: file search does not take files of this kind.
    """
    body = call.body
    files = new_files(call, body.get("file_ids", ()), body)
    return call.backend.engine.vector_stores.add(_made(call, body), files)


def retrieve(call: Call) -> JsonDict:
    """Return a vector store."""
    return call.vector_store()


def update(call: Call) -> JsonDict:
    """Change name, expiry and metadata, where given."""
    vector_store, stores = call.vector_store(), call.backend.engine.vector_stores
    vector_store.update(call.body)
    if "expires_after" in call.body:
        stores.renew(vector_store)
        stores.plan_expiry(vector_store)
    return vector_store


def list_(call: Call) -> JsonDict:
    """Return a page of vector stores."""
    return call.page(call.backend.store.vector_stores.of(), "vector store")


def delete(call: Call) -> JsonDict:
    """Delete a vector store; the files themselves stay, and whoever names the store names nothing."""
    vector_store = call.vector_store()
    call.backend.engine.vector_stores.remove(vector_store)
    return deleted(vector_store)


def search(call: Call) -> JsonDict:
    """Return what answers a query best. With `rewrite_query` it stays as it is: there is no model to rewrite it.

    Raises:
        VectorStoreExpired: it cannot be searched any more.
    """
    vector_store, body = usable(call.vector_store()), call.body
    query = body["query"]
    queries = [query] if isinstance(query, str) else query
    stores = call.backend.engine.vector_stores
    stores.touch(vector_store, call.backend.clock.now())
    found = stores.search(
        [vector_store["id"]],
        queries,
        limit=body.get("max_num_results", RESULTS),
        threshold=body.get("ranking_options", EMPTY).get("score_threshold", 0.0),
        filters=body.get("filters"),
    )
    return {
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": list(map(_result, found)),
        "has_more": False,
        "next_page": None,
    }


def new_files(call: Call, file_ids: Iterable[str], given: Mapping[str, Any] = EMPTY) -> list[NewFile]:
    """Return files to add, each once, with the strategy and the attributes that were given for all of them.

    Raises:
        NotFound: no such file.
        NotForRetrieval: file search does not take files of this kind.
    """
    ids = list(dict.fromkeys(file_ids))
    kinds = unsupported(file["filename"] or "" for file in uploaded(call, ids))
    if kinds:
        raise NotForRetrieval(kinds)
    return [new_file(id, given) for id in ids]


def new_file(id: str, given: Mapping[str, Any]) -> NewFile:
    """Return a file to add, with what was given for it."""
    return NewFile(id, given.get("chunking_strategy", AUTO_CHUNKING), given.get("attributes", EMPTY))


def uploaded(call: Call, ids: Iterable[str]) -> list[JsonDict]:
    """Return uploaded files.

    Raises:
        NotFound: there is no such file. The text is chosen after the other nouns'.
    """
    files = []
    for id in ids:
        file = call.backend.store.files.get(id)
        if file is None:
            raise NotFound("file", id)
        files.append(file)
    return files


def usable(vector_store: JsonDict) -> JsonDict:
    """Return a vector store that is to be used.

    Raises:
        VectorStoreExpired: it cannot be.
    """
    if vector_store["status"] == VectorStoreStatus.EXPIRED:
        raise VectorStoreExpired(vector_store["id"])
    return vector_store


def _made(call: Call, body: Mapping[str, Any]) -> JsonDict:
    return objects.vector_store(call.backend.ids.stamped("vs_", call.created_at), call.created_at, **body)


def _result(found: Found) -> JsonDict:
    return {
        "file_id": found.file["id"],
        "filename": found.filename,
        "score": found.score,
        "attributes": found.file["attributes"],
        "content": [{"type": "text", "text": found.text}],
    }
