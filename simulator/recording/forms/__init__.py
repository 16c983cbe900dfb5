"""The forms of files that hold recorded sessions: our own, vcrpy's, Ruby VCR's, and the corpus's.

Each is a module with one `FORM`. A file's form is recognised by what stands in it, never by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ...errors import CassetteError, NoCassette, UsageError, suggestion
from .. import own_yaml, safe_yaml
from ..cassette import Cassette
from . import corpus, own, ruby, vcrpy
from .form import Form, Source

FORMS: Sequence[Form] = (own.FORM, vcrpy.YAML, vcrpy.JSON, ruby.FORM, corpus.FORM)
NAMES = tuple(form.name for form in FORMS)
SUFFIXES = frozenset(form.suffix for form in FORMS) | {".yml"}
_BY_NAME: Mapping[str, Form] = {form.name: form for form in FORMS}


def load(path: Path) -> Cassette:
    """Return the session that a file holds, whatever its form.

    Raises:
        NoCassette: it holds something else.
        CassetteError: no such file, no text, no YAML, or a form that is broken. Says file and line.
    """
    text = _text_of(path)
    data, lines = own_yaml.read(text) or safe_yaml.load(text, path)
    if data is None:
        raise CassetteError(f"{path}: this file is empty: a cassette holds at least a list of interactions.")
    form = next((form for form in FORMS if form.recognises(data)), None)
    if form is None:
        raise NoCassette(f"{path}:1: this is no cassette: {_told(data)}.")
    return _with_addresses(form.read(Source(path, text, lines), data))


def write(cassette: Cassette, name: str) -> str:
    """Return the text of a session in the form of this name.

    Raises:
        UsageError: there is no such form.
    """
    return _named(name).write(cassette)


def suffix_of(name: str) -> str:
    """Return how the names of files of a form end, with the dot.

    Raises:
        UsageError: there is no such form.
    """
    return _named(name).suffix


def _with_addresses(cassette: Cassette) -> Cassette:
    """Return a session whose addresses can be read, each; else raise."""
    for one in cassette.interactions:
        try:
            urlsplit(one.request.uri).port  # noqa: B018  # reading it is what refuses a bad one
        except ValueError as error:
            raise CassetteError(f"{cassette.where(one)}: `uri`: this is no address: {error}.") from error
    return cassette


def _named(name: str) -> Form:
    if name not in _BY_NAME:
        raise UsageError(f"There is no form {name!r}.{suggestion(name, _BY_NAME)} There are: {', '.join(_BY_NAME)}.")
    return _BY_NAME[name]


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except IsADirectoryError:
        raise CassetteError(f"{path}: this is a folder: name one file in it.") from None
    except UnicodeDecodeError as error:
        raise CassetteError(f"{path}: this is no text in UTF-8 (byte {error.start}), so no cassette.") from error
    except OSError as error:
        raise CassetteError(f"{path}: it cannot be read: {error.strerror}.") from error


def _told(data: object) -> str:
    known = "`interactions` (ours and vcrpy's), `http_interactions` (Ruby VCR) or `exchanges`"
    if isinstance(data, dict):
        keys = ", ".join(f"`{str(key)[:40]}`" for key in list(data)[:5])
        return f"at its top stands {keys or 'nothing'}, and not {known}"
    return f"it holds a {type(data).__name__}, not a mapping with {known}"
