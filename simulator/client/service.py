"""Runs and messages as requests, each sent so that nothing is done twice.

What is made carries a mark in its metadata. When an answer is lost, the mark tells whether the thing was made.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import openai

from .calls import Execution, FunctionCall
from .ground import Ground, resolved
from .policies import RunPolicy
from .refusals import came_too_late, has_ended_already, locking_run
from .requesting import Requests, all_of, poll_after, without_retries

MARK = "client_request_id"
# Who stops looking at a run leaves its thread locked: the run goes on meanwhile.
_UNTIL_THE_DEADLINE = sys.maxsize
ENDED = frozenset({"completed", "failed", "cancelled", "expired", "incomplete"})


class Service:
    """The requests of one turn.

    Args:
        client: of the SDK, sync or async.
        deadline: after which nothing is sent again, by `time.monotonic()`.
    """

    def __init__(self, client: Any, ground: Ground, policy: RunPolicy, deadline: float) -> None:
        once = without_retries(client)
        self._messages, self._runs = once.beta.threads.messages, once.beta.threads.runs
        limit = getattr(once.timeout, "read", once.timeout)
        self._answer = policy.answer if limit is None else min(policy.answer, limit)
        self._ask = Requests(ground, policy).ask
        self._silence = policy.silence
        self._says_when_to_poll = True
        self.deadline = deadline

    async def say(self, thread_id: str, message: Mapping[str, Any], mark: str) -> Any:
        """Add a message to a thread, once."""
        body = _marked(message, mark)
        return await self._ask(
            lambda: self._messages.create(thread_id, timeout=self._timeout(), **body),
            deadline=self.deadline,
            done=lambda: self._newest(self._messages, thread_id, mark),
        )

    async def start(self, thread_id: str, options: Mapping[str, Any], mark: str) -> Any:
        """Start a run, once.

        Raises:
            openai.BadRequestError: the thread is locked by a run that is not this one.
        """
        body = _marked(options, mark)
        try:
            return await self._ask(
                lambda: self._runs.create(thread_id, timeout=self._timeout(), **body),
                deadline=self.deadline,
                done=lambda: self.started(thread_id, mark),
            )
        except openai.BadRequestError as error:
            blocker = locking_run(error)
            found = None if blocker is None else await self.run_if_there(thread_id, blocker)
            if found is None or _mark_of(found) != mark:
                raise
            return found

    async def open_start(self, thread_id: str, options: Mapping[str, Any], mark: str) -> Any:
        """Start a run, and return the stream of its events. A lost answer is raised: ask `started` then."""
        body = _marked(options, mark)
        return await resolved(self._runs.create(thread_id, stream=True, timeout=self._silence, **body))

    async def started(self, thread_id: str, mark: str) -> Any:
        """Return the run with a mark; None where there is none."""
        return await self._newest(self._runs, thread_id, mark)

    async def run(self, thread_id: str, run_id: str) -> Any:
        """Return a run as it is now."""
        return await self._ask(
            lambda: self._runs.retrieve(run_id, thread_id=thread_id, timeout=self._timeout()),
            deadline=self.deadline,
            attempts=_UNTIL_THE_DEADLINE,
        )

    async def run_if_there(self, thread_id: str, run_id: str) -> Any:
        """Return a run as it is now; None where there is none of this id."""
        try:
            return await self.run(thread_id, run_id)
        except openai.NotFoundError:
            return None

    async def runs(self, thread_id: str, limit: int) -> Any:
        """Return a page of the runs of a thread, newest first."""
        return await self._ask(lambda: self._runs.list(thread_id, order="desc", limit=limit), deadline=self.deadline)

    async def steps(self, thread_id: str, run_id: str) -> Any:
        """Return a page of the steps of a run, oldest first."""
        return await self._ask(
            lambda: self._runs.steps.list(run_id, thread_id=thread_id, order="asc", limit=100), deadline=self.deadline
        )

    async def poll(self, run: Any) -> tuple[Any, float | None]:
        """Return a run as it is now, and how long the service says to wait for the next look, in seconds.

        A service that does not say so once is not listened to any more: the headers of an answer cost the SDK as much
        as a tenth of the request.
        """
        if not self._says_when_to_poll:
            return await self.run(run.thread_id, run.id), None
        answer = await self._ask(
            lambda: self._runs.with_raw_response.retrieve(run.id, thread_id=run.thread_id, timeout=self._timeout()),
            deadline=self.deadline,
            attempts=_UNTIL_THE_DEADLINE,
        )
        seconds = poll_after(answer.headers)
        self._says_when_to_poll = seconds is not None
        return answer.parse(), seconds

    async def submit(self, run: Any, executions: Sequence[Execution]) -> Any:
        """Submit the outputs that a run waits for, once, and return the run; one that waits no more as it is now."""

        async def done() -> Any:
            now = await self.run(run.thread_id, run.id)
            return None if calls_of(now) == calls_of(run) else now

        try:
            return await self._ask(
                lambda: self._runs.submit_tool_outputs(**self._outputs(run, executions)),
                deadline=self.deadline,
                done=done,
            )
        except openai.BadRequestError as error:
            if not came_too_late(error):
                raise
            return await self.run(run.thread_id, run.id)

    async def open_submit(self, run: Any, executions: Sequence[Execution]) -> Any:
        """Submit outputs, and return the stream of what follows. A lost answer is raised."""
        body = {**self._outputs(run, executions), "timeout": self._silence}
        return await resolved(self._runs.submit_tool_outputs(stream=True, **body))

    async def cancel(self, run: Any) -> Any:
        """Ask for a run to be cancelled, and return it; one that has ended as it is."""
        try:
            return await self._ask(lambda: self._runs.cancel(run.id, thread_id=run.thread_id))
        except openai.BadRequestError as error:
            if not has_ended_already(error):
                raise
            return await self.run(run.thread_id, run.id)

    async def messages_of(self, run: Any) -> list[Any]:
        """Return the messages that a run wrote, in order. What an endpoint sends of other runs is left out."""
        page = await self._ask(
            lambda: self._messages.list(run.thread_id, run_id=run.id, order="asc", limit=100), deadline=self.deadline
        )
        return [one for one in await all_of(page) if one.run_id == run.id and one.role == "assistant"]

    async def _newest(self, things: Any, thread_id: str, mark: str) -> Any:
        page = await resolved(things.list(thread_id, order="desc", limit=20))
        return next((one for one in page.data if _mark_of(one) == mark), None)

    def _outputs(self, run: Any, executions: Sequence[Execution]) -> dict[str, Any]:
        outputs = [{"tool_call_id": one.call.id, "output": one.output} for one in executions]
        return {"run_id": run.id, "thread_id": run.thread_id, "tool_outputs": outputs, "timeout": self._timeout()}

    def _timeout(self) -> float:
        """Return how long a request may wait for its answer: no longer than the turn has."""
        return min(self._answer, max(1.0, self.deadline - time.monotonic()))


def calls_of(run: Any) -> list[FunctionCall]:
    """Return the calls that a run waits for; none where it waits for none."""
    action = run.required_action if run.status == "requires_action" else None
    calls = action.submit_tool_outputs.tool_calls if action is not None else []
    return [FunctionCall(one.id, one.function.name or "", one.function.arguments or "") for one in calls]


def _marked(body: Mapping[str, Any], mark: str) -> dict[str, Any]:
    return {**body, "metadata": {**(body.get("metadata") or {}), MARK: mark}}


def _mark_of(thing: Any) -> str | None:
    return (thing.metadata or {}).get(MARK)
