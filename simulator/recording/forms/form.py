"""What a form is, and what the forms share: checking what a file holds, and bodies as text."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import responses as phrases
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ...errors import CassetteError
from .. import safe_yaml
from ..cassette import Cassette
from ..json_values import dumped, whole

T = TypeVar("T")

# Half an emoji, but for the halves in which `surrogateescape` keeps bytes that are no UTF-8.
_HALF = re.compile("[\ud800-\udc7f\udd00-\udfff]")
# Of no meaning once a body stands decoded in a file.
_OF_TRANSFER = frozenset({"content-encoding", "content-length", "transfer-encoding"})
# The API takes and gives files of up to 512 MB, and compresses none of them; its JSON is a few hundred kilobytes.
MAX_UNZIPPED = 64 << 20
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Source:
    """A file as it was read.

    Args:
        lines: of the items of its lists at the top, by key, from 1.
    """

    path: Path
    text: str
    lines: Mapping[str, Sequence[int]]

    def line_of(self, key: str, index: int) -> int:
        """Return the line at which an item of a list at the top begins."""
        return self.lines[key][index]

    def refuse(self, location: Sequence[str | int], problem: str) -> CassetteError:
        """Return the error for a part of the file."""
        name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")
        return CassetteError(f"{self.path}:{self._line(location)}: `{name}`: {problem}.")

    def _line(self, location: Sequence[str | int]) -> int:
        line = safe_yaml.line_of(self.text, location)
        if line == 1 and len(location) > 1 and isinstance(location[1], int):
            items = self.lines.get(str(location[0]), ())
            return items[location[1]] if location[1] < len(items) else line
        return line


@dataclass(frozen=True)
class Form:
    """One form of file.

    Args:
        suffix: of the names of its files.
        recognises: tells from the value of the whole file whether it is of this form.
        read: from such a file to a session.
        write: from a session to the text of such a file.
    """

    name: str
    suffix: str
    recognises: Callable[[Any], bool]
    read: Callable[[Source, Any], Cassette]
    write: Callable[[Cassette], str]


def checked(adapter: TypeAdapter[T], data: Any, source: Source) -> T:
    """Return what a file holds, checked against the model of its form.

    Raises:
        CassetteError: names the first part that is wrong, with its line.
    """
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise source.refuse(_location(first["loc"]), first["msg"]) from error


def _location(steps: Sequence[str | int]) -> list[str | int]:
    """Leave out what pydantic names beside keys: the member of a union that it tried."""
    return [step for step in steps if isinstance(step, int) or step.isidentifier()]


def lower(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Return headers by lower-case name; a list of values is joined by commas."""
    return {
        str(name).lower(): ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in (headers or {}).items()
    }


def decoded(body: bytes, headers: dict[str, str]) -> bytes:
    """Return a body without its compression, and take from `headers` what spoke of the transfer.

    A recorder may have decoded it already and kept the header (vcrpy's `decode_compressed_response`).

    Raises:
        ValueError: a compression that we cannot undo.
    """
    encoding = headers.get("content-encoding", "")
    for name in _OF_TRANSFER:
        headers.pop(name, None)
    if encoding in {"gzip", "deflate"} and body:
        return _unzipped(body)
    if encoding in {"br", "zstd"} and not _is_text(body):
        raise ValueError(f"the body is compressed with {encoding}: record it again with `accept-encoding: gzip`")
    return body


def _unzipped(body: bytes) -> bytes:
    unzip = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        plain = unzip.decompress(body, MAX_UNZIPPED)
    except zlib.error:
        return body
    if unzip.unconsumed_tail:
        raise ValueError(f"the body unzips to more than {MAX_UNZIPPED >> 20} MiB, as no recorded one does")
    return plain if unzip.eof else body


def bytes_of(text: str | bytes | None) -> bytes:
    """Return the body that a file holds as text."""
    if isinstance(text, bytes):
        return text
    return _HALF.sub(lambda half: whole(half[0]), text or "").encode("utf-8", "surrogateescape")


def held_body(body: Mapping[str, Any]) -> bytes:
    """Return the body that vcrpy and VCR hold in a mapping: as text, or in base64.

    Raises:
        ValueError: this is no base64.
    """
    if "base64_string" in body:
        return base64.b64decode(body["base64_string"])  # VCR breaks it into lines
    return bytes_of(body.get("string"))


def readable(body: bytes) -> str | None:
    """Return a body as a reader wants it: JSON indented, other text as it is; None where it is no text."""
    if not _is_text(body):
        return None
    text = body.decode()
    if text[:1] in {"{", "["}:
        try:
            return dumped(json.loads(text, parse_constant=_refuse), indent=2)
        except (ValueError, RecursionError):  # no JSON, or such as nests too deep to be indented
            return text
    return text


def phrase(status: int) -> str:
    """Return the words that go with a status; none for one that has none."""
    return phrases.get(status, "")


def in_base64(body: bytes) -> str:
    """Return a body that is no text."""
    return base64.b64encode(body).decode()


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
