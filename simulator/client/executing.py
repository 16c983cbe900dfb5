"""One call of a function, answered: whatever happens, there is an output, and a record of how it came about."""

from __future__ import annotations

import asyncio
import inspect
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import pybreaker
import tenacity

from ..errors import told
from .calls import Execution, FunctionCall
from .context import FunctionContext
from .errors import FunctionError
from .functions import Function
from .outputs import OutputRejected, failure_text, output_text, said_text, validated, within
from .parameters import ArgumentsRejected

# After its deadline a handler in a thread gets no more time, and before it at least this much.
_LEAST_SECONDS = 0.001


async def executed(function: Function, call: FunctionCall, context: FunctionContext) -> Execution:
    """Call a function and return its answer; of the handler's mistakes none is raised."""
    attempt = _Attempts(function, call, context)
    began = time.monotonic()
    try:
        answer = Execution(call=call, output=await attempt.output())
    except FunctionError as said:
        answer = Execution(call=call, output=said_text(said.message, said.details), outcome="said", error=said)
    except ArgumentsRejected as wrong:
        answer = _failure(call, wrong.kind, wrong.message, **({"problems": wrong.problems} if wrong.problems else {}))
    except OutputRejected as wrong:
        answer = _failure(call, wrong.kind, wrong.message)
    except _TooSlow as slow:
        answer = _failure(call, "timeout", f"{function.name} did not answer within {slow.seconds:g} s.")
    except pybreaker.CircuitBreakerError:
        text = f"{function.name} has failed several times and is out of order for a while: do without it."
        answer = _failure(call, "out_of_order", text)
    except Exception as error:  # noqa: BLE001  # whatever it raises: the run must get an output
        answer = replace(_failure(call, "exception", told(error)), error=error)
    return replace(answer, seconds=time.monotonic() - began, attempts=attempt.count)


def _failure(call: FunctionCall, kind: str, message: str, **details: Any) -> Execution:
    return Execution(call=call, output=failure_text(kind, message, **details), outcome=kind)


class _TooSlow(Exception):
    """A handler did not return in time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class _Attempts:
    """The calls of a handler for one call of the model."""

    def __init__(self, function: Function, call: FunctionCall, context: FunctionContext) -> None:
        self._function, self._call, self._context = function, call, context
        self.count = 0

    async def output(self) -> str:
        function = self._function
        function.arguments(self._call.arguments, self._context)  # what is wrong with them takes no place of others
        async with nullcontext() if function.gate is None else function.gate.entered():
            result = await self._result()
        return within(output_text(validated(result, function.expected)), function.max_output_bytes)

    async def _result(self) -> Any:
        retry = self._function.retry
        if retry is None:
            return await self._once()
        attempts = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(retry.attempts),
            wait=tenacity.wait_exponential(retry.initial, retry.longest) + tenacity.wait_random(0, retry.initial),
            retry=tenacity.retry_if_exception(partial(_is_worth_another_try, retry.on)),
            sleep=anyio.sleep,
            reraise=True,
        )
        return await attempts(self._once)

    async def _once(self) -> Any:
        breaker = self._function.breaker
        with nullcontext() if breaker is None else breaker.calling():
            async with _limited(self._seconds()):
                self.count += 1
                return await self._called()

    def _seconds(self) -> float | None:
        """How long the handler may take: its own timeout, and no longer than the run has."""
        limits = [one for one in (self._function.timeout, self._context.remaining()) if one is not None]
        return max(min(limits), _LEAST_SECONDS) if limits else None

    async def _called(self) -> Any:
        function = self._function
        bound: Callable[[], Any] = partial(function.handler, **function.arguments(self._call.arguments, self._context))
        try:
            if function.is_async:
                return await bound()
            result = await anyio.to_thread.run_sync(bound, abandon_on_cancel=True)
            return await result if inspect.isawaitable(result) else result
        except SystemExit as error:  # argparse and the like; a handler must not end the program
            raise RuntimeError(f"The handler tried to exit, with {error.code!r}.") from error
        except anyio.get_cancelled_exc_class() as error:
            if _is_cancelled():
                raise
            raise RuntimeError("The handler was cancelled, and not by us.") from error


def _is_cancelled() -> bool:
    """Whether it is we who are cancelled, and not only something that a handler waited for."""
    if anyio.current_effective_deadline() == -math.inf:
        return True
    try:
        task = asyncio.current_task()
    except RuntimeError:  # trio, where only the loop itself cancels
        return True
    return task is None or task.cancelling() > 0


def _is_worth_another_try(on: type[Exception] | tuple[type[Exception], ...], error: BaseException) -> bool:
    if isinstance(error, _TooSlow):
        error = TimeoutError()
    return isinstance(error, on) and not isinstance(error, FunctionError | pybreaker.CircuitBreakerError)


@asynccontextmanager
async def _limited(seconds: float | None) -> AsyncIterator[None]:
    """Leave the block after so many seconds; what a handler raises is its own, a TimeoutError too."""
    if seconds is None:
        yield
        return
    with anyio.move_on_after(seconds) as scope:
        yield
    if scope.cancelled_caught:
        raise _TooSlow(seconds)
