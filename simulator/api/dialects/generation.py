"""Shows stored objects as a generation of the API had them: which keys, in which order, with which values.

The store holds the objects of the newest generation; an older one is tables about them (`history.py`). So
one object can be read by any generation, whichever made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ...backend.objects import JsonDict
from ...backend.store import Store

Value: TypeAlias = Callable[[Mapping[str, Any], Store], Any]
"""From a stored object to the value of one of its keys."""
ABSENT: Final = object()
"""What a value is where the key was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The shapes of one generation.

    Args:
        keys: by kind, in the order of the wire; one that an object does not have is left out. A kind is an
            `object`, perhaps behind the operation that alone answers so: `messages.update thread.message`.
            One that is not named is shown as it is stored.
        values: by `object` and key, what is not shown as it is stored.
        known: by `object`, the keys that any generation has. Others, which a placed object may have, are shown at
            the end.
        events: names of stream events that were others.
    """

    keys: Mapping[str, Sequence[str]]
    values: Mapping[str, Mapping[str, Value]]
    known: Mapping[str, frozenset[str]]
    events: Mapping[str, str]

    def answer(self, reply: Mapping[str, Any], operation: str, store: Store) -> Mapping[str, Any]:
        """Return the reply of an operation, an object or a page of them, as this generation shows it."""
        if reply.get("object") != "list":
            return self.shown(reply, store, operation)
        page = {**reply, "data": [self.shown(one, store, operation) for one in reply["data"]]}
        return self.shown(page, store, operation)

    def shown(self, item: Mapping[str, Any], store: Store, operation: str = "") -> Mapping[str, Any]:
        """Return an object as this generation shows it."""
        name = str(item.get("object"))
        keys = self.keys.get(f"{operation} {name}") or self.keys.get(name)
        if keys is None:
            return item
        values = self.values.get(name, {})
        found = {key: values[key](item, store) if key in values else item.get(key, ABSENT) for key in keys}
        shown: JsonDict = {key: value for key, value in found.items() if value is not ABSENT}
        known = self.known[name]
        shown.update((key, value) for key, value in item.items() if key not in known)
        return shown

    def event(self, name: str) -> str:
        """Return the name of a stream event."""
        return self.events.get(name, name)
