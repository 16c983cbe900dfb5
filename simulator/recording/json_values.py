"""JSON in bodies and events: as a value, and as text that a file can hold."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic_core import from_json

# Half a character beyond 16 bits, as of an emoji that a stream cut in two: JSON can say it, UTF-8 cannot.
_HALF = re.compile("[\ud800-\udfff]")


def parsed(text: str | bytes) -> Any:
    """Return JSON text as a value; None where it is none."""
    try:
        return from_json(text)
    except ValueError:
        return _with_halves(text)


def _with_halves(text: str | bytes) -> Any:
    """Return JSON text that may say half a character, which pydantic's parser refuses."""
    mark: Any = b"\\ud" if isinstance(text, bytes) else "\\ud"
    if mark not in text.lower():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def dumped(value: Any, *, indent: int | None = None, separators: tuple[str, str] | None = None) -> str:
    """Return a value as JSON text; only what UTF-8 cannot say is escaped.

    Args:
        indent: as of `json.dumps`.
        separators: as of `json.dumps`.
    """
    return whole(json.dumps(value, indent=indent, separators=separators, ensure_ascii=False))


def whole(text: str) -> str:
    """Return a text in which each half of a character stands as JSON says it, in six characters."""
    return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
