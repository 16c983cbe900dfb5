"""A journal without its secrets, for whatever is written to a file.

Texts are scrubbed while they are whole: the head of a key that was cut looks like no key any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from ..backend.brain import View
from ..backend.journal import Asked, Entry, Exchange, Handled, StatusChange, Struck
from ..backend.turns import TURN_TYPES, Image, RefusedText, ToolCall
from ..recording.scrubbed_texts import TextScrubber
from .rows import told_value

_OURS = (Exchange, StatusChange, Asked, Struck, Handled, View, *TURN_TYPES, ToolCall, Image, RefusedText)
_PLAIN = (bool, int, float, type(None))
_SCRUBBER = TextScrubber(lambda kind, place: None)
# Polls give the same bodies, and the views of a thread the same messages, hundreds of times.
_REMEMBERED = 10_000


def scrubbed_entries(journal: Iterable[Entry]) -> list[Entry]:
    """Return the entries as they may stand in a file; objects of the program under test as their `repr`."""
    return list(map(_Scrubbing().value, journal))


def scrubbed_text(text: str) -> str:
    """Return a text as it may stand in a file."""
    return _SCRUBBER.text(text, "")


class _Told:
    """Stands for an object that is no JSON value: all that is shown of one is its `repr`."""

    def __init__(self, value: object) -> None:
        self._text = scrubbed_text(told_value(value))

    def __repr__(self) -> str:
        return self._text


class _Scrubbing:
    """Scrubs one journal."""

    def __init__(self) -> None:
        self._text = lru_cache(_REMEMBERED)(scrubbed_text)
        # Any: each takes the values of its own types.
        self._by_type: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
            (str, self._text),
            (_PLAIN, lambda value: value),
            (View, self._view),
            (_OURS, self._fields),
            (bytes, lru_cache(_REMEMBERED)(self._bytes)),
            (Mapping, lambda value: dict(self._item(key, child) for key, child in value.items())),
            (tuple, self._tuple),
            (list, lambda value: list(map(self.value, value))),
        )

    def value(self, value: Any) -> Any:
        """Return a value of whatever type without its secrets."""
        for kinds, scrub in self._by_type:
            if isinstance(value, kinds):
                return scrub(value)
        return _Told(value)

    def _fields(self, value: Any) -> Any:
        return replace(value, **{field.name: self.value(getattr(value, field.name)) for field in fields(value)})

    def _view(self, view: View) -> View:
        # Run and assistant are in the answers that showed them.
        shown: View = self._fields(replace(view, messages=list(view.messages), run={}, assistant={}))
        return shown

    def _bytes(self, value: bytes) -> bytes:
        try:
            return self._text(value.decode()).encode()
        except UnicodeError:  # no text, or half a character of one
            return self._text(value.decode("latin-1")).encode("latin-1", "replace")

    def _item(self, key: Any, value: Any) -> tuple[Any, Any]:
        """Return an item: under some names every text is a secret."""
        if isinstance(key, str) and isinstance(value, str):
            ((key, value),) = _SCRUBBER.json({key: value}, "").items()
            return key, value
        return self.value(key), self.value(value)

    def _tuple(self, value: tuple[Any, ...]) -> tuple[Any, ...]:
        children = map(self.value, value)
        return type(value)(*children) if hasattr(value, "_fields") else tuple(children)
