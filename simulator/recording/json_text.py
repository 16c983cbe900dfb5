"""JSON files, read as JSON: YAML's loader refuses characters that JSON may hold, and splits what lies beyond 0xFFFF.

Item by item, so that each interaction knows its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# A half of a character, as models cut emoji: JSON can say it by an escape, and no file in UTF-8 can hold it.
_HALF = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"[ \t\n\r]*")


def load(text: str) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Return the object that a text holds, and where the items of its lists begin, by the lists' keys; from 1.

    Raises:
        ValueError: it is no JSON object; RecursionError: it nests too deeply.
    """
    reader = _Reader(text)
    value: dict[str, Any] = {}
    lines: dict[str, list[int]] = {}
    for _ in reader.items("{", "}"):
        key = reader.value()
        reader.expect(":")
        if reader.peek() != "[":
            value[key] = reader.value()
            continue
        value[key], lines[key] = [], []
        for line in reader.items("[", "]"):
            lines[key].append(line)
            value[key].append(reader.value())
    reader.end()
    return value, lines


def dump(value: Any, *, indent: int | None = None, separators: tuple[str, str] | None = None) -> str:
    """Return a value as JSON that a file can hold: characters as they are, halves of them as escapes."""
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
    return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


class _Reader:
    """Stands at a place of a text, and counts lines on the way."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line, self._counted = text, 0, 1, 0

    def items(self, opening: str, closing: str) -> Iterator[int]:
        """Yield the line of each item of an object or list; whoever asks reads the item before the next."""
        self.expect(opening)
        if self.peek() == closing:
            self.expect(closing)
            return
        while True:
            self.peek()
            yield self._line_here()
            if self.peek() == closing:
                self.expect(closing)
                return
            self.expect(",")

    def value(self) -> Any:
        self.peek()
        value, self._at = _DECODER.raw_decode(self._text, self._at)
        return value

    def peek(self) -> str:
        blanks = _BLANKS.match(self._text, self._at)
        self._at = blanks.end() if blanks else self._at
        return self._text[self._at : self._at + 1]

    def expect(self, mark: str) -> None:
        if self.peek() != mark:
            raise ValueError(f"there is no {mark} in line {self._line_here()}")
        self._at += 1

    def end(self) -> None:
        if self.peek():
            raise ValueError(f"something follows in line {self._line_here()}")

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
