"""What the server costs: a request over a socket, against a route of starlette that returns the same bytes."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator import Simulator
from simulator.server import serving

from .sizes import Sizes
from .timing import Case, Spread, compare

PATH = "/v1/threads/thread_1/runs/run_1"
_HEADERS = {"openai-beta": "assistants=v2"}
# A round of few requests would measure the scheduler.
_CALLS = 20


def retrieve_run(sizes: Sizes) -> Spread:
    """Compare the time of `runs.retrieve`, over one connection that stays open."""
    simulator = Simulator(journal=False)
    simulator.put("runs", {"id": "run_1", "thread_id": "thread_1", "status": "completed"})
    with serving(simulator) as url, _connected(url) as asked:
        answer = asked.getresponse_of(PATH)
        with _canned(*answer) as canned_url, _connected(canned_url) as canned:
            return compare(
                Case(lambda _: asked.getresponse_of(PATH)),
                Case(lambda _: canned.getresponse_of(PATH)),
                rounds=sizes.rounds,
                calls=sizes.calls * _CALLS,
            )


class _Connection(http.client.HTTPConnection):
    def getresponse_of(self, path: str) -> tuple[bytes, Mapping[str, str]]:
        self.request("GET", path, headers=_HEADERS)
        response = self.getresponse()
        own = {name: value for name, value in response.getheaders() if name not in ("content-length", "date", "server")}
        return response.read(), own


@contextlib.contextmanager
def _connected(url: str) -> Iterator[_Connection]:
    connection = _Connection(urlsplit(url).netloc)
    with contextlib.closing(connection):
        yield connection


@contextlib.contextmanager
def _canned(body: bytes, headers: Mapping[str, str]) -> Iterator[str]:
    """Serve `body` in a thread, by the same server as the simulator's."""

    async def answer(_: Request) -> Response:
        return Response(body, headers=dict(headers))

    app = Starlette(routes=[Route("/v1/threads/{thread}/runs/{run}", answer)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the simulator's: else 40 ms a request
        thread = threading.Thread(target=anyio.run, args=(server.serve, [listening]))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
