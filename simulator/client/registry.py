"""The functions that the model may call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias, TypeVar, Unpack, overload

import anyio

from ..errors import suggestion
from .audit import AuditLog
from .calls import Execution, FunctionCall
from .context import FunctionContext
from .errors import RegistryError
from .executing import executed
from .functions import Function, FunctionOptions, function_of
from .outputs import failure_text
from .unpacking import packed, plain_name, unpacked

Handler = TypeVar("Handler", bound=Callable[..., Any])
Kept: TypeAlias = Callable[[FunctionCall], Execution | None]


def _nothing(call: FunctionCall) -> Execution | None:
    return None


class FunctionRegistry:
    """The functions that the model may call: what the model is shown of them, and how they are executed.

        from simulator.client import FunctionRegistry

        registry = FunctionRegistry()

        @registry.register(timeout=5)
        def get_weather(location: str, unit: str = "celsius") -> dict[str, object]:
            '''The weather at a place, now.'''
            return {"temperature": 22, "unit": unit}

        assert registry.tools[0]["function"]["name"] == "get_weather"

    A registry may serve any number of clients, event loops and threads at once.

    Args:
        audit: where each execution is written down; None: JSON lines to the logger "assistants.audit" of `logging`.
    """

    def __init__(self, *, audit: AuditLog | None = None) -> None:
        self._functions: dict[str, Function] = {}
        self._audit = audit or AuditLog()

    @overload
    def register(self, handler: Handler, /, **options: Unpack[FunctionOptions]) -> Handler: ...
    @overload
    def register(self, /, **options: Unpack[FunctionOptions]) -> Callable[[Handler], Handler]: ...
    def register(self, handler: Any = None, /, **options: Unpack[FunctionOptions]) -> Any:
        """Register a handler, sync or async, and return it as it is. Without a handler it is a decorator.

        A parameter of the handler that is annotated as `FunctionContext` gets the context of the call; the others are
        what the model gives. Sync handlers run in threads.

        Args:
            handler: is called with the checked arguments, by name.
            options: what follows.
            name: as the model sees it; else that of the handler.
            description: for the model; else what the docstring says before its `Args`.
            parameters: a JSON Schema, if it is not to be made from type hints and docstring.
            strict: the model must keep to the schema, as the API promises it: every parameter becomes required.
            timeout: how long the handler may take, in seconds, 60 if not given; None: as long as the run lives.
            retry: when the handler is tried again, and how often; if not given: never.
            breaker: when a handler that keeps failing is not called for a while; if not given: never.
            concurrency: how many calls of the handler may run at once in the process; None: any number.
            returns: what a result must be: a type, a JSON Schema, or True for the return annotation.
            max_output_bytes: how long an output may be; 131,072 if not given.

        Raises:
            RegistryError: there is a function of that name; or the handler or an option cannot be used. The registry
                is as before.
        """
        if handler is None:
            return lambda decorated: self.register(decorated, **options)
        unknown = [name for name in options if name not in FunctionOptions.__annotations__]
        if unknown:
            hint = suggestion(unknown[0], FunctionOptions.__annotations__)
            raise RegistryError(f"A function has no option {unknown[0]!r}.{hint}")
        function = function_of(handler, options)
        if function.name in self._functions:
            raise RegistryError(f"There is a function {function.name!r} already. Give this one another `name=`.")
        self._functions[function.name] = function
        return handler

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The functions as the `tools` of an assistant or a run."""
        return [function.tool for function in self._functions.values()]

    def __contains__(self, name: object) -> bool:
        return name in self._functions

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    async def execute(
        self, call: FunctionCall, context: FunctionContext | None = None, *, kept: Kept = _nothing
    ) -> Execution:
        """Execute one call. Whatever is wrong with it, or with the handler, becomes an output; nothing is raised.

        Args:
            call: as the model made it.
            context: what the handler may know.
            kept: returns the answer that a call has already, so that it is not executed; None where it has none.
        """
        context = context or FunctionContext(call_id=call.id)
        parts = unpacked(call, self._functions)
        if parts is None:
            answer = await self._one(call, context, kept)
        else:
            answer = packed(
                call,
                await _together([partial(self._one, part, replace(context, call_id=part.id), kept) for part in parts]),
            )
        self._audit.write(answer, context)
        return answer

    async def execute_all(
        self,
        calls: Sequence[FunctionCall],
        context_of: Callable[[FunctionCall], FunctionContext] | None = None,
        *,
        kept: Kept = _nothing,
    ) -> list[Execution]:
        """Execute calls at the same time, and return their answers in the order of the calls."""
        contexts = [None if context_of is None else context_of(one) for one in calls]
        return await _together(
            [partial(self.execute, call, context, kept=kept) for call, context in zip(calls, contexts, strict=True)]
        )

    async def _one(self, call: FunctionCall, context: FunctionContext, kept: Kept) -> Execution:
        answered = kept(call)
        if answered is not None:
            return answered
        name = plain_name(call.name, self._functions)
        function = self._functions.get(name)
        if function is not None:
            return await executed(function, call, context)
        there_are = f"There are: {', '.join(self._functions)}." if self._functions else "There are none."
        text = f"There is no function {call.name!r}.{suggestion(name, self._functions)} {there_are}"
        return Execution(call=call, output=failure_text("unknown_function", text), outcome="unknown_function")


async def _together(tasks: Sequence[Callable[[], Awaitable[Execution]]]) -> list[Execution]:
    """Run tasks at the same time; return what they return, in order."""
    if len(tasks) == 1:
        return [await tasks[0]()]
    results: list[Any] = [None] * len(tasks)

    async def keep(number: int, task: Callable[[], Awaitable[Execution]]) -> None:
        results[number] = await task()

    async with anyio.create_task_group() as group:
        for number, task in enumerate(tasks):
            group.start_soon(keep, number, task)
    return results
