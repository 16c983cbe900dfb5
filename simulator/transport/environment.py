"""A key in the environment, without which the SDK builds no client."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .forks import hold_during_forks

KEY = "OPENAI_API_KEY"
PLACEHOLDER_KEY = "sk-simulator"

# Re-entrant: a finalizer may end a block at any time.
_lock = threading.RLock()
hold_during_forks(_lock)
_blocks = 0
# What stood there, in a list of one while ours stands there: None (nothing) or an empty text.
_replaced: list[str | None] = []


@contextmanager
def placeholder_key() -> Iterator[None]:
    """Set a placeholder as OPENAI_API_KEY inside the block, if no key is set.

    Blocks may overlap: the last one to end restores what was there, unless the key was changed since.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def remove_left_over() -> None:
    """Remove a placeholder that somebody put back after the last block, as an undone monkeypatch does."""
    with _lock:
        if _blocks == 0 and os.environ.get(KEY) == PLACEHOLDER_KEY:
            del os.environ[KEY]


def _enter() -> None:
    global _blocks
    with _lock:
        _blocks += 1
        if not os.environ.get(KEY):
            _replaced[:] = _replaced or [os.environ.get(KEY)]
            os.environ[KEY] = PLACEHOLDER_KEY


def _leave() -> None:
    global _blocks
    with _lock:
        _blocks -= 1
        if _blocks == 0 and _replaced:
            _restore(_replaced.pop())


def _restore(before: str | None) -> None:
    if os.environ.get(KEY) != PLACEHOLDER_KEY:
        return
    if before is None:
        del os.environ[KEY]
    else:
        os.environ[KEY] = before
