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
_BLANK = re.compile(r"\n *(?=\n)")
_BLOCKS = {"|": "\n", "|-": ""}
_STEP = 2


class _OtherYaml(Exception):
    """This is not the part of YAML that we write."""


def read(text: str) -> Document | None:
    """Return what a cassette in our form holds, as the loader would; None where only the loader can tell."""
    if not text.startswith(_FIRST_LINE) or not text.endswith("\n") or _has_specials(text):
        return None
    reader = _Reader(text)
    try:
        value = reader.mapping(0)
    except _OtherYaml:
        return None
    return Document(value, reader.at_top) if reader.is_done else None


class _Reader:
    """Reads a text from its beginning; knows where it is."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        # A session has the same headers again and again: lines that were read, with their indentation.
        self._known: dict[str, tuple[int, str, Any]] = {}
        self._counted = (0, 1)  # a place in the text, and the number of its line
        self.at_top: dict[str, list[int]] = {}

    @property
    def is_done(self) -> bool:
        """Whether all was read."""
        return self._at == len(self._text)

    def mapping(self, indent: int) -> dict[str, Any]:
        """Read the keys that stand at an indentation, with their values."""
        found: dict[str, Any] = {}
        text, size, known_lines = self._text, len(self._text), self._known
        while (start := self._at) < size:
            end = text.index("\n", start)
            line = text[start:end]
            known = known_lines.get(line)
            if known is not None and known[0] == indent:
                self._at = end + 1
            elif self._is_further_out(line, indent):
                break
            else:
                self._at = end + 1
                known = self._pair(line, indent)
            if known[1] in found:
                raise _OtherYaml
            found[known[1]] = known[2]
        if not found:
            raise _OtherYaml
        return found

    def _line(self) -> str:
        """Take the next line."""
        end = self._text.index("\n", self._at)
        line = self._text[self._at : end]
        self._at = end + 1
        return line

    def _is_further_out(self, line: str, indent: int) -> bool:
        here = len(line) - len(line.lstrip(" "))
        if here > indent or here == len(line):
            raise _OtherYaml
        return here < indent or line.startswith("- ", here)

    def _pair(self, line: str, indent: int) -> tuple[int, str, Any]:
        """Read a key that stands in a line, and its value."""
        found = _KEY.match(line, indent)
        if found is None or not _is_plain(found[1]):
            raise _OtherYaml
        after, key, rest = self._at, found[1], found[2]
        pair = (indent, key, self._value(rest, indent) if rest else self._nested(key, indent))
        if rest and rest not in _BLOCKS and self._at == after:
            self._known[line] = pair
        return pair

    def _nested(self, key: str, indent: int) -> Any:
        dash = " " * indent + "- "
        if self._text.startswith(dash, self._at):
            return self._list(dash, self.at_top.setdefault(key, []) if indent == 0 else [])
        return self.mapping(indent + _STEP)

    def _list(self, dash: str, lines: list[int]) -> list[Any]:
        """Read the items that begin with a dash, all of them mappings."""
        items, indent = [], len(dash)
        while self._text.startswith(dash, self._at):
            lines.append(self._line_number())
            self._at += indent
            _, key, value = self._pair(" " * indent + self._line(), indent)
            rest = self.mapping(indent) if self._text.startswith(" " * indent, self._at) else {}
            if key in rest:
                raise _OtherYaml
            items.append({key: value, **rest})
        return items

    def _line_number(self) -> int:
        place, number = self._counted
        self._counted = (self._at, number + self._text.count("\n", place, self._at))
        return self._counted[1]

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
        margin = " " * indent
        found = _lines_within(indent).match(self._text, self._at)
        # Empty lines, and a first line that is indented further, have rules of their own.
        if found is None or found[0][indent] in " \n" or _BLANK.search(found[0]):
            raise _OtherYaml
        self._at = found.end()
        if self._text.startswith("\n", self._at):
            raise _OtherYaml
        return found[0][indent:-1].replace(f"\n{margin}", "\n") + end

    def _quoted(self, rest: str, whole: re.Pattern[str]) -> str:
        """Read a scalar in quotes; one that is long goes on in the lines below, a space for each break."""
        mark, parts = rest[0], [rest]
        while rest[-1] != mark or len(rest) == 1:
            if self.is_done or rest[-1] in "\\ " or not (line := self._line().strip(" ")):
                raise _OtherYaml
            # One more space at the beginning of a line is escaped.
            rest = line.removeprefix("\\") if line.startswith("\\ ") else line
            parts.append(rest)
        scalar = " ".join(parts)
        if whole.match(scalar) is None:
            raise _OtherYaml
        return scalar


def _has_specials(text: str) -> bool:
    # The first test is twenty times as fast, and nearly always enough.
    return not text.replace("\n", "").isprintable() and _SPECIAL.search(text) is not None


@lru_cache(maxsize=16)
def _lines_within(indent: int) -> re.Pattern[str]:
    """Return what matches all lines from here on that are indented so far."""
    return re.compile(rf"(?: {{{indent}}}.*\n)+")


def _for_json(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else escape[0]


@lru_cache(maxsize=4_096)  # a session has the same few headers again and again
def _is_plain(scalar: str) -> bool:
    return _PLAIN.match(scalar) is not None and scalar[-1] not in ": " and is_text(scalar)
