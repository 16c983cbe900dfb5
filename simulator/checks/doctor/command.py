"""A program as the app: started anew in each conversation, a process for each user, a line in and a reply out.

It finds the simulator where OPENAI_BASE_URL says. It sleeps by the clock of the machine. That of the service goes on
with its requests, and the faster the longer the same is asked: a run of minutes takes a few polls.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from ...api.wire import NoResponse, Request, Response
from ...errors import UsageError
from ...scenario.stage import Hung
from ...server import serving
from ..driving import Driven, Driver
from ..invariants import Invariant, no_busy_loop, polls_are_not_too_frequent
from ..watchful_stage import WatchfulStage
from .card import PROCESS_ENDED
from .processes import apart, end_process

NOT_SEEN: frozenset[Invariant] = frozenset({no_busy_loop, polls_are_not_too_frequent})
"""Invariants that look at the clock of the program, which is the machine's."""
QUIET_SECONDS = 0.3
"""Of real time: a reply is over when nothing has come for so long."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Virtual seconds that pass before the same is answered for the second time; twice as many before each further time."""
OUTPUT_KEPT = 2_000
_KEY = "sk-doctor"


class ProgramEnded(SystemExit):
    """The program has ended, and said nothing. A `SystemExit`: that is what it would be in one process."""


class HurriedStage(WatchfulStage):
    """A stage for who sleeps elsewhere: asked the same again and again, its clock goes faster and faster."""

    _last: tuple[str, str] = ("", "")
    _pause = FIRST_PAUSE

    def give_time(self, limit: float) -> None:
        """Give any time: it is real time that ends."""

    def handle(self, request: Request) -> Response | NoResponse:
        """Answer a request; before the same is answered again, time passes."""
        asked = request.method, request.path
        if asked == self._last:
            self.clock.advance(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        else:
            self._last, self._pause = asked, FIRST_PAUSE
        return super().handle(request)


class CommandDriver(Driver):
    """Plays cases against a program.

    Args:
        words: the command.
        timeout: how much real time a reply may take, in seconds.

    Raises:
        UsageError: there is no such program.
    """

    def __init__(self, words: Sequence[str], timeout: float) -> None:
        super().__init__(self._programs, real_limit=None, stage=HurriedStage)
        self._words, self._timeout = tuple(words), timeout
        self._base_url = ""
        self._running = Programs(self._words, self._base_url, self._timeout)

    @contextlib.contextmanager
    def on_stage(self) -> Iterator[Driver]:
        """Serve the simulator inside the block, on loopback."""
        with serving(self.stage) as self._base_url:
            try:
                yield self
            finally:
                self._end()

    def learn(self) -> Driven:
        """Learn what the program does.

        Raises:
            UsageError: as that of `Driver`.
        """
        try:
            return super().learn()
        except UsageError as error:
            said = self._running.said
            raise UsageError(
                f"{shlex.join(self._words)}: {error} The program is told where by OPENAI_BASE_URL; it reads a line for"
                f" each message, and writes the reply.{f' It wrote: {said}' if said.strip() else ''}"
            ) from error

    def _programs(self) -> Programs:
        self._running = Programs(self._words, self._base_url, self._timeout)
        return self._running

    def _end(self) -> None:
        super()._end()
        self._running.end()


@dataclass(slots=True)
class Programs:
    """`converse` of a program: each user speaks to a process of its own.

    Attributes:
        said: the end of what the processes wrote to stderr.
    """

    words: Sequence[str]
    base_url: str
    timeout: float
    said: str = ""
    _processes: dict[str, _Program] = field(default_factory=dict)

    def __call__(self, user_id: str, text: str) -> str:
        """Say something, and return the reply.

        Raises:
            Hung: it does not reply in time.
            ProgramEnded: it has ended instead.
            UsageError: it cannot be started.
        """
        if user_id not in self._processes:
            self._processes[user_id] = _Program(self.words, self.base_url)
        program = self._processes[user_id]
        try:
            return program.said(text, self.timeout)
        except ProgramEnded:
            del self._processes[user_id]  # who says more speaks to another
            raise
        finally:
            self.said = program.errors()
            sys.stderr.write(self.said)  # with what else is kept of what it wrote
            if user_id not in self._processes:
                program.end()

    def end(self) -> None:
        """End all processes."""
        for program in self._processes.values():
            program.end()
        self._processes.clear()


class _Program:
    """One process."""

    def __init__(self, words: Sequence[str], base_url: str) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `end`
        self._pieces: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        try:
            self._process = subprocess.Popen(  # noqa: S603  # what the command line names
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                env=_environment(base_url),
                **apart(),
            )
        except OSError as error:
            self._errors.close()
            raise UsageError(f"{words[0]} cannot be started: {error.strerror or error}.") from error
        self._reading = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reading.start()

    def _read(self, stdout: IO[bytes] | None) -> None:
        with contextlib.suppress(OSError, ValueError):
            while stdout is not None and (piece := stdout.read(1 << 16)):
                self._pieces.put(piece)
        self._pieces.put(None)

    def said(self, text: str, timeout: float) -> str:
        line = " ".join(text.splitlines()) + "\n"
        with contextlib.suppress(OSError):  # it has ended, which the next lines tell
            if self._process.stdin is not None:
                self._process.stdin.write(line.encode())
        reply, patience = b"", timeout
        while True:
            try:
                piece = self._pieces.get(timeout=patience)
            except queue.Empty:
                if reply.strip():
                    return reply.decode("utf-8", "replace").strip()
                raise Hung(f"it has not replied for {timeout:g} real seconds") from None
            if piece is None:
                return self._at_the_end(reply)
            reply += piece
            patience = QUIET_SECONDS if reply.strip() else timeout

    def _at_the_end(self, reply: bytes) -> str:
        code = self._process.wait()
        if code == 0 and reply.strip():
            self._pieces.put(None)  # for whoever says more
            return reply.decode("utf-8", "replace").strip()
        last = next(reversed(self.errors().strip().splitlines()), "")
        raise ProgramEnded(f"{PROCESS_ENDED}, with exit code {code}{f': {last}' if last else ''}")

    def errors(self) -> str:
        """Return the end of what it has written to stderr."""
        if self._errors.closed:
            return ""
        end = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, end - OUTPUT_KEPT))
        return self._errors.read().decode("utf-8", "replace")

    def end(self) -> None:
        """End it, and what it has started."""
        end_process(self._process)
        self._reading.join()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _environment(base_url: str) -> dict[str, str]:
    """Return the environment of a program: it finds the simulator, and what it prints comes at once."""
    return {
        **os.environ,
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_KEY": _KEY,
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "NO_PROXY": "127.0.0.1,localhost",
    }
