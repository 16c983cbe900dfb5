"""The lock of whoever answers requests."""

from __future__ import annotations

import threading

from ..errors import UsageError
from .forks import tell_of_forks

# Real seconds. No request holds the lock for longer, unless a brain, a stub or a when= waits for something.
LOCK_PATIENCE_SECONDS = 10.0
# Real seconds that a fork waits for a request of another thread to end. After that the child goes on without.
FORK_PATIENCE_SECONDS = 1.0


class Busy(UsageError):
    """The lock is not to be had."""

    def __init__(self) -> None:
        super().__init__(
            "This simulator is asking a brain, a stub or a when=, which must not use it, nor wait for a thread"
            " that does. What they need is in their argument; do the rest before or after."
        )


class Lock:
    """A lock that is not given twice: a brain that used the simulator it answers for would find it half done.

    A class, because each request and each frame takes it, and a `contextmanager` costs three times as much.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None
        tell_of_forks(self)

    def __enter__(self) -> None:
        """Take the lock.

        Raises:
            UsageError: the caller holds it, or whoever does has done so for a long time and may wait for the caller.
        """
        if self._holder == threading.get_ident() or not self._lock.acquire(timeout=LOCK_PATIENCE_SECONDS):
            raise Busy
        self._holder = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._holder = None
        self._lock.release()

    def locked(self) -> bool:
        """Tell whether anybody holds it."""
        return self._lock.locked()

    def before_fork(self) -> bool:
        """Wait until no other thread holds it. A brain that forks holds it itself, and goes on in both processes."""
        return self._holder != threading.get_ident() and self._lock.acquire(timeout=FORK_PATIENCE_SECONDS)

    def after_fork(self) -> None:
        """Give back what `before_fork` took."""
        self._lock.release()

    def renew_after_fork(self) -> None:
        """Be free, unless it is the caller's own. What the lost holder was changing may be half done."""
        if self._holder != threading.get_ident():
            self._lock, self._holder = threading.Lock(), None
