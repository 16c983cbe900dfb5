"""Runs: started, seen through, cancelled."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from .events import Event, Replied
from .ground import C, EitherWay, EitherWayIterator, OnClient
from .policies import RunPolicy
from .registry import FunctionRegistry
from .replies import Reply
from .requesting import all_of, without_retries
from .service import ENDED, Service
from .threads import new_request_id
from .turn import Plan, Turn
from .usage import Price


class RunManager(OnClient[C]):
    """Runs. Sync on an `openai.OpenAI`; on an `openai.AsyncOpenAI` each method is awaited.

    Args:
        client: of the SDK. Requests that fail are sent again as `policy` says, and not as the client does.
        registry: whose functions are executed when a run calls them; None: every call is told that there are none.
        prices: of models, for the cost in `usage`.
        request_id: returns an id that no request had; by it what was made is found again when its answer is lost.
    """

    def __init__(
        self,
        client: C,
        registry: FunctionRegistry | None = None,
        *,
        policy: RunPolicy | None = None,
        prices: Mapping[str, Price] | None = None,
        request_id: Callable[[], str] = new_request_id,
    ) -> None:
        super().__init__(client)
        self._client: Any = without_retries(client)
        self._registry = FunctionRegistry() if registry is None else registry
        self._policy = policy or RunPolicy()
        self._prices = prices or {}
        self._request_id = request_id

    @EitherWay
    async def create(self, /, thread_id: str, assistant_id: str, **options: Any) -> Any:
        """Start a run, once, and return it as it is then; `complete` sees it through.

        Raises:
            ServiceError: it was refused; so is every run while another is active.
        """
        options = {"assistant_id": assistant_id, **options}
        return await self._service().start(thread_id, options, self._request_id())

    @EitherWay
    async def get(self, thread_id: str, run_id: str) -> Any:
        """Return a run as it is now."""
        return await self._service().run(thread_id, run_id)

    @EitherWay
    async def list(self, thread_id: str, limit: int | None = None) -> Sequence[Any]:
        """Return the runs of a thread, newest first, over all pages or up to a limit."""
        return await all_of(await self._service().runs(thread_id, min(limit or 100, 100)), limit)

    @EitherWay
    async def steps(self, thread_id: str, run_id: str) -> Sequence[Any]:
        """Return the steps of a run, oldest first."""
        return await all_of(await self._service().steps(thread_id, run_id))

    @EitherWay
    async def cancel(self, thread_id: str, run_id: str) -> Any:
        """Cancel a run, wait until its thread is free, and return it; one that has ended is returned as it is."""
        service = self._service()
        run = await service.cancel(await service.run(thread_id, run_id))
        polls, patience = 0, time.monotonic() + self._policy.cancelling
        while run.status not in ENDED and time.monotonic() < patience:
            await self._ground.pause(self._policy.polling.seconds(polls))
            polls += 1
            run = await service.run(thread_id, run_id)
        return run

    @EitherWay
    async def complete(self, thread_id: str, run_id: str, *, user_id: str | None = None) -> Reply:
        """See a run through that is there already, answer its calls, and return the reply.

        Raises:
            RunError: it did not complete.
        """
        run = await self._service().run(thread_id, run_id)
        options = {"assistant_id": run.assistant_id}
        return await reply_of(self._turn(thread_id, options, user_id=user_id, run=run))

    @EitherWay
    async def run(self, /, thread_id: str, assistant_id: str, *, user_id: str | None = None, **options: Any) -> Reply:
        """Start a run, see it through, and return the reply.

        Args:
            thread_id: what it runs on.
            assistant_id: who runs.
            user_id: for the context of functions, and the audit log.
            options: of the run, as the API takes them.

        Raises:
            RunError: neither it nor one of those that replaced it completed.
        """
        return await reply_of(self._turn(thread_id, {"assistant_id": assistant_id, **options}, user_id=user_id))

    @EitherWayIterator
    async def stream(
        self, /, thread_id: str, assistant_id: str, *, user_id: str | None = None, **options: Any
    ) -> AsyncIterator[Event]:
        """Start a run and yield what happens, the text as it comes, and the reply last.

        Who stops listening cancels the run.

        Raises:
            RunError: neither it nor one of those that replaced it completed.
        """
        options = {"assistant_id": assistant_id, **options}
        turn = self._turn(thread_id, options, user_id=user_id, is_streamed=True)
        async with aclosing(turn.events()) as events:
            async for event in events:
                yield event

    def _turn(
        self,
        thread_id: str,
        options: Mapping[str, Any],
        *,
        user_id: str | None,
        is_streamed: bool = False,
        run: Any = None,
    ) -> Turn:
        plan = Plan(
            thread_id=thread_id,
            user_id=user_id,
            message=None,
            options=options,
            registry=self._registry,
            policy=self._policy,
            prices=self._prices,
            is_streamed=is_streamed,
            request_id=self._request_id,
        )
        return Turn(self._client, self._ground, plan, run=run)

    def _service(self) -> Service:
        return Service(self._client, self._ground, self._policy, time.monotonic() + self._policy.deadline)


async def reply_of(turn: Turn, on_event: Callable[[Event], object] | None = None) -> Reply:
    """Take a turn to its end, tell what happens, and return the reply."""
    reply: Reply | None = None
    async with aclosing(turn.events()) as events:
        async for event in events:
            if on_event is not None:
                on_event(event)
            if isinstance(event, Replied):
                reply = event.reply
    assert reply is not None, "a turn ends with a reply, or raises"  # noqa: S101
    return reply
