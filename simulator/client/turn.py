"""A turn of a conversation: a message, the run that answers it, and those that replace it, until there is a reply.

The one place where it is decided what happens at each status of a run.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import openai

from .calls import FunctionCall
from .context import FunctionContext
from .errors import (
    RunCancelled,
    RunError,
    RunExpired,
    RunFailed,
    RunIncomplete,
    RunTimedOut,
    ThreadBusy,
    TooManyRounds,
)
from .events import Event, FunctionAnswered, FunctionCalled, Replied, RunChanged, TextDelta
from .ground import Ground
from .ledger import Ledger
from .policies import RunPolicy
from .refusals import is_quota, locking_run, seconds_to_wait
from .registry import FunctionRegistry
from .replies import Reply, parts_of, text_of
from .service import ENDED, Service, calls_of
from .streams import Reading
from .usage import Price, Usage, usage_of

# What a run that did not complete is raised as.
_ERRORS: Mapping[str, type[RunError]] = {
    "failed": RunFailed,
    "incomplete": RunIncomplete,
    "expired": RunExpired,
    "cancelled": RunCancelled,
}
# A run that frees its thread soon by itself, or should have freed it.
_GOING = ENDED | {"cancelling"}
_TRIED_AGAIN = ("server_error", "rate_limit_exceeded")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a turn is made of.

    Args:
        message: what is said first, as the API takes it; None: nothing.
        options: of the run, as the API takes them.
        before_run: called before each run with what the turn has used; returns further options, or raises.
        is_streamed: whether the events are streamed, or polled for.
        request_id: returns an id that no request had.
    """

    thread_id: str
    user_id: str | None
    message: Mapping[str, Any] | None
    options: Mapping[str, Any]
    registry: FunctionRegistry
    policy: RunPolicy
    prices: Mapping[str, Price] = field(default_factory=dict)
    before_run: Callable[[Usage], Mapping[str, Any]] = lambda _: {}
    is_streamed: bool = False
    request_id: Callable[[], str]


