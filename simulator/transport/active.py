"""The simulators that intercept now, newest first. One list for the process, read by all threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..api.wire import NoResponse, Request, Response
from ..errors import UsageError
from .hosts import Hosts, Passthrough
from .libraries import HttpRequest, Url


def _forget(text: str) -> None:
    """Keep nothing."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Interceptor:
    """One simulator, as the interception sees it. Compared by identity.

    Args:
        handle: answers a request.
        wait_until: moves the virtual clock to a frame's due time.
        hosts: the API hosts whose requests it takes.
        passthrough: the routes of these hosts that it leaves to the network.
        blocked: told the text of each request that it would have answered, and that the guard stopped.
    """

    handle: Callable[[Request], Response | NoResponse]
    wait_until: Callable[[float], None]
    hosts: Hosts
    passthrough: Passthrough
    blocked: Callable[[str], None] = _forget

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


def newest_first() -> tuple[Interceptor, ...]:
    """Return the simulators that intercept."""
    return _active


def knows(url: Url) -> bool:
    """Tell whether the host of a URL belongs to an active simulator.

    Every request of every client comes here: of its URL only what is needed is computed.
    """
    active = _active
    if not active:
        return False
    host = url.host
    for interceptor in active:
        hosts = interceptor.hosts
        if host in hosts.names or host.endswith(hosts.suffixes):
            return True
        if hosts.places and hosts.match(url.scheme, host, url.port):
            return True
    return False


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
