"""What a response shows of its model where the request says nothing: as recorded, by how the name begins."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple


class Traits(NamedTuple):
    """The usual settings of a model.

    Args:
        effort: of reasoning; None: it does not reason.
        context: which reasoning it is shown again.
        top_p: as shown.
        retention: of the prompt cache.
        phased: whether its messages say whether they are the answer.
    """

    effort: str | None = None
    context: str | None = None
    top_p: float = 1.0
    retention: str = "in_memory"
    phased: bool = False


_REASONING = Traits("medium", "current_turn")
_PLAIN = Traits()
TRAITS: Mapping[str, Traits] = {
    "gpt-5": _REASONING,
    "gpt-5.1": Traits("none", "current_turn"),
    "gpt-5.2": Traits("medium", "current_turn", 0.98),
    "gpt-5.5": Traits("medium", "current_turn", 0.98, "24h", phased=True),
    "gpt-5.6": Traits("medium", "all_turns", 0.98, "24h", phased=True),
    "o1": _REASONING,
    "o3": _REASONING,
    "o4": _REASONING,
}


@lru_cache(maxsize=256)
def traits_of(model: str) -> Traits:
    """Return what is usual with a model; of several rows the longest counts."""
    rows = [prefix for prefix in TRAITS if model.startswith(prefix)]
    return TRAITS[max(rows, key=len)] if rows else _PLAIN
