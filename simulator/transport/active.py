"""The simulators that intercept now, newest first. One list for the process, read by all threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..api.wire import NoResponse, Request, Response
from ..errors import UsageError
from .hosts import Hosts, Passthrough
from .httpx_transport import WaitUntil
from .libraries import HttpRequest, Url


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Interceptor:
    """One simulator, as the interception sees it. Compared by identity.

    Args:
        handle: answers a request.
        wait_until: moves the clock to a frame's due time, or says how long to wait.
        hosts: the API hosts whose requests it takes.
        passthrough: the routes of these hosts that it leaves to the network.
    """

    handle: Callable[[Request], Response | NoResponse]
    wait_until: WaitUntil
    hosts: Hosts
    passthrough: Passthrough

    def accepts(self, scheme: str, host: str, port: int | None, path: str, method: str) -> bool:
        """Tell whether a request is this simulator's; `path` is without the query."""
        return self.hosts.match(scheme, host, port) and not self.passthrough.match(method, path)


# Replaced, never changed: a reader needs no lock.
_active: tuple[Interceptor, ...] = ()


def add(interceptor: Interceptor) -> None:
    """Put a simulator in front. The caller holds the lock of `interception`.

    Raises:
        UsageError: it is active already.
    """
    global _active
    if interceptor in _active:
        raise UsageError("this interceptor is active already: make another one to nest it")
    _active = (interceptor, *_active)


def discard(interceptor: Interceptor) -> None:
    """Take a simulator out, wherever it stands. The caller holds the lock of `interception`.

    Raises:
        UsageError: it is not active.
    """
    global _active
    if interceptor not in _active:
        raise UsageError("this interceptor is not active")
    _active = tuple(other for other in _active if other is not interceptor)


def some() -> bool:
    """Tell whether any simulator intercepts."""
    return bool(_active)


def knows(url: Url) -> bool:
    """Tell whether the host of a URL belongs to an active simulator."""
    active = _active
    if not active:
        return False
    scheme, host, port = url.scheme, url.host, url.port
    return any(interceptor.hosts.match(scheme, host, port) for interceptor in active)


def find(request: HttpRequest) -> Interceptor | None:
    """Return the newest active simulator that accepts a request; None: it goes to the network."""
    active = _active
    if not active:
        return None
    url = request.url
    scheme, host, port, method = url.scheme, url.host, url.port, request.method
    path = url.raw_path.decode("ascii").partition("?")[0]
    for interceptor in active:
        if interceptor.accepts(scheme, host, port, path, method):
            return interceptor
    return None
