"""Where a request points: the resource of the first id in its path, and what of it."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from ...api.routes import segments_of

# Reading changes nothing; whatever else is an effect.
READS = frozenset({"GET", "HEAD"})
# Nouns of two segments: no id stands between them.
_DOUBLE = frozenset({"audio", "chat", "chatkit", "fine_tuning", "images", "organization", "realtime"})
_LITERAL = frozenset({("threads", "runs"), ("responses", "compact"), ("responses", "input_tokens")})
# Azure's, which says what the version of the path says elsewhere.
_VERSION_PARAMETER = "api-version"

Query: TypeAlias = tuple[tuple[str, str], ...]


class Place(NamedTuple):
    """Where a path points.

    Args:
        noun: `threads`, `chat/completions`; `threads/runs` of a thread made with its run.
        id: the first id; None: the whole collection.
        rest: what follows the id.
    """

    noun: str
    id: str | None = None
    rest: tuple[str, ...] = ()

    @property
    def collection(self) -> str | None:
        """The collection inside the resource: `runs` of `threads/thread_1/runs/run_1`."""
        return self.rest[0] if self.rest else None

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id of the path, from the left."""
        return () if self.id is None else (self.id, *self.rest[1::2])


class Key(NamedTuple):
    """What requests must share to be the same, their bodies apart.

    Args:
        path: the segments below the version; prefix and host of the base URL do not count.
        query: in order, without `api-version`.
        generation: of the OpenAI-Beta header, where a cassette holds more than one; else None.
    """

    method: str
    path: tuple[str, ...]
    query: Query
    generation: str | None = None

    @property
    def is_effect(self) -> bool:
        """Whether such a request may change something."""
        return self.method not in READS

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.method} /{'/'.join(self.path)}{f'?{query}' if query else ''}"


def key_of(method: str, path: str, query: str) -> Key:
    """Return the key of a request."""
    return Key(method, tuple(segments_of(path)), _query(query))


def place_of(path: tuple[str, ...]) -> Place:
    """Return where the segments of a path point."""
    parts = 2 if path[0] in _DOUBLE or path[:2] in _LITERAL else 1
    noun = "/".join(path[:parts])
    return Place(noun, path[parts], path[parts + 1 :]) if len(path) > parts else Place(noun)


def _query(query: str) -> Query:
    pairs = parse_qsl(query, keep_blank_values=True)
    return tuple(sorted(pair for pair in pairs if pair[0] != _VERSION_PARAMETER))
