"""No admin route for pages in a browser: whoever opens a web page must not hand it the simulator.

Three things, each enough for some attack and none for all: a page's requests have headers that no script can take
away (`Origin`, `Sec-Fetch-Site`), a page that had its own name lead here (DNS rebinding) has that name in `Host`, and
what a form can send is no JSON (`admin`). No answer has a CORS header.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from .answers import refused

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# Nobody can register a name under these (RFC 2606, 6761, 6762, 8375; .internal: ICANN, 2024), so no page has one.
PRIVATE_DOMAINS = frozenset({"localhost", "test", "local", "internal", "home.arpa"})


class NoPages:
    """Lets through what no page in a browser sent.

    Args:
        app: what is behind.
        host: one more name that is ours.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app, self._host = app, host.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 403."""
        headers = Headers(scope=scope)
        problem = self._problem(headers)
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await refused(403, f"{problem} Admin routes answer programs, and no page in a browser.")(
                scope, receive, send
            )

    def _problem(self, headers: Headers) -> str | None:
        if "origin" in headers:
            return f"The request comes from a page: its Origin is {headers['origin']!r}."
        site = headers.get("sec-fetch-site", "none")  # none: somebody typed the address
        if site != "none":
            return f"The request comes from a page: its Sec-Fetch-Site is {site!r}."
        name = host_name(headers.get("host", ""))
        if not is_ours(name) and name != self._host:
            return f"The host {name!r} is not this machine's: use its address, localhost or the name given to --host."
        return None


def host_name(authority: str) -> str:
    """Return the name or address in a `Host` header, in small letters."""
    name = authority.partition("]")[0].removeprefix("[") if authority.startswith("[") else authority.partition(":")[0]
    return name.rstrip(".").lower()


def is_ours(name: str) -> bool:
    """Tell whether no stranger can have this name: an address, a name without a dot, or one of a private domain."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or any(name.endswith(f".{domain}") for domain in PRIVATE_DOMAINS)
    return True
