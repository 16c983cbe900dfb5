"""Starts the process of an app, asks it, and says what became of it where it died or had to be ended."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from ...scenario.stage import is_of_the_app
from ...scenario.watchdog import HOPELESS
from .card import PROCESS_ENDED, Hang
from .processes import apart, end_process
from .protocol import IMPORT_SECONDS, REQUEST, STACK, TELL, Ask, Done, Message, Tell
from .telling import from_here

PATIENCE_SECONDS = 30.0
"""How much longer than it gives itself we wait for a process that says nothing."""
OUTPUT_KEPT = 2_000
STACK_KEPT = 12
_FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+) in (?P<function>.+)$')
_GIVEN_UP = "the app swallows every exception"
_AT = re.compile(r"It is at (.+:\d+)\.")


class Died(Exception):
    """The process of the app is no more.

    Attributes:
        hang: where it was, if it was ended for that it goes on; None: it ended.
        how: in a line.
        printed: the end of what it wrote.
    """

    def __init__(self, how: str, printed: str, hang: Hang | None) -> None:
        super().__init__(how)
        self.how, self.printed, self.hang = how, printed, hang


class Patient:
    """The process in which an app is examined. In a `with` block; it is ended with the block.

    Args:
        timeout: how much real time a step may take, in seconds.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._folder = tempfile.TemporaryDirectory(prefix="doctor-", ignore_cleanup_errors=True)
        self._output = (Path(self._folder.name) / "output").open("w+b")
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-P", "-c", _worker(), self._folder.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._output,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            **apart(),
        )
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def ask(self, ask: Ask) -> Iterator[Tell]:
        """Ask something, and yield what comes of it, until it is `Done`.

        Raises:
            Died: the process is no more.
        """
        self._write(ask)
        while True:
            line = self._next_line()
            tell = TELL.validate_json(line)
            yield tell
            if isinstance(tell, Done):
                return

    def end(self) -> None:
        """End the process, whatever it does, and all that it has started."""
        if self._process.poll() is None:
            end_process(self._process)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._output.close()
        self._folder.cleanup()

    def _read(self, stdout: IO[bytes] | None) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in stdout or ():
                self._lines.put(line.decode("utf-8", "replace"))
        self._lines.put(None)

    def _write(self, ask: Message) -> None:
        if self._process.stdin is None:
            return
        with contextlib.suppress(OSError):  # it has died, which the answer tells
            self._process.stdin.write(ask.model_dump_json().encode() + b"\n")
            self._process.stdin.flush()

    def _next_line(self) -> str:
        try:
            line = self._lines.get(timeout=max(self._timeout, IMPORT_SECONDS) + PATIENCE_SECONDS)
        except queue.Empty:
            end_process(self._process)
            raise self._died(was_ended=True) from None
        if line is None:
            raise self._died(was_ended=False)
        return line

    def _died(self, *, was_ended: bool) -> Died:
        code = self._process.wait()
        stack, printed = self._text(STACK), self._printed()
        request = self._text(REQUEST).strip()
        if was_ended or stack:
            how = f"it does not return, and cannot be interrupted: {self._timeout:g} real seconds have passed"
            return Died(how, printed, _hang_of(stack, request))
        if code == HOPELESS and _GIVEN_UP in printed:
            at = _AT.search(printed)
            return Died(
                "it goes on, and swallows every exception",
                printed,
                Hang(place=from_here(at[1]) if at else "", request=request),
            )
        return Died(f"{PROCESS_ENDED}, with {_told(code)}", printed, None)

    def _text(self, name: str) -> str:
        with contextlib.suppress(OSError):
            return (Path(self._folder.name) / name).read_text("utf-8", "replace")
        return ""

    def _printed(self) -> str:
        self._output.seek(0)
        return self._output.read().decode("utf-8", "replace")[-OUTPUT_KEPT:]


def _hang_of(stack: str, request: str) -> Hang:
    """Return where the thread of the app was, from what faulthandler wrote: the innermost frame comes first."""
    frames = [found for line in stack.splitlines() if (found := _FRAME.match(line))]
    frames_told = (f"{from_here(one['file'])}:{one['line']} in {one['function']}" for one in frames[:STACK_KEPT])
    own = next((one for one in frames if is_of_the_app(one["file"])), None)
    told = tuple(reversed(list(frames_told)))
    if own is None:
        return Hang(request=request, stack=told)
    return Hang(place=from_here(f"{own['file']}:{own['line']}"), function=own["function"], request=request, stack=told)


def _told(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _worker() -> str:
    """Return the program of the process: this package comes from where it is, also where nobody has installed it.

    With `-P`, and this folder the last: a `simulator` in the current folder, or in the app's, does not take its place.
    """
    folder = str(Path(__file__).resolve().parents[3])
    return f"import sys; sys.path.append({folder!r}); from {__package__}.worker import main; main(sys.argv[1])"
