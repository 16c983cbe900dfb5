"""What changes what: the lane of each request, the topics that an effect changes, those that a read depends on.

A *lane* is what keeps its order: the resource of the path's first id. Effects on one thread happen in the recorded
order; between two threads there is no order. A *topic* is a part of a lane that an effect can change: a read sees
the state of its topics, and an effect on others leaves it as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from .paths import Place

Topic: TypeAlias = tuple[str, ...]

_ALL, _OBJECT = "all", "object"

# Collections whose changes show in another one: a run reads what was said, and writes; a batch adds files.
_ALSO: Mapping[str, Collection[str]] = {"runs": ("messages",), "file_batches": ("files",)}
# Nouns whose object itself shows what happens inside: counts of files, lists of their ids.
_COUNTING = frozenset({"assistants", "uploads", "vector_stores"})
_STORE = "vector_stores"
# In one store these commute, each in a lane of its own: two workers add their files in whatever order.
_COMMUTING = frozenset({"files", "file_batches"})


class Effect(NamedTuple):
    """A request that changes something, with what is known of it.

    Args:
        place: where it points.
        method: of HTTP.
        body: of the request, parsed.
        answer: the object that it made or changed, parsed; None where there is none.
    """

    place: Place
    method: str
    body: Any
    answer: Any


class Lane(NamedTuple):
    """What keeps its order.

    Args:
        root: the id of the resource.
        branch: what commutes with its like inside the root; None: the trunk, in order with everything.
    """

    root: str
    branch: str | None = None


def lane_of(effect: Effect, index: int) -> Lane:
    """Return the lane of an effect; of one that names no resource (`chat/completions`), a lane of its own."""
    place = effect.place
    if place.id is None:
        return Lane(created(effect) or f"#{index}")
    if place.noun == _STORE and place.collection in _COMMUTING:
        return Lane(place.id, place.rest[1] if len(place.rest) > 1 else _added(effect) or f"#{index}")
    return Lane(place.id)


def created(effect: Effect) -> str | None:
    """Return the id that a creation opens a lane for: of a thread made with its run, the thread's."""
    field = "thread_id" if effect.place.noun == "threads/runs" else "id"
    return _text(effect.answer, field)


def changed_by(effect: Effect, lane: Lane) -> frozenset[Topic]:
    """Return the topics that an effect changes."""
    return frozenset(_changes(effect, lane.root)) | frozenset(_listed(effect))


def read_at(place: Place) -> frozenset[Topic]:
    """Return the topics that a read depends on."""
    if place.id is None:
        return frozenset({(place.noun,)})
    root = (place.id,)
    if place.collection is None:
        return frozenset({(*root, _ALL), (*root, _OBJECT)})
    return frozenset({(*root, _ALL), (*root, *place.rest[:2])})


def _changes(effect: Effect, root: str) -> Iterable[Topic]:
    place, collection = effect.place, effect.place.collection
    if place.id is None or (effect.method == "DELETE" and collection is None):
        yield (root, _ALL)
    elif collection is None:
        yield (root, _OBJECT)
    elif collection != "search":
        yield from _inside(effect, root, collection)


def _inside(effect: Effect, root: str, collection: str) -> Iterable[Topic]:
    """Yield what changes when something inside a resource does: itself, its list, and what else shows it."""
    place = effect.place
    # A run's own metadata says nothing to its thread.
    also = () if collection == "runs" and len(place.rest) == 2 else _ALSO.get(collection, ())
    for each in (collection, *also):
        yield (root, each)
        yield from ((root, each, id) for id in _concerned(effect))
    if place.noun in _COUNTING:
        yield (root, _OBJECT)


def _concerned(effect: Effect) -> Iterable[str]:
    """Yield the ids of what an effect inside a resource makes, changes, or carries along."""
    rest = effect.place.rest
    yield from (id for id in (rest[1] if len(rest) > 1 else None, _added(effect)) if id)
    many = effect.body.get("file_ids") if isinstance(effect.body, dict) else None
    yield from (id for id in (many if isinstance(many, list) else ()) if isinstance(id, str))


def _listed(effect: Effect) -> Iterable[Topic]:
    """Yield the list of all resources of a noun, where the effect changes it."""
    if effect.place.collection is None:
        yield (effect.place.noun,)


def _added(effect: Effect) -> str | None:
    return _text(effect.answer, "id")


def _text(value: Any, field: str) -> str | None:
    found = value.get(field) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None
