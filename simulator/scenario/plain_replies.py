"""What a reader gets of what a run wrote: its texts, without the markers of citations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_CITATION = "file_citation"


def text_of(part: Any) -> str | None:
    """Return the text of a part of a message, or its refusal; None: it has neither."""
    return part.text.value if part.type == "text" else part.refusal if part.type == "refusal" else None


def annotations_of(part: Any) -> list[Any]:
    """Return what a part of a message says about its text; in a stream, what a delta adds to that."""
    return list((part.text.annotations if part.type == "text" and part.text else None) or ())


def markers_of(annotations: Iterable[Any]) -> list[str]:
    """Return the markers that cite files; a path to a file that was made (`sandbox:/mnt/data/`) is none."""
    return [one.text for one in annotations if one.type == _CITATION]


def readable(text: str, markers: Iterable[str]) -> str:
    """Return a text without markers such as `【4:0†handbook.txt】`, which mean nothing to a reader.

    They are found by what they are and not by their indices, which count the characters of the whole text, and not its
    bytes, nor what is left of it after another marker was cut out. Brackets that nothing cites stay.
    """
    for marker in markers:
        text = text.replace(marker, "")
    return text
