"""Which dialects the service speaks on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .dialect import LATEST, Dialect
from .history import generation, versions
from .v1 import V1

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (V1, LATEST)}


def dialects(as_of: str | None) -> Mapping[str, Dialect]:
    """Return the dialects by the version in the header; `as_of` is an ISO date, or None for the last of each."""
    if as_of is None:
        return DIALECTS
    return {name: replace(DIALECTS[name], generation=generation(name, as_of)) for name in versions(as_of)}
