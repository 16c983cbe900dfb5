"""Sync and async from one implementation.

What the client does is written once, as coroutines. On an `openai.AsyncOpenAI` they run in the event loop of the
caller. On an `openai.OpenAI` every request is done when its call returns, and a pause is a sleep: such a coroutine
never waits for an event loop, so it runs to its end when it is called. `Ground` is what differs between the two.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

import anyio
import openai

from .errors import ConfigurationError
from .refusals import typed_error
from .rounds import Rounds, rounds_here

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", openai.OpenAI, openai.AsyncOpenAI)


class Ground(Protocol):
    """What is done otherwise with threads than in an event loop."""

    async def pause(self, seconds: float) -> None:
        """Wait."""
        ...

    async def let_others_run(self) -> None:
        """Do so before what takes a while: where many want to work at once, they do it one after the other."""
        ...

    async def in_a_loop(self, work: Callable[[], Awaitable[R]]) -> R:
        """Do what needs an event loop in any case, such as calls that run side by side."""
        ...

    async def in_any_case(self, work: Callable[[], Awaitable[object]], seconds: float) -> None:
        """Do something even when the caller is being cancelled; it has so many seconds."""
        ...

    def turn(self, key: Hashable) -> Any:
        """Return an async context that one at a time is in, for each key; in an event loop, in the order of coming."""
        ...


class Threads:
    """The ground of a sync client."""

    def __init__(self) -> None:
        self._turns: dict[Hashable, tuple[threading.Lock, list[None]]] = {}
        self._guard = threading.Lock()

    async def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)  # noqa: ASYNC251  # no event loop runs these steps

    async def let_others_run(self) -> None:
        """Do nothing: threads take turns by themselves."""

    async def in_a_loop(self, work: Callable[[], Awaitable[R]]) -> R:
        """Run an event loop until it is done: in this thread, or beside it where one runs here already."""
        run = functools.partial(anyio.run, work)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return run()
        with ThreadPoolExecutor(1) as beside:
            return beside.submit(run).result()

    async def in_any_case(self, work: Callable[[], Awaitable[object]], seconds: float) -> None:
        """Do it: nobody cancels a thread."""
        await work()

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for the lock of a key."""
        with self._guard:
            lock, users = self._turns.setdefault(key, (threading.Lock(), []))
            users.append(None)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                users.pop()
                if not users:
                    del self._turns[key]


class EventLoop:
    """The ground of an async client."""

    def __init__(self) -> None:
        # No anyio.Lock: that is freed by the task that took it only, and a generator may be closed by another.
        self._turns: dict[Hashable, tuple[anyio.Semaphore, list[None]]] = {}
        self._rounds: Rounds | None = None  # of the loop in which it was used last: to ask for them takes 5 µs

    async def pause(self, seconds: float) -> None:
        """Sleep, and let others run."""
        await anyio.sleep(seconds)

    async def let_others_run(self) -> None:
        """Wait for a place in this round of the event loop."""
        rounds = self._rounds
        if rounds is None or rounds.loop is not asyncio.get_running_loop():
            rounds = self._rounds = rounds_here()
        if rounds is not None:
            await rounds.place()

    async def in_a_loop(self, work: Callable[[], Awaitable[R]]) -> R:
        """Do it in this one."""
        return await work()

    async def in_any_case(self, work: Callable[[], Awaitable[object]], seconds: float) -> None:
        """Do it behind a shield."""
        with anyio.move_on_after(seconds, shield=True):
            await work()

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for the lock of a key, first come first served."""
        lock, users = self._turns.setdefault(key, (anyio.Semaphore(1), []))
        users.append(None)
        try:
            async with lock:
                await self.let_others_run()
                yield
        finally:
            users.pop()
            if not users:
                del self._turns[key]


class OnClient(Generic[C]):
    """What stands on a client of the SDK, and is sync or async as that is."""

    def __init__(self, client: openai.OpenAI | openai.AsyncOpenAI) -> None:
        if not isinstance(client, openai.OpenAI | openai.AsyncOpenAI):
            raise ConfigurationError(f"{client!r} is neither an openai.OpenAI nor an openai.AsyncOpenAI.")
        self._ground: Ground = EventLoop() if isinstance(client, openai.AsyncOpenAI) else Threads()


async def resolved(value: Awaitable[R] | R) -> R:
    """Return what a method of the SDK gives: at once from a sync client, and when it is there from an async one."""
    return await value if isinstance(value, Awaitable) else value


async def each(items: Any) -> AsyncIterator[Any]:
    """Yield from an iterator of the SDK, sync or async."""
    if hasattr(items, "__aiter__"):
        async for one in items:
            yield one
    else:
        for one in items:
            yield one


def driven(steps: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine that never waits for an event loop, and return what it returns."""
    try:
        steps.send(None)
    except StopIteration as done:
        result: R = done.value
        return result
    steps.close()
    raise RuntimeError("A step of a sync client waited for an event loop.")


class EitherWay(Generic[P, R]):
    """A method that is sync on a sync client, and async on an async one; it raises the errors of this package."""

    def __init__(self, steps: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> None:
        self.steps = steps
        self.__doc__ = steps.__doc__

    @overload
    def __get__(self, instance: None, owner: Any) -> EitherWay[P, R]: ...
    @overload
    def __get__(self, instance: OnClient[openai.OpenAI], owner: Any) -> Callable[P, R]: ...
    @overload
    def __get__(self, instance: OnClient[openai.AsyncOpenAI], owner: Any) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        is_async = isinstance(instance._ground, EventLoop)  # noqa: SLF001

        @functools.wraps(self.steps)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            steps = _typed(self.steps(instance, *args, **kwargs))
            return steps if is_async else driven(steps)

        return method


class EitherWayIterator(Generic[P, R]):
    """A method that returns an iterator on a sync client, and an async iterator on an async one."""

    def __init__(self, steps: Callable[Concatenate[Any, P], AsyncIterator[R]]) -> None:
        self.steps = steps
        self.__doc__ = steps.__doc__

    @overload
    def __get__(self, instance: None, owner: Any) -> EitherWayIterator[P, R]: ...
    @overload
    def __get__(self, instance: OnClient[openai.OpenAI], owner: Any) -> Callable[P, Iterator[R]]: ...
    @overload
    def __get__(self, instance: OnClient[openai.AsyncOpenAI], owner: Any) -> Callable[P, AsyncIterator[R]]: ...
    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        is_async = isinstance(instance._ground, EventLoop)  # noqa: SLF001

        @functools.wraps(self.steps)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            steps = _typed_each(self.steps(instance, *args, **kwargs))
            return steps if is_async else _driven_each(steps)

        return method


async def _typed(steps: Coroutine[Any, Any, R]) -> R:
    try:
        return await steps
    except openai.OpenAIError as error:
        raise typed_error(error) from error


async def _typed_each(steps: Any) -> AsyncIterator[Any]:
    try:
        async for one in steps:
            yield one
    except openai.OpenAIError as error:
        raise typed_error(error) from error
    finally:
        await steps.aclose()


def _driven_each(steps: Any) -> Iterator[Any]:
    try:
        while True:
            try:
                one = driven(steps.__anext__())
            except StopAsyncIteration:
                return
            yield one
    finally:
        driven(steps.aclose())
