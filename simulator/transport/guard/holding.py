"""When the guard holds: the patches are made once, however many ask for them, and the last takes them away."""

from __future__ import annotations

import threading

from ..forks import hold_during_forks
from ..late_imports import ImportWatch
from ..patching import Patches
from . import doors, judging
from .judging import Suite

# Reentrant: an import, which ends in `settle`, may happen inside of it.
_lock = threading.RLock()
hold_during_forks(_lock)
_patches = Patches()


def hold(suite: Suite) -> None:
    """Let nothing of a suite reach the API, until `release`. May overlap with simulators and other suites."""
    with _lock:
        judging.add(suite)
        settle()


def release(suite: Suite) -> None:
    """Let go of a suite, in whatever order; what simulators still guard is not touched. Harmless when repeated."""
    with _lock:
        judging.discard(suite)
        settle()


def settle() -> None:
    """Put every patch in its place, or take it away, as the simulators and suites demand that are active now."""
    with _lock:
        if judging.refresh():
            _late_imports.on()
            _patches.install(doors.targets())
        else:
            _late_imports.off()
            _patches.remove()


_late_imports = ImportWatch(doors.MODULES, settle)
