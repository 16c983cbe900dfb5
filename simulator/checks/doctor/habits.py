"""What an app does with its process while it is played: clients that it never closes, threads that it starts."""

from __future__ import annotations

import importlib
import re
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from ..evidence import Spoken
from ..verdicts import Outcome
from .card import CLIENTS_ARE_CLOSED, Diagnosis, Finding, Learnt, Seen

_LIBRARIES = ("httpx", "httpx2")
_CLIENTS = ("Client", "AsyncClient")
_SHARE = 2
"""Clients leak where every second message, or more, leaves one behind that was made for it."""


class Habits:
    """Watches an app's clients and threads.

    Args:
        saying: returns what is being said to the app; None: nothing.

    Attributes:
        seen: what it was seen to do so far.
    """

    def __init__(self, saying: Callable[[], Spoken | None]) -> None:
        self._saying = saying
        self._made: list[weakref.ref[Any]] = []
        self.seen = Seen()

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
            running = frozenset(_name(thread) for thread in threading.enumerate() if thread not in before)
            leaves = not is_first and any(_is_open(made()) for made in self._made)
            self.seen += Seen(later=not is_first, leaving=leaves, running=running)

    def _noting(self, genuine: Any) -> Any:
        def __init__(client: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # it stands for one
            genuine(client, *args, **kwargs)
            if self._saying() is not None:
                self._made.append(weakref.ref(client))

        return __init__

    def _noting_thread(self, genuine: Any) -> Any:
        def start(thread: threading.Thread) -> None:
            if self._saying() is not None:
                self.seen += Seen(threads=frozenset({_name(thread)}))
            genuine(thread)

        return start


def clients_of(seen: Seen) -> Diagnosis:
    """Return what is said of an app's clients."""
    if not seen.leaving or seen.leaving * _SHARE < seen.later:
        return CLIENTS_ARE_CLOSED
    text = "it makes a client for each message, and leaves it open"
    why = "Each holds its connections until the garbage collector finds it: under load, files and sockets run out."
    update = {"outcome": Outcome.MISBEHAVED, "findings": (Finding(text=text, why=why),)}
    return CLIENTS_ARE_CLOSED.model_copy(update=update)


def notes_of(seen: Seen, learnt: Learnt) -> Iterator[str]:
    """Yield what else is to be known of an app."""
    if not learnt.functions:
        yield "It declares no functions, so that nothing was found out about calls."
    elif seen.calls and not seen.submits:
        yield "It declares functions, and never submitted an output: whatever the model calls is ignored."
    if seen.threads:
        yield f"It starts threads: {', '.join(sorted(seen.threads))}."
    if seen.running:
        yield f"Threads run on after it has answered: {', '.join(sorted(seen.running))}."


def _client_classes() -> Iterator[Any]:
    for name in _LIBRARIES:
        if name in sys.modules:
            library = importlib.import_module(name)
            yield from (getattr(library, client) for client in _CLIENTS)


def _is_open(client: Any) -> bool:
    return client is not None and not client.is_closed


def _name(thread: threading.Thread) -> str:
    """Return the name of a thread without its number: `Thread-3 (work)` and `Thread-4 (work)` are one."""
    return re.sub(r"[-_ ]?\d+", "", thread.name) or thread.name
