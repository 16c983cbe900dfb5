"""Secrets out of one text: plain, JSON with JSON in its strings, base64, addresses and forms."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlencode

from .json_values import dumped
from .secret_kinds import CHOSEN, NAMED, REPLACEMENTS, can_be_secret, is_secret_name, is_secret_query_name, spans_in

# Called with the name of a kind and the place, for each secret.
Found = Callable[[str, str], None]

# In one piece, or in the lines of a mail.
_IN_BASE64 = re.compile(r"(?:(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]*|[A-Za-z0-9+/_-]{16,})={0,2}")
_BETWEEN_PIECES = re.compile(r"(/|\r?\n)")
_TO_STANDARD = str.maketrans("-_", "+/")
# Bytes of ASCII text with one or three zeros between them; `end` are those behind the last one.
_WIDE = re.compile(r"[^\0](?=(?P<gap>\0\0\0(?!\0)|\0(?!\0)))(?:(?P=gap)[^\0]){7,}(?P<end>(?P=gap))?")
_WIDE_NAMES = {1: "UTF-16", 3: "UTF-32"}
# JSON in JSON in JSON: deeper than three nobody was seen to go; base64 of base64 counts as well.
_MAX_LEVELS = 5
# Where the JSON in a string begins; `json_paths` are those of bodies.
_INSIDE = ("(inside)",)


class TextScrubber:
    """Replaces secrets in texts, and tells where it found them.

    Args:
        found: is told of each.
        known: texts that are secret whatever they look like.
        json_paths: parts of bodies to replace, as `metadata.customer` or `data.*.content`; `*` is any key or
            any place of a list.
    """

    def __init__(self, found: Found, *, known: Iterable[str] = (), json_paths: Iterable[str] = ()) -> None:
        self._found = found
        self._known = tuple(known)
        self._paths = [tuple(path.removeprefix("$").lstrip(".").split(".")) for path in json_paths]

    def text(self, text: str, place: str, level: int = 0) -> str:
        """Return a text of whatever kind without its secrets."""
        if level > _MAX_LEVELS:
            return self._plain(text, place)
        try:
            return self._structured(text, place, level)
        except RecursionError:  # JSON that nests a thousand deep
            return self._plain(self._base64(text, place, level), place)

    def _structured(self, text: str, place: str, level: int) -> str:
        value = _parsed(text)
        if value is not None:
            text = self._json_text(text, value, place, level)
        elif "\n{" in text:  # one JSON a line
            text = "\n".join(self.text(line, place, level + 1) for line in text.split("\n"))
        return self._plain(self._base64(text, place, level), place)

    def wide(self, text: str, place: str) -> str:
        """Return a text without the secrets in it that stand in UTF-16 or UTF-32, as in files of Windows' editors."""

        def replace(match: re.Match[str]) -> str:
            plain = match[0].replace("\0", "")
            scrubbed = self.text(plain, f"{place} (in {_WIDE_NAMES[len(match['gap'])]})")
            return match[0] if scrubbed == plain else match["gap"].join(scrubbed) + (match["end"] or "")

        return _WIDE.sub(replace, text) if "\0" in text else text

    def json(self, value: Any, place: str, steps: tuple[str, ...] = (), level: int = 0) -> Any:
        """Return a JSON value without its secrets; the same object where there is none."""
        if steps and any(_matches(path, steps) for path in self._paths):
            return self._chosen(value, place)
        if isinstance(value, dict):
            # A key can be one: a table of users by their addresses.
            scrubbed: Any = dict(self._item(key, child, place, steps, level) for key, child in value.items())
        elif isinstance(value, list):
            scrubbed = [
                self.json(child, f"{place}[{index}]", (*steps, str(index)), level) for index, child in enumerate(value)
            ]
        elif isinstance(value, str):
            scrubbed = self.text(value, place, level + 1)
        else:
            return value
        return value if scrubbed == value else scrubbed

    def path(self, path: str, place: str) -> str:
        """Return the path of an address without secrets, segment by segment."""
        return "/".join(self._quoted(segment, place) for segment in path.split("/"))

    def pairs(self, query: str, place: str) -> str:
        """Return a query, or the body of a form, without secrets."""
        return "&".join(self._pair(pair, place) for pair in query.split("&"))

    def _pair(self, pair: str, place: str) -> str:
        quoted_name, equals, quoted_value = pair.partition("=")
        name, value = unquote_plus(quoted_name), unquote_plus(quoted_value)
        name_scrubbed = self.text(name, place)
        where = f"{place} `{name_scrubbed}`"
        if is_secret_query_name(name) and can_be_secret(value):
            self._found(NAMED, where)
            scrubbed = REPLACEMENTS[NAMED]
        else:
            scrubbed = self.text(value, where)
        if (scrubbed, name_scrubbed) == (value, name):
            return pair
        return urlencode({name_scrubbed: scrubbed}) if equals else quote(name_scrubbed)

    def _quoted(self, segment: str, place: str) -> str:
        plain = unquote(segment)
        scrubbed = self.text(plain, place)
        return segment if scrubbed == plain else quote(scrubbed)

    def _chosen(self, value: Any, place: str) -> Any:
        if value is None or value == REPLACEMENTS[CHOSEN]:
            return value
        self._found(CHOSEN, place)
        return REPLACEMENTS[CHOSEN]

    def _item(self, key: str, value: Any, place: str, steps: tuple[str, ...], level: int) -> tuple[str, Any]:
        name = self._plain(key, place)  # places are printed: no secret may be in one
        return name, self._member(key, value, f"{place}.{name}", (*steps, key), level)

    def _member(self, key: str, value: Any, place: str, steps: tuple[str, ...], level: int) -> Any:
        if isinstance(value, str) and is_secret_name(key) and can_be_secret(value):
            self._found(NAMED, place)
            return REPLACEMENTS[NAMED]
        return self.json(value, place, steps, level)

    def _json_text(self, text: str, value: Any, place: str, level: int) -> str:
        if isinstance(value, str):  # JSON of a text is that text again
            scrubbed: Any = self.text(value, place, level + 1)
        else:
            scrubbed = self.json(value, place, _INSIDE if level else (), level)
        return text if scrubbed == value else _dumped_like(text, scrubbed)

    def _base64(self, text: str, place: str, level: int) -> str:
        def replace(match: re.Match[str]) -> str:
            run = match[0]
            if (scrubbed := self._decoded(run, place, level)) is not None:
                return scrubbed
            pieces = _BETWEEN_PIECES.split(run)  # parts of an address, or lines that are no mail
            if len(pieces) == 1:
                return run
            return "".join(self._decoded(piece, place, level) or piece for piece in pieces)

        return _IN_BASE64.sub(replace, text)

    def _decoded(self, run: str, place: str, level: int) -> str | None:
        """Return base64 of text without the text's secrets; None: it is no such thing, or has none."""
        digits = "".join(run.rstrip("=").split()).translate(_TO_STANDARD)
        try:
            plain = base64.b64decode(digits + "=" * (-len(digits) % 4)).decode()
        except ValueError:
            return None
        scrubbed = self.text(plain, f"{place} (in base64)", level + 1)
        if scrubbed == plain:
            return None
        encoded = base64.b64encode(scrubbed.encode()).decode()
        return encoded.translate(str.maketrans("+/", "-_")) if "-" in run or "_" in run else encoded

    def _plain(self, text: str, place: str) -> str:
        pieces, end = [], 0
        for span in spans_in(text, self._known):
            self._found(span.kind.name, place)
            pieces += [text[end : span.begin], span.kind.replacement]
            end = span.end
        return "".join([*pieces, text[end:]])


def printable(message: str) -> str:
    """Return a message without the secrets of the bodies and addresses that it quotes: logs of CI are public."""
    return TextScrubber(lambda kind, place: None).text(message, "")


def _matches(path: Sequence[str], steps: Sequence[str]) -> bool:
    return len(path) == len(steps) and all(wanted in ("*", step) for wanted, step in zip(path, steps, strict=True))


def _parsed(text: str) -> Any:
    """Return what JSON text says, if that may have texts in it; else None."""
    if text.lstrip()[:1] not in {"{", "[", '"'}:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _dumped_like(text: str, value: Any) -> str:
    """Return JSON in the style of a text: indented, with blanks (parallel tool calls have them) or without."""
    if "\n " in text:
        return dumped(value, indent=2)
    blanks = '": ' in text
    return dumped(value, separators=None if blanks else (",", ":"))
