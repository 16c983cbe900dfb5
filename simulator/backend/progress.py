"""The funnel: all that changes an active run, its steps and its messages, and tells the journal and the stream.

When something happens is the engine's to know; here is what it does to the objects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from . import objects
from .answers import turn_deltas
from .deltas import joined_content
from .execution import Execution
from .ids import Ids
from .journal import Journal, StatusChange
from .lifecycle import Event, Status, StepStatus, apply
from .objects import JsonDict
from .store import Store
from .tokens import Tokens

# How a message that was not finished says why (the spec's values; only `max_tokens` is recorded).
_CUT_BY = {Event.CANCEL: "run_cancelled", Event.EXPIRE: "run_expired", Event.FAIL: "run_failed"}


class Progress:
    """Moves runs, steps and messages.

    Args:
        ids, store, journal: the parts it works on.
        tokens_of: what the step cost that an execution is at.
    """

    def __init__(self, ids: Ids, store: Store, journal: Journal, tokens_of: Callable[[Execution], Tokens]) -> None:
        self.ids, self.store, self.journal = ids, store, journal
        self._tokens_of = tokens_of

    def move(self, execution: Execution, event: Event, at: float, **fields: object) -> Status:
        """Let something happen to a run, and return its new status."""
        return self._apply(execution, execution.run, event, at, **fields)

    def open_step(self, execution: Execution, details: JsonDict, at: float) -> JsonDict:
        """Begin a step, and return it."""
        step = objects.run_step(self.ids.new("step_"), int(at), execution.run, details)
        execution.step = self.store.run_steps.add(step, execution.run["id"])
        self._journal_status(execution.run, step, None, "create", at)
        execution.emit(at, "thread.run.step.created", step)
        execution.emit(at, "thread.run.step.in_progress", step)
        return step

    def close_step(self, execution: Execution, event: Event, at: float, **fields: object) -> None:
        """End the step that is open; what it cost is added to what the run cost."""
        tokens = self._tokens_of(execution)
        execution.spent = execution.spent.plus(tokens)
        self._apply(execution, execution.current_step, event, at, usage=objects.usage(*tokens), **fields)

    def open_message(self, execution: Execution, message_id: str, at: float) -> JsonDict:
        """Begin a message of the run, and return it."""
        run = execution.run
        author = {"assistant_id": run["assistant_id"], "run_id": run["id"]}
        message = objects.message(message_id, int(at), run["thread_id"], "assistant", objects.NOTHING, **author)
        execution.message = self.store.messages.add(message, run["thread_id"])
        execution.emit(at, "thread.message.created", message)
        execution.emit(at, "thread.message.in_progress", message)
        return message

    def complete_message(self, execution: Execution, at: float) -> None:
        """End the message that is open, with all it was to say."""
        self._finish_message(execution, "thread.message.completed", execution.content, at)

    def stop_message(self, execution: Execution, content: list[JsonDict], reason: str, at: float) -> None:
        """End the message that is open before its end, with what was said of it."""
        self._finish_message(execution, "thread.message.incomplete", content, at, reason)

    def cut(self, execution: Execution, event: Event, at: float, **fields: object) -> None:
        """End the step and the message that are open, with what was said so far."""
        if execution.deltas is not None:
            execution.deltas.stop = at
        step = execution.step
        if step is None or step["status"] != StepStatus.IN_PROGRESS:
            return
        if execution.message is not None:
            said = turn_deltas(execution.turn, execution.content, ())
            due = sum(time <= at for time in execution.times(len(said)))
            self.stop_message(execution, joined_content(said[:due]), _CUT_BY[event], at)
        self.close_step(execution, event, at, **fields)

    def _apply(self, execution: Execution, target: JsonDict, event: Event, at: float, **fields: object) -> Status:
        """Move a run or a step by the table, and tell journal and stream.

        A run that stops short ends its stream with `thread.run.incomplete`, as the spec and SDKs from
        1.30 have it. Both recorded streams of that kind, of April 2024, end with `thread.run.completed`
        and the status `incomplete` (recorded-traffic.md 6d): chosen against them, for what came later.
        """
        before = target["status"]
        after = apply(target, event, at, **fields)
        self._journal_status(execution.run, target, before, event, at)
        execution.emit(at, f"{target['object']}.{after}", target)
        return after

    def _finish_message(
        self, execution: Execution, name: str, content: list[JsonDict], at: float, reason: str | None = None
    ) -> None:
        message = cast("JsonDict", execution.message)  # whoever finishes one has opened it
        message["content"] = content
        execution.emit(at, name, message, reason)

    def _journal_status(self, run: JsonDict, moved: JsonDict, before: str | None, event: str, at: float) -> None:
        change = (at, moved["object"], moved["id"], run["id"], run["thread_id"], before, moved["status"], str(event))
        self.journal.add(StatusChange(*change))
