"""Whether a request that is about to leave the process may do so."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from ...errors import RequestBlocked
from .. import active
from ..active import Interceptor
from ..hosts import Hosts, Passthrough
from .naming import complaint
from .outgoing import Outgoing, plain_name


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Suite:
    """A whole test suite that lets nothing reach the API; where a simulator knows the host, that one decides.

    Args:
        hosts: the API hosts.
        blocked: told the text of each stop.
    """

    hosts: Hosts
    blocked: Callable[[str], None]


# All three are replaced, never changed: a reader needs no lock.
_suites: tuple[Suite, ...] = ()
_names: frozenset[str] = frozenset()
_suffixes: tuple[str, ...] = ()

# The request that a layer above knows whole, for layers below that see a host only. Not for other threads,
# but for those that a context is copied into: asyncio's tasks, anyio's and trio's threads.
_under_way: ContextVar[Outgoing | None] = ContextVar("simulator_request_under_way", default=None)


def add(suite: Suite) -> None:
    """Guard a suite. The caller holds the lock of `holding`."""
    global _suites
    _suites = (suite, *_suites)


def discard(suite: Suite) -> None:
    """Guard a suite no longer; harmless when repeated. The caller holds the lock of `holding`."""
    global _suites
    _suites = tuple(other for other in _suites if other is not suite)


def refresh() -> bool:
    """Take note of what is active now, and tell whether anything is. The caller holds the lock of `holding`."""
    global _names, _suffixes
    guarded: Sequence[Interceptor | Suite] = (*active.newest_first(), *_suites)
    known = [one.hosts.at_large() for one in guarded]
    _names = frozenset(name for names, _ in known for name in names)
    _suffixes = tuple({suffix for _, suffixes in known for suffix in suffixes})
    return bool(known)


def concerns(host: str) -> bool:
    """Tell whether a host may be one of the API. Every request of every library comes here: it must be quick."""
    name = plain_name(host)
    return name in _names or name.endswith(_suffixes)


def judge(outgoing: Outgoing) -> None:
    """Let a request pass, or stop it.

    Raises:
        RequestBlocked: a simulator that is active would have answered it; or none knows its host, and a
            suite lets nothing through. They have been told.
    """
    if is_loopback(outgoing.host):
        return
    simulators = [one for one in active.newest_first() if _knows(one, outgoing)]
    against: Sequence[Interceptor | Suite] = (
        [one for one in simulators if not one.passthrough.match(outgoing.method, outgoing.path)]
        if simulators
        else [one for one in _suites if _knows(one, outgoing)]
    )
    if against:
        text = complaint(outgoing, simulated=bool(simulators))
        for one in against:
            one.blocked(text)
        raise RequestBlocked(text)


def judge_connection(outgoing: Outgoing) -> None:
    """As `judge`, for a connection whose requests are judged one by one when they are sent.

    Without a route, it passes if any route of its host may.
    """
    knowing = (one for one in active.newest_first() if _knows(one, outgoing))
    if outgoing.method or all(one.passthrough == Passthrough() for one in knowing):
        judge(outgoing)


def judge_look_up(host: str, port: int | None) -> None:
    """As `judge`, for the look-up of a name; as part of a request that is under way, it is that which counts."""
    request = _under_way.get()
    name = plain_name(host)
    judge(request if request is not None and request.host == name else Outgoing("", name, port))


@contextmanager
def under_way(outgoing: Outgoing) -> Iterator[None]:
    """Let the layers below know, inside the block, which request they serve."""
    token = _under_way.set(outgoing)
    try:
        yield
    finally:
        _under_way.reset(token)


def request_under_way() -> Outgoing | None:
    """Return the request that a layer above has begun, if it has."""
    return _under_way.get()


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine: people run API-compatible servers there."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _knows(one: Interceptor | Suite, outgoing: Outgoing) -> bool:
    # On a host that other services share, only the path tells: without one, it may be theirs.
    return one.hosts.match(outgoing.scheme, outgoing.host, outgoing.port, outgoing.path)
