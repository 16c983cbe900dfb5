"""What the command does when nobody reads on: `assistants-simulator run scenarios | head`.

Other programs are ended by SIGPIPE then, without a word. Python ignores that signal, for good reason: an app that is
played here may have sockets of its own, which the signal would take down with it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

# What a shell says of a process that SIGPIPE has ended: 128, and the number of the signal.
NOBODY_READS = 141


class _Pipe(io.FileIO):
    """A standard output that ends the process, without a word, once it has no reader."""

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            _discard(self.fileno())
            raise SystemExit(NOBODY_READS) from None


def _discard(descriptor: int) -> None:
    """Let what is still in a buffer, and is written at the end of the process, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


@contextmanager
def ending_without_readers() -> Iterator[None]:
    """End the process with exit code 141 where something is printed inside the block that nobody reads."""
    before = sys.stdout
    if not _is_a_file(before):
        yield
        return
    sys.stdout = _ending(before)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stdout = before


def _is_a_file(stream: TextIO | None) -> bool:
    """Tell whether a stream has a file below it: it may be closed (`>&-`), or be a test's."""
    try:
        return isinstance(stream, io.TextIOWrapper) and stream.fileno() >= 0
    except (OSError, ValueError):
        return False


def _ending(stream: TextIO) -> TextIO:
    stream.flush()
    below = io.BufferedWriter(_Pipe(stream.fileno(), "w", closefd=False))
    return io.TextIOWrapper(
        below, encoding=stream.encoding, errors=stream.errors, line_buffering=getattr(stream, "line_buffering", False)
    )
