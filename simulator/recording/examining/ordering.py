"""In which order a run did what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .conversation import Act, Call, Message, Round


@dataclass(slots=True)
class StepSeen:
    """What is known of a step.

    Args:
        created_at: seconds since the epoch.
        message_id: of the message that it made; None: it called tools.
    """

    created_at: float
    calls: list[Call] = field(default_factory=list)
    message_id: str | None = None


def acts_of(steps: Sequence[StepSeen], rounds: Sequence[list[Call]], messages: Sequence[Message]) -> list[Act]:
    """Return rounds and messages of a run in order.

    The steps say it. Where they were not listed, the calls that the run asked for come before what it said:
    a run ends with its message.

    Args:
        steps: as they were seen.
        rounds: the calls of each `required_action`.
        messages: those of the run, as they were seen.
    """
    by_id = {one.id: one for one in messages}
    acts: list[Act] = []
    for step in sorted(steps, key=lambda one: one.created_at):
        if step.message_id is not None:
            acts.append(by_id.get(step.message_id) or Message(id=step.message_id, role="assistant", content=None))
        elif step.calls:
            acts.append(Round(calls=step.calls))
    stepped = {call.id for act in acts if isinstance(act, Round) for call in act.calls}
    told = {act.id for act in acts if isinstance(act, Message)}
    missing = [Round(calls=calls) for calls in rounds if not stepped.issuperset(call.id for call in calls)]
    return [*missing, *acts, *(one for one in messages if one.id not in told)]
