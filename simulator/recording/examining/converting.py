"""From one form of file to another, never over a file that holds something else."""

from __future__ import annotations

import secrets as random_names
from collections.abc import Callable
from pathlib import Path

from ...errors import CassetteError
from .. import forms
from ..cassette import Cassette


def convert(path: Path, form: str, output: Path, scrub: Callable[[Cassette], Cassette]) -> bool:
    """Write the session of a file in another form; return whether anything had to be written.

    Args:
        output: the file to write; the source itself is written over, any other file never.
        scrub: what is done to a session before it is written.

    Raises:
        UsageError: there is no such form.
        CassetteError: the file cannot be read, or another stands where the result would; nothing was changed.
    """
    content = forms.write(scrub(forms.load(path)), form).encode()
    if output.exists() and output.samefile(path):
        if path.read_bytes() == content:
            return False
        _write_whole(output, content)
        return True
    return write_new(output, content)


def write_new(path: Path, content: bytes) -> bool:
    """Write a file, whole or not at all; return whether it had to be: False where it holds this already.

    Raises:
        CassetteError: it is there and holds something else, or cannot be written; nothing was changed.
    """
    if path.exists():
        if path.is_file() and path.read_bytes() == content:
            return False
        raise CassetteError(f"{path}: this is there already and holds something else. Move it, or name another.")
    _write_whole(path, content)
    return True


def default_output(path: Path, form: str) -> Path:
    """Return where a result is written if nobody says: beside its source, with the form's suffix.

    Raises:
        UsageError: there is no such form.
    """
    return path.with_suffix(forms.suffix_of(form))


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step, so that an interruption leaves what was there."""
    temporary = path.with_name(f".{path.name}.{random_names.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
        temporary.replace(path)
    except OSError as error:
        raise CassetteError(f"{path}: it cannot be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)
