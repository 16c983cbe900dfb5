"""Processes that are started apart from the terminal, and ended with all that they have started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any


def apart() -> dict[str, Any]:
    """Return options of `Popen` under which Ctrl-C in the terminal is ours alone: the app might swallow it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End a process, and where there are sessions its children, too."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
