"""A few requests as the tests of the whole simulator make them."""

from __future__ import annotations

import json
import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from simulator import Request

# Loaded at a client's first request. Were that inside a pytest that a test runs, this would be forgotten with it,
# and loaded anew while httpx goes on to expect the exceptions of the first.
for _library in ("httpcore", "httpcore2"):
    if find_spec(_library):
        import_module(_library)

HERE = Path(__file__).parent
V2 = {"openai-beta": "assistants=v2", "content-type": "application/json"}


def pytest_collection_modifyitems(items):
    """Skip what the installed SDK is too old for, as the table of `tests/sdks/needs.py` says."""
    from tests.sdks.needs import reason_to_skip

    for item in items:
        file = os.path.relpath(item.path, HERE).replace(os.sep, "/")
        if reason := reason_to_skip(file, getattr(item, "originalname", item.name)):
            item.add_marker(pytest.mark.skip(reason=reason))


# Of a module: while its thread lives, time would pass really in the tests that wake a thread from before the block.
@pytest.fixture(scope="module")
def _server():
    pytest.importorskip("uvicorn", reason="the extra `server` is not installed")
    from simulator.server import serving
    from tests.doors import Served

    sim = Served()
    with serving(sim) as sim.base_url:
        yield sim


@pytest.fixture
def served_simulator(_server):
    """A simulator as new whose clients reach it through a socket."""
    yield _server.begin()
    _server.close_clients()


def _ask(sim, method, path, body=None):
    data = b"" if body is None else json.dumps(body).encode()
    answer = sim.handle(Request(method, f"/v1{path}", "", V2, data))
    return answer.status, json.loads(answer.body)


@pytest.fixture
def ask():
    """Send one request; return status and parsed body."""
    return _ask


@pytest.fixture
def started():
    """Start a run on a new thread of its own; return status and answer."""

    def start(sim, text="Hello?", assistant="asst_1", **body):
        if sim._backend.store.assistants.get(assistant) is None:
            sim.put("assistants", {"id": assistant, "name": assistant.upper()})
        thread = {"messages": [{"role": "user", "content": text}]}
        return _ask(sim, "POST", "/threads/runs", {"assistant_id": assistant, "thread": thread, **body})

    return start


@pytest.fixture
def said():
    """Let time pass; return what the run wrote."""

    def texts(sim, run):
        sim.clock.advance(60)
        return [
            message["content"][0]["text"]["value"]
            for message in sim.messages(run["thread_id"])
            if message["run_id"] == run["id"]
        ]

    return texts
