"""The YAML that we write, read in one pass over its lines; anything else is left to the loader.

PyYAML builds an event, a node and an object for each scalar: 1,000 interactions take it the better part of a second.
What `safe_yaml.dump` makes of a cassette is a small part of YAML: mappings and lists by indentation, plain and quoted
scalars, literal blocks. Where a file leaves that part, by one character, `read` returns None.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from .safe_yaml import Document, is_text

_FIRST_LINE = "cassette: 1\n"
# What YAML reads as a line break, or not at all, among what text can hold.
_SPECIAL = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_KEY = re.compile(r"([A-Za-z][\w-]*):(?: (\S.*))?$", re.ASCII)
# A scalar without quotes: it begins with no sign of YAML's, and has none inside.
_PLAIN = re.compile(r"[A-Za-z0-9](?:[^:#]|:(?=[^ ])|(?<=[^ ])#)*$", re.ASCII)
_STATUS = re.compile(r"[1-9][0-9]{0,2}$", re.ASCII)
_SINGLE = re.compile(r"'(?:[^']|'')*'$")
# What YAML and JSON escape alike, and what lies beyond 16 bits, such as emoji, where they differ.
_DOUBLE = re.compile(
    r'"(?:[^"\\]|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|\\U000[0-9a-fA-F]{5}|\\U0010[0-9a-fA-F]{4})*"$'
)
_ESCAPE = re.compile(r"\\(?:U([0-9a-fA-F]{8})|.)")
_BLOCKS = {"|": "\n", "|-": ""}
_STEP = 2


class _OtherYaml(Exception):  # control flow inside this module
    """This is not the part of YAML that we write."""


def read(text: str) -> Document | None:
    """Return what a cassette in our form holds, as the loader would; None where only the loader can tell."""
    if not text.startswith(_FIRST_LINE) or _SPECIAL.search(text) or not text.endswith("\n"):
        return None
    reader = _Reader(text.split("\n")[:-1])
    try:
        value = reader.mapping(0)
    except _OtherYaml:
        return None
    return Document(value, reader.at_top) if reader.is_done else None


class _Reader:
    """Reads lines; knows the one that is next."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._next = 0
        self.at_top: dict[str, list[int]] = {}

    @property
    def is_done(self) -> bool:
        """Whether every line was read."""
        return self._next == len(self._lines)

    def mapping(self, indent: int) -> dict[str, Any]:
        """Read the keys that stand at an indentation, with their values."""
        found: dict[str, Any] = {}
        while (line := self._line_at(indent)) is not None:
            key, rest = self._key(line)
            if key in found:
                raise _OtherYaml
            self._next += 1
            found[key] = self._value(rest, indent) if rest else self._nested(key, indent)
        if not found:
            raise _OtherYaml
        return found

    def _line_at(self, indent: int) -> str | None:
        """Return the next line without its indentation, if it is this one; None: the next line is further out."""
        if self._next == len(self._lines):
            return None
        line = self._lines[self._next]
        content = line.lstrip(" ")
        here = len(line) - len(content)
        if here > indent or not content:
            raise _OtherYaml
        return content if here == indent and not content.startswith("- ") else None

    def _key(self, content: str) -> tuple[str, str]:
        found = _KEY.match(content)
        if found is None or not _is_plain(found[1]):
            raise _OtherYaml
        return found[1], found[2] or ""

    def _nested(self, key: str, indent: int) -> Any:
        if self._next == len(self._lines):
            raise _OtherYaml
        if self._lines[self._next].startswith(" " * indent + "- "):
            lines = self.at_top.setdefault(key, []) if indent == 0 else []
            return self._list(indent, lines)
        return self.mapping(indent + _STEP)

    def _list(self, indent: int, lines: list[int]) -> list[Any]:
        """Read the items that stand at an indentation, all of them mappings."""
        dash, items = " " * indent + "- ", []
        while self._next < len(self._lines) and self._lines[self._next].startswith(dash):
            lines.append(self._next + 1)
            self._lines[self._next] = " " * (indent + _STEP) + self._lines[self._next][len(dash) :]
            items.append(self.mapping(indent + _STEP))
        return items

    def _value(self, rest: str, indent: int) -> Any:
        if rest in _BLOCKS:
            return self._block(indent + _STEP, _BLOCKS[rest])
        if rest[0] == "'":
            return self._quoted(rest, _SINGLE)[1:-1].replace("''", "'")
        if rest[0] == '"':
            return json.loads(_ESCAPE.sub(_for_json, self._quoted(rest, _DOUBLE)))
        if _STATUS.match(rest):
            return int(rest)
        if _is_plain(rest):
            return rest
        raise _OtherYaml

    def _block(self, indent: int, end: str) -> str:
        """Read the lines of a literal block."""
        lines, start, margin = self._lines, self._next, " " * indent
        number, count = start, len(lines)
        while number < count and lines[number].startswith(margin):
            number += 1
        self._next = number
        # Empty lines, and a first line that is indented further, have rules of their own.
        if number == start or lines[start][indent : indent + 1] in {"", " "}:
            raise _OtherYaml
        block = [line[indent:] for line in lines[start:number]]
        if not all(map(str.strip, block)):
            raise _OtherYaml
        return "\n".join(block) + end

    def _quoted(self, rest: str, whole: re.Pattern[str]) -> str:
        """Read a scalar in quotes; one that is long goes on in the lines below, a space for each break."""
        mark, parts = rest[0], [rest]
        while rest[-1] != mark or len(rest) == 1:
            if self._next == len(self._lines) or rest[-1] in "\\ " or not (line := self._lines[self._next].strip(" ")):
                raise _OtherYaml
            self._next += 1
            # One more space at the beginning of a line is escaped.
            rest = line.removeprefix("\\") if line.startswith("\\ ") else line
            parts.append(rest)
        scalar = " ".join(parts)
        if whole.match(scalar) is None:
            raise _OtherYaml
        return scalar


def _for_json(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else escape[0]


@lru_cache(maxsize=4_096)  # a session has the same few headers again and again
def _is_plain(scalar: str) -> bool:
    return _PLAIN.match(scalar) is not None and scalar[-1] not in ": " and is_text(scalar)
