"""What answers show and requests say, each body held against its shape once; whoever reads on trusts it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from .shapes import SENT, SHOWN, Object, Page, ResponseEvent, Understood, understood

PAGE = "list"
_OF_RESPONSES = "response."


class Shown(NamedTuple):
    """What an answer shows.

    Args:
        objects: those whose kind is known, in the order of the answer.
        odd: what was not understood, by its place in the answer.
        is_page: whether they are the items of a list.
    """

    objects: Sequence[Object] = ()
    odd: Sequence[str] = ()
    is_page: bool = False


def shown_in(values: Iterable[Any]) -> Shown:
    """Return what an answer shows.

    Args:
        values: its body, or the data of each of its events; None where there is none, or it is no JSON.
    """
    objects: list[Object] = []
    odd: list[str] = []
    is_page = False
    for value in values:
        is_page |= isinstance(value, dict) and value.get("object") == PAGE
        for read in _read(value):
            objects += [] if read.value is None else [read.value]
            odd += read.odd
    return Shown(objects, odd, is_page)


def said_in(operation: str, body: Any) -> Understood:
    """Return the body of a request; of no body, and of one that is no object, an empty one.

    Args:
        operation: the name that the SDK has for it.
    """
    read = understood(SENT.get(operation, Object), {} if body is None else body)
    return read if read.value is not None else Understood({}, read.odd)


def _read(value: Any) -> list[Understood]:
    """Return the objects that a value shows: itself, or the items of a page."""
    if value is None:
        return []
    whole = understood(Object, value)
    if whole.value is None:
        return [whole]
    if value.get("object") == PAGE:
        page = understood(Page, value)
        return [Understood(None, page.odd), *map(_object, (page.value or {}).get("data", ()))]
    return [_object(value)]


def _object(value: Object) -> Understood:
    kind = value.get("object")
    if isinstance(value.get("type"), str) and value["type"].startswith(_OF_RESPONSES):
        return understood(ResponseEvent, value)
    shape = SHOWN.get(kind) if isinstance(kind, str) else None
    return Understood(None) if shape is None else understood(shape, value)
