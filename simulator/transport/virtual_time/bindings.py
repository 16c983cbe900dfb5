"""Early bindings: `from time import sleep` in modules that were imported before.

A scan finds every global of every module that *is* one of the genuine functions, and puts the gate there;
afterwards what still is the gate is put back, also in a module that was imported meanwhile and bound the gate
itself: freezegun knows a function to freeze by its identity. Default values of arguments and attributes of
classes are not reached.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, NamedTuple

from .gates import keeps_real_time

_OURS = __name__.rpartition(".")[0]
_COPIES = frozenset(f"{package}.transport.virtual_time.gates" for package in ("simulator", "assistants_simulator"))
# Of ModuleType itself: a lazy module's own `__dict__` may import all it has.
_MANY_GONE = 500  # modules that are no longer imported, of which the memory may be had back
_namespace: Callable[[ModuleType], dict[str, Any]] = vars(ModuleType)["__dict__"].__get__


def is_of_a_copy(found: object, gate: object) -> bool:
    """Tell whether what stands in the place of a gate is that of another copy of this package."""
    return found is not gate and getattr(found, "__module__", None) in _COPIES


class _Seen(NamedTuple):
    """A module as it was scanned: its namespace, how long that was, and which names hold one of the functions.

    Or may do so later: where the function has its own name, somebody's fake may have stood there at the scan.
    """

    namespace: dict[str, Any]
    length: int
    names: tuple[str, ...]


class Bindings:
    """The module-level names of some functions. Scanned once: 2,200 modules take 9 ms, then 0.3."""

    def __init__(self, pairs: Iterable[tuple[Any, Callable[..., Any]]]) -> None:
        pairs = list(pairs)
        self._by_name = {gate.__name__: (genuine, gate) for genuine, gate in pairs}
        self._gates = {id(genuine): (genuine, gate) for genuine, gate in pairs}
        self._genuine = {id(gate): (genuine, gate) for genuine, gate in pairs}
        self._names = {f"{dashes}{genuine.__name__}" for genuine, _ in pairs for dashes in ("", "_", "__")}
        self._seen: dict[str, _Seen] = {}
        self._swapped: list[tuple[dict[str, Any], str, Any, Callable[..., Any]]] = []

    def swap(self) -> None:
        """Put the gates where the genuine functions are."""
        self._adopt_those_of_copies()
        for known in self._look():
            self._swap_names(known)

    def restore(self, *, keep: Iterable[Callable[..., Any]] = ()) -> None:
        """Put the genuine functions back where the gates still are, but for the gates to `keep`."""
        kept = set(keep)
        self._note_bound()
        left = []
        for namespace, name, genuine, gate in self._swapped:
            if gate in kept:
                left.append((namespace, name, genuine, gate))
            elif namespace.get(name) is gate:
                namespace[name] = genuine
        self._swapped = left

    def _adopt_those_of_copies(self) -> None:
        """Know the gates that another copy of this package has left in `time`, as the genuine ones.

        A pytest that runs inside a test drops, at its end, the modules that it has imported, this package too.
        """
        for name, (_, gate) in self._by_name.items():
            found = getattr(time, name)
            if id(found) not in self._gates and is_of_a_copy(found, gate):
                self._gates[id(found)] = (found, gate)

    def _look(self) -> list[_Seen]:
        """Return the modules of which some names hold one of the functions, or may."""
        seen, found = self._seen, []
        for name, module in list(sys.modules.items()):
            # Its type, and not `isinstance`: the `_openssl.lib` of cryptography says that its class is that of modules.
            if not issubclass(type(module), ModuleType):
                continue
            namespace, known = _namespace(module), seen.get(name)
            if known is None or known.namespace is not namespace or known.length != len(namespace):
                known = seen[name] = self._scan(name, namespace)
            if known.names:
                found.append(known)
        if len(seen) > len(sys.modules) + _MANY_GONE:
            self._seen = {name: known for name, known in seen.items() if name in sys.modules}
        return found

    def _scan(self, name: str, namespace: dict[str, Any]) -> _Seen:
        is_ours = keeps_real_time(name) or name.startswith(_OURS)
        return _Seen(namespace, len(namespace), () if is_ours else self._names_in(namespace))

    def _names_in(self, namespace: dict[str, Any]) -> tuple[str, ...]:
        wanted = self._gates.keys() | self._genuine.keys()
        if wanted.isdisjoint(map(id, list(namespace.values()))) and self._names.isdisjoint(namespace):
            return ()
        return tuple(name for name, value in list(namespace.items()) if id(value) in wanted or name in self._names)

    def _swap_names(self, known: _Seen) -> None:
        for name in known.names:
            genuine, gate = self._gates.get(id(known.namespace.get(name)), (None, None))
            if gate is not None:
                known.namespace[name] = gate
                self._swapped.append((known.namespace, name, genuine, gate))

    def _note_bound(self) -> None:
        """Note the gates that modules have bound themselves, to be put back with the others."""
        noted = {(id(namespace), name) for namespace, name, _, _ in self._swapped}
        for known in self._look():
            for name in known.names:
                genuine, gate = self._genuine.get(id(known.namespace.get(name)), (None, None))
                if gate is not None and (id(known.namespace), name) not in noted:
                    self._swapped.append((known.namespace, name, genuine, gate))
