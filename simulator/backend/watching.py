"""Wraps a callable of the program under test, so that the journal shows when it was called and what it gave."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from .clock import Clock
from .journal import Handled, Journal

F = TypeVar("F", bound=Callable[..., Any])


def watch(function: F, journal: Journal, clock: Clock) -> F:
    """Return a callable that does what `function` does, sync or async, and writes it into the journal.

    What it raises is written and raised again.
    """

    @contextmanager
    def written(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[list[Any]]:
        at, arguments, results = clock.now(), _by_name(function, args, kwargs), [None]
        try:
            yield results
        except BaseException as error:
            journal.add(Handled(at, _name(function), arguments, error=error))
            raise
        journal.add(Handled(at, _name(function), arguments, results[0]))

    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        with written(args, kwargs) as results:
            results[0] = function(*args, **kwargs)
        return results[0]

    @functools.wraps(function)
    async def watched_async(*args: Any, **kwargs: Any) -> Any:
        with written(args, kwargs) as results:
            results[0] = await function(*args, **kwargs)
        return results[0]

    return cast("F", watched_async if inspect.iscoroutinefunction(function) else watched)


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _by_name(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(inspect.signature(function).bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):  # it has no signature, or will raise when it is called
        return {**{str(number): value for number, value in enumerate(args)}, **kwargs}
