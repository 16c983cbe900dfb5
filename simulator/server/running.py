"""A server in a thread: its socket, its start, and an end that lets what is under way come to its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from .application import application

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from ..simulator import Simulator

# Real seconds. An answer takes milliseconds, if no brain waits for something.
PATIENCE_AT_THE_END = 5
# Real seconds for which an idle connection is kept. uvicorn's 5 are fewer than a client waits between two questions,
# and a request that meets the closing connection fails.
KEEP_ALIVE = 600


@contextmanager
def running(simulator: Simulator, *, host: str, port: int, threads: bool) -> Iterator[str]:
    """Serve a simulator inside the block; see `server.serving`."""
    with bound(host, port) as listener:
        app = application(simulator, threads=threads, host=host)
        with _in_thread(_server_of(app), listener, app.state.door.end_streams):
            yield base_url(host, listener)


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        OSError: the port is taken, or there is no such host.
    """
    family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # Accepted sockets have it from this one: a frame leaves when it is due, and waits for no acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def base_url(host: str, listener: socket.socket) -> str:
    """Return what a client takes as its base URL."""
    authority = f"[{host}]" if ":" in host else host
    return f"http://{authority}:{listener.getsockname()[1]}/v1"


@contextmanager
def _in_thread(server: uvicorn.Server, listener: socket.socket, end_streams: Callable[[], None]) -> Iterator[None]:
    """Run a server inside the block. After it, open streams end and what is being answered is answered."""
    its_loop: Future[asyncio.AbstractEventLoop] = Future()

    async def serve() -> None:
        its_loop.set_result(asyncio.get_running_loop())
        await server.serve(sockets=[listener])

    # Outside the main thread uvicorn leaves signals alone; on them it would end the process with their numbers.
    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="assistants-simulator", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        its_loop.result().call_soon_threadsafe(end_streams)
        thread.join()


def _server_of(app: Starlette) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,  # no answer has the machine's time in it
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=PATIENCE_AT_THE_END,
    )
    return uvicorn.Server(config)
