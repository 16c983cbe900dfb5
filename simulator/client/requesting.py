"""Sending requests: again where that can help, and never twice what was done once.

The SDK sends a POST again when its answer is lost, without looking whether the first was done: a message stands there
twice, or a run locks out its own second. So its own retries are switched off, and these are in their place.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import openai

from .ground import Ground, resolved
from .policies import RunPolicy

T = TypeVar("T")

_WORTH_AGAIN = (408, 409, 429)


class Requests:
    """Sends requests as a policy says."""

    def __init__(self, ground: Ground, policy: RunPolicy) -> None:
        self._ground, self._policy = ground, policy

    async def ask(
        self,
        send: Callable[[], Awaitable[T] | T],
        *,
        deadline: float | None = None,
        done: Callable[[], Awaitable[T | None]] | None = None,
        attempts: int | None = None,
    ) -> T:
        """Send a request until it is answered.

        Args:
            send: sends it once.
            deadline: after which it is not sent again, by `time.monotonic()`.
            done: looks whether a request whose answer was lost has been done after all, and returns what its answer
                would have been; None where it was not done.
            attempts: how often it is sent, in all; None: as the policy says.

        Raises:
            openai.APIError: it was refused; or it failed as often as it may.
        """
        number = 0
        while True:
            await self._ground.let_others_run()
            try:
                return await resolved(send())
            except openai.APIError as error:
                number += 1
                pause = self._pause(error, number, self._policy.attempts if attempts is None else attempts)
                if pause is None or (deadline is not None and time.monotonic() + pause > deadline):
                    raise
                await self._ground.pause(pause)
                if done is not None and _may_be_done(error):
                    found: T | None = await self.ask(done, deadline=deadline)
                    if found is not None:
                        return found

    def _pause(self, error: openai.APIError, number: int, attempts: int) -> float | None:
        """Return how long to wait before it is sent again; None where that cannot help."""
        if number >= attempts or not _is_worth_again(error):
            return None
        said = _said(error)
        return self._policy.requests.seconds(number - 1) if said is None else said


def without_retries(client: Any) -> Any:
    """Return a client like this one that sends each request once."""
    return client if client.max_retries == 0 else client.with_options(max_retries=0)


def _is_worth_again(error: openai.APIError) -> bool:
    if isinstance(error, openai.APIConnectionError):
        return True
    if not isinstance(error, openai.APIStatusError):
        return False
    should = error.response.headers.get("x-should-retry")
    if should in ("true", "false"):
        return should == "true"
    return error.status_code in _WORTH_AGAIN or error.status_code >= 500


def _may_be_done(error: openai.APIError) -> bool:
    return not isinstance(error, openai.RateLimitError)


def _said(error: openai.APIError) -> float | None:
    """Return how long the service says to wait, in seconds."""
    if not isinstance(error, openai.APIStatusError):
        return None
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(error.response.headers[name]) * unit
        except (KeyError, ValueError):
            continue
        if 0 <= seconds <= 60:  # so the SDK, too
            return seconds
    return None


def poll_after(headers: Any) -> float | None:
    """Return how long the service says to wait before the next poll, in seconds."""
    try:
        return max(0.0, float(headers["openai-poll-after-ms"]) / 1_000)
    except (KeyError, ValueError, TypeError):
        return None


async def all_of(page: Any, limit: int | None = None) -> list[Any]:
    """Return what a list of the service has, over its pages, up to a limit."""
    found: list[Any] = []
    while True:
        found += page.data
        if limit is not None and len(found) >= limit:
            return found[:limit]
        if not page.data or not page.has_next_page():
            return found
        page = await resolved(cast("Any", page.get_next_page()))
