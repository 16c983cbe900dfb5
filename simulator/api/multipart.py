"""`multipart/form-data` (RFC 7578), read from bytes: what SDKs send to upload a file.

Nothing is written anywhere: a name that looks like a path stays a name. The parts are slices of the body, found
by its boundary, so that what is in a file is never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from .refusals.bodies import InvalidForm

FORM_TYPE = "multipart/form-data"
_END_OF_LINE = b"\r\n"
_BOUNDARY = re.compile(r"""boundary=(?:"([^"]+)"|([^;\s]+))""", re.IGNORECASE)
# `name="a"`, and RFC 5987's `filename*=UTF-8''a`. Clients write `%22` for a quote inside; some escape it.
_PARAMETER = re.compile(r"""([a-z]+\*?)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))""", re.IGNORECASE)
# Other backslashes are those of names, as of paths of Windows: what clients write they write as it is.
_ESCAPED = re.compile(r"""\\(["\\])""")


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part of a form; `filename` None: a plain field."""

    name: str
    content: bytes
    filename: str | None = None


def parts_of(body: bytes, content_type: str | None) -> Iterator[FormPart]:
    """Yield the parts of a body.

    Raises:
        InvalidForm: it is another content type, or is cut short; what is missing is said.
    """
    delimiter = b"--" + _boundary(content_type or "")
    if not body.startswith(delimiter) and _END_OF_LINE + delimiter not in body:
        raise InvalidForm("its boundary stands nowhere in the body")
    start = body.find(delimiter)
    while True:
        start += len(delimiter)
        if body.startswith(b"--", start):
            return
        end = body.find(_END_OF_LINE + delimiter, start)
        if end < 0:
            raise InvalidForm("it ends before its last boundary")
        yield _part(body, start, end)
        start = end + len(_END_OF_LINE)


def _boundary(content_type: str) -> bytes:
    kind, _, parameters = content_type.partition(";")
    found = _BOUNDARY.search(parameters)
    if kind.strip().lower() != FORM_TYPE or found is None:
        raise InvalidForm(f"its content type is {content_type!r}, and not {FORM_TYPE} with a boundary")
    return (found[1] or found[2]).encode("latin-1", "replace")


def _part(body: bytes, start: int, end: int) -> FormPart:
    head_end = body.find(2 * _END_OF_LINE, start, end)
    if head_end < 0:
        raise InvalidForm("a part of it has no headers")
    parameters = _disposition(body[start:head_end].decode("utf-8", "replace"))
    if "name" not in parameters:
        raise InvalidForm("a part of it has no name")
    return FormPart(parameters["name"], body[head_end + 4 : end], parameters.get("filename"))


def _disposition(head: str) -> dict[str, str]:
    """Return the parameters of the header `content-disposition`; `filename*` goes before `filename`."""
    line = next((line for line in head.splitlines() if line.lower().startswith("content-disposition:")), "")
    found = {name.lower(): _value(quoted, bare) for name, quoted, bare in _PARAMETER.findall(line)}
    if "filename*" in found:
        found["filename"] = unquote(found["filename*"].rpartition("'")[2])
    return found


def _value(quoted: str, bare: str) -> str:
    return bare or _ESCAPED.sub(r"\1", quoted).replace("%22", '"')
