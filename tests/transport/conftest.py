"""A canned API, a fake network below the HTTP libraries, and the proof that patches leave no trace."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec

import openai
import pytest

from simulator.api.wire import EVENT_STREAM_TYPE, SSE_DONE, Frame, Response, json_response, sse_frame
from simulator.transport import active, interception, libraries, vcr_cassettes
from simulator.transport.active import Interceptor
from simulator.transport.guard import doors
from simulator.transport.hosts import Hosts, Passthrough


def run_json(by, run_id="run_1"):
    """A run whose metadata tells who answered."""
    return {
        "id": run_id,
        "object": "thread.run",
        "thread_id": "thread_1",
        "assistant_id": "asst_1",
        "status": "completed",
        "metadata": {"by": by},
    }


@dataclass
class CannedApi:
    """Answers a run to every request, and `frames` events to one that asks for a stream."""

    name: str = "canned"
    frames: int = 5
    requests: list = field(default_factory=list)
    waited: list = field(default_factory=list)
    produced: int = 0
    closed: bool = False

    def handle(self, request):
        self.requests.append(request)
        if b'"stream":true' in request.body.replace(b" ", b""):
            return Response(200, {"content-type": EVENT_STREAM_TYPE}, self.stream())
        return json_response(200, run_json(self.name, request.path.rpartition("/")[2]), {"x-request-id": "req_1"})

    def stream(self):
        try:
            for number in range(self.frames):
                self.produced += 1
                yield Frame(number + 0.5, sse_frame("thread.run.created", run_json(self.name, f"run_{number}")))
            yield Frame(float(self.frames), SSE_DONE)
        finally:
            self.closed = True

    def wait_until(self, due):
        self.waited.append(due)

    def interceptor(self, *, hosts=(), passthrough=(), **options):
        return Interceptor(
            handle=self.handle,
            wait_until=self.wait_until,
            hosts=Hosts.of(hosts),
            passthrough=Passthrough.of(passthrough),
            **options,
        )


@pytest.fixture
def make_api():
    return CannedApi


@pytest.fixture
def api():
    return CannedApi()


@dataclass
class Network:
    """What got past everything: requests to the connection pools, which answer a run."""

    requests: list = field(default_factory=list)

    def note(self, request):
        url = request.url
        authority = url.host.decode() + (f":{url.port}" if url.port else "")
        self.requests.append((request.method.decode(), f"{url.scheme.decode()}://{authority}{url.target.decode()}"))


class Escape(BaseException):
    """Not an Exception: SDKs before 3.x retry those, with real sleeps."""


@pytest.fixture(autouse=True)
def network(monkeypatch):
    """Nothing leaves the process: the pools of httpcore and httpcore2 are canned, aiohttp's is barred."""
    seen = Network()
    for name in ("httpcore", "httpcore2"):
        try:
            _can_pools(monkeypatch, importlib.import_module(name), seen)
        except ImportError:
            continue
    _bar_aiohttp(monkeypatch)
    return seen


def _can_pools(monkeypatch, core, seen):
    def handle_request(_self, request):
        seen.note(request)
        return core.Response(200, headers=[(b"content-type", b"application/json")], content=body)

    async def handle_async_request(_self, request):
        return handle_request(_self, request)

    body = json.dumps(run_json("network")).encode()
    monkeypatch.setattr(core.ConnectionPool, "handle_request", handle_request)
    monkeypatch.setattr(core.AsyncConnectionPool, "handle_async_request", handle_async_request)
    if core.__name__ == "httpcore":  # vcrpy 8.0 and 8.1 go on from here, with what they found at their import
        vcr_patch = importlib.import_module("vcr.patch")
        kept = "_HttpcoreConnectionPool_handle_request", "_HttpcoreAsyncConnectionPool_handle_async_request"
        for name, canned in zip(kept, (handle_request, handle_async_request), strict=True):
            if hasattr(vcr_patch, name):
                monkeypatch.setattr(vcr_patch, name, canned)


