"""A response that is being made, and the stream that may listen to it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..objects import JsonDict
from ..tokens import Tokens
from ..turns import Turn
from ..turns_json import turn_from_json, turn_to_json
from .items import Item
from .speaking import StreamEvent


@dataclass(slots=True)
class Flow:
    """Events that come one by one; they change no state, so nobody fires them.

    `stop` is when the response was deleted: events that are due later never come.
    """

    events: Sequence[StreamEvent]
    times: Sequence[float]
    stop: float = math.inf


class ResponseStream:
    """The events of one request that streams: what has begun waits here until it is read."""

    def __init__(self) -> None:
        self.waiting: deque[Flow] = deque()


@dataclass(slots=True)
class Work:
    """A response at work.

    Args:
        response: the object itself, stored or not.
        before: the items that it stands on, the oldest first.
        given: those that came with the request.
        task: what a piece of a script answers.
        model: as the request names it.
        conversation: the id of the conversation, or of the first response of the chain.
        include: what its items are to show.
        chain: the digits that its ids share.
        streamed: whether its request streams; nobody else can tell when a turn opens.
        ended: whether it is completed, incomplete, failed or cancelled.
        hangs: whether the model said that it never ends.
        stopped_by: the limit that the turn, shortened for it, runs into.
        said: the items of the turn that is being said.
    """

    response: JsonDict
    before: Sequence[Item]
    given: Sequence[Item]
    task: str
    model: str
    conversation: str
    include: Sequence[str]
    chain: str
    streamed: bool = False
    ended: bool = False
    hangs: bool = False
    turn: Turn | None = None
    opens_at: float = 0.0
    closes_at: float = 0.0
    said: Sequence[Item] = ()
    prompt_tokens: int = 0
    spent: Tokens = field(default_factory=Tokens)
    stopped_by: str | None = None
    stream: ResponseStream | None = None
    flow: Flow | None = None

    @property
    def id(self) -> str:
        """The id of the response."""
        id: str = self.response["id"]
        return id

    @property
    def items(self) -> list[Item]:
        """All that the model is shown."""
        return [*self.before, *self.given, *self.response["output"]]

    def to_json(self) -> JsonDict:
        """Return all but the stream as JSON values; the response by itself, since it need not be stored."""
        return {
            **{key: getattr(self, key) for key in _PLAIN},
            "turn": None if self.turn is None else turn_to_json(self.turn),
            "spent": list(self.spent),
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any], stored: JsonDict | None) -> Work:
        """Return what `to_json` described; `stored` is the response in the store, if it is there."""
        plain = {key: saved[key] for key in _PLAIN}
        plain["response"] = saved["response"] if stored is None else stored
        turn = None if saved["turn"] is None else turn_from_json(saved["turn"])
        return cls(**plain, turn=turn, spent=Tokens(*saved["spent"]))


_PLAIN = (
    *("response", "before", "given", "task", "model", "conversation", "include", "chain", "streamed", "hangs"),
    *("opens_at", "closes_at", "said", "prompt_tokens", "stopped_by"),
)
