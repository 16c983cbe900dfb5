"""A request to a host that is nobody's here, inside `intercept()` and outside: what our patches add to it."""

from __future__ import annotations

import importlib
from typing import Any

import openai

from simulator import Simulator
from simulator.transport.libraries import which_library

from .canned import KEY
from .sizes import Sizes
from .timing import Case, Spread, compare

BODY = b'{"id": "run_1", "object": "thread.run", "status": "completed", "metadata": {}}'


def unrelated(sizes: Sizes) -> Spread:
    """Compare a call to another host through a real transport, which both layers of patches stand before."""
    library: Any = importlib.import_module(which_library())
    transport = library.HTTPTransport()
    transport._pool = _Pool("httpcore2" if library.__name__ == "httpx2" else "httpcore")  # noqa: SLF001  # no network
    http_client = library.Client(transport=transport, follow_redirects=True, trust_env=False)
    client = openai.OpenAI(api_key=KEY, base_url="https://other.example/v1", http_client=http_client)

    def call(_prepared: object) -> object:
        return client.beta.threads.runs.retrieve("run_1", thread_id="thread_1")

    return compare(Case(call, around=Simulator().intercept), Case(call), rounds=sizes.rounds, calls=sizes.calls)


class _Pool:
    """In the place of a connection pool."""

    def __init__(self, core: str) -> None:
        self._response = importlib.import_module(core).Response

    def handle_request(self, _request: object) -> Any:  # Any: of httpcore or httpcore2
        return self._response(200, headers=[(b"content-type", b"application/json")], content=BODY)
