"""The file search tool of a run: which vector stores it searches, and what its call shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .objects import EMPTY, RANKING_OPTIONS, JsonDict
from .searching import Found
from .store import Store
from .turns import SearchFiles
from .vector_stores import VectorStores

# The documented defaults: 5 for gpt-3.5-turbo, whose context is small.
RESULTS, RESULTS_OF_SMALL_MODELS = 20, 5


def perform(vector_stores: VectorStores, run: Mapping[str, Any], turn: SearchFiles, *, at: float) -> JsonDict:
    """Return what the call of a search shows: what the turn says was found, else what is in the vector stores.

    They are those of the assistant, then of the thread, as they are now: a store that is expired or gone has nothing.
    """
    options = _options(run)
    ranking = options.get("ranking_options") or EMPTY
    shown = {key: ranking.get(key, usual) for key, usual in RANKING_OPTIONS.items()}
    if turn.results is not None:
        return {"ranking_options": shown, "results": list(turn.results)}
    most = options.get("max_num_results") or _usual_results(str(run["model"]))
    found = vector_stores.search(
        vector_stores.in_use(_searched(vector_stores.store, run), at),
        [turn.query],
        limit=most,
        threshold=shown["score_threshold"] or 0.0,
    )
    return {"ranking_options": shown, "results": list(map(_result, found))}


def ready_by(vector_stores: VectorStores, run: Mapping[str, Any], at: float) -> float:
    """Return when a run may begin that is queued at `at`: it waits for the files of its thread, not the assistant's."""
    ids = stores_of_thread(vector_stores.store, run)
    return vector_stores.ready_by(ids, at) if ids else at


def stores_of_thread(store: Store, run: Mapping[str, Any]) -> Sequence[str]:
    """Return the ids of the vector stores of a run's thread; of none, where there are no vector stores at all."""
    return store_ids(store.threads.get(run["thread_id"])) if store.vector_stores else ()


def store_ids(owner: Mapping[str, Any] | None) -> Sequence[str]:
    """Return the ids of the vector stores of an assistant or a thread, if there is one."""
    resources = owner.get("tool_resources") if owner else None
    if not resources:  # as with most
        return ()
    return (resources.get("file_search") or EMPTY).get("vector_store_ids") or ()


def files_of(store: Store, ids: Iterable[str]) -> list[str]:
    """Return the ids of the files in vector stores."""
    return [file["id"] for id in ids for file in store.vector_store_files.of(id)]


def _searched(store: Store, run: Mapping[str, Any]) -> Iterable[str]:
    own = store.run_stores.get(run["id"], store_ids(store.assistants.get(run["assistant_id"])))
    return dict.fromkeys([*own, *stores_of_thread(store, run)])


def _usual_results(model: str) -> int:
    return RESULTS_OF_SMALL_MODELS if model.startswith("gpt-3.5") else RESULTS


def _options(run: Mapping[str, Any]) -> Mapping[str, Any]:
    tools = (tool.get("file_search") or EMPTY for tool in run["tools"] or () if tool["type"] == "file_search")
    return next(tools, EMPTY)


def _result(found: Found) -> JsonDict:
    return {
        "file_id": found.file["id"],
        "file_name": found.filename,
        "score": found.score,
        "attributes": found.file["attributes"] or {},
        "content": [{"type": "text", "text": found.text}],
    }
