"""The simulator behind a socket, for programs in other languages and for processes of their own.

    from simulator import Simulator, say
    from simulator.server import serving

    sim = Simulator()
    sim.script(say("Hello."))
    with serving(sim) as base_url:      # http://127.0.0.1:PORT/v1, until the block ends
        ...

It needs the extra `server`, which is loaded when one of the two functions is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import MissingExtra

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from ..simulator import Simulator

__all__ = ["app", "serving"]


def app(simulator: Simulator, *, threads: bool = False, host: str = "") -> Starlette:
    """Return the simulator as an ASGI application: the API under any base path, its admin routes under `/_simulator`.

    Args:
        simulator: answers; what is done to it elsewhere, it shows here.
        threads: requests are answered in a thread, one after the other. For a brain or stub that waits for something:
            without it the event loop waits too.
        host: the name under which it is served, if that is neither an address nor a name of this machine's network.

    Raises:
        MissingExtra: starlette is not installed.
    """
    with _extra():
        from .application import application
    return application(simulator, threads=threads, host=host)


@contextmanager
def serving(simulator: Simulator, *, host: str = "127.0.0.1", port: int = 0, threads: bool = False) -> Iterator[str]:
    """Serve a simulator inside the block, in a thread; give the base URL for clients.

    At the end of the block open streams end, and what is being answered is answered. Nothing here is
    patched: virtual time is the simulator's, and a program that sleeps sleeps for real.

    Args:
        host: an address or name of this machine.
        port: 0 takes any that is free.
        threads: as of `app`.

    Raises:
        MissingExtra: starlette or uvicorn is not installed.
        OSError: the port is taken, or there is no such host.
    """
    with _extra():
        from .running import running
    with running(simulator, host=host, port=port, threads=threads) as base_url:
        yield base_url


@contextmanager
def _extra() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtra("A server", "server", error.name) from error
