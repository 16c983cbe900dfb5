"""Python source from values: calls and literals, laid out as ruff and black do, in lines of 100 columns."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from unicodedata import east_asian_width

WIDTH = 100
_INDENT = 4
_HALF = re.compile("[\ud800-\udfff]")
# Where a long text is cut: after a blank or the end of a line.
_WORDS = re.compile(r"\n|[^ \n]+(?: |\n)?| ")


@dataclass(frozen=True)
class Code:
    """Source as it stands, such as a name."""

    text: str


@dataclass(frozen=True)
class Invoke:
    """A call, with positional and keyword arguments."""

    function: str
    arguments: Sequence[Any] = ()
    keywords: Mapping[str, Any] | None = None


Node: TypeAlias = Code | Invoke | Mapping[str, Any] | Sequence[Any] | str | int | float | bool | None


def statement(lead: str, value: Node, indent: int) -> list[str]:
    """Return the lines of a statement.

    Args:
        lead: what stands before the value, such as `run = `.
        indent: columns that are left free before it.
    """
    first, *rest = _lines(value, indent, used=indent + len(lead), after=0)
    return [f"{' ' * indent}{lead}{first}", *rest]


def flat(node: Node) -> str:
    """Return a value in one line."""
    if isinstance(node, Code):
        return node.text
    if isinstance(node, str):
        return quoted(node)
    opening, items, closing = _parts(node)
    if opening is None:
        return repr(node)
    return f"{opening}{', '.join(lead + flat(item) for lead, item in items)}{closing}"


def quoted(text: str) -> str:
    """Return a text as a literal in double quotes, unless that means more backslashes.

    Half an emoji, as of one that a stream cut in two, becomes the sign for what cannot be read: no client of today can
    send it, httpx refuses to encode it.
    """
    plain = repr(_HALF.sub("\N{REPLACEMENT CHARACTER}", text))
    if plain.startswith('"') or ('"' in text and "'" not in text):
        return plain
    inner = plain[1:-1].replace("\\'", "'")
    return '"' + inner.replace('"', '\\"') + '"' if '"' in text else f'"{inner}"'


def identifier(text: str) -> str:
    """Return a name made of a text: its words in lower case, with underscores."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[\W_]+", "_", words, flags=re.ASCII).strip("_").lower()
    return f"{name}_" if keyword.iskeyword(name) else name or "session"


def is_keyword_argument(name: str) -> bool:
    """Tell whether a text can be the name of a keyword argument."""
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name)


def _parts(node: Any) -> tuple[str | None, list[tuple[str, Any]], str]:
    """Return how a value opens, its items, each with what stands before it, and how it closes."""
    if isinstance(node, Invoke):
        items = [("", one) for one in node.arguments]
        return f"{node.function}(", items + _keywords(node.keywords or {}), ")"
    if isinstance(node, Mapping):
        return "{", [(f"{quoted(str(name))}: ", value) for name, value in node.items()], "}"
    if isinstance(node, list | tuple):
        return "[", [("", one) for one in node], "]"
    return None, [], ""


def _keywords(given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return keyword arguments; those whose names are none go as a dict with two stars."""
    named = [(f"{name}=", value) for name, value in given.items() if is_keyword_argument(name)]
    others = {name: value for name, value in given.items() if not is_keyword_argument(name)}
    return [*named, *([("**", others)] if others else [])]


def _lines(node: Any, indent: int, *, used: int, after: int) -> list[str]:
    """Return the lines of a value; the first has no indent, it stands behind what is there already.

    Args:
        indent: of the line on which it begins.
        used: columns of that line that are taken.
        after: columns that must be left behind it.
    """
    one_line = flat(node)
    if used + columns(one_line) + after <= WIDTH:
        return [one_line]
    if isinstance(node, str):
        return _text_lines(node, indent)
    opening, items, closing = _parts(node)
    if opening is None or not items:
        return [one_line]
    inner = indent + _INDENT
    if isinstance(node, Invoke) and len(items) == 1 and isinstance(items[0][1], str) and not items[0][0]:
        return _alone(opening, items[0][1], closing, indent)
    lines = [opening]
    for lead, item in items:
        first, *rest = _lines(item, inner, used=inner + len(lead), after=1)
        lines += [f"{' ' * inner}{lead}{first}", *rest]
        lines[-1] += ","
    return [*lines, f"{' ' * indent}{closing}"]


def _text_lines(text: str, indent: int) -> list[str]:
    """Return a long text as several literals in parentheses, which Python joins."""
    return ["(", *_literals(text, indent + _INDENT), f"{' ' * indent})"]


def _alone(opening: str, text: str, closing: str, indent: int) -> list[str]:
    """Return a call whose only argument is a long text: the call's own parentheses are enough."""
    inner = indent + _INDENT
    if inner + columns(quoted(text)) < WIDTH:
        return [opening, f"{' ' * inner}{quoted(text)},", f"{' ' * indent}{closing}"]
    return [opening, *_literals(text, inner), f"{' ' * indent}{closing}"]


def _literals(text: str, indent: int) -> list[str]:
    return [f"{' ' * indent}{quoted(piece)}" for piece in _pieces(text, WIDTH - indent)]


def columns(text: str) -> int:
    """Return how many columns a text takes: Chinese characters take two, as formatters count."""
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def _pieces(text: str, width: int) -> list[str]:
    pieces = [""]
    for word in _WORDS.findall(text):
        for part in _fitting(word, width):
            if pieces[-1] and (columns(quoted(pieces[-1] + part)) > width or pieces[-1].endswith("\n")):
                pieces.append("")
            pieces[-1] += part
    return pieces


def _fitting(word: str, width: int) -> list[str]:
    """Return a word in parts that fit: a word may be a whole file in base64."""
    if columns(quoted(word)) <= width:
        return [word]
    size = max(1, (width - 2) // 10) if not word.isascii() or "\\" in word else width - 4
    return [word[start : start + size] for start in range(0, len(word), size)]
