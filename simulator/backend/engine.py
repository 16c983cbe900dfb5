"""Makes runs move: asks the brain, plans what follows on the calendar, and fires what is due.

Polling and streaming are two views of the same events. A poll shows the object after those that
have fired; a stream is the events as they fire, each with the object as it was then.

A turn of the model is planned as three events: `start` (the queue is over), `open` (the step, and
its message, begin) and `close` (the turn has ended). What else can happen, `expire` and
`confirm_cancel`, is on the same calendar. Every change of status, of a run or a step, goes through
`Progress`, the funnel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from ..errors import NoTurn
from . import file_search, objects
from .answers import has_message, message_content, tool_calls
from .brain import Brain, Output
from .clock import Calendar, Clock, Due
from .course import Course, SeededCourse
from .execution import Execution, Outputs, RunStream
from .ids import Ids
from .journal import Asked, Journal
from .lifecycle import ACTIVE, TERMINAL, Event, RunStatus, StepStatus
from .limits import PROMPT_LIMIT, Answer, answered, fitted
from .objects import JsonDict
from .progress import Progress
from .store import Store
from .thread_locks import ThreadLocks
from .tokens import CountTokens, Tokens, estimate
from .turns import FAIL_MESSAGES, CallTools, Fail, Finish, Hang, Incomplete, RunCode, Say, SearchFiles, Turn
from .vector_stores import VectorStores
from .views import build_view

# What takes a run out of a status, by itself.
_LEAVING = {
    RunStatus.QUEUED: ("start", "open", "close"),
    RunStatus.IN_PROGRESS: ("open", "close"),
    RunStatus.CANCELLING: ("confirm_cancel",),
}

ALWAYS = -1  # the epoch of what stays planned whatever else is

# How a message that was stopped says why (the spec's values; only `max_tokens` is recorded).
_CUT_BY_REASON = {"content_filter": "content_filter"}


class Engine:
    """The runs at work.

    Args:
        clock, ids, store, journal: the parts it works on.
        brain: who answers.
        count: counts tokens.

    Attributes:
        course: how long things take; the usual one goes by the seed.
        progress: the funnel through which objects change.
        locks: which run locks a thread.
        vector_stores: those, whose events are on the same calendar.
        elsewhere: who else has events on it, by their action.
    """

    def __init__(
        self, clock: Clock, ids: Ids, store: Store, journal: Journal, brain: Brain, *, count: CountTokens = estimate
    ) -> None:
        self.clock, self.ids, self.store, self.journal, self.brain = clock, ids, store, journal, brain
        self.count = count
        self.course: Course = SeededCourse(ids)
        self.calendar = Calendar()
        self.vector_stores = VectorStores(clock, store, self.calendar, self._ready_at)
        self.progress = Progress(ids, store, journal, self._tokens_of)
        self.locks = ThreadLocks()
        self.elsewhere: dict[str, Callable[[Due], None]] = {}
        self.executions: dict[str, Execution] = {}
        self.surprises: list[str] = []

    def _tokens_of(self, execution: Execution) -> Tokens:
        known = self.course.tokens(execution.run, execution.turn)
        return known or Tokens(execution.prompt_tokens, execution.completion_tokens(self.count))

    def _ready_at(self, file: JsonDict, at: float) -> float:
        return self.course.ingest(file, at)  # whichever course it is by then

    # What requests cause. Each either happens whole or raises with everything as before.

    def active_run(self, thread_id: str) -> str | None:
        """Return the id of the run that locks a thread, if one does."""
        return self.locks.holder(thread_id, self.clock.now())

    def create(
        self,
        run: JsonDict,
        *,
        additional_instructions: str | None = None,
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
        execution.emit(self.clock.now(), "thread.run.created", run)
        execution.emit(self.clock.now(), "thread.run.queued", run)
        self._plan_queued(execution, answer)

    def begin(self, run: JsonDict, turn: Turn) -> None:
        """Take on a new run whose one turn is known: the brain is not asked. It is picked up at once."""
        execution, at = Execution(run), self.clock.now()
        self.store.runs.add(run, run["thread_id"])
        self._take_on(execution)
        self._plan(execution, at, "start")
        self._plan_turn(execution, Answer(turn), at)

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
            for call in objects.waiting_calls(execution.run)
        ]
        answer = self._ask(execution, at, [*execution.outputs, *answered])
        if execution.step is None:  # a placed run whose step was not placed
            self.progress.open_step(execution, objects.tool_calls(objects.NOTHING), at)
        execution.stream = stream
        execution.outputs += answered
        self._answer_step(execution, outputs, at)
        self._move(execution, Event.SUBMIT, at)
        self._plan_queued(execution, answer)

    def cancel(self, run_id: str) -> None:
        """Begin to cancel: the run is `cancelling` until the calendar confirms it, and locks its thread till then."""
        execution, at = self.executions[run_id], self.clock.now()
        self.progress.cut(execution, Event.CANCEL, at)
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
        self.locks.release(execution.run)

    def restore(self, store: Store, executions: Iterable[Execution], surprises: Iterable[str]) -> None:
        """Take over the active runs of a saved state; their calendar and lingering locks are restored apart."""
        self.store = self.progress.store = self.vector_stores.store = store
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
                self.elsewhere.get(due.action, self.vector_stores.fire)(due)
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
        self.executions[execution.run["id"]] = execution
        self.locks.take(execution.run)

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
            step = self.progress.open_step(execution, objects.tool_calls(objects.NOTHING), at)
            execution.emit_deltas("thread.run.step.delta", step)
        elif has_message(turn):
            execution.content = message_content(turn, partial(self._place_png, at))
            message_id = self.ids.new("msg_")
            self.progress.open_step(execution, objects.message_creation(message_id), at)
            message = self.progress.open_message(execution, message_id, at)
            execution.emit_deltas("thread.message.delta", message)

    def _close(self, execution: Execution, at: float) -> None:
        _CLOSINGS[type(execution.turn)](self, execution, execution.turn, at)

    def _close_say(self, execution: Execution, turn: Say, at: float) -> None:
        if execution.stopped_by is not None:
            self._close_incomplete(execution, Incomplete(reason=execution.stopped_by), at)
            return
        self.progress.complete_message(execution, at)
        self.progress.close_step(execution, Event.COMPLETE, at)
        if turn.more:
            self._go_on(execution, at)
        else:
            self._move(execution, Event.COMPLETE, at, usage=execution.usage())

    def _close_calls(self, execution: Execution, turn: CallTools, at: float) -> None:
        asked = [
            {**call, "function": {key: call["function"][key] for key in ("name", "arguments")}}
            for call in execution.calls
        ]
        execution.current_step["step_details"] = objects.tool_calls(execution.calls)
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": asked}}
        self._move(execution, Event.CALL_TOOLS, at, required_action=action)

    def _close_builtin(self, execution: Execution, turn: RunCode | SearchFiles, at: float) -> None:
        execution.current_step["step_details"] = objects.tool_calls(execution.calls)
        self.progress.close_step(execution, Event.COMPLETE, at)
        self._go_on(execution, at)

    def _close_fail(self, execution: Execution, turn: Fail, at: float) -> None:
        self._fail(execution, turn.code, turn.message, at)

    def _close_incomplete(self, execution: Execution, turn: Incomplete, at: float) -> None:
        # The step is completed though its message is not (recorded-traffic.md 6d).
        if execution.message is not None:
            reason = _CUT_BY_REASON.get(turn.reason, "max_tokens")
            self.progress.stop_message(execution, execution.content, reason, at)
            self.progress.close_step(execution, Event.COMPLETE, at)
        details = {"reason": turn.reason}
        self._move(execution, Event.STOP_SHORT, at, incomplete_details=details, usage=execution.usage())

    def _close_finish(self, execution: Execution, turn: Finish, at: float) -> None:
        self._move(execution, Event.COMPLETE, at, usage=execution.usage())

    # Events: the outputs came, the run fails, expires, or its cancel is confirmed.

    def _answer_step(self, execution: Execution, outputs: Outputs, at: float) -> None:
        calls = [
            {**call, "function": {**call["function"], "output": outputs[call["id"]]}}
            for call in objects.waiting_calls(execution.run)
        ]
        execution.current_step["step_details"] = objects.tool_calls(calls)
        execution.calls = calls
        self.progress.close_step(execution, Event.COMPLETE, at)

    def _fail(self, execution: Execution, code: str, message: str, at: float) -> None:
        error = {"code": code, "message": message}
        self.progress.cut(execution, Event.FAIL, at, last_error=error)
        self._move(execution, Event.FAIL, at, last_error=error, usage=execution.usage())

    def _expire(self, execution: Execution, at: float) -> None:
        self.progress.cut(execution, Event.EXPIRE, at)
        self._move(execution, Event.EXPIRE, at, usage=execution.usage())

    def _confirm_cancel(self, execution: Execution, at: float) -> None:
        self._move(execution, Event.CONFIRM_CANCEL, at, usage=execution.usage())

    def _move(self, execution: Execution, event: Event, at: float, **fields: object) -> None:
        after = self.progress.move(execution, event, at, **fields)
        if after in TERMINAL:
            self._let_go(execution, at)
        elif after == RunStatus.REQUIRES_ACTION and execution.stream is not None:
            execution.stream.ended = True
            execution.stream = None

    def _let_go(self, execution: Execution, at: float) -> None:
        self.forget(execution.run["id"])
        if execution.lock_lag:
            self.locks.linger(execution.run, at + execution.lock_lag)
        # Steps show `expires_at` only while their run is active (92 of 92 recorded, recorded-traffic.md 1).
        for step in self.store.run_steps.of(execution.run["id"]):
            step["expires_at"] = None

    def _place_png(self, at: float, content: bytes) -> str:
        id = self.ids.new("file-")
        self.store.contents[id] = content
        file = objects.file(id, int(at), f"/mnt/data/{id}.png", "assistants_output", len(content))
        self.store.files.add(file)
        return id


_Closing: TypeAlias = Callable[[Engine, Execution, Any, float], None]

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
