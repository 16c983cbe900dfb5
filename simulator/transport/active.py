"""The simulators that intercept now, newest first. One list for the process, read by all threads."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..api.wire import NoResponse, Request, Response
from ..errors import UsageError
from .hosts import Hosts, Passthrough
from .httpx_transport import WaitUntil
from .libraries import HttpRequest, Url


def _forget(text: str) -> None:
    """Keep nothing."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Interceptor:
    """One simulator, as the interception sees it. Compared by identity.

    Args:
        handle: answers a request.
        wait_until: moves the clock to a frame's due time, or says how long to wait.
        hosts: the API hosts whose requests it takes.
        passthrough: the routes of these hosts that it leaves to the network.
        max_body_bytes: a body that announces more is not read.
        blocked: told the text of each request that it would have answered, and that the guard stopped.
    """

    handle: Callable[[Request], Response | NoResponse]
    wait_until: WaitUntil
    hosts: Hosts
    passthrough: Passthrough
    blocked: Callable[[str], None] = _forget
    max_body_bytes: float = math.inf

    def accepts(self, scheme: str, host: str, port: int | None, path: str, method: str) -> bool:
        """Tell whether a request is this simulator's; `path` is without the query."""
        return self.hosts.match(scheme, host, port, path) and not self.passthrough.match(method, path)


class _Snapshot:
    """The active simulators at one time, and which of them may answer for a host.

    Most requests of a program are nobody's here; one look into a dict tells those (0.3 µs instead of 2).
    """

    def __init__(self, active: tuple[Interceptor, ...]) -> None:
        self.active = active
        self._by_host: dict[bytes, tuple[Interceptor, ...]] = {}

    def at(self, url: Url) -> tuple[Interceptor, ...]:
        """Return those that know the host of a URL, on whatever port and path."""
        # The raw host is that of the wire; in `host`, httpx decodes some of `xn--…` and httpx2 all.
        raw_host = url.raw_host
        found = self._by_host.get(raw_host)
        if found is None:
            host = _host(url)
            found = tuple(interceptor for interceptor in self.active if interceptor.hosts.know(host))
            if len(self._by_host) < HOSTS_KEPT:  # a crawler must not fill the memory
                self._by_host[raw_host] = found
        return found


def _host(url: Url) -> str:
    """Return the host of a URL as on the wire, without the dot of the root."""
    return url.raw_host.decode("ascii").rstrip(".")


HOSTS_KEPT = 1_000
# Replaced, never changed: a reader needs no lock.
_now = _Snapshot(())


def add(interceptor: Interceptor) -> None:
    """Put a simulator in front. The caller holds the lock of `interception`.

    Raises:
        UsageError: it is active already.
    """
    global _now
    if interceptor in _now.active:
        raise UsageError("this interceptor is active already: make another one to nest it")
    _now = _Snapshot((interceptor, *_now.active))


def discard(interceptor: Interceptor) -> None:
    """Take a simulator out, wherever it stands. The caller holds the lock of `interception`.

    Raises:
        UsageError: it is not active.
    """
    global _now
    if interceptor not in _now.active:
        raise UsageError("this interceptor is not active")
    _now = _Snapshot(tuple(other for other in _now.active if other is not interceptor))


def some() -> bool:
    """Tell whether any simulator intercepts."""
    return bool(_now.active)


def newest_first() -> tuple[Interceptor, ...]:
    """Return the simulators that intercept."""
    return _now.active


def knows(url: Url) -> bool:
    """Tell whether requests to the place of a URL may belong to an active simulator."""
    candidates = _now.at(url)
    if not candidates:
        return False
    scheme, host, port = url.scheme, _host(url), url.port
    return any(interceptor.hosts.match(scheme, host, port) for interceptor in candidates)


def find(request: HttpRequest) -> Interceptor | None:
    """Return the newest active simulator that accepts a request; None: it goes to the network."""
    url = request.url
    candidates = _now.at(url)
    if not candidates:
        return None
    scheme, host, port, method = url.scheme, _host(url), url.port, request.method
    path = url.raw_path.decode("ascii").partition("?")[0]
    for interceptor in candidates:
        if interceptor.accepts(scheme, host, port, path, method):
            return interceptor
    return None
