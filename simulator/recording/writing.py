"""Writing a file: whole or not at all.

The text goes to a file beside the old one, which then takes its name in one step. Whoever is interrupted
leaves the old file; of two processes that write the same file the last one wins, with the whole of it.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from ..errors import CassetteError
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
        _replace(_meant(path), text.encode("utf-8", "surrogateescape"))
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
        trial = _beside(_meant(path))
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as error:
        raise CassetteError(
            f"{path}: no cassette can be recorded here: {error.strerror or error}. {_left(path)}"
        ) from error


def _replace(path: Path, content: bytes) -> None:
    temporary = _beside(path)
    try:
        with temporary.open("xb") as file:
            file.write(content)
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _meant(path: Path) -> Path:
    """Return the file that a link leads to: a cassette that two folders share stays one."""
    return Path(os.path.realpath(path))


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _left(path: Path) -> str:
    return "It is as it was." if path.is_file() else "Nothing was written."
