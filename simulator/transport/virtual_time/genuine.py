"""The machine's own clock and sleep, taken once, before anything of ours stands in their place."""

from __future__ import annotations

import importlib.util
import sys
import time
from types import BuiltinFunctionType, ModuleType
from typing import Any

NS = 1_000_000_000


def _fresh_time_module() -> ModuleType:
    """Return another copy of the built-in module `time`, which nobody has patched."""
    spec = importlib.util.find_spec("time")
    assert spec is not None  # noqa: S101 - for mypy: every CPython has it
    return importlib.util.module_from_spec(spec)


def _genuine(name: str) -> Any:
    """Return a built-in of `time`, even where somebody's fake (freezegun's, a mock) stands there now."""
    for found in (getattr(time, name), getattr(sys.modules.get("freezegun.api"), f"real_{name}", None)):
        if isinstance(found, BuiltinFunctionType):
            return found
    return getattr(_fresh_time_module(), name)


class Genuine:
    """The functions, as attributes of an object: freezegun replaces them wherever a *module* holds one."""

    def __init__(self) -> None:
        self.sleep = _genuine("sleep")
        self.time = _genuine("time")
        self.time_ns = _genuine("time_ns")
        self.monotonic = _genuine("monotonic")
        self.monotonic_ns = _genuine("monotonic_ns")
        self.localtime = _genuine("localtime")
        self.gmtime = _genuine("gmtime")
        self.strftime = _genuine("strftime")
        self.ctime = _genuine("ctime")
        self.asctime = _genuine("asctime")


genuine = Genuine()


def time_machine_travels() -> bool:
    """Tell whether time-machine has moved the wall clock; then it is that library's, not ours.

    It patches the functions of C themselves, so that even the genuine ones are moved. The stack has been
    called `traveller_stack` since 3.0, `coordinates_stack` before.
    """
    library = sys.modules.get("time_machine")
    if library is None:
        return False
    return bool(getattr(library, "traveller_stack", None) or getattr(library, "coordinates_stack", None))


def frozen_time() -> float | None:
    """Return the wall clock of freezegun, in seconds, while it freezes: it overlooks a gate that a module has bound."""
    freezegun = sys.modules.get("freezegun.api")
    if not getattr(freezegun, "freeze_factories", None):
        return None
    return float(freezegun.fake_time())  # type: ignore[union-attr]


def prepare_time_machine() -> None:
    """Let time-machine take hold of the functions of C before ours stand in their place.

    It casts what it finds in `time` and `datetime` to functions of C, unchecked: from 3.0 when it is
    imported, before when it first travels. Were that to happen inside a block, the process would crash.
    """
    try:
        import _time_machine  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return
    patch_if_needed = getattr(_time_machine, "patch_if_needed", None)
    if patch_if_needed is not None:
        patch_if_needed()
