"""What an app does with its process while it is played: clients that it never closes, threads that it starts."""

from __future__ import annotations

import importlib
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from ..evidence import Spoken

_LIBRARIES = ("httpx", "httpx2")
_CLIENTS = ("Client", "AsyncClient")
_SHARE = 2
"""Clients leak where every second message, or more, leaves one behind that was made for it."""


@dataclass(slots=True)
class Habits:
    """Watches an app's clients and threads.

    Args:
        saying: returns what is being said to the app; None: nothing.

    Attributes:
        later: how many messages were not the first of their user; the first may make what lives on.
        leaving: after how many of them a client was open that was made for it.
        threads: the names of those that were started while the app was spoken to, without the numbers.
        running: of those that still ran when it had answered.
    """

    saying: Callable[[], Spoken | None]
    later: int = 0
    leaving: int = 0
    threads: set[str] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    _made: list[weakref.ref[Any]] = field(default_factory=list)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look, inside the block, which clients are made and which threads are started."""
        with ExitStack() as stack:
            for client in _client_classes():
                stack.enter_context(patch.object(client, "__init__", self._noting(client.__init__)))
            start: Any = threading.Thread.start
            stack.enter_context(patch.object(threading.Thread, "start", self._noting_thread(start)))
            yield

    @contextmanager
    def during(self, *, is_first: bool) -> Iterator[None]:
        """Look, inside the block, at one message.

        Args:
            is_first: of its user.
        """
        self._made.clear()
        before = set(threading.enumerate())
        try:
            yield
        finally:
            self.running |= {_name(thread) for thread in threading.enumerate() if thread not in before}
            if not is_first:
                self.later += 1
                self.leaving += any(_is_open(made()) for made in self._made)

    @property
    def leaks_clients(self) -> bool:
        """Whether messages leave clients behind."""
        return self.leaving > 0 and self.leaving * _SHARE >= self.later

    def _noting(self, genuine: Any) -> Any:
        def __init__(client: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # it stands for one
            genuine(client, *args, **kwargs)
            if self.saying() is not None:
                self._made.append(weakref.ref(client))

        return __init__

    def _noting_thread(self, genuine: Any) -> Any:
        def start(thread: threading.Thread) -> None:
            if self.saying() is not None:
                self.threads.add(_name(thread))
            genuine(thread)

        return start


def _client_classes() -> Iterator[Any]:
    for name in _LIBRARIES:
        if name in sys.modules:
            library = importlib.import_module(name)
            yield from (getattr(library, client) for client in _CLIENTS)


def _is_open(client: Any) -> bool:
    return client is not None and not client.is_closed


def _name(thread: threading.Thread) -> str:
    """Return the name of a thread without its number: `Thread-3 (work)` and `Thread-4 (work)` are one."""
    return "".join(one for one in thread.name if not one.isdigit()).strip("-_ ") or thread.name
