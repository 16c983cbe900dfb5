"""A request on its way out, and how the libraries spell one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is known of a request where it was noticed.

    Args:
        scheme: empty where unknown.
        host: as `plain_name` makes it.
        port: None: that of the scheme, or unknown.
        method: empty where the route is unknown.
        path: without the query, which may hold what nobody should print.
    """

    scheme: str
    host: str
    port: int | None
    method: str = ""
    path: str = ""

    def __str__(self) -> str:
        """Return it for a message."""
        port = f":{self.port}" if self.port not in (None, 80, 443) else ""
        place = f"{self.scheme}://{self.host}{port}" if self.scheme else f"{self.host}{port}"
        return f"{self.method} {place}{self.path}" if self.method else place


def plain_name(host: object) -> str:
    """Return a host in lower case, without brackets and the dot of the root; not a text: empty."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("latin-1")
    return host.lower().strip("[]").rstrip(".") if isinstance(host, str) else ""


def outgoing_of(scheme: str, host: str, port: int | None, method: str, target: str) -> Outgoing:
    """Return a request as HTTP/1.1 spells it.

    Args:
        scheme, host, port: where the connection leads.
        target: a path with its query, or, as a proxy is asked, a whole URL, which then tells the place.
    """
    if "://" not in target.partition("?")[0]:
        return Outgoing(scheme, plain_name(host), port, method, target.partition("?")[0])
    parts = urlsplit(target)
    return Outgoing(parts.scheme, plain_name(parts.hostname or ""), parts.port, method, parts.path or "/")
