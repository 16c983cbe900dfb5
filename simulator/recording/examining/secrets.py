"""Which secrets a cassette holds, and where: kind and place, never the value."""

from __future__ import annotations

from typing import NamedTuple

from ..cassette import Cassette


class SecretFound(NamedTuple):
    """A secret in a file.

    Args:
        kind: as the table of kinds names it.
        place: the part of the interaction.
        line: in the file, from 1; None: the file has none.
    """

    kind: str
    place: str
    line: int | None


def secrets_of(cassette: Cassette) -> list[SecretFound]:
    """Return the secrets of a cassette, in order."""
    return []
