"""What may stand in a turn: texts, JSON, numbers, pieces and places, checked where the script is written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from ..errors import TurnError

Chunks: TypeAlias = int | Sequence[str] | None
JsonObject: TypeAlias = Mapping[str, Any]


def placed_annotations(annotations: Iterable[JsonObject], texts: Sequence[str]) -> tuple[JsonObject, ...]:
    """Return annotations with the indices of their texts in the first of `texts`, where they have none.

    Raises:
        TurnError: one whose place is not known, or that JSON cannot hold.
    """
    placed: list[JsonObject] = []
    text = texts[0] if texts else ""
    found_to = 0
    for given in annotations:
        annotation = checked_object(given, "an annotation")
        marker = checked_text(annotation.get("text", ""), "The text of an annotation")
        start = annotation.get("start_index", text.find(marker, found_to) if marker else -1)
        if not texts or not _is_index(start) or not _is_index(annotation.get("end_index", 0)):
            raise TurnError(
                f"The annotation {annotation!r} needs a start_index and an end_index, zero or more, or a text that"
                f" stands in the first text, which is {text!r}."
            )
        found_to = annotation.get("end_index", start + len(marker))
        kind = "file_path" if "file_path" in annotation else "file_citation"
        if not isinstance(annotation.get(kind, {}), dict):
            raise TurnError(f"The annotation {annotation!r}: {kind} is an object, such as {{'file_id': 'file-1'}}.")
        places = {"type": kind, "text": text[start:found_to], "start_index": start, "end_index": found_to}
        placed.append({**places, **annotation})
    return tuple(placed)


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def checked_name(value: object) -> str:
    """Return a name.

    Raises:
        TurnError: no text, or an empty one.
    """
    if not isinstance(value, str) or not value:
        raise TurnError(f"A name must be a text that is not empty, not {value!r}.")
    return checked_text(value, "A name")


def checked_text(value: object, where: str) -> str:
    """Return a text that can be sent.

    Args:
        where: begins the message, such as "say()".

    Raises:
        TurnError: no text, or one that UTF-8 cannot hold.
    """
    if not isinstance(value, str):
        raise TurnError(f"{where} takes a text, not {value!r}.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise TurnError(f"{where}: half of a surrogate pair cannot be sent, and {value!r} has one.") from None
    return value


def checked_object(value: object, what: str) -> JsonObject:
    """Return a copy of a JSON object.

    Args:
        what: names it in the message.

    Raises:
        TurnError: no object, or one that JSON cannot hold.
    """
    try:
        copy = json.loads(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError) as error:
        raise TurnError(f"JSON cannot hold {what}: {error}.") from None
    if not isinstance(copy, dict):
        raise TurnError(f"{what.capitalize()} must be an object, not {value!r}.")
    return copy


def checked_seconds(value: float | None) -> float | None:
    """Return what `takes=` was given.

    Raises:
        TurnError: no number of seconds.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise TurnError(f"takes= is a number of virtual seconds, zero or more, not {value!r}.")
    return float(value)


def checked_chunks(chunks: Chunks, text: str) -> Chunks:
    """Return what `chunks=` was given for `text`.

    Raises:
        TurnError: neither a number of pieces nor the pieces of the text.
    """
    if chunks is None:
        return None
    if isinstance(chunks, int) and not isinstance(chunks, bool):
        if chunks < 1:
            raise TurnError(f"chunks= is a number of pieces, one or more, not {chunks!r}.")
        return chunks
    if isinstance(chunks, str | bool) or not isinstance(chunks, Sequence):
        raise TurnError(f"chunks= is a number, or the list of pieces, not {chunks!r}.")
    pieces = tuple(chunks)
    if not all(isinstance(piece, str) for piece in pieces) or "".join(pieces) != text:
        raise TurnError(f"chunks= must give the text {text!r} when joined; these give {pieces!r}.")
    return pieces
