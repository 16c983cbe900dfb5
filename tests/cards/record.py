"""What was found, kept in docs/cards.json; the tables of docs/cards.md are made of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from simulator.checks.hazards import BY_ID
from tests.sdks.pins import ROOT

from .causes import CAUSES, Cause
from .libraries import LIBRARIES, Library

RECORD = ROOT / "docs" / "cards.json"
SIGNS = {"survived": "✓", "misbehaved": "✗", "hung": "hung", "not applicable": "–"}
FINDINGS = ("misbehaved", "hung")

Rows: TypeAlias = tuple[Sequence[str], Sequence[Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class Card:
    """What was found of one library.

    Args:
        versions: of Python and of the packages that are shown.
        results: by hazard: its outcome, why it is not applicable, what does not hold.
        lines: the lines of the causes, by `file: code`.
    """

    versions: dict[str, str]
    results: dict[str, dict[str, Any]]
    lines: dict[str, int]

    @property
    def found(self) -> list[str]:
        """The hazards that it does not come through."""
        return [hazard for hazard, result in self.results.items() if result["outcome"] in FINDINGS]

    def count(self, outcome: str) -> int:
        """Return how many hazards had this outcome."""
        return Counter(result["outcome"] for result in self.results.values())[outcome]


def write(cards: Mapping[str, Card], path: Path = RECORD) -> None:
    """Keep cards, in the order of the table."""
    kept = {name: asdict(cards[name]) for name in LIBRARIES if name in cards}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path = RECORD) -> dict[str, Card]:
    """Return what was kept."""
    return {name: Card(**card) for name, card in json.loads(path.read_text(encoding="utf-8")).items()}


def summary(cards: Mapping[str, Card]) -> Rows:
    """Return the heads and rows of the table of all cards."""
    heads = ("who", "with", *SIGNS)
    return heads, [
        (_linked(LIBRARIES[name]), _used(card), *(str(card.count(one)) for one in SIGNS))
        for name, card in cards.items()
    ]


def matrix(cards: Mapping[str, Card]) -> Rows:
    """Return the heads and rows of the table of hazards by library."""
    rows = [(f"`{hazard}`", *(_sign(card, hazard) for card in cards.values())) for hazard in BY_ID]
    return ("hazard", *cards), rows


def _sign(card: Card, hazard: str) -> str:
    """Return how a card came through a hazard; nothing where that is younger than the card."""
    return SIGNS[card.results[hazard]["outcome"]] if hazard in card.results else ""


def sections(cards: Mapping[str, Card]) -> Iterator[tuple[str, str, Rows]]:
    """Yield for each card its heading, how one hazard is played again, and the table of its causes."""
    for name, card in cards.items():
        library = LIBRARIES[name]
        rows = [(_names(cause.hazards), f"`{place(cause, card)}`", cause.what) for cause in CAUSES[name]]
        doctor = f".venv-card-{library.within or name}/bin/assistants-simulator doctor"
        again = f"`{doctor} {library.target} --hazard ID --examples 0`"
        title = library.title[:1].upper() + library.title[1:]
        yield title, f"{_used(card)}. One again: {again}", (("hazards", "where", "what happens"), rows)


def place(cause: Cause, card: Card) -> str:
    """Return file and line of a cause."""
    return f"{cause.shown}:{card.lines[cause.key]}"


def _linked(library: Library) -> str:
    return library.title


def _used(card: Card) -> str:
    return ", ".join(f"{name} {version}" for name, version in card.versions.items() if name != "python")


def _names(hazards: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in hazards)
