"""The process in which an app is examined.

It reads what the doctor asks from its stdin and answers on what was its stdout; the app has neither: what it prints
goes to stderr, and its stdin is empty. In the folder it leaves what can be read when it has died: the last request,
and where it was.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from ...api.wire import Request
from ...errors import SimulatorError
from ...importing import imported
from ...scenario.apps import app_named
from ...scenario.staying import staying
from ...scenario.watchdog import watched
from .card import Examined, Learnt, Seen
from .examining import Examiner
from .protocol import (
    ASK,
    GRACE_SECONDS,
    IMPORT_SECONDS,
    REQUEST,
    STACK,
    Ask,
    Done,
    Message,
    Open,
    Opened,
    PlayDrawn,
    PlayHazard,
    Playing,
    Told,
    Unusable,
)

_REQUEST_LENGTH = 400


class Worker:
    """Does what it is asked, for one app.

    Args:
        tell: sends a line.
        folder: for what is read when this process has died.
    """

    def __init__(self, tell: Callable[[Message], object], folder: Path) -> None:
        self._tell = tell
        self._request = os.open(folder / REQUEST, os.O_RDWR | os.O_CREAT)
        self._stack = (folder / STACK).open("w", encoding="utf-8")
        self._open = ExitStack()
        self._timeout = IMPORT_SECONDS
        self._examiner: Examiner | None = None

    def do(self, ask: Ask) -> None:
        """Do one thing, and tell what came of it."""
        if isinstance(ask, Open):
            self._tell(Opened(learnt=self._opened(ask)))
        for examined in self._examined(ask):
            self._tell(Told(examined=examined))
        self._tell(Done(seen=self.seen))

    def _examined(self, ask: Ask) -> Iterator[Examined]:
        if self._examiner is not None and isinstance(ask, PlayHazard):
            yield self._examiner.hazard(ask.id)
        if self._examiner is not None and isinstance(ask, PlayDrawn):
            yield from self._examiner.drawn(ask.examples)

    @property
    def seen(self) -> Seen:
        """What the app was seen to do so far."""
        return Seen() if self._examiner is None else self._examiner.seen

    def _opened(self, ask: Open) -> Learnt:
        """Open the app; if it starts threads, once more with their time virtual, too.

        Until it is open it may take as long as an import: what libraries import late, they import in the first step.
        """
        self._timeout = max(ask.timeout, IMPORT_SECONDS)
        with self._dumping(self._timeout):
            app = app_named(ask.app, ask.folders, patience=self._timeout)
            more = {name: imported(value, ask.folders) for name, value in _named(ask)}
        learnt = Learnt()
        for time in ("virtual", "threads"):
            self._open.close()
            self._examiner = examiner = Examiner(
                app, watch=self._watch, announce=self._announce, with_pages=ask.with_pages, time=time, **more
            )
            examiner.tell_at_once(self._heard, sys.stderr)
            learnt = self._open.enter_context(examiner.open())
            if not examiner.seen.threads:
                break
        self._open.enter_context(staying())
        self._timeout = ask.timeout
        return learnt

    def _announce(self, scenario: str) -> None:
        self._note("")
        self._tell(Playing(scenario=scenario))

    def _heard(self, request: Request) -> None:
        self._note(f"{request.method} {request.path}")

    def _note(self, request: str) -> None:
        os.lseek(self._request, 0, os.SEEK_SET)
        os.write(self._request, request.encode(errors="backslashreplace")[:_REQUEST_LENGTH].ljust(_REQUEST_LENGTH))

    @contextmanager
    def _watch(self) -> Iterator[None]:
        with self._dumping(self._timeout), watched(self._timeout):
            yield

    @contextmanager
    def _dumping(self, seconds: float) -> Iterator[None]:
        """End this process if the block takes longer, wherever it is: in C, too, which no signal of Python's ends."""
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True, file=self._stack)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _named(ask: Open) -> Iterator[tuple[str, str]]:
    for option in ("tools", "prepare"):
        if value := getattr(ask, option):
            yield option, value


def _lines_aside() -> tuple[IO[str], IO[str]]:
    """Return what was stdin and stdout; who reads or prints from now on meets nothing, and stderr."""
    asks = os.fdopen(os.dup(0), encoding="utf-8")
    tells = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return asks, tells


def main(folder: str) -> None:
    """Answer until the doctor closes the line.

    Args:
        folder: for what is read when this process has died.
    """
    asks, tells = _lines_aside()

    def tell(message: Message) -> None:
        tells.write(message.model_dump_json() + "\n")
        tells.flush()

    worker = Worker(tell, Path(folder))
    for line in asks:
        try:
            worker.do(ASK.validate_json(line))
        except SimulatorError as error:
            tell(Unusable(text=str(error)))
            tell(Done(seen=worker.seen))
