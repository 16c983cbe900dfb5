"""Shows stored objects as a generation of the API had them: which keys, in which order, with which values.

The store holds the objects of the newest generation; an older one is two tables about them. So one
object can be read by any generation, whichever made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...backend.objects import JsonDict
from ...backend.store import Store

Value: TypeAlias = Callable[[Mapping[str, Any], Store], Any]
"""From a stored object to the value of one of its keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The shapes of one generation.

    Args:
        keys: by `object`, in the order of the wire; one that an object does not have is left out. An
            `object` that is not named is shown as it is stored.
        values: by `object` and key, what is not shown as it is stored.
        unknown: keys that came later. Others that are not named, which a placed object may have, are shown at the end.
        events: names of stream events that were others.
    """

    keys: Mapping[str, Sequence[str]]
    values: Mapping[str, Mapping[str, Value]]
    unknown: frozenset[str]
    events: Mapping[str, str]

    def shown(self, item: Mapping[str, Any], store: Store) -> Mapping[str, Any]:
        """Return an object, or a page of them, as this generation shows it."""
        name = item.get("object")
        if name == "list":
            return {**item, "data": [self.shown(one, store) for one in item["data"]]}
        keys = self.keys.get(str(name))
        if keys is None:
            return item
        values = self.values.get(str(name), {})
        shown: JsonDict = {}
        for key in keys:
            if key in values:
                shown[key] = values[key](item, store)
            elif key in item:
                shown[key] = item[key]
        own = {key: value for key, value in item.items() if key not in keys and key not in self.unknown}
        return {**shown, **own}

    def event(self, name: str) -> str:
        """Return the name of a stream event."""
        return self.events.get(name, name)
