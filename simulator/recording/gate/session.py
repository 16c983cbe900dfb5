"""A cassette prepared for replay: for each interaction what it waits for, and what it shows. Nothing changes it.

Sets of interactions are integers, a bit for each: "everything this one stood behind is done" is one comparison.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias

from ..cassette import Cassette, Interaction
from .bodies import Body, Rules
from .paths import Key, Place
from .topics import Lane

Mask: TypeAlias = int

# Interaction and frame at which a status was first shown: what comes later in the recording is greater.
Moment: TypeAlias = tuple[int, int]


class Wait(NamedTuple):
    """A status that must have been shown: that of the object at the moment, or a later one."""

    id: str
    moment: Moment


class Piece(NamedTuple):
    """What is sent at once: a frame of a stream, or a whole body.

    Args:
        ids: that it shows.
        statuses: that it shows, each with the moment at which it was new.
    """

    data: bytes
    ids: tuple[str, ...]
    statuses: tuple[Wait, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """One interaction.

    Args:
        index: in the cassette, from 0.
        bit: that stands for it in a mask.
        lane: of an effect; None: it is a read.
        mentions: the ids that its request uses.
        needs: those of them that an earlier answer showed first.
        past: the effects that must be done before: of its lane, or for a read those that it depends on.
        waits: the statuses behind which it was recorded.
        during: of an effect that was refused: what was under way in its lane, and may be the reason.
        makes: the id of what it created; None: it created nothing.
        requires: of the list of a collection: the effects that it shows.
        settles: of a read: whether it shows more of its resource than the creation did.
    """

    index: int
    bit: Mask
    interaction: Interaction
    key: Key
    place: Place
    pieces: Sequence[Piece]
    rules: Rules
    lane: Lane | None = None
    mentions: frozenset[str]
    needs: frozenset[str]
    past: Mask
    waits: tuple[Wait, ...]
    during: str | None = None
    makes: str | None = None
    requires: Mask = 0
    settles: bool = False

    @cached_property
    def body(self) -> Body:
        """The body of the request."""
        return Body(self.interaction.request.body, self.rules)

    @property
    def is_success(self) -> bool:
        """Whether the service did what was asked."""
        return self.interaction.response.status < 400

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every id that its answer shows."""
        return frozenset(self.shown_in_order)

    @property
    def shown_in_order(self) -> Iterator[str]:
        """Yield the ids that its answer shows; one of a stream as often as it is in a frame."""
        return (id for piece in self.pieces for id in piece.ids)

    @property
    def statuses(self) -> Iterator[Wait]:
        """Every status that its answer shows."""
        return (status for piece in self.pieces for status in piece.statuses)

    def same_answer(self, other: Entry) -> bool:
        """Tell whether the answers are the same."""
        one, two = self.interaction.response, other.interaction.response
        return one.body == two.body and one.status == two.status


@dataclass(kw_only=True, eq=False)
class Answer:
    """One answer of a read, for as often as it was recorded in a row.

    Args:
        last: where it was recorded for the last time.
    """

    first: Entry
    last: Entry


@dataclass(kw_only=True, eq=False)
class Reads:
    """All answers of one request that reads.

    Args:
        touching: the effects that change what it shows.
        windows: the answers in their order, by the touching effects that were done.
        is_list: whether it lists a whole collection, whose other members other programs make and delete.
    """

    is_list: bool
    touching: Mask = 0
    windows: dict[Mask, list[Answer]] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Add an answer; equal ones in a row are one."""
        answers = self.windows.setdefault(entry.past, [])
        if answers and answers[-1].last.same_answer(entry):
            answers[-1].last = entry
        else:
            answers.append(Answer(first=entry, last=entry))

    def __iter__(self) -> Iterator[Answer]:
        return (answer for answers in self.windows.values() for answer in answers)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A prepared cassette.

    Args:
        effects: by key, in their order.
        reads: by key.
        lanes: the done-able effects of each lane's root, refused ones left out.
        creations: by the id that was created.
        shown_first: by id, the interaction whose answer showed it first.
        has_generations: whether requests of version 1 and of version 2 of the API are in it.
    """

    cassette: Cassette
    rules: Rules
    entries: Sequence[Entry]
    effects: Mapping[Key, Sequence[Entry]]
    reads: Mapping[Key, Reads]
    lanes: Mapping[str, Mask]
    creations: Mapping[str, Entry]
    shown_first: Mapping[str, Entry]
    has_generations: bool

    def of_mask(self, mask: Mask) -> Iterator[Entry]:
        """Yield the interactions of a mask, in their order."""
        return (entry for entry in self.entries if entry.bit & mask)

    @cached_property
    def clean_up(self) -> Mask:
        """The deletions that no other effect follows: fixtures make them, after the test."""
        mask = 0
        for entry in reversed(self.entries):
            if entry.key.method == "DELETE":
                mask |= entry.bit
            elif entry.key.is_effect:
                break
        return mask

    @cached_property
    def has_twins(self) -> bool:
        """Whether any creation was recorded twice, so that ids are bound late."""
        keys = Counter(entry.key for entry in self.creations.values())
        return any(count > 1 for count in keys.values())
