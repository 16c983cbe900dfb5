"""From one form of file to another, never over a file that holds something else."""

from __future__ import annotations

from pathlib import Path

from ...errors import CassetteError
from .. import forms
from ..scrubbing import Scrubber
from ..writing import write_text


def convert(path: Path, form: str, output: Path, scrubber: Scrubber) -> bool:
    """Write the session of a file in another form; return whether anything had to be written.

    Args:
        output: the file to write; the source itself is written over, any other file never.
        scrubber: takes the secrets out.

    Raises:
        UsageError: there is no such form.
        CassetteError: the file cannot be read, or another stands where the result would; nothing was changed.
    """
    content = forms.write(scrubber.cassette(forms.load(path)), form)
    if output.exists():
        if _holds(output, content):
            return False
        if not output.samefile(path):
            raise _in_the_way(output)
    write_text(content, output)
    return True


def write_new(path: Path, text: str) -> bool:
    """Write a file; return whether it had to be: False where it holds this already.

    Raises:
        CassetteError: it is there and holds something else, or cannot be written; nothing was changed.
    """
    if path.exists():
        if _holds(path, text):
            return False
        raise _in_the_way(path)
    write_text(text, path)
    return True


def default_output(path: Path, form: str) -> Path:
    """Return where a result is written if nobody says: beside its source, with the form's suffix.

    Raises:
        UsageError: there is no such form.
    """
    return path.with_suffix(forms.suffix_of(form))


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode("utf-8", "surrogateescape")


def _in_the_way(path: Path) -> CassetteError:
    return CassetteError(f"{path}: this is there already and holds something else. Move it, or name another.")
