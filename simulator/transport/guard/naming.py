"""Who sent a request, and what is said about it. Runs only when something is stopped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

from .outgoing import Outgoing

# Top-level packages of client libraries, as they are called in a message.
CLIENTS = {
    "aiohttp": "aiohttp",
    "botocore": "botocore",
    "http": "http.client",
    "httpcore": "httpcore",
    "httpcore2": "httpcore2",
    "httplib2": "httplib2",
    "httpx": "httpx",
    "httpx2": "httpx2",
    "openai": "openai",
    "requests": "requests",
    "tornado": "tornado",
    "trio": "trio",
    "urllib": "urllib.request",
    "urllib3": "urllib3",
    "websockets": "websockets",
}
# What may stand between the frames of a library: parts of the standard library, event loops, mocks.
PLUMBING = frozenset(
    {
        "aiohappyeyeballs",
        "anyio",
        "asyncio",
        "concurrent",
        "contextlib",
        "functools",
        "httpx_aiohttp",
        "responses",
        "respx",
        "sniffio",
        "socket",
        "socks",
        "ssl",
        "threading",
        "unittest",
        "uvloop",
        "vcr",
        "wrapt",
    }
)
# Those that the interception answers; what is stopped of them went round it.
INTERCEPTED = ("httpcore", "httpcore2", "httpx", "httpx2", "openai")
OURS = __name__.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a request.

    Args:
        client: the outermost library, such as `requests` and not the `urllib3` that it uses; empty: unknown.
        caller: file and line that called it.
    """

    client: str
    caller: str


def sender() -> Sender:
    """Read off the stack who is sending a request."""
    client = ""
    for frame in _frames(sys._getframe(1)):
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in CLIENTS:
            client = CLIENTS[package]
        elif package not in PLUMBING and package != OURS:
            return Sender(client, f"{frame.f_code.co_filename}:{frame.f_lineno}")
    return Sender(client, "")


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those that led to it."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def complaint(outgoing: Outgoing, *, simulated: bool) -> str:
    """Return the text of a stop: what was stopped, what let it escape, and what to do.

    Args:
        simulated: a simulator is active that knows the host.
    """
    who = sender()
    client = who.client or "a look-up of its name"
    where = f" (sent at {who.caller})" if who.caller else ""
    does = "was about to send" if outgoing.method else "was about to connect to"
    what = f"Blocked: {client} {does} {outgoing}{'' if outgoing.method else ', route unknown'}{where}."
    return "\n".join(
        (what, _reason(who.client, simulated=simulated), _advice(who.client, outgoing, simulated=simulated))
    )


def _reason(client: str, *, simulated: bool) -> str:
    if not simulated:
        return "No simulator is active that knows this host, and `assistants_guard = suite` lets nothing reach it."
    if client in INTERCEPTED:
        return "A simulator is active, but the client's own transport goes round it."
    return "A simulator is active, but it answers only httpx, httpx2 and the SDK's aiohttp client."


def _advice(client: str, outgoing: Outgoing, *, simulated: bool) -> str:
    if not simulated:
        first = "Use the fixture `simulator` or `@pytest.mark.simulator()`"
    elif client in INTERCEPTED:
        first = "Let the transport hand its requests to one of the library, such as `httpx.HTTPTransport`"
    else:
        first = "Ask through one of these"
    if not outgoing.method:
        return f"{first}, or mock what makes the connection (`passthrough` needs a route, and none is known here)."
    let = f'passthrough=["{outgoing.method} {outgoing.path}"]'
    through = f"`@pytest.mark.simulator({let})`"
    if simulated:
        through = f"`intercept({let})`, {through}"
    return f"{first}, mock the request, or let it through: {through}."
