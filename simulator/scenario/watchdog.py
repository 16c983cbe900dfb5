"""Ends an app that neither asks nor sleeps, and so never meets the deadline of its stage: by real or processor time."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, process_time
from types import FrameType

from .stage import Hung

_end_at_once = os._exit  # the genuine one: while an app is played, `os._exit` raises
_AGAIN = 0.05  # seconds between two raises: a bare `except:` in a loop takes the first
_PATIENCE_WITH_BARE_EXCEPTS = 25
_DOES_NOT_RETURN = "the app does not return, and neither asks nor sleeps"
HOPELESS = 2  # the exit code where an app cannot be ended: as where one cannot be played


@contextmanager
def watched(patience: float | None, *, waiting: float | None = None) -> Iterator[None]:
    """Raise `Hung` inside the block once it takes longer than `patience`.

    Args:
        patience: seconds; None: it may take for ever. Of real time, or, where `waiting` is given, of processor time:
            that of the whole process, for the app may work in threads. What a loaded machine lets wait is then not
            taken for a hang.
        waiting: real seconds after which it is ended all the same: it waits for what takes no processor time.

    It needs a signal, hence the main thread of a POSIX system: a thread would make time real for all others. Where
    somebody else has an alarm running, pytest-timeout for one, it is left to that. An app that swallows even this
    is ended with its process.
    """
    if patience is None or not _may_watch():
        yield
        return
    began, spent, raised = perf_counter(), process_time(), 0
    text = ""

    def on_alarm(number: int, frame: FrameType | None) -> None:
        nonlocal raised, text
        text = text or _over(patience, waiting, process_time() - spent, perf_counter() - began)
        if not text:
            return
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


def _over(patience: float, waiting: float | None, spent: float, passed: float) -> str:
    """Return what is over of a block that has been watched for `patience` real seconds; empty: nothing yet."""
    if waiting is None:
        return f"{_DOES_NOT_RETURN}: {patience:g} real seconds have passed"
    if spent >= patience:
        return f"{_DOES_NOT_RETURN}: {patience:g} seconds of processor time are spent"
    return f"{_DOES_NOT_RETURN}: {waiting:g} real seconds have passed" if passed >= waiting else ""


def _may_watch() -> bool:
    is_main = threading.current_thread() is threading.main_thread()
    return hasattr(signal, "setitimer") and is_main and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def _give_up(text: str, frame: FrameType | None) -> None:
    place = "" if frame is None else f" It is at {frame.f_code.co_filename}:{frame.f_lineno}."
    told = f"assistants-simulator: {text}, and the app swallows every exception.{place}\n"
    os.write(2, told.encode(errors="backslashreplace"))  # whatever the app has made of `sys.stderr`
    _end_at_once(HOPELESS)
