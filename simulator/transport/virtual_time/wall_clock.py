"""`datetime.now()` and `utcnow()`, so that deadlines made of them agree with those of `time`.

How, and why so: a subclass of `datetime` put into every module (freezegun's way) breaks `isinstance`,
pickling and C code that makes plain datetimes. Here the class stays what it is; two of its entries are
replaced in the dict behind its `__dict__`, which CPython guards against assignment only, and the caches of
attributes are told (`PyType_Modified`). So early bindings and subclasses see it, and what a method returns
is of the class it was called on. Where that cannot be done, nothing is changed and `install` says so.
`datetime.today()` and `date.today()` need nothing: they ask `time.time`.
"""

from __future__ import annotations

import datetime as dt
import gc
import sys
import warnings
from typing import Any

from .gates import is_virtual
from .genuine import NS, time_machine_travels
from .process_clock import clock

_UTCNOW_IS_DEPRECATED = (
    "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. "
    "Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC)."
)
# The class of C, even where freezegun's, which has a metaclass, stands under its name. In a tuple, because
# freezegun replaces the class wherever a module holds it.
_CLASSES = tuple(cls for cls in dt.datetime.__mro__ if type(cls) is type)
# Kept when all is put back: a thread may be inside of a gate.
_genuine: dict[str, Any] = {}


def now(cls: Any, tz: dt.tzinfo | None = None) -> dt.datetime:
    """Stand for `datetime.now`."""
    if not is_virtual() or time_machine_travels():
        result: dt.datetime = _genuine["now"].__get__(None, cls)(tz)
        return result
    moment: dt.datetime = cls.fromtimestamp(clock.wall_ns() / NS, tz)
    return moment


def utcnow(cls: Any) -> dt.datetime:
    """Stand for `datetime.utcnow`, deprecated as the genuine one is since 3.12."""
    if not is_virtual() or time_machine_travels():
        result: dt.datetime = _genuine["utcnow"].__get__(None, cls)()
        return result
    if sys.version_info >= (3, 12):
        warnings.warn(_UTCNOW_IS_DEPRECATED, DeprecationWarning, stacklevel=2)
    moment: dt.datetime = cls.fromtimestamp(clock.wall_ns() / NS, dt.UTC)
    return moment.replace(tzinfo=None)


_GATES: dict[str, Any] = {"now": classmethod(now), "utcnow": classmethod(utcnow)}


def install() -> bool:
    """Move the two methods; tell whether that could be done. Nothing happens where they are moved."""
    namespace = _namespace()
    if namespace is None:
        return False
    for name, gate in _GATES.items():
        if namespace[name] is not gate:
            _genuine[name] = namespace[name]
            namespace[name] = gate
    _tell_caches()
    return True


def remove() -> None:
    """Put the genuine methods back, if they were moved."""
    namespace = _namespace()
    if namespace is not None:
        for name, gate in _GATES.items():
            if namespace[name] is gate:
                namespace[name] = _genuine[name]
        _tell_caches()


def _namespace() -> dict[str, Any] | None:
    """Return the dict behind the class's `__dict__`; None where there is none (another Python)."""
    if sys.implementation.name != "cpython":
        return None
    found = [part for part in gc.get_referents(_CLASSES[0].__dict__) if isinstance(part, dict)]
    return found[0] if len(found) == 1 and {"now", "utcnow"} <= found[0].keys() else None


def _tell_caches() -> None:
    import ctypes

    ctypes.pythonapi.PyType_Modified(ctypes.py_object(_CLASSES[0]))