class Turn:
    """One turn, from the message to the reply.

    Args:
        run: one that is there already, and is seen through in place of a new one.
    """

    def __init__(
        self, client: Any, ground: Ground, plan: Plan, *, run: Any = None, deadline: float | None = None
    ) -> None:
        self._client, self._ground, self._plan, self._policy = client, ground, plan, plan.policy
        self._deadline = time.monotonic() + plan.policy.deadline if deadline is None else deadline
        self._service = Service(client, ground, plan.policy, self._deadline)
        self._ledger = Ledger()
        self._run = run
        self._mark: str | None = None  # of a run that may have been started
        self._poll_after: float | None = None
        self._reading = Reading()
        self._spent = Usage()

    @property
    def usage(self) -> Usage:
        """What the turn has used until now."""
        return self._spent + self._used_by_this_run()

    async def events(self) -> AsyncGenerator[Event, None]:
        """Say it, see the run through, and yield what happens; the reply last.

        Raises:
            RunError: there is no reply. Whatever is raised, and wherever one stops to listen: no run of this turn is
                left behind on its thread.
        """
        is_over = False
        try:
            if self._plan.message is not None:
                await self._say(self._plan.message)
            async for event in self._until_completed():
                yield event
            reply = await self._reply()
            rest = self._reading.rest_of(reply.text)
            if rest:
                yield TextDelta(rest)
            is_over = True
            yield Replied(reply)
        finally:
            await self._reading.close()
            if not is_over:
                await self._ground.in_any_case(self._leave_no_run, self._policy.cancelling)

    # Saying something, and starting a run.

    async def _say(self, message: Mapping[str, Any]) -> None:
        mark = self._plan.request_id()
        found_busy_at: float | None = None
        while True:
            try:
                await self._service.say(self._plan.thread_id, message, mark)
                return
            except openai.BadRequestError as error:
                found_busy_at = await self._make_way(error, found_busy_at)

    async def _start(self) -> AsyncIterator[Event]:
        """Start a run; where somebody else's is in the way, see that one off first."""
        options = {**self._plan.options, **self._plan.before_run(self.usage)}
        self._mark = self._plan.request_id()
        found_busy_at: float | None = None
        while True:
            try:
                if self._plan.is_streamed:
                    opened = await self._service.open_start(self._plan.thread_id, options, self._mark)
                    async for event in self._read(opened):
                        yield event
                if self._run is None:
                    run = await self._service.start(self._plan.thread_id, options, self._mark)
                    yield self._seen(run)
                return
            except openai.BadRequestError as error:
                found_busy_at = await self._make_way(error, found_busy_at)
            except openai.APIError:
                if not self._plan.is_streamed:
                    raise
                self._run = await self._service.started(self._plan.thread_id, self._mark)
                if self._run is not None:
                    return
                run = await self._service.start(self._plan.thread_id, options, self._mark)
                yield self._seen(run)
                return

    async def _make_way(self, error: openai.BadRequestError, found_busy_at: float | None) -> float:
        """See off the run that locks the thread, as the policy says; return when it was found first."""
        blocker_id = locking_run(error)
        if blocker_id is None:
            raise error
        now = time.monotonic()
        since = now if found_busy_at is None else found_busy_at
        blocker = await self._service.run_if_there(self._plan.thread_id, blocker_id)
        if now >= self._deadline:
            status = "not there" if blocker is None else blocker.status
            text = f"{self._plan.thread_id} is held by {blocker_id}, which is {status}. Nothing was added to it."
            raise self._error(ThreadBusy, text, blocker) from error
        is_patient = now - since < self._policy.patience or self._policy.orphaned == "wait"
        if blocker is None or blocker.status in _GOING or is_patient:
            await self._ground.pause(self._policy.polling.seconds(1))
        elif self._policy.orphaned == "cancel":
            await self._service.cancel(blocker)
        else:
            await self._answer_for_somebody_else(blocker)
        return since

    async def _answer_for_somebody_else(self, run: Any) -> None:
        other = Turn(self._client, self._ground, self._plan, run=run, deadline=self._deadline)
        with contextlib.suppress(RunError):
            async for _ in other._until_ended():
                pass

    # Seeing runs through.

    async def _until_completed(self) -> AsyncIterator[Event]:
        tries = 0
        while True:
            async for event in self._until_ended():
                yield event
            run = self._run
            if run.status == "completed":
                return
            pause = self._pause_before_another(run, tries)
            if pause is None:
                raise await self._how_it_ended(run)
            await self._ground.pause(pause)
            tries += 1
            self._spent, self._run, self._reading = self.usage, None, Reading()

    async def _until_ended(self) -> AsyncIterator[Event]:
        self._ledger.begin_run()
        if self._run is None:
            async for event in self._start():
                yield event
        rounds = polls = 0
        while self._run.status not in ENDED:
            if time.monotonic() >= self._deadline:
                await self._time_out()
            elif calls_of(self._run):
                rounds, polls = rounds + 1, 0
                if rounds > self._policy.rounds:
                    await self._give_up(TooManyRounds, f"it had called functions {self._policy.rounds} times.")
                async for event in self._answer():
                    yield event
            else:  # queued, in_progress, cancelling, and what the service may invent
                await self._pause_for_a_poll(polls)
                polls += 1
                run, self._poll_after = await self._service.poll(self._run)
                before, self._run = self._run.status, run
                if run.status != before:
                    yield RunChanged(run)

    async def _answer(self) -> AsyncIterator[Event]:
        """Execute the functions that the run waits for, and submit what they return."""
        calls = calls_of(self._run)
        for call in calls:
            yield FunctionCalled(call)
        executions = await self._ground.in_a_loop(
            lambda: self._plan.registry.execute_all(calls, self._context_of, kept=self._ledger.kept)
        )
        self._ledger.keep(executions)
        for execution in executions:
            yield FunctionAnswered(execution)
        asked = self._run
        if self._plan.is_streamed:
            try:
                async for event in self._read(await self._service.open_submit(asked, executions)):
                    yield event
            except openai.APIError:
                self._run = await self._service.run(asked.thread_id, asked.id)
        if calls_of(self._run) == calls:
            yield self._seen(await self._service.submit(self._run, executions))

    async def _read(self, stream: Any) -> AsyncIterator[Event]:
        async for event in self._reading.events(stream):
            if isinstance(event, RunChanged):
                before, self._run = self._run, event.run
                if before is not None and before.status == event.status:
                    continue
            yield event

    async def _pause_for_a_poll(self, polls: int) -> None:
        pause = self._policy.polling.seconds(polls) if self._poll_after is None else self._poll_after
        pause = min(max(pause, self._policy.least_pause), max(self._deadline - time.monotonic(), 0.0))
        if pause > 0:
            await self._ground.pause(pause)

    def _seen(self, run: Any) -> RunChanged:
        self._run = run
        return RunChanged(run)

    def _context_of(self, call: FunctionCall) -> FunctionContext:
        return FunctionContext(
            call_id=call.id,
            run_id=self._run.id,
            thread_id=self._run.thread_id,
            assistant_id=self._run.assistant_id,
            user_id=self._plan.user_id,
            deadline=self._deadline,
        )

    # How it ends.

    async def _reply(self) -> Reply:
        messages = await self._service.messages_of(self._run)
        parts = parts_of(messages)
        return Reply(
            text=text_of(parts),
            parts=parts,
            messages=tuple(messages),
            run=self._run,
            executions=tuple(self._ledger.executions),
            usage=self.usage,
        )

    def _pause_before_another(self, run: Any, tries: int) -> float | None:
        """Return how long to wait before another run takes the place of one; None where none does."""
        if tries >= self._policy.retries:
            return None
        if run.status == "expired":
            pause = 0.0 if self._policy.expired == "recreate" else None
        elif run.status == "failed" and run.last_error is not None and run.last_error.code in _TRIED_AGAIN:
            said = seconds_to_wait(run.last_error.message)
            pause = self._policy.requests.seconds(tries) if said is None else said
            pause = None if is_quota(run.last_error.message) else pause
        else:
            pause = None
        return None if pause is None or time.monotonic() + pause >= self._deadline else pause

    async def _how_it_ended(self, run: Any) -> RunError:
        error = self._error(_ERRORS.get(run.status, RunError), f"{run.id} ended as {run.status}{_why(run)}", run)
        if isinstance(error, RunIncomplete):
            error.reply = await self._reply()
        return error

    async def _time_out(self) -> None:
        await self._give_up(RunTimedOut, f"it was not done within {self._policy.deadline:g} s.")

    async def _give_up(self, kind: type[RunError], text: str) -> None:
        """Cancel the run and raise; unless it completes all the same, which is then no failure."""
        await self._cancel()
        if self._run.status == "completed":
            return
        has_ended = self._run.status in ENDED
        how = f"ended as {self._run.status}" if has_ended else f"is still {self._run.status}, and holds its thread"
        raise self._error(kind, f"{self._run.id} {how}: {text}", self._run)

    async def _cancel(self) -> None:
        """Cancel the run, and wait until its thread is free; not for ever."""
        patience = time.monotonic() + self._policy.cancelling
        self._service.deadline = patience
        self._run = await self._service.cancel(self._run)
        polls = 0
        while self._run.status not in ENDED and time.monotonic() < patience:
            await self._ground.pause(self._policy.polling.seconds(polls))
            polls += 1
            self._run = await self._service.run(self._run.thread_id, self._run.id)

    async def _leave_no_run(self) -> None:
        """Cancel what this turn has started, whatever went wrong."""
        with contextlib.suppress(openai.OpenAIError):
            self._service.deadline = time.monotonic() + self._policy.cancelling
            if self._run is None and self._mark is not None:
                self._run = await self._service.started(self._plan.thread_id, self._mark)
            if self._run is not None and self._run.status not in ENDED:
                await self._cancel()

    def _used_by_this_run(self) -> Usage:
        return Usage() if self._run is None else usage_of(self._run, self._plan.prices)

    def _error(self, kind: type[RunError], text: str, run: Any) -> RunError:
        return kind(text, run=run, thread_id=self._plan.thread_id, executions=self._ledger.executions, usage=self.usage)


def _why(run: Any) -> str:
    if run.last_error is not None:
        return f": {run.last_error.code}: {run.last_error.message}"
    details = getattr(run, "incomplete_details", None)
    return "." if details is None else f": {details.reason}."
