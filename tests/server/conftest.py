"""A simulator behind a socket, and a caller of its admin routes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from simulator import Simulator


class Admin:
    """Calls admin routes as a program in another language does; gives status and parsed body."""

    def __init__(self, base_url):
        self.root = base_url.removesuffix("/v1")

    def get(self, name, **headers):
        return self._send(urllib.request.Request(f"{self.root}/_simulator/{name}", headers=headers))

    def post(self, name, body=None, raw=None, **headers):
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers}
        return self._send(urllib.request.Request(f"{self.root}/_simulator/{name}", data, sent))

    def _send(self, request):
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())


@pytest.fixture(scope="module")
def served():
    """One server for the tests of a module: the simulator and its base URL."""
    pytest.importorskip("uvicorn", reason="the extra `server` is not installed")
    from simulator.server import serving

    sim = Simulator()
    with serving(sim) as base_url:
        yield sim, base_url


@pytest.fixture
def sim(served):
    served[0].reset(seed=0)
    return served[0]


@pytest.fixture
def base_url(served, sim):
    return served[1]


@pytest.fixture
def admin(base_url):
    return Admin(base_url)


@pytest.fixture
def admin_of():
    return Admin
