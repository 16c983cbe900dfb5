"""The functions of an app: what they are called, what they take, and what runs when they are called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from unittest.mock import patch

from ..backend.brain import View
from ..errors import UsageError
from ..simulator import Simulator

Handler: TypeAlias = Callable[..., Any]
Tools: TypeAlias = Mapping[str, Handler] | Iterable[Mapping[str, Any]]
"""What `check_run_loop(tools=…)` takes: handlers by name, or tools as on the wire."""

ANYTHING: Mapping[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class KnownTools:
    """What is known of the functions of an app.

    Args:
        schemas: the JSON schema of the parameters, by name.
        handlers: the mapping in which the app looks its functions up, while it is played with wrapped ones in it.
    """

    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    handlers: Mapping[str, Handler] = field(default_factory=dict)

    @classmethod
    def of(cls, tools: Tools | None) -> KnownTools:
        """Return what a caller says.

        Raises:
            UsageError: something that is neither handlers nor tools.
        """
        if isinstance(tools, Mapping):
            return cls(handlers=_handlers(tools))
        return cls(schemas=dict(map(_schema, tools or ())))

    def seen(self, views: Iterable[View]) -> KnownTools:
        """Return the same with the schemas that the app itself declared, as the model was shown them."""
        declared = {name: schema for view in views for name, schema in view.functions.items()}
        return KnownTools({**declared, **self.schemas}, self.handlers)

    @contextmanager
    def watched(self, sim: Simulator) -> Iterator[None]:
        """Let the journal show, inside the block, each call of a handler: the mapping has wrapped ones."""
        wrapped = {name: sim.watch(_named(name, handler)) for name, handler in self.handlers.items()}
        if not wrapped:
            yield
            return
        with patch.dict(self.handlers, wrapped):
            yield


def _handlers(tools: Mapping[str, Any]) -> Mapping[str, Handler]:
    if not isinstance(tools, MutableMapping):
        raise UsageError(
            "tools= is the dict in which your loop looks its functions up: while it is checked, wrapped ones stand"
            f" there. A {type(tools).__name__} cannot be written to."
        )
    for name, handler in tools.items():
        if not callable(handler):
            raise UsageError(f"tools= maps the name of a function to the function; {name!r} is {handler!r:.100}.")
    return tools


def _schema(tool: Any) -> tuple[str, Mapping[str, Any]]:
    function = tool.get("function") if isinstance(tool, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise UsageError(
            "tools= is a dict of functions by name, or a list of tools as the API takes them:"
            f' {{"type": "function", "function": {{"name": …, "parameters": …}}}}; not {tool!r:.100}.'
        )
    return function["name"], function.get("parameters") or ANYTHING


def _named(name: str, handler: Handler) -> Handler:
    """Return a handler under the name by which the model calls it; the journal shows names."""
    if getattr(handler, "__name__", None) == name:
        return handler
    return _renamed(name, handler)


def _renamed(name: str, handler: Handler) -> Handler:
    @functools.wraps(handler)
    def call(*args: Any, **kwargs: Any) -> Any:
        return handler(*args, **kwargs)

    @functools.wraps(handler)
    async def call_async(*args: Any, **kwargs: Any) -> Any:
        return await handler(*args, **kwargs)

    renamed = call_async if inspect.iscoroutinefunction(handler) else call
    renamed.__name__ = name
    return renamed
