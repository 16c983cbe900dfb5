"""How far the client has come: what it did, and what it was shown. All that changes during a replay."""

from __future__ import annotations

from dataclasses import dataclass, field

from .paths import Key
from .session import Entry, Mask, Moment, Piece, Wait

_NEVER: Moment = (-1, -1)


@dataclass(kw_only=True)
class Progress:
    """The state of one replay.

    Args:
        made: the effects that the client made.
        shown: the ids that it was shown.
        statuses: of each object the latest status shown, as the moment at which that was new.
        positions: of each read in each window, the answer given last.
        repeats: how many answers in a row were given before.
        unchanged_since: when the first of them was, in seconds of the program's clock.
        settled: the ids of what the client was shown more of than its creation: they keep their meaning (`twins`).
    """

    made: Mask = 0
    shown: set[str] = field(default_factory=set)
    statuses: dict[str, Moment] = field(default_factory=dict)
    positions: dict[tuple[Key, Mask], int] = field(default_factory=dict)
    repeats: int = 0
    unchanged_since: float = 0.0
    settled: set[str] = field(default_factory=set)

    def has_seen(self, wait: Wait) -> bool:
        """Tell whether a status was shown, or one that came after it."""
        return self.statuses.get(wait.id, _NEVER) >= wait.moment

    def make(self, entry: Entry) -> None:
        """Note that an effect was made."""
        self.made |= entry.bit
        self.repeats = 0

    def show(self, piece: Piece) -> None:
        """Note that the client was shown a piece of an answer."""
        self.shown.update(piece.ids)
        for id, moment in piece.statuses:
            if moment > self.statuses.get(id, _NEVER):
                self.statuses[id] = moment

    def copy(self) -> Progress:
        """Return a state that moves on its own."""
        return Progress(
            made=self.made,
            shown=set(self.shown),
            statuses=dict(self.statuses),
            positions=dict(self.positions),
            repeats=self.repeats,
            unchanged_since=self.unchanged_since,
            settled=set(self.settled),
        )
