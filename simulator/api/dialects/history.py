"""The generations of the API: what was served on which day, and how it was shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from ...backend.assistant_files import file_ids as files_of_assistant
from ...backend.store import Store
from ..message_files import file_ids as files_of_message
from .changes import CHANGES, EVENTS, Convert
from .generation import ABSENT, Generation, Value
from .key_sets import KEY_SETS, V2_SINCE

V1_REFUSED_SINCE = "2024-12-18"
SUNSET_SINCE = "2026-08-26"
_LAST_OF_V1 = "2024-12-17"
NEWEST = max(*(row.since for row in KEY_SETS), *(row.until for row in CHANGES), *(event.until for event in EVENTS))
"""Since this day objects are shown as they are stored."""


def _files_of_run(run: Mapping[str, Any], store: Store) -> Sequence[str]:
    return store.run_files.get(run["id"], [])


# What version 1 shows of the files that are kept apart from the objects.
_FILES: Mapping[str, Value] = {
    "assistant": lambda item, store: files_of_assistant(store, item["id"]),
    "thread.message": lambda item, store: files_of_message(item),
    "thread.run": _files_of_run,
}


def versions(as_of: str | None) -> Sequence[str]:
    """Return the versions that the service knows on a day; whether it refuses version 1 is asked elsewhere.

    Before version 2 was opened, its header is one that the service has never heard of.
    """
    return ("v1",) if as_of is not None and as_of < V2_SINCE else ("v1", "v2")


@cache
def generation(version: str, as_of: str | None) -> Generation | None:
    """Return how a version shows objects on a day; None: as they are stored.

    Args:
        version: `v1` or `v2`.
        as_of: an ISO date; None: the last generation of the version.
    """
    if version == "v2" and (as_of is None or as_of >= NEWEST):
        return None
    day = as_of or _LAST_OF_V1
    return Generation(
        keys=keys_on(version, day), values=_values(version, day), known=_KNOWN, events=_events(version, day)
    )


def keys_on(version: str, day: str) -> Mapping[str, Sequence[str]]:
    """Return the keys of each kind of object that a version shows on a day."""
    # A later row of the same kind goes over an earlier one.
    return {row.kind: tuple(row.keys.split()) for row in KEY_SETS if row.since <= day and row.version in {"", version}}


def _values(version: str, day: str) -> Mapping[str, Mapping[str, Value]]:
    found: dict[str, dict[str, list[Convert]]] = {}
    for row in CHANGES:
        if _holds(row.until, row.version, version, day):
            found.setdefault(row.kind, {}).setdefault(row.key, []).append(row.convert)
    values = {kind: {key: _converted(key, chain) for key, chain in keys.items()} for kind, keys in found.items()}
    if version == "v1":
        for kind, value in _FILES.items():
            values.setdefault(kind, {})["file_ids"] = value
    return values


def _events(version: str, day: str) -> Mapping[str, str]:
    return {row.name: row.older for row in EVENTS if _holds(row.until, row.version, version, day)}


def _holds(until: str, of: str, version: str, day: str) -> bool:
    return of in {"", version} and (not until or day < until)


def _converted(key: str, chain: Iterable[Convert]) -> Value:
    def value(item: Mapping[str, Any], store: Store) -> Any:
        shown = item.get(key, ABSENT)
        for convert in chain:
            if shown is ABSENT:
                return ABSENT
            shown = convert(shown)
        return shown

    return value


def _known_keys() -> Mapping[str, frozenset[str]]:
    known: dict[str, frozenset[str]] = {}
    for row in KEY_SETS:
        name = row.kind.rpartition(" ")[2]
        known[name] = known.get(name, frozenset()) | frozenset(row.keys.split())
    return known


_KNOWN = _known_keys()