def _bar_aiohttp(monkeypatch):
    try:
        import aiohttp
    except ImportError:
        return

    async def escape(*_args, **_kwargs):
        raise Escape("aiohttp")

    monkeypatch.setattr(aiohttp.ClientSession, "_request", escape)


@pytest.fixture(autouse=True)
def _no_idle_trio_workers(monkeypatch):
    """Let trio's workers end when they have nothing to do; they would stay for 10 s, in other tests."""
    if find_spec("trio"):
        monkeypatch.setattr("trio._core._thread_cache.IDLE_TIMEOUT", 0.01)


@pytest.fixture
def alone():
    """Wait for the threads that other tests have left behind."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(30)
            assert not thread.is_alive(), f"{thread} was left behind by a test before this one"


def _patchable():
    for library in libraries.loaded():
        yield library.Client, "_transport_for_url"
        yield library.AsyncClient, "_transport_for_url"
        yield library.HTTPTransport, "handle_request"
        yield library.AsyncHTTPTransport, "handle_async_request"
    for transport in libraries.aiohttp_transports():
        yield transport, "handle_async_request"
    yield from ((owner, name) for owner, name, _ in doors.targets())
    if "respx.mocks" in sys.modules:
        mocker = sys.modules["respx.mocks"].Mocker
        yield from ((mocker, name) for name in ("handler", "async_handler", "stop"))
    if vcr_cassettes.imported():
        stubs = sys.modules[vcr_cassettes.MODULE]
        yield from (
            (stubs, name) for name in vars(stubs) if name.startswith(("_vcr_handle", "_sync_vcr", "_async_vcr"))
        )


@pytest.fixture(autouse=True)
def _no_trace():
    """After every test all attributes that may be patched are the genuine ones."""
    before = {(owner, name): vars(owner)[name] for owner, name in _patchable()}
    finders = list(sys.meta_path)
    yield
    assert not active.some()
    interception.settle()  # what another patch, ending later, has put back
    assert {key: vars(key[0])[key[1]] for key in before} == before
    assert sys.meta_path == finders


# Imported here, so that every test finds the same ones loaded.
LIBRARIES = [name for name in libraries.NAMES if find_spec(name)]
for _name in (*LIBRARIES, vcr_cassettes.MODULE):
    with suppress(ImportError):  # vcrpy 8.0 and 8.1 have no part for httpx
        importlib.import_module(_name)


@pytest.fixture(params=LIBRARIES)
def library(request):
    return sys.modules[request.param]


@pytest.fixture
def sdk_library():
    return libraries.sdk_library()


@pytest.fixture
def retrieve():
    """Retrieve a run through the SDK; the result tells who answered."""

    def retrieve(client, run_id="run_1"):
        return client.beta.threads.runs.retrieve(run_id, thread_id="thread_1").metadata["by"]

    return retrieve


@pytest.fixture
def aretrieve():
    async def aretrieve(client, run_id="run_1"):
        return (await client.beta.threads.runs.retrieve(run_id, thread_id="thread_1")).metadata["by"]

    return aretrieve


@pytest.fixture
def streaming():
    """Skip what an SDK before 1.14 cannot do."""
    if "stream" not in inspect.signature(openai.resources.beta.threads.runs.Runs.create).parameters:
        pytest.skip("this SDK does not stream")


@pytest.fixture
def aiohttp():
    """Skip what an SDK before 1.92, or one without its extra, cannot do."""
    pytest.importorskip("aiohttp")
    if not hasattr(openai, "DefaultAioHttpClient"):
        pytest.skip("this SDK has no client on aiohttp")


@pytest.fixture
def sdk():
    """Build an SDK client as programs do, without retries."""

    def sdk(**kwargs):
        return openai.OpenAI(**{"api_key": "sk-test", "max_retries": 0, **kwargs})

    return sdk


@pytest.fixture
def async_sdk():
    def async_sdk(**kwargs):
        return openai.AsyncOpenAI(**{"api_key": "sk-test", "max_retries": 0, **kwargs})

    return async_sdk
