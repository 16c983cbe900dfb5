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
        output: the file to write. One that holds the result already is left as it is.
        scrub: what is done to a session before it is written.

    Raises:
        UsageError: there is no such form.
        CassetteError: the file cannot be read, or another stands where the result would; nothing was changed.
    """
    text = forms.write(scrub(forms.load(path)), form).encode()
    if output.exists() and output.resolve() != path.resolve():
        if output.is_file() and output.read_bytes() == text:
            return False
        raise CassetteError(f"{output}: this is there already and holds something else. Move it, or name another.")
    if output.exists() and path.read_bytes() == text:
        return False
    _write_whole(output, text)
    return True


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


def default_output(path: Path, form: str) -> Path:
    """Return where a result is written if nobody says: beside its source, with the form's suffix.

    Raises:
        UsageError: there is no such form.
    """
    return path.with_suffix(forms.suffix_of(form))
