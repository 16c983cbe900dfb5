"""What the pass over a cassette keeps in mind: who showed which id, which status is new, what stands in whose order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from .ids import Shown
from .paths import Place
from .session import Entry, Mask, Moment, Piece, Wait
from .topics import Lane, Topic

_THREADS, _STORES = "threads", "vector_stores"


class Ids:
    """Which answer showed an id first. What a request mentions before any answer did, was known before."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self.shown_first: dict[str, Entry] = {}

    def needs(self, mentions: Iterable[str]) -> frozenset[str]:
        """Return those that an answer showed before; the others are known from now on."""
        needs = frozenset(id for id in mentions if id in self.shown_first)
        self._known.update(mentions)
        return needs

    def show(self, entry: Entry) -> None:
        """Take in an answer. The list of a collection shows what was there before the session: nobody waits for it."""
        is_new = entry.place.id is not None or entry.key.is_effect
        for piece in entry.pieces:
            for id in piece.ids:
                if not is_new:
                    self._known.add(id)
                elif id not in self._known:
                    self.shown_first.setdefault(id, entry)


class Statuses:
    """When the status of each object was new, and what changed last in each lane."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[Shown, Moment]] = {}
        self._latest: dict[str, Shown] = {}

    def moment(self, shown: Shown, now: Moment, root: str | None) -> Wait:
        """Take in a status that was shown now; return the moment at which it was new."""
        before = self._of.get(shown.id)
        if before is None or before[0] != shown:
            self._of[shown.id] = (shown, now)
            if root is not None:
                self._latest[root] = shown
            return Wait(shown.id, now)
        return Wait(shown.id, before[1])

    def before_read(self, place: Place, itself: Collection[str]) -> tuple[Wait, ...]:
        """Return what a read was recorded behind: the status of what grows in it; not of what it shows itself."""
        if place.noun == _THREADS and place.collection == "messages":
            ids = [latest.id] if (latest := self._latest.get(place.id or "")) else []
        else:
            ids = [id for id in _on_the_way(place) if id not in itself]
        return tuple(Wait(id, self._of[id][1]) for id in ids if id in self._of)

    def under_way(self, place: Place) -> str | None:
        """Return the id of what changed last in a lane."""
        latest = self._latest.get(place.id or "")
        return latest.id if latest else None

    def before_effect(self, place: Place) -> tuple[Wait, ...]:
        """Return what an effect was recorded behind: a run that stood still, a store that was searched when ready."""
        latest = self._latest.get(place.id or "")
        waits = place.noun == _THREADS or (place.noun == _STORES and place.collection == "search")
        if not waits or latest is None or not latest.is_halt:
            return ()
        return (Wait(latest.id, self._of[latest.id][1]),)


class Order:
    """The effects so far that succeeded, of each lane and of each topic."""

    def __init__(self) -> None:
        self.lanes: dict[str, Mask] = defaultdict(int)
        self._trunks: dict[str, Mask] = defaultdict(int)
        self._branches: dict[Lane, Mask] = defaultdict(int)
        self._topics: dict[Topic, Mask] = defaultdict(int)

    def past(self, lane: Lane) -> Mask:
        """Return what must be done before the next effect of a lane."""
        if lane.branch is None:
            return self.lanes.get(lane.root, 0)
        return self._trunks.get(lane.root, 0) | self._branches.get(lane, 0)

    def add(self, bit: Mask, lane: Lane, topics: Iterable[Topic]) -> None:
        """Take in an effect that succeeded."""
        self.lanes[lane.root] |= bit
        if lane.branch is None:
            self._trunks[lane.root] |= bit
        else:
            self._branches[lane] |= bit
        for topic in topics:
            self._topics[topic] |= bit

    def of_topics(self, topics: Iterable[Topic]) -> Mask:
        """Return the effects that changed any of these topics."""
        mask = 0
        for topic in topics:
            mask |= self._topics.get(topic, 0)
        return mask


def _on_the_way(place: Place) -> Sequence[str]:
    """Return the ids of a path whose status a read waits for: a branch of a store commutes with the store's."""
    return place.ids[1:] if place.noun == _STORES and len(place.ids) > 1 else place.ids


def statuses_of(pieces: Iterable[Piece]) -> set[str]:
    """Return the ids of the objects whose statuses an answer shows."""
    return {status.id for piece in pieces for status in piece.statuses}
