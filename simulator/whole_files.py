"""Writing a file: whole or not at all.

The bytes go to a file beside the old one, which then takes its name in one step. Whoever is interrupted leaves the old
file; of two processes that write the same file the last one wins, with the whole of it.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file in one step; its mode is that of the old one, or as `open` leaves it.

    A link stays: the file that it leads to is written, so that what two folders share stays one.

    Raises:
        OSError: it cannot be written. The old file is as it was, and nothing else is left.
    """
    meant = Path(os.path.realpath(path))
    temporary = _beside(meant)
    try:
        with temporary.open("xb") as file:
            file.write(content)
        if meant.exists():
            shutil.copymode(meant, temporary)
        temporary.replace(meant)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def try_place(path: str | os.PathLike[str]) -> None:
    """Try whether `write_whole` could write there; leaves nothing behind.

    Raises:
        OSError: no file can be made there.
    """
    trial = _beside(Path(os.path.realpath(path)))
    trial.touch(exist_ok=False)
    trial.unlink()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")
