"""Which chunks answer a query best, and which files a filter lets pass.

The service compared embeddings; here words are compared, by BM25 as Lucene has it. So a chunk is found by
the words it shares with the query, not by what it means.
"""

from __future__ import annotations

import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .objects import JsonDict

_WORD = re.compile(r"\w+")
# BM25's usual parameters: how soon repeating a word stops to help, and how much a long chunk is held back.
_SATURATION, _LENGTH = 1.5, 0.75


class Chunk(NamedTuple):
    """A stretch of a file, how often each word is in it, and how many words it has."""

    text: str
    words: Counter[str]
    length: int


class Found(NamedTuple):
    """A chunk that was found; `file` is that of the vector store, `score` between 0 and 1."""

    file: JsonDict
    filename: str
    text: str
    score: float


def as_chunk(text: str) -> Chunk:
    """Return a stretch of a file with its words counted."""
    found = words(text)
    return Chunk(text, Counter(found), len(found))


def words(text: str) -> list[str]:
    """Return the words of a text, in small letters; of several, the plural is another word than the singular."""
    return _WORD.findall(text.casefold())


def scores(queries: Iterable[str], chunks: Sequence[Chunk]) -> list[float]:
    """Return how well each chunk answers the best of the queries, between 0 and 1.

    It is BM25 as a share of what could be reached with the words that occur at all, and the root of that: a
    chunk that has each word of the query once is near 0.63. The service gave one that fits 0.73.
    """
    best = [0.0] * len(chunks)
    for query in queries:
        known = {word: weight for word in dict.fromkeys(words(query)) if (weight := _weight(word, chunks))}
        most = sum(known.values())
        for index, gained in enumerate(_gained(known, chunks)):
            best[index] = max(best[index], round(math.sqrt(gained / most), 4))
    return best


def _weight(word: str, chunks: Sequence[Chunk]) -> float:
    """Return what a word is worth, the more the rarer it is; 0 if no chunk has it."""
    count = sum(word in chunk.words for chunk in chunks)
    return math.log(1 + (len(chunks) - count + 0.5) / (count + 0.5)) if count else 0.0


def _gained(weights: Mapping[str, float], chunks: Sequence[Chunk]) -> list[float]:
    if not weights:
        return []
    average = sum(chunk.length for chunk in chunks) / len(chunks)
    held = [_SATURATION * (1 - _LENGTH + _LENGTH * chunk.length / average) for chunk in chunks]
    return [
        sum(weight * count / (count + hold) for word, weight in weights.items() if (count := chunk.words[word]))
        for chunk, hold in zip(chunks, held, strict=True)
    ]


# Filters.


def matches(wanted: Mapping[str, Any] | None, attributes: Mapping[str, Any] | None) -> bool:
    """Tell whether the attributes of a file satisfy a filter; None lets all pass.

    A file without the key satisfies `ne` and `nin` only, and values of different kinds are never equal, more or
    less: chosen, since the service's rules for those are not documented.
    """
    if wanted is None:
        return True
    kind = wanted["type"]
    if kind in _COMPOUND:
        return _COMPOUND[kind](matches(one, attributes) for one in wanted["filters"])
    return _COMPARISONS[kind]((attributes or {}).get(wanted["key"]), wanted["value"])


def _equal(value: Any, given: Any) -> bool:
    return bool(value == given) and isinstance(value, bool) == isinstance(given, bool)


def _among(value: Any, given: Any) -> bool:
    return any(_equal(value, one) for one in (given if isinstance(given, list) else [given]))


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(value: Any, given: Any) -> bool:
        return _kind(value) is not None and _kind(value) == _kind(given) and bool(compare(value, given))

    return holds


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    return "text" if isinstance(value, str) else "number" if isinstance(value, int | float) else None


_COMPOUND: Mapping[str, Callable[[Iterable[bool]], bool]] = {"and": all, "or": any}
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": _equal,
    "ne": lambda value, given: not _equal(value, given),
    "gt": _ordered(operator.gt),
    "gte": _ordered(operator.ge),
    "lt": _ordered(operator.lt),
    "lte": _ordered(operator.le),
    "in": _among,
    "nin": lambda value, given: not _among(value, given),
}
