"""Clients as programs: what they ask for, in which order, and until when they poll.

The right one makes the requests of a session. Polls are reactive, as in a real run loop: it asks until it sees
a status that it waits for, however many answers were recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ..cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from .conversation import TERMINAL, Conversation, Message, Run
from .operations import operation_of
from .order_replay import OrderReplay

# Somebody's loop would go on for ever; no recorded one polled more often than this without a change.
PATIENCE = 200
ASKED = "requires_action"


class Kind(StrEnum):
    """What a request is to one run."""

    MESSAGE = "message"
    START = "start"
    POLL = "poll"
    SUBMIT = "submit"
    READ = "read"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that a client does.

    Args:
        until: of a poll, the statuses that end it.
        misses: of a poll, how many answers go unseen before each that is looked at.
        only_if_asked: of a submit, whether the client must have seen that outputs are wanted.
    """

    kind: Kind
    request: RecordedRequest
    until: frozenset[str] = TERMINAL | {ASKED}
    misses: int = 0
    only_if_asked: bool = True


class Loops(Exception):
    """A poll never ends."""


class Missed(Exception):
    """A request has no answer."""


@dataclass(kw_only=True)
class Sight:
    """What a client saw of its run.

    Args:
        status: the last.
        answer: what it read of what the run wrote, by the message's id.
        submitted: how many times it sent outputs.
    """

    status: str | None = None
    answer: dict[str, str] = field(default_factory=dict)
    submitted: int = 0

    def same_as(self, other: Sight) -> bool:
        """Tell whether a test that looks at the answer, or where there is none at the status, sees no difference."""
        return self.answer == other.answer if other.answer else self.status == other.status


def right_client(cassette: Cassette, conversation: Conversation, run: Run) -> list[Step]:
    """Return what the recorded client did, as far as one run is concerned."""
    last_message = _last_message(conversation, run)
    program: list[Step] = []
    for place, interaction in enumerate(cassette.interactions):
        step = Step(kind=_kind(place, interaction, run, last_message), request=interaction.request)
        if step.kind is Kind.POLL and program and program[-1].kind is Kind.POLL:
            continue
        program.append(step)
    return program


def recorded_sight(cassette: Cassette, run: Run) -> Sight:
    """Return what the recorded client saw of a run."""
    sight = Sight()
    for interaction in cassette.interactions:
        _look(interaction.response, run, sight)
    return sight


def _last_message(conversation: Conversation, run: Run) -> int | None:
    """Return the place of the last message that was posted before the run."""
    thread = next(one for one in conversation.threads if one.id == run.thread_id)
    places = [one.made_at for one in thread.messages if one.made_at is not None and one.id is not None]
    return max((place for place in places if run.made_at is None or place < run.made_at), default=None)


def _kind(place: int, interaction: Interaction, run: Run, last_message: int | None) -> Kind:
    operation = operation_of(interaction.request)
    if place == run.made_at:
        return Kind.START
    if place == last_message and operation.name == "messages.create":
        return Kind.MESSAGE
    if run.id in operation.ids:
        return _OF_RUN.get(operation.name, Kind.OTHER)
    reads = operation.name in {"messages.list", "messages.retrieve"} and run.thread_id in operation.ids
    return Kind.READ if reads else Kind.OTHER


_OF_RUN: Mapping[str, Kind] = {"runs.retrieve": Kind.POLL, "runs.submit_tool_outputs": Kind.SUBMIT}


def play(program: Sequence[Step], run: Run, replay: OrderReplay) -> Sight:
    """Let a client do what it does, and return what it saw.

    Raises:
        Missed: a request had no answer: its test fails.
        Loops: it polls for ever.
    """
    sight = Sight()
    for step in program:
        if step.kind is Kind.POLL:
            _poll(step, run, replay, sight)
        elif step.kind is Kind.SUBMIT and step.only_if_asked and sight.status != ASKED:
            continue
        else:
            sight.submitted += step.kind is Kind.SUBMIT
            _look(_send(step, replay), run, sight)
    return sight


def _poll(step: Step, run: Run, replay: OrderReplay, sight: Sight) -> None:
    if sight.status in TERMINAL:
        return
    for _ in range(PATIENCE):
        for _ in range(step.misses):
            _send(step, replay)
        _look(_send(step, replay), run, sight)
        if sight.status in step.until:
            return
    raise Loops


def _send(step: Step, replay: OrderReplay) -> RecordedResponse:
    answer = replay.answer(step.request)
    if answer is None:
        raise Missed
    return answer


def _look(response: RecordedResponse, run: Run, sight: Sight) -> None:
    for shown in response.shown.objects:
        if shown.get("id") == run.id and "status" in shown:
            sight.status = str(shown["status"])
        elif shown.get("object") == "thread.message" and shown.get("run_id") == run.id and shown.get("content"):
            text = Message(id=None, role="assistant", content=shown["content"]).text
            sight.answer[str(shown.get("id"))] = text
