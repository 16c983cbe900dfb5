"""Locks in a process that forks (`os.fork`, multiprocessing's "fork").

A child has the memory of its parent and one thread. A lock that another thread held at that moment
would stay locked for ever there, over a state that is half changed. So whoever forks takes the locks
first: the child has a whole state, a copy of its own, and the parent goes on as if nothing had been.
"""

from __future__ import annotations

import os
import threading
from typing import Protocol
from weakref import WeakSet


class ForkedLock(Protocol):
    """A lock that is told of forks; each method is called in the thread that forks."""

    def before_fork(self) -> bool:
        """Take the lock; False: it is not to be had in good time, or the thread's own already."""

    def after_fork(self) -> None:
        """Give back what `before_fork` took, in the parent or the child."""

    def renew_after_fork(self) -> None:
        """Be free, in a child, where `before_fork` could not take the lock: its holder is not here."""


class _Fork(threading.local):
    """What the thread that forks has taken, and what it could not take."""

    def __init__(self) -> None:
        self.taken: list[ForkedLock] = []
        self.missed: list[ForkedLock] = []


# Weak: a simulator that nobody has any more needs no lock.
_locks: WeakSet[ForkedLock] = WeakSet()
_fork = _Fork()


def tell_of_forks(lock: ForkedLock) -> None:
    """Have a lock told of every fork, as long as it lives."""
    _locks.add(lock)


def hold_during_forks(lock: threading.Lock | threading.RLock) -> None:
    """Let the process fork only while nobody else holds a lock, which must never be held for long."""
    if hasattr(os, "register_at_fork"):  # there is none on Windows, which does not fork
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)


def _before() -> None:
    locks = list(_locks)
    _fork.taken = [lock for lock in locks if lock.before_fork()]
    _fork.missed = [lock for lock in locks if lock not in _fork.taken]


def _in_parent() -> None:
    for lock in _fork.taken:
        lock.after_fork()
    _fork.taken, _fork.missed = [], []


def _in_child() -> None:
    for lock in _fork.missed:
        lock.renew_after_fork()
    _in_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
