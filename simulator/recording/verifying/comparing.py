"""Compares an answer of the simulator with the recorded one, and finds every difference.

Nothing is rounded, sorted or left out. Ids may be others, as long as each stands for one recorded id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from ..json_values import parsed
from .differences import Aspect, Difference, Tally, leaves
from .identities import Identities
from .reading import Exchange, Session

DONE = "[DONE]"
_REQUEST_ID = re.compile(r"req_[0-9a-f]{32}")
_BARE_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the simulator answered: of a stream, all its frames in one."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    events: Sequence[tuple[str, Any]] = ()
    is_stream: bool = False


class Comparison:
    """Compares the answers of one session, in order.

    Args:
        identities: the ids that are known to stand for one another; it grows.
    """

    def __init__(self, session: Session, identities: Identities) -> None:
        self._session, self._identities = session, identities
        self._tally = Tally()
        self._exchange: Exchange

    def compare(self, exchange: Exchange, answer: Answer) -> Tally:
        """Return what the comparison of one answer comes to."""
        self._exchange, self._tally = exchange, Tally()
        recorded = exchange.interaction.response
        self._look(Aspect.STATUS, "status", recorded.status, answer.status)
        self._headers(recorded.headers, answer)
        if recorded.is_stream:
            self._stream(exchange.events, answer)
        else:
            self._body(recorded.body, answer)
        return self._tally

    # Parts of an answer.

    def _headers(self, recorded: Mapping[str, str], answer: Answer) -> None:
        for name, agree in _HEADERS.items():
            if name in recorded or name in _NEVER_SENT:
                theirs, ours = recorded.get(name), answer.headers.get(name)
                self._look(Aspect.HEADERS, name, theirs, ours, agrees=agree(theirs, ours))

    def _body(self, recorded: bytes, answer: Answer) -> None:
        theirs, ours = parsed(recorded), None if answer.is_stream else parsed(answer.body)
        if theirs is None:
            self._look(Aspect.VALUES, "the body", recorded, answer.body)
            return
        before = len(self._tally.differences)
        self._value("", theirs, ours)
        if self._exchange.status >= 400:
            agrees = len(self._tally.differences) == before
            self._look(Aspect.ERRORS, "the body", theirs, ours, agrees=agrees)
        self._look(Aspect.HEADERS, "indentation", _indentation(recorded), _indentation(answer.body))

    def _stream(self, recorded: Sequence[tuple[str, Any]], answer: Answer) -> None:
        theirs, ours = ([name for name, _ in events] for events in (recorded, answer.events))
        self._look(Aspect.EVENTS, "events", theirs, ours)
        matched = SequenceMatcher(None, theirs, ours, autojunk=False)
        for start, other, size in matched.get_matching_blocks():
            for number in range(size):
                name, data = recorded[start + number]
                self._value(f"{name}", data, answer.events[other + number][1])
        for tag, start, stop, _, _ in matched.get_opcodes():
            if tag != "equal":
                for name, data in recorded[start:stop]:
                    self._miss(name, data, "no such event")

    # Values.

    def _value(self, path: str, theirs: Any, ours: Any) -> None:
        if isinstance(theirs, dict) and isinstance(ours, dict):
            self._object(path, theirs, ours)
        elif isinstance(theirs, list) and isinstance(ours, list):
            self._list(path, theirs, ours)
        elif isinstance(theirs, dict | list) or isinstance(ours, dict | list):
            self._tally.compared[Aspect.VALUES] += leaves(theirs)
            self._differ(Aspect.VALUES, path, theirs, ours, weight=leaves(theirs))
        else:
            self._look(Aspect.VALUES, path, theirs, ours, agrees=self._same(theirs, ours))

    def _object(self, path: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
        one, other = (list(theirs), list(ours))
        if self._session.sorts_keys:
            one, other = sorted(one), sorted(other)
        self._look(Aspect.KEYS, path or "the object", one, other)
        for key in (key for key in theirs if key in ours):
            self._value(f"{path}.{key}" if path else key, theirs[key], ours[key])
        missing = {key: value for key, value in theirs.items() if key not in ours}
        if missing:
            self._miss(path or "the object", missing, "no such keys")

    def _list(self, path: str, theirs: Sequence[Any], ours: Sequence[Any]) -> None:
        self._look(Aspect.VALUES, f"{path}.length", len(theirs), len(ours))
        pairs = dict(self._pairs(theirs, ours))
        for index, one in enumerate(theirs):
            if index in pairs:
                self._value(f"{path}[{index}]", one, ours[pairs[index]])
            else:
                self._miss(f"{path}[{index}]", one, "nothing")
        for index, other in enumerate(ours):
            if index not in pairs.values():
                self._differ(Aspect.VALUES, f"{path}[{index}]", "nothing", other)

    def _pairs(self, theirs: Sequence[Any], ours: Sequence[Any]) -> Iterator[tuple[int, int]]:
        """Yield which items stand for one another: those at the same place, or objects that are known to, in order."""
        known, given = [self._key(one) for one in theirs], [_id_of(one) or "" for one in ours]
        if len(theirs) == len(ours) and not _contradict(known, given):
            yield from zip(range(len(theirs)), range(len(ours)), strict=True)
            return
        matched = SequenceMatcher(None, known, given, autojunk=False)
        for start, other, size in matched.get_matching_blocks():
            yield from ((start + number, other + number) for number in range(size))

    def _key(self, theirs: Any) -> str:
        return self._identities.ours.get(_id_of(theirs) or "", "")

    def _miss(self, path: str, theirs: Any, told: str) -> None:
        self._tally.compared[Aspect.VALUES] += leaves(theirs)
        self._differ(Aspect.VALUES, path, theirs, told, weight=leaves(theirs))

    def _same(self, theirs: Any, ours: Any) -> bool:
        if type(theirs) is not type(ours):
            return False
        return self._identities.same(theirs, ours) if isinstance(theirs, str) else bool(theirs == ours)

    # The tally.

    def _look(self, aspect: Aspect, path: str, theirs: Any, ours: Any, *, agrees: bool | None = None) -> None:
        self._tally.compared[aspect] += 1
        if not (theirs == ours if agrees is None else agrees):
            self._differ(aspect, path, theirs, ours)

    def _differ(self, aspect: Aspect, path: str, theirs: Any, ours: Any, *, weight: int = 1) -> None:
        exchange = self._exchange
        self._tally.differences.append(
            Difference(
                session=self._session.name,
                place=exchange.index,
                operation=exchange.operation.name,
                label=exchange.interaction.label,
                aspect=aspect,
                path=path,
                recorded=theirs,
                simulated=ours,
                weight=weight,
            )
        )


def _id_of(item: Any) -> str | None:
    id = item.get("id") if isinstance(item, dict) else None
    return id if isinstance(id, str) else None


def _contradict(theirs: Sequence[str], ours: Sequence[str]) -> bool:
    """Tell whether objects at one place are known to be others, though they stand elsewhere in the list."""
    return any(one and one in ours and one != other for one, other in zip(theirs, ours, strict=True))


def _equal(recorded: str | None, simulated: str | None) -> bool:
    return recorded == simulated


def _both(recorded: str | None, simulated: str | None) -> bool:
    return (recorded is None) == (simulated is None)


def _formed_alike(recorded: str | None, simulated: str | None) -> bool:
    forms = [
        next((one for one in (_REQUEST_ID, _BARE_ID) if one.fullmatch(id or "")), None) for id in (recorded, simulated)
    ]
    return forms[0] is None or forms[0] is forms[1]


# By name: whether the value must be equal, formed alike, or only there.
_HEADERS: Mapping[str, Callable[[str | None, str | None], bool]] = {
    "content-type": _equal,
    "openai-version": _equal,
    "openai-organization": _both,
    "openai-project": _both,
    "openai-processing-ms": _both,
    "x-request-id": _formed_alike,
    "openai-poll-after-ms": _equal,
    "x-ratelimit-limit-requests": _both,
}
# Looked for even where they were not recorded.
_NEVER_SENT = frozenset({"openai-poll-after-ms", "x-ratelimit-limit-requests"})


def _indentation(body: bytes) -> str:
    """Return the blanks before the first key."""
    found = re.match(rb"[{\[]\n( *)", body)
    return "none" if found is None else str(len(found[1]))
