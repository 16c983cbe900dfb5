"""Which secrets a cassette holds, and where: kind and place, never the value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..cassette import Cassette
from ..scrubbing import Scrubber, Secret, known_secrets

# What of a place stands in the file as the name of something: a header, or the last key of a path into a body.
_NAMED = re.compile(r"header ([\w-]+)|\.([\w-]+)(?:\[\d+\])*(?: \(.*\))?$")
_ANSWER = re.compile(r'^[\s-]*"?response')


class SecretFound(NamedTuple):
    """A secret in a file.

    Args:
        kind: as the table of kinds names it.
        place: the part of the interaction.
        line: in the file, from 1: the line that names the place, or the nearest before it that is known.
    """

    kind: str
    place: str
    line: int | None


def secrets_of(cassette: Cassette) -> list[SecretFound]:
    """Return the secrets of a cassette, in order."""
    lines = _lines(cassette.path)
    known = known_secrets(cassette.interactions)
    scrubber = Scrubber()
    ends = [one.line for one in cassette.interactions[1:]] + [None]
    found: list[SecretFound] = []
    for interaction, end in zip(cassette.interactions, ends, strict=False):
        block = list(_block(lines, interaction.line, end))
        secrets = dict.fromkeys(scrubber.secrets(interaction, known))  # found twice in one place is one finding
        found += [SecretFound(one.kind, one.place, _line(block, one) or interaction.line) for one in secrets]
    return found


def _lines(path: Path | None) -> Sequence[str]:
    return path.read_text(encoding="utf-8").split("\n") if path else ()


def _block(lines: Sequence[str], begin: int | None, end: int | None) -> Iterator[tuple[int, str]]:
    """Yield the lines of an interaction, with their numbers."""
    if begin is not None:
        yield from enumerate(lines[begin - 1 : end - 1 if end and end > begin else None], start=begin)


def _line(block: Sequence[tuple[int, str]], secret: Secret) -> int | None:
    named = _NAMED.search(secret.place)
    answer = next((number for number, text in block if _ANSWER.match(text)), None)
    starts = (answer or 0) if secret.place.startswith("response") else 0
    if named is None:
        return starts or None
    name = re.compile(rf"(?<![\w-]){re.escape(named[1] or named[2])}(?![\w-])", re.IGNORECASE)
    return next((number for number, text in block if number >= starts and name.search(text)), starts or None)
