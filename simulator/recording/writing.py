"""Writing a session into a file: whole or not at all, and never where it cannot be."""

from __future__ import annotations

from pathlib import Path

from ..errors import CassetteError
from ..whole_files import try_place, write_whole
from . import forms
from .cassette import Cassette

# An own file is YAML, whatever is written on it.
SUFFIXES = (".yaml", ".yml")


def write_cassette(cassette: Cassette, path: Path, form: str = "own") -> None:
    """Write a session, which has been scrubbed, into a file; folders are made as needed.

    Args:
        form: the name of one of `forms`.

    Raises:
        CassetteError: it cannot be written: a full disk, a folder that may not be written to. The file is as
            it was.
    """
    write_text(forms.write(cassette, form), path)


def write_text(text: str, path: Path) -> None:
    """Write a text into a file, whole or not at all; folders are made as needed.

    Raises:
        CassetteError: it cannot be written. The file is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise CassetteError(f"{path}: it cannot be written: {error.strerror or error}. {_left(path)}") from error


def check_writable(path: Path) -> None:
    """Refuse a place where no cassette can be written, before a session is recorded for nothing.

    Raises:
        CassetteError: the name is no YAML file's, it is a folder, or no file can be made there.
    """
    if path.suffix not in SUFFIXES:
        raise CassetteError(f"{path}: a cassette is recorded as YAML: give it a name that ends in .yaml.")
    if path.is_dir():
        raise CassetteError(f"{path}: this is a folder: name a file in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try_place(path)
    except OSError as error:
        raise CassetteError(
            f"{path}: no cassette can be recorded here: {error.strerror or error}. {_left(path)}"
        ) from error


def _left(path: Path) -> str:
    return "It is as it was." if path.is_file() else "Nothing was written."
