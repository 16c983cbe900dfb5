"""What interception and guard cost requests that they do not concern: to other hosts, by whatever library.

The server is a process of its own on loopback, and connections stay open: a request takes as little as one can.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from simulator import Simulator
from simulator.transport.libraries import sdk_library

from .sizes import Sizes
from .timing import Case, Spread, compare

# A round of few requests would measure the scheduler: it wakes two processes for each.
_CALLS = 20
_SERVER = """\
import asyncio

async def serve(reader, writer):
    while await reader.readuntil(b"\\r\\n\\r\\n"):
        writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: 2\\r\\n\\r\\n{}")

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
Ask = Callable[[], object]
# Takes the URL of the server, gives what sends a request.
Bystander = Callable[[str], AbstractContextManager[Ask]]


@contextlib.contextmanager
def httpx_canned(url: str) -> Iterator[Ask]:
    library: Any = sdk_library()
    transport = library.MockTransport(lambda request: library.Response(200, json={}))
    with library.Client(transport=transport) as client:
        yield lambda: client.get("https://other.test/")


@contextlib.contextmanager
def httpx(url: str) -> Iterator[Ask]:
    library: Any = sdk_library()
    with library.Client(trust_env=False) as client:
        yield lambda: client.get(url)


@contextlib.contextmanager
def requests(url: str) -> Iterator[Ask]:
    import requests

    with requests.Session() as session:
        session.trust_env = False
        yield lambda: session.get(url)


@contextlib.contextmanager
def aiohttp(url: str) -> Iterator[Ask]:
    import aiohttp

    async def ask() -> None:
        async with session.get(url) as response:
            await response.read()

    with asyncio.Runner() as runner:
        session = runner.run(_opened(aiohttp))
        yield lambda: runner.run(ask())
        runner.run(session.close())


async def _opened(library: Any) -> Any:  # Any: the types of aiohttp, which is the SDK's extra
    return library.ClientSession()


def untouched(bystander: Bystander, sizes: Sizes) -> Spread:
    """Compare a request inside `intercept()` with one outside, where nothing is patched.

    In real time: what the clocks cost that the libraries look at is no part of interception and guard.
    """
    with _server() as url, bystander(url) as ask:
        return compare(
            Case(lambda _: ask(), around=Simulator(time="real").intercept),
            Case(lambda _: ask()),
            rounds=sizes.rounds,
            calls=sizes.calls * _CALLS,
        )


@contextlib.contextmanager
def _server() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.kill()
