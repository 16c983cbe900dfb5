"""A function that the model may call, with all that was said about it when it was registered."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import jsonschema
import pybreaker
import pydantic

from .context import FunctionContext
from .errors import ConfigurationError, FunctionError, RegistryError
from .gates import Gate
from .parameters import HintedParameters, Parameters, WrittenParameters, context_parameter, docstring_of, parameters_of

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
# The service took 512 kB for all outputs of a submit together.
MAX_OUTPUT_BYTES = 131_072
TIMEOUT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often, and after what, a handler is tried again.

    Args:
        on: the exceptions that are worth another try. Never tried again: a `FunctionError`, which is an answer.
        attempts: in all.
        initial: the first pause, in seconds; it doubles, with jitter.
        longest: the longest pause, in seconds.
    """

    on: type[Exception] | tuple[type[Exception], ...] = Exception
    attempts: int = 3
    initial: float = 0.1
    longest: float = 5.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigurationError(f"Retry(attempts={self.attempts}): at least 1, which is the first try.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When a function that keeps failing is not called any more for a while.

    Args:
        failures: so many in a row, then the model is told at once that the function is out of order.
        seconds: for so long; then one call is let through to see.
    """

    failures: int = 5
    seconds: float = 30.0


class FunctionOptions(TypedDict, total=False):
    """What can be said of a function when it is registered; `FunctionRegistry.register` tells what each means."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    strict: bool
    timeout: float | None
    retry: Retry | None
    breaker: Breaker | None
    concurrency: int | None
    returns: Any
    max_output_bytes: int


@dataclass(frozen=True, eq=False)
class Function:
    """A registered function.

    Args:
        context_name: the parameter that gets the context, or None.
        expected: what a result is checked against, or None.
    """

    name: str
    description: str
    handler: Callable[..., Any]
    parameters: Parameters
    strict: bool
    is_async: bool
    context_name: str | None
    timeout: float | None
    retry: Retry | None
    breaker: pybreaker.CircuitBreaker | None
    gate: Gate | None
    expected: pydantic.TypeAdapter[Any] | Mapping[str, Any] | None
    max_output_bytes: int

    @property
    def tool(self) -> dict[str, Any]:
        """The function as an assistant's `tools` show it."""
        shown: dict[str, Any] = {"name": self.name, "parameters": self.parameters.schema}
        if self.description:
            shown["description"] = self.description
        if self.strict:
            shown["strict"] = True
        return {"type": "function", "function": shown}

    def arguments(self, text: str, context: FunctionContext) -> dict[str, Any]:
        """Return what the handler is called with: made anew each time, since it may change what it gets.

        Raises:
            ArgumentsRejected: the text is not what the function takes.
        """
        given = self.parameters.read(text)
        return given if self.context_name is None else {**given, self.context_name: context}


def function_of(handler: Callable[..., Any], options: FunctionOptions) -> Function:
    """Return the function that a handler and options make.

    Raises:
        RegistryError: they make none.
    """
    if not callable(handler):
        raise RegistryError(f"{handler!r} cannot be called.")
    name = str(options.get("name") or getattr(handler, "__name__", type(handler).__name__))
    if not _NAME.fullmatch(name):
        raise RegistryError(f"{name!r} is no name of a function: 1 to 64 of A-Z, a-z, 0-9, _ and -. Give `name=`.")
    breaker, concurrency = options.get("breaker"), options.get("concurrency")
    return Function(
        name=name,
        description=options.get("description") or _description(handler),
        handler=handler,
        parameters=_parameters(handler, options),
        strict=options.get("strict", False),
        is_async=_is_async(handler),
        context_name=context_parameter(handler),
        timeout=_positive("timeout", options.get("timeout", TIMEOUT)),
        retry=options.get("retry"),
        breaker=None if breaker is None else _circuit(name, breaker),
        gate=None if concurrency is None else Gate(int(_positive("concurrency", concurrency) or 1)),
        expected=_expected(handler, options.get("returns")),
        max_output_bytes=options.get("max_output_bytes", MAX_OUTPUT_BYTES),
    )


def _parameters(handler: Callable[..., Any], options: FunctionOptions) -> Parameters:
    if "parameters" not in options:
        return HintedParameters(handler, strict=options.get("strict", False))
    written = WrittenParameters({"type": "object", "properties": {}, **_mapping(options["parameters"])})
    by_name = {one.name for one in parameters_of(handler) if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters_of(handler))
    unknown = [name for name in written.schema["properties"] if name not in by_name]
    if unknown and not takes_any:
        raise RegistryError(
            f"`parameters` has {unknown[0]!r}, which the handler does not take; it takes {sorted(by_name)}."
        )
    return written


def _mapping(schema: Any) -> Mapping[str, Any]:
    if isinstance(schema, Mapping):
        return schema
    raise RegistryError(f"`parameters` is no JSON Schema, but {type(schema).__name__}: write {{'type': 'object', …}}.")


def _description(handler: Callable[..., Any]) -> str:
    found = docstring_of(handler)
    return "\n\n".join(part for part in (found.short_description, found.long_description) if part)


def _is_async(handler: Callable[..., Any]) -> bool:
    while isinstance(handler, functools.partial):
        handler = handler.func
    called = handler if inspect.isroutine(handler) else getattr(type(handler), "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(called)


def _circuit(name: str, breaker: Breaker) -> pybreaker.CircuitBreaker:
    # What a handler says with a FunctionError is an answer. The first failure over the limit keeps its own text.
    return pybreaker.CircuitBreaker(
        fail_max=breaker.failures,
        reset_timeout=breaker.seconds,
        exclude=[lambda error: isinstance(error, FunctionError) or not isinstance(error, Exception)],
        name=name,
        throw_new_error_on_trip=False,
    )


def _expected(handler: Callable[..., Any], returns: Any) -> pydantic.TypeAdapter[Any] | Mapping[str, Any] | None:
    if returns is None:
        return None
    if isinstance(returns, Mapping):
        try:
            jsonschema.Draft202012Validator.check_schema(returns)
        except jsonschema.SchemaError as error:
            raise RegistryError(f"`returns` is no JSON Schema: {error.message}.") from None
        return returns
    if returns is True:
        returns = inspect.signature(handler, eval_str=True).return_annotation
        if returns is inspect.Signature.empty:
            raise RegistryError("`returns=True` means the return annotation, and the handler has none.")
    try:
        return pydantic.TypeAdapter(returns)
    except pydantic.errors.PydanticUserError as error:
        raise RegistryError(f"pydantic cannot check `returns`: {error.message.splitlines()[0]}") from None


def _positive(name: str, value: float | None) -> float | None:
    if value is not None and not value > 0:
        raise RegistryError(f"`{name}={value!r}` must be more than 0; None means that there is no limit.")
    return value
