"""What the engine knows of an active run beyond its object, and the stream that may listen to it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, cast

from .answers import turn_deltas
from .brain import Output
from .deltas import due_times
from .lifecycle import StepStatus
from .objects import JsonDict, usage
from .tokens import AFTER_ANSWER, CountTokens, Tokens, tokens_of_call, tokens_of_message, tokens_of_turn
from .turns import CallTools, RunCode, Say, SearchFiles, Turn
from .turns_json import turn_from_json, turn_to_json


class StreamEvent(NamedTuple):
    """Something that fired: its time, its name on the wire, and the object as it was then."""

    at: float
    name: str
    data: Mapping[str, Any]
    reason: str | None


@dataclass(slots=True)
class Deltas:
    """Pieces that come one by one between two events; they change no state, so nobody fires them.

    `stop` is when the answer was cut short: pieces that are due later never come.
    """

    name: str
    id: str
    parts: Sequence[JsonDict]
    times: Sequence[float]
    stop: float = math.inf


class RunStream:
    """The events of one request that streams: what fired waits here until it is read."""

    def __init__(self) -> None:
        self.waiting: deque[StreamEvent | Deltas] = deque()
        self.ended = False


@dataclass(slots=True)
class Execution:
    """An active run at work.

    Args:
        run: the stored object itself.
        additional_instructions: of the request; the run object does not show them.
        epoch: counts the plans of the run; what was planned in an earlier one is void.
        turn: what the model is saying now; None for a run that was placed, or waits for outputs.
        content: what the message will say.
        calls: what the tool step will show.
        prompt_tokens: what the model was shown for this turn.
        spent: what the steps so far cost.
        lock_lag: for how many seconds its thread stays locked after its end.
        stopped_by: the limit that the turn, shortened for it, runs into.
    """

    run: JsonDict
    additional_instructions: str | None = None
    epoch: int = 0
    turn: Turn | None = None
    opens_at: float = 0.0
    closes_at: float = 0.0
    step: JsonDict | None = None
    message: JsonDict | None = None
    content: list[JsonDict] = field(default_factory=list)
    calls: list[JsonDict] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    prompt_tokens: int = 0
    spent: Tokens = field(default_factory=Tokens)
    stopped_by: str | None = None
    stream: RunStream | None = None
    deltas: Deltas | None = None
    lock_lag: float = 0.0

    @property
    def current_step(self) -> JsonDict:
        """The step that the run is at; for those who know that one was opened."""
        return cast("JsonDict", self.step)

    def emit(self, at: float, name: str, data: Mapping[str, Any], reason: str | None = None) -> None:
        """Tell whoever listens that something fired; the object is shown as it is now."""
        if self.stream is not None:
            self.stream.waiting.append(StreamEvent(at, name, dict(data), reason))

    def emit_deltas(self, name: str, of: Mapping[str, Any]) -> None:
        """Tell whoever listens what pieces the present turn will come in."""
        self.deltas = None
        if self.stream is not None:
            parts = turn_deltas(self.turn, self.content, self.calls)
            self.deltas = Deltas(name, of["id"], parts, self.times(len(parts)))
            self.stream.waiting.append(self.deltas)

    def usage(self) -> JsonDict:
        """Return what the steps so far cost, as a run shows it."""
        return usage(*self.spent)

    def times(self, count: int) -> list[float]:
        """Return when each of `count` deltas of the present turn is due."""
        return due_times(count, self.opens_at, self.closes_at)

    def used(self, count: CountTokens) -> Tokens:
        """Return the tokens so far, those of a step that waits for its outputs included."""
        if self.step is None or self.step["status"] != StepStatus.IN_PROGRESS:
            return self.spent
        return self.spent.plus(Tokens(self.prompt_tokens, self.completion_tokens(count)))

    def completion_tokens(self, count: CountTokens) -> int:
        """Return what the step that closes now cost: its message, as far as it was said, or its calls."""
        turn, model = self.turn, self.run["model"] or ""
        if self.message is not None:
            content = self.message["content"]
            whole = isinstance(turn, Say) and self.stopped_by is None and content == self.content
            return tokens_of_message(content, model, count) + (AFTER_ANSWER if whole else 0)
        if isinstance(turn, CallTools | RunCode | SearchFiles):
            return tokens_of_turn(turn, model, count)
        functions = [call["function"] for call in self.calls]  # of a run that was placed as it waits for outputs
        texts = [(one["name"], one["arguments"]) for one in functions]
        return sum([tokens_of_call("function", said, model, count) for said in texts])

    def to_json(self) -> JsonDict:
        """Return all but the stream as JSON values; objects by their ids."""
        return {
            "run": [self.run["thread_id"], self.run["id"]],
            "additional_instructions": self.additional_instructions,
            "epoch": self.epoch,
            "turn": None if self.turn is None else turn_to_json(self.turn),
            "opens_at": self.opens_at,
            "closes_at": self.closes_at,
            "step": self.step and self.step["id"],
            # Whole: a message may be deleted while it is written.
            "message": self.message,
            "content": self.content,
            "calls": self.calls,
            "outputs": [list(output) for output in self.outputs],
            "prompt_tokens": self.prompt_tokens,
            "spent": list(self.spent),
            "lock_lag": self.lock_lag,
            "stopped_by": self.stopped_by,
        }

    @classmethod
    def from_json(
        cls, saved: Mapping[str, Any], run: JsonDict, step: JsonDict | None, message: JsonDict | None
    ) -> Execution:
        """Return what `to_json` described, about the given stored objects."""
        plain = ("additional_instructions", "epoch", "opens_at", "closes_at", "content", "calls", "prompt_tokens")
        return cls(
            run,
            **{key: saved[key] for key in plain},
            turn=None if saved["turn"] is None else turn_from_json(saved["turn"]),
            step=step,
            message=message,
            outputs=[Output(*output) for output in saved["outputs"]],
            spent=Tokens(*saved["spent"]),
            lock_lag=saved.get("lock_lag", 0.0),
            stopped_by=saved.get("stopped_by"),  # older states know of no limits
        )


Outputs: TypeAlias = Mapping[str, str]
"""Tool outputs by call id."""
