"""Makes runs move: asks the brain, plans what follows on the calendar, and fires what is due.

Polling and streaming are two views of the same events. A poll shows the object after those that
have fired; a stream is the events as they fire, each with the object as it was then.

A turn of the model is planned as three events: `start` (the queue is over), `open` (the step, and
its message, begin) and `close` (the turn has ended). What else can happen, `expire` and
`confirm_cancel`, is on the same calendar. Every change of status, of a run or a step, goes through
`_apply`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from ..errors import NoTurn
from . import file_search, objects
from .answers import has_message, message_content, tool_calls, turn_deltas
from .brain import Brain, Output
from .clock import Calendar, Clock
from .course import Course, SeededCourse
from .deltas import joined_content
from .execution import Deltas, Execution, Outputs, RunStream, StreamEvent
from .ids import Ids
from .journal import Asked, Journal, StatusChange
from .lifecycle import ACTIVE, TERMINAL, Event, RunStatus, Status, StepStatus, apply
from .limits import PROMPT_LIMIT, Answer, answered, fitted
from .objects import EMPTY, JsonDict
from .store import Store
from .tokens import CountTokens, Tokens, estimate
from .turns import FAIL_MESSAGES, CallTools, Fail, Finish, Hang, Incomplete, RunCode, Say, SearchFiles
from .vector_stores import VectorStores
from .views import build_view

# What takes a run out of a status, by itself.
_LEAVING = {
    RunStatus.QUEUED: ("start", "open", "close"),
    RunStatus.IN_PROGRESS: ("open", "close"),
    RunStatus.CANCELLING: ("confirm_cancel",),
}

ALWAYS = -1  # the epoch of what stays planned whatever else is

# How a message that was not finished says why (the spec's values; only `max_tokens` is recorded).
_CUT_BY = {Event.CANCEL: "run_cancelled", Event.EXPIRE: "run_expired", Event.FAIL: "run_failed"}
_CUT_BY_REASON = {"content_filter": "content_filter"}


class Engine:
    """The runs at work.

    Args:
        clock, ids, store, journal: the parts it works on.
        brain: who answers.
        count: counts tokens.

    Attributes:
        course: how long things take; the usual one goes by the seed.
        vector_stores: those, whose events are on the same calendar.
    """

    def __init__(
        self, clock: Clock, ids: Ids, store: Store, journal: Journal, brain: Brain, *, count: CountTokens = estimate
    ) -> None:
        self.clock, self.ids, self.store, self.journal, self.brain = clock, ids, store, journal, brain
        self.count = count
        self.course: Course = SeededCourse(ids)
        self.calendar = Calendar()
        self.vector_stores = VectorStores(clock, store, self.calendar, self._ready_at)
        self.executions: dict[str, Execution] = {}
        self.surprises: list[str] = []
        # By thread: the run that has ended and locks it still, and until when; a fault made it so.
        self.lingering: dict[str, tuple[str, float]] = {}
        self._active: dict[str, dict[str, None]] = {}

    def _ready_at(self, file: JsonDict, at: float) -> float:
        return self.course.ingest(file, at)  # whichever course it is by then

    # What requests cause. Each either happens whole or raises with everything as before.

    def active_run(self, thread_id: str) -> str | None:
        """Return the id of the run that locks a thread, if one does."""
        active = next(iter(self._active.get(thread_id, EMPTY)), None)
        return self._lingering(thread_id) if active is None and self.lingering else active

    def _lingering(self, thread_id: str) -> str | None:
        run_id, until = self.lingering.get(thread_id, (None, 0.0))
        return run_id if self.clock.now() < until else None

    def create(
        self,
        run: JsonDict,
        *,
        additional_instructions: str = "",
        additional_messages: Sequence[JsonDict] = (),
        stream: RunStream | None = None,
        store_rest: Callable[[], None] = lambda: None,
    ) -> None:
        """Take on a new run: ask the brain, store run and messages, put the run in the queue.

        Args:
            store_rest: stores what else the request makes; called when nothing can be refused any more.

        Raises:
            NoTurn: the brain has no answer; nothing is stored.
        """
        execution = Execution(run, additional_instructions, stream=stream)
        answer = self._ask(execution, self.clock.now(), additional_messages=additional_messages)
        store_rest()
        for message in additional_messages:
            self.store.messages.add(message, run["thread_id"])
        self.store.runs.add(run, run["thread_id"])
        self._take_on(execution)
        self._emit(execution, self.clock.now(), "thread.run.created", run)
        self._emit(execution, self.clock.now(), "thread.run.queued", run)
        self._plan_queued(execution, answer)

    def submit(self, run_id: str, outputs: Outputs, stream: RunStream | None = None) -> None:
        """Give a waiting run the outputs of its calls; it is queued again and the brain asked.

        Args:
            outputs: by call id, one for each call that waits.

        Raises:
            NoTurn: the brain has no answer; the run still waits.
        """
        execution, at = self.executions[run_id], self.clock.now()
        answered = [
            Output(call["function"]["name"], call["function"]["arguments"], outputs[call["id"]])
            for call in waiting_calls(execution.run)
        ]
        answer = self._ask(execution, at, [*execution.outputs, *answered])
        if execution.step is None:  # a placed run whose step was not placed
            self._open_step(execution, objects.tool_calls(objects.NOTHING), at)
        execution.stream = stream
        execution.outputs += answered
        self._answer_step(execution, outputs, at)
        self._move(execution, Event.SUBMIT, at)
        self._plan_queued(execution, answer)

    def cancel(self, run_id: str) -> None:
        """Begin to cancel: the run is `cancelling` until the calendar confirms it, and locks its thread till then."""
        execution, at = self.executions[run_id], self.clock.now()
        self._cut(execution, Event.CANCEL, at)
        self._move(execution, Event.CANCEL, at)
        execution.epoch += 1
        self._plan(execution, self.course.confirm_cancel(execution.run, at), "confirm_cancel")

    def hold(self, run_id: str, status: RunStatus, seconds: float | None) -> None:
        """Let an active run stay in a status for so much longer; None: until it expires or is cancelled.

        Args:
            status: `queued`, `in_progress` or `cancelling`.
        """
        execution = self.executions[run_id]
        held = self.calendar.take(run_id, _LEAVING[status])
        if seconds is None:
            return
        execution.opens_at += seconds
        execution.closes_at += seconds
        for due in held:
            self.calendar.add(due.due + seconds, run_id, due.epoch, due.action)

    def adopt(self, run: JsonDict) -> None:
        """Take on a run that was placed: it does not move by itself, except to expire."""
        self.forget(run["id"])
        self.calendar.drop(run["id"])  # what an earlier run of this id had planned
        if run["status"] not in ACTIVE:
            return
        self._take_on(Execution(run))
        for step in self.store.run_steps.of(run["id"]):
            self.adopt_step(step)

    def adopt_step(self, step: JsonDict) -> None:
        """Take a placed step that is in progress as the one its run is at."""
        execution = self.executions.get(step["run_id"])
        if execution is not None and step["status"] == StepStatus.IN_PROGRESS:
            execution.step = step

    def forget(self, run_id: str) -> None:
        """Let go of a run that has ended, was deleted with its thread, or replaced."""
        execution = self.executions.pop(run_id, None)
        if execution is None:
            return
        if execution.stream is not None:
            execution.stream.ended = True  # whoever reads it must not wait for a run that is gone
        runs = self._active[execution.run["thread_id"]]
        del runs[run_id]
        if not runs:
            del self._active[execution.run["thread_id"]]

    def restore(self, executions: Iterable[Execution], surprises: Iterable[str]) -> None:
        """Take over the active runs of a saved state; their calendar is restored apart."""
        for execution in executions:
            self._remember(execution)
        self.surprises = list(surprises)

    # Time.

    def settle(self) -> None:
        """Fire every event that is due by now, in order, each at its own time."""
        now = self.clock.now()
        while self.calendar.is_due(now):
            due = self.calendar.pop()
            if due.action not in _ACTIONS:
                self.vector_stores.fire(due)
                continue
            execution = self.executions.get(due.subject)
            if execution is not None and due.epoch in (execution.epoch, ALWAYS):
                _ACTIONS[due.action](self, execution, due.due)

    def next_due(self) -> float | None:
        """Return when the next event of any run is due, or None if nothing will ever happen."""
        return self.calendar.next_due()

    def _take_on(self, execution: Execution) -> None:
        self._remember(execution)
        run = execution.run
        if run["expires_at"] is not None:
            self.calendar.add(run["expires_at"], run["id"], ALWAYS, "expire")

    def _remember(self, execution: Execution) -> None:
        run = execution.run
        self.executions[run["id"]] = execution
        self._active.setdefault(run["thread_id"], {})[run["id"]] = None

    def _plan(self, execution: Execution, due: float, action: str) -> None:
        self.calendar.add(due, execution.run["id"], execution.epoch, action)

    def _plan_queued(self, execution: Execution, answer: Answer) -> None:
        run, at = execution.run, self.clock.now()
        start = max(self.course.pick_up(run, at), file_search.ready_by(self.vector_stores, run, at))
        self._plan(execution, start, "start")
        self._plan_turn(execution, answer, start)

    def _plan_turn(self, execution: Execution, answer: Answer, start: float) -> None:
        turn, execution.prompt_tokens, execution.stopped_by = answer
        execution.turn, execution.step, execution.message = turn, None, None
        if isinstance(turn, Hang):
            return
        execution.opens_at, execution.closes_at = self.course.turn(execution.run, turn, start)
        self._plan(execution, execution.opens_at, "open")
        self._plan(execution, execution.closes_at, "close")

    # The model.

    def _ask(
        self,
        execution: Execution,
        at: float,
        outputs: Sequence[Output] = (),
        additional_messages: Sequence[JsonDict] = (),
    ) -> Answer:
        view = build_view(
            self.store,
            execution.run,
            additional_instructions=execution.additional_instructions,
            additional_messages=additional_messages,
            outputs=outputs,
        )
        used = execution.used(self.count)
        prompt = fitted(view, used, self.count)
        if prompt is None:  # the model is not asked, and no turn is used up
            return Answer(Incomplete(reason=PROMPT_LIMIT))
        turn = self.brain.answer(prompt.view)
        run = execution.run
        self.journal.add(Asked(at, run["id"], run["thread_id"], prompt.view, turn))
        return answered(turn, prompt, used, self.count)

    def _go_on(self, execution: Execution, at: float) -> None:
        """Ask again at once, in the middle of a run, where no request is left to refuse."""
        try:
            answer = self._ask(execution, at, execution.outputs)
        except NoTurn as problem:
            self.surprises.append(str(problem))
            self._fail(execution, "server_error", FAIL_MESSAGES["server_error"], at)
            return
        self._plan_turn(execution, answer, at)

    # Events: the queue is over, a turn opens, a turn closes.

    def _start(self, execution: Execution, at: float) -> None:
        self._move(execution, Event.PICK_UP, at)

    def _open(self, execution: Execution, at: float) -> None:
        turn = execution.turn
        if isinstance(turn, CallTools | RunCode | SearchFiles):
            search = partial(file_search.perform, self.vector_stores, execution.run, at=at)
            execution.calls = tool_calls(turn, self.ids, partial(self._place_png, at), search)
            step = self._open_step(execution, objects.tool_calls(objects.NOTHING), at)
            self._emit_deltas(execution, "thread.run.step.delta", step)
        elif has_message(turn):
            execution.content = message_content(turn, partial(self._place_png, at))
            message_id = self.ids.new("msg_")
            self._open_step(execution, objects.message_creation(message_id), at)
            message = self._open_message(execution, message_id, at)
            self._emit_deltas(execution, "thread.message.delta", message)

    def _open_step(self, execution: Execution, details: JsonDict, at: float) -> JsonDict:
        step = objects.run_step(self.ids.new("step_"), int(at), execution.run, details)
        execution.step = self.store.run_steps.add(step, execution.run["id"])
        self._journal_status(execution.run, step, None, "create", at)
        self._emit(execution, at, "thread.run.step.created", step)
        self._emit(execution, at, "thread.run.step.in_progress", step)
        return step

    def _open_message(self, execution: Execution, message_id: str, at: float) -> JsonDict:
        run = execution.run
        author = {"assistant_id": run["assistant_id"], "run_id": run["id"]}
        message = objects.message(message_id, int(at), run["thread_id"], "assistant", objects.NOTHING, **author)
        execution.message = self.store.messages.add(message, run["thread_id"])
        self._emit(execution, at, "thread.message.created", message)
        self._emit(execution, at, "thread.message.in_progress", message)
        return message

    def _close(self, execution: Execution, at: float) -> None:
        _CLOSINGS[type(execution.turn)](self, execution, execution.turn, at)

    def _close_say(self, execution: Execution, turn: Say, at: float) -> None:
        if execution.stopped_by is not None:
            self._close_incomplete(execution, Incomplete(reason=execution.stopped_by), at)
            return
        self._finish_message(execution, "thread.message.completed", execution.content, at)
        self._close_step(execution, Event.COMPLETE, at)
        if turn.more:
            self._go_on(execution, at)
        else:
            self._move(execution, Event.COMPLETE, at, usage=_usage(execution))

    def _close_calls(self, execution: Execution, turn: CallTools, at: float) -> None:
        asked = [
            {**call, "function": {key: call["function"][key] for key in ("name", "arguments")}}
            for call in execution.calls
        ]
        self._step(execution)["step_details"] = objects.tool_calls(execution.calls)
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": asked}}
        self._move(execution, Event.CALL_TOOLS, at, required_action=action)

    def _close_builtin(self, execution: Execution, turn: RunCode | SearchFiles, at: float) -> None:
        self._step(execution)["step_details"] = objects.tool_calls(execution.calls)
        self._close_step(execution, Event.COMPLETE, at)
        self._go_on(execution, at)

    def _close_fail(self, execution: Execution, turn: Fail, at: float) -> None:
        self._fail(execution, turn.code, turn.message, at)

    def _close_incomplete(self, execution: Execution, turn: Incomplete, at: float) -> None:
        # The step is completed though its message is not (recorded-traffic.md 6d).
        if execution.message is not None:
            reason = _CUT_BY_REASON.get(turn.reason, "max_tokens")
            self._finish_message(execution, "thread.message.incomplete", execution.content, at, reason)
            self._close_step(execution, Event.COMPLETE, at)
        details = {"reason": turn.reason}
        self._move(execution, Event.STOP_SHORT, at, incomplete_details=details, usage=_usage(execution))

    def _close_finish(self, execution: Execution, turn: Finish, at: float) -> None:
        self._move(execution, Event.COMPLETE, at, usage=_usage(execution))

    # Events: the outputs came, the run fails, expires, or its cancel is confirmed.

    def _answer_step(self, execution: Execution, outputs: Outputs, at: float) -> None:
        calls = [
            {**call, "function": {**call["function"], "output": outputs[call["id"]]}}
            for call in waiting_calls(execution.run)
        ]
        self._step(execution)["step_details"] = objects.tool_calls(calls)
        execution.calls = calls
        self._close_step(execution, Event.COMPLETE, at)

    def _fail(self, execution: Execution, code: str, message: str, at: float) -> None:
        error = {"code": code, "message": message}
        self._cut(execution, Event.FAIL, at, last_error=error)
        self._move(execution, Event.FAIL, at, last_error=error, usage=_usage(execution))

    def _expire(self, execution: Execution, at: float) -> None:
        self._cut(execution, Event.EXPIRE, at)
        self._move(execution, Event.EXPIRE, at, usage=_usage(execution))

    def _confirm_cancel(self, execution: Execution, at: float) -> None:
        self._move(execution, Event.CONFIRM_CANCEL, at, usage=_usage(execution))

    def _cut(self, execution: Execution, event: Event, at: float, **fields: object) -> None:
        """End the step and the message that are open, with what was said so far."""
        if execution.deltas is not None:
            execution.deltas.stop = at
        step = execution.step
        if step is None or step["status"] != StepStatus.IN_PROGRESS:
            return
        if execution.message is not None:
            said = turn_deltas(execution.turn, execution.content, ())
            due = sum(time <= at for time in execution.times(len(said)))
            self._finish_message(execution, "thread.message.incomplete", joined_content(said[:due]), at, _CUT_BY[event])
        self._close_step(execution, event, at, **fields)

    # The funnel.

    def _move(self, execution: Execution, event: Event, at: float, **fields: object) -> None:
        after = self._apply(execution, execution.run, event, at, **fields)
        if after in TERMINAL:
            self._let_go(execution, at)
        elif after == RunStatus.REQUIRES_ACTION and execution.stream is not None:
            execution.stream.ended = True
            execution.stream = None

    def _close_step(self, execution: Execution, event: Event, at: float, **fields: object) -> None:
        known = self.course.tokens(execution.run, execution.turn)
        tokens = known or Tokens(execution.prompt_tokens, execution.completion_tokens(self.count))
        execution.spent = execution.spent.plus(tokens)
        self._apply(execution, self._step(execution), event, at, usage=objects.usage(*tokens), **fields)

    def _apply(self, execution: Execution, target: JsonDict, event: Event, at: float, **fields: object) -> Status:
        """Move a run or a step by the table, and tell journal and stream.

        A run that stops short ends its stream with `thread.run.incomplete`, as the spec and SDKs from
        1.30 have it. Both recorded streams of that kind, of April 2024, end with `thread.run.completed`
        and the status `incomplete` (recorded-traffic.md 6d): chosen against them, for what came later.
        """
        before = target["status"]
        after = apply(target, event, at, **fields)
        self._journal_status(execution.run, target, before, event, at)
        self._emit(execution, at, f"{target['object']}.{after}", target)
        return after

    def _finish_message(
        self, execution: Execution, name: str, content: list[JsonDict], at: float, reason: str | None = None
    ) -> None:
        message = cast("JsonDict", execution.message)  # whoever finishes one has opened it
        message["content"] = content
        self._emit(execution, at, name, message, reason)

    def _let_go(self, execution: Execution, at: float) -> None:
        self.forget(execution.run["id"])
        if execution.lock_lag:
            self.lingering[execution.run["thread_id"]] = execution.run["id"], at + execution.lock_lag
        # Steps show `expires_at` only while their run is active (92 of 92 recorded, recorded-traffic.md 1).
        for step in self.store.run_steps.of(execution.run["id"]):
            step["expires_at"] = None

    def _step(self, execution: Execution) -> JsonDict:
        return cast("JsonDict", execution.step)  # whoever asks has opened one

    def _journal_status(self, run: JsonDict, moved: JsonDict, before: str | None, event: str, at: float) -> None:
        change = (at, moved["object"], moved["id"], run["id"], run["thread_id"], before, moved["status"], str(event))
        self.journal.add(StatusChange(*change))

    def _emit(
        self, execution: Execution, at: float, name: str, data: Mapping[str, Any], reason: str | None = None
    ) -> None:
        if execution.stream is not None:
            execution.stream.waiting.append(StreamEvent(at, name, dict(data), reason))

    def _emit_deltas(self, execution: Execution, name: str, of: JsonDict) -> None:
        execution.deltas = None
        if execution.stream is not None:
            parts = turn_deltas(execution.turn, execution.content, execution.calls)
            execution.deltas = Deltas(name, of["id"], parts, execution.times(len(parts)))
            execution.stream.waiting.append(execution.deltas)

    def _place_png(self, at: float, content: bytes) -> str:
        id = self.ids.new("file-")
        self.store.contents[id] = content
        file = objects.file(id, int(at), f"/mnt/data/{id}.png", "assistants_output", len(content))
        self.store.files.add(file)
        return id


def waiting_calls(run: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the calls that a run in `requires_action` waits for."""
    action = run["required_action"] or {}
    calls: Sequence[Mapping[str, Any]] = action.get("submit_tool_outputs", {}).get("tool_calls", ())
    return calls


def _usage(execution: Execution) -> JsonDict:
    return objects.usage(*execution.spent)


_Closing = Callable[[Engine, Execution, Any, float], None]

_CLOSINGS: Mapping[type, _Closing] = {
    Say: Engine._close_say,
    CallTools: Engine._close_calls,
    RunCode: Engine._close_builtin,
    SearchFiles: Engine._close_builtin,
    Fail: Engine._close_fail,
    Incomplete: Engine._close_incomplete,
    Finish: Engine._close_finish,
}

_ACTIONS: Mapping[str, Callable[[Engine, Execution, float], None]] = {
    "start": Engine._start,
    "open": Engine._open,
    "close": Engine._close,
    "expire": Engine._expire,
    "confirm_cancel": Engine._confirm_cancel,
}
