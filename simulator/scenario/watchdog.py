"""Ends an app that neither asks nor sleeps, and so never meets the deadline of its stage: by real time."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .stage import Hung

_end_at_once = os._exit  # the genuine one: while an app is played, `os._exit` raises
_AGAIN = 0.05  # seconds between two raises: a bare `except:` in a loop takes the first
_PATIENCE_WITH_BARE_EXCEPTS = 25
HOPELESS = 2  # the exit code where an app cannot be ended: as where one cannot be played


@contextmanager
def watched(patience: float | None) -> Iterator[None]:
    """Raise `Hung` inside the block once it takes longer than `patience`, in real seconds.

    It needs a signal, hence the main thread of a POSIX system: a thread would make time real for all others. Where
    somebody else has an alarm running, pytest-timeout for one, it is left to that. An app that swallows even this
    is ended with its process.
    """
    if patience is None or not _may_watch():
        yield
        return
    text = f"the app does not return, and neither asks nor sleeps: {patience:g} real seconds have passed"
    raised = 0

    def on_alarm(number: int, frame: FrameType | None) -> None:
        nonlocal raised
        raised += 1
        if raised > _PATIENCE_WITH_BARE_EXCEPTS:
            _give_up(text, frame)
        hung = Hung(text)
        hung.in_real_time = True
        raise hung

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, patience, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _may_watch() -> bool:
    is_main = threading.current_thread() is threading.main_thread()
    return hasattr(signal, "setitimer") and is_main and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def _give_up(text: str, frame: FrameType | None) -> None:
    place = "" if frame is None else f" It is at {frame.f_code.co_filename}:{frame.f_lineno}."
    told = f"assistants-simulator: {text}, and the app swallows every exception.{place}\n"
    os.write(2, told.encode(errors="backslashreplace"))  # whatever the app has made of `sys.stderr`
    _end_at_once(HOPELESS)
