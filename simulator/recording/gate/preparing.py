"""From a cassette to a session: one pass, in the order of the recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..cassette import BETA_HEADER, Cassette, Interaction, RecordedResponse
from ..events import frame_of
from .bodies import Rules
from .chronology import in_order
from .ids import ids_in, statuses_in
from .paths import Key, Place, key_of, place_of
from .session import Entry, Mask, Piece, Reads, Session
from .topics import Effect, Lane, changed_by, created, lane_of, read_at
from .tracking import Ids, Order, Statuses, statuses_of


def prepared(cassette: Cassette, rules: Rules) -> Session:
    """Return a cassette prepared for replay, with these rules for bodies."""
    return _Preparation(cassette, rules).session()


def generation_of(beta: str | None) -> str | None:
    """Return `v1` or `v2` of an OpenAI-Beta header; None where it names none."""
    _, found, version = (beta or "").partition("assistants=")
    return version[:2] if found else None


def mentioned(place: Place, key: Key, body: bytes) -> frozenset[str]:
    """Return what a request may mean by an id: those of its path and body, the values of its query."""
    ids = {*place.ids, *(value for _, value in key.query)}
    if b"id" in body or b'"conversation"' in body:
        ids.update(ids_in(body.decode("utf-8", "replace")))
    return frozenset(ids)


class _Asked(NamedTuple):
    """What the request of an interaction says.

    Args:
        number: of the interaction, from 0.
    """

    number: int
    interaction: Interaction
    key: Key
    place: Place
    mentions: frozenset[str]
    needs: frozenset[str]


class _Preparation:
    """The state of the pass."""

    def __init__(self, cassette: Cassette, rules: Rules) -> None:
        self._cassette = cassette
        self._interactions = in_order(cassette)
        self._rules = rules
        betas = {generation_of(one.request.headers.get(BETA_HEADER)) for one in cassette.interactions}
        self._has_generations = len(betas - {None}) > 1
        self._places: dict[tuple[str, ...], Place] = {}
        self._entries: list[Entry] = []
        self._effects: dict[Key, list[Entry]] = defaultdict(list)
        self._reads: dict[Key, Reads] = {}
        self._creations: dict[str, Entry] = {}
        self._ids = Ids()
        self._statuses = Statuses()
        self._order = Order()
        self._lists = _Lists(self._creations)

    def session(self) -> Session:
        """Make the pass."""
        for index, interaction in enumerate(self._interactions):
            asked = self._asked(index, interaction)
            entry = self._effect(asked) if asked.key.is_effect else self._read(asked)
            self._entries.append(entry)
            self._ids.show(entry)
        for key, reads in self._reads.items():
            reads.touching = self._order.of_topics(read_at(self._place(key)))
        return Session(
            cassette=self._cassette,
            rules=self._rules,
            entries=self._entries,
            effects=self._effects,
            reads=self._reads,
            lanes=self._order.lanes,
            creations=self._creations,
            shown_first=self._ids.shown_first,
            has_generations=self._has_generations,
        )

    def _asked(self, index: int, interaction: Interaction) -> _Asked:
        request = interaction.request
        key = key_of(request.method, request.path, request.query)
        if self._has_generations:
            key = key._replace(generation=generation_of(request.headers.get(BETA_HEADER)))
        place = self._place(key)
        mentions = mentioned(place, key, request.body)
        return _Asked(index, interaction, key, place, mentions, self._ids.needs(mentions))

    def _place(self, key: Key) -> Place:
        place = self._places.get(key.path)
        if place is None:
            place = self._places[key.path] = place_of(key.path)
        return place

    def _entry(self, asked: _Asked, pieces: Sequence[Piece], **more: Any) -> Entry:
        """Return an interaction with what effects and reads have in common, and with `more`."""
        return Entry(
            index=asked.number,
            bit=1 << asked.number,
            interaction=asked.interaction,
            key=asked.key,
            place=asked.place,
            pieces=pieces,
            rules=self._rules,
            mentions=asked.mentions,
            needs=asked.needs,
            **more,
        )

    def _effect(self, asked: _Asked) -> Entry:
        place, response = asked.place, asked.interaction.response
        waits = self._statuses.before_effect(place)
        # What was refused has changed nothing, and made nothing.
        succeeded = response.status < 400
        answer = _object_in(response, place) if succeeded else None
        effect = Effect(place, asked.key.method, asked.interaction.request.json, answer)
        lane = lane_of(effect, asked.number)
        entry = self._entry(
            asked,
            self._pieces(asked.number, response, lane.root),
            lane=lane,
            past=self._order.past(lane),
            waits=waits,
            during=None if succeeded else self._statuses.under_way(place),
            makes=created(effect) if succeeded and place.id is None else None,
        )
        self._effects[asked.key].append(entry)
        if succeeded:
            self._done(entry, effect, lane)
        return entry

    def _done(self, entry: Entry, effect: Effect, lane: Lane) -> None:
        """Take in an effect that succeeded."""
        self._order.add(entry.bit, lane, changed_by(effect, lane))
        self._lists.effect(entry)
        if entry.makes is not None:
            self._creations.setdefault(entry.makes, entry)

    def _read(self, asked: _Asked) -> Entry:
        place = asked.place
        pieces = self._pieces(asked.number, asked.interaction.response, place.id)
        entry = self._entry(
            asked,
            pieces,
            past=self._order.of_topics(read_at(place)),
            waits=self._statuses.before_read(place, statuses_of(pieces)),
            requires=self._lists.requires(asked.key, pieces) if place.id is None else 0,
            settles=self._settles(place, pieces),
        )
        reads = self._reads.get(asked.key)
        if reads is None:
            reads = self._reads[asked.key] = Reads(is_list=place.id is None)
        reads.add(entry)
        return entry

    def _settles(self, place: Place, pieces: Sequence[Piece]) -> bool:
        creation = self._creations.get(place.id or "")
        if creation is None:
            return False
        has_new_ids = any(id not in creation.ids for piece in pieces for id in piece.ids)
        return has_new_ids or any(wait.moment[0] > creation.index for piece in pieces for wait in piece.statuses)

    def _pieces(self, index: int, response: RecordedResponse, root: str | None) -> Sequence[Piece]:
        if not response.is_stream:
            return (self._piece((index, 0), response.body, response.json, root),)
        frames = (frame_of(event) for event in response.events)
        return [
            self._piece((index, number), frame, event.json if '"status"' in event.data else None, root)
            for number, (frame, event) in enumerate(zip(frames, response.events, strict=True))
        ]

    def _piece(self, now: tuple[int, int], data: bytes, value: Any, root: str | None) -> Piece:
        statuses = tuple(self._statuses.moment(shown, now, root) for shown in statuses_in(value))
        ids = ids_in(data.decode("utf-8", "replace")) if b"id" in data else ()
        return Piece(data, tuple(dict.fromkeys(ids)), statuses)


class _Lists:
    """What the lists of collections show: the creations in them, and that what was deleted is gone."""

    def __init__(self, creations: dict[str, Entry]) -> None:
        self._creations = creations
        self._deletions: dict[str, Mask] = {}
        self._listed: dict[Key, set[str]] = defaultdict(set)

    def effect(self, entry: Entry) -> None:
        """Take in an effect that succeeded."""
        if entry.key.method == "DELETE" and entry.place.id is not None and entry.place.collection is None:
            self._deletions[entry.place.id] = entry.bit

    def requires(self, key: Key, pieces: Sequence[Piece]) -> Mask:
        """Return the effects that a list shows: no answer tells of what was not done."""
        ids = {id for piece in pieces for id in piece.ids}
        gone = self._listed[key] - ids
        self._listed[key] |= ids
        mask = 0
        for id in ids & self._creations.keys():
            mask |= self._creations[id].bit
        for id in gone & self._deletions.keys():
            mask |= self._deletions[id]
        return mask


def _object_in(response: RecordedResponse, place: Place) -> Any:
    """Return the object that an answer is about; of a stream, the first one that is of the kind asked for."""
    if not response.is_stream:
        return response.json
    wants_run = place.noun == "threads/runs"
    return next((value for value in _objects(response) if not wants_run or "thread_id" in value), None)


def _objects(response: RecordedResponse) -> Iterator[dict[str, Any]]:
    for event in response.events:
        value = event.json
        if isinstance(value, dict):
            inner = value.get("response")
            yield inner if isinstance(inner, dict) else value
