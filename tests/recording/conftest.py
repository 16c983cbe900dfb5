"""A client of few words, sessions recorded from the simulator, and the replay by order that replay is held against."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import anyio._backends._asyncio  # noqa: F401  # see `warm`
import assistants_simulator.pytest_plugin
import openai
import pytest

import simulator.recording.capture
import simulator.recording.marked
import simulator.recording.stand_in
import simulator.report.timeline
import simulator.transport.interception
from simulator import Request, Response, Simulator
from simulator.api.wire import Frame
from simulator.recording.cassette import API_BASE, Cassette, Interaction, RecordedRequest, RecordedResponse, head_of
from simulator.recording.events import events_of
from simulator.recording.replayer import Replayer

# A pytest inside this process takes what it has loaded along at its end; loaded again, it would patch what is patched.
LOADED = [assistants_simulator.pytest_plugin, simulator.recording, simulator.report.timeline, simulator.transport]
JSON = {"content-type": "application/json"}
V2 = {**JSON, "openai-beta": "assistants=v2"}
STATUSES = ["queued", "in_progress", "in_progress", "completed"]
MESSAGES = {"object": "list", "data": [{"id": "msg_1", "object": "thread.message", "run_id": "run_1"}]}
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


class Refused(Exception):
    """The answer was an error."""

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Client:
    """Makes requests of a handler; an answer of 400 or more raises `Refused`."""

    Refused = Refused

    def __init__(self, handle, *, headers=V2, base="/v1"):
        self.handle = handle
        self.headers = headers
        self.base = base

    def ask(self, method, path, body=None, **query):
        data = b"" if body is None else json.dumps(body).encode()
        request = Request(method, self.base + path, urlencode(query), self.headers, data, API_BASE)
        response = self.handle(request)
        if response.status >= 400:
            raise Refused(response.status, json.loads(response.body)["error"]["message"])
        return response

    def get(self, path, **query):
        return json.loads(self.ask("GET", path, **query).body)

    def post(self, path, body=None):
        return json.loads(self.ask("POST", path, {} if body is None else body).body)

    def delete(self, path):
        return json.loads(self.ask("DELETE", path).body)

    def start(self):
        """Begin as `polled` does."""
        self.post("/threads", {"metadata": {}})
        return self.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})

    def status(self):
        """Poll the run once."""
        return self.get("/threads/thread_1/runs/run_1")["status"]

    def stream(self, path, body):
        """Yield the events of a streamed answer, each when it is asked for."""
        frames = self.ask("POST", path, {**body, "stream": True}).body
        for frame in frames:
            for event in events_of(frame.data):
                yield event.event, event.json


class Tape:
    """Records what passes between a client and a simulator."""

    def __init__(self, sim):
        self._sim = sim
        self.interactions = []

    def handle(self, request):
        response = self._sim.handle(request)
        body = response.body if isinstance(response.body, bytes) else b"".join(self._read(response.body))
        uri = f"{API_BASE}{request.path}{f'?{request.query}' if request.query else ''}"
        self.interactions.append(
            Interaction(
                request=RecordedRequest(
                    method=request.method, uri=uri, headers=dict(request.headers), body=request.body
                ),
                response=RecordedResponse(status=response.status, headers=dict(response.headers), body=body),
                line=10 * len(self.interactions) + 10,
            )
        )
        frames = iter([Frame(0.0, body)])
        return Response(response.status, response.headers, body if isinstance(response.body, bytes) else frames)

    def _read(self, frames):
        for frame in frames:
            self._sim.wait_until(frame.due)
            yield frame.data


class OrderReplay:
    """What vcrpy does: method and address decide, each answer in turn, the last one again where repeats are allowed."""

    def __init__(self, cassette):
        self._left = list(cassette.interactions)
        self._last = {}

    def handle(self, request):
        address = (request.method, request.path, request.query)
        found = next((one for one in self._left if self._address(one) == address), None)
        if found is not None:
            self._left.remove(found)
            self._last[address] = found
        recorded = self._last[address].response
        if recorded.is_stream:
            return Response(recorded.status, recorded.headers, iter([Frame(0.0, recorded.body)]))
        return Response(recorded.status, recorded.headers, recorded.body)

    @staticmethod
    def _address(one):
        return one.request.method, one.request.path, one.request.query


def exchange(method, path, answer=None, body=None, status=200, **given):
    """One interaction, as it stands in a file."""
    path, _, query = path.partition("?")
    events = given.pop("events", None)
    data = json.dumps(answer, indent=2).encode() if events is None else "".join(events).encode()
    kind = {"content-type": "application/json" if events is None else "text/event-stream; charset=utf-8"}
    return Interaction(
        request=RecordedRequest(
            method=method,
            uri=f"{API_BASE}/v1{path}{f'?{query}' if query else ''}",
            headers=given.pop("headers", V2),
            body=b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode(),
        ),
        response=RecordedResponse(status=status, headers={**kind, **given.pop("answers", {})}, body=data),
        **given,
    )


def event(name, data):
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def cassette_of(*interactions):
    """A cassette; its interactions have a line each."""
    return Cassette(interactions=interactions, head=head_of(interactions), path=Path("cassettes/test.yaml"))


def replayed(*interactions, **options):
    """A replayer of these interactions, and a client of it."""
    replayer = Replayer(cassette_of(*interactions), **options)
    return replayer, Client(replayer.handle)


def run(id="run_1", status="queued", thread="thread_1", calls=(), **fields):
    """A run, as it stands in an answer."""
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [{"id": call} for call in calls]}}
    return {
        "id": id,
        "object": "thread.run",
        "thread_id": thread,
        "assistant_id": "asst_1",
        "status": status,
        "required_action": action if calls else None,
        **fields,
    }


def corpus():
    """The files of recorded sessions beside the project; none where they are absent."""
    return sorted(CORPUS.glob("*/*.json"))


@pytest.fixture(scope="session")
def warm():
    """Load what is loaded late: pytester forgets, after each test, the modules that were loaded in it."""
    with Simulator("auto").client() as client:
        assert client.beta.threads.runs.steps
        assert client.beta.assistants.list().data == []
    openai.OpenAI(api_key="sk-x").close()  # the library below httpx


@pytest.fixture(scope="session")
def tape():
    """What tests of replay are made of."""
    return SimpleNamespace(
        Client=Client,
        JSON=JSON,
        MESSAGES=MESSAGES,
        OrderReplay=OrderReplay,
        Refused=Refused,
        STATUSES=STATUSES,
        Tape=Tape,
        V2=V2,
        cassette_of=cassette_of,
        corpus=corpus,
        event=event,
        exchange=exchange,
        replayed=replayed,
        run=run,
    )


@pytest.fixture
def polled(tape):
    """A run that is created, polled to its end, and read."""
    return [
        tape.exchange("POST", "/threads", {"id": "thread_1"}, {"metadata": {}}, line=3),
        tape.exchange("POST", "/threads/thread_1/runs", tape.run(), {"assistant_id": "asst_1"}, line=20),
        *(tape.exchange("GET", "/threads/thread_1/runs/run_1", tape.run(status=each), line=40) for each in STATUSES),
        tape.exchange("GET", "/threads/thread_1/messages", MESSAGES, line=60),
    ]


@pytest.fixture
def tooled(tape):
    """A run that asks for two tools and gets their outputs."""
    outputs = [
        {"tool_call_id": "call_1", "output": '{"city": "Paris", "temperature": 22}'},
        {"tool_call_id": "call_2", "output": "no idea"},
    ]
    asks = tape.run(status="requires_action", calls=["call_1", "call_2"])
    return [
        tape.exchange("POST", "/threads/thread_1/runs", tape.run(), {"assistant_id": "asst_1"}),
        tape.exchange("GET", "/threads/thread_1/runs/run_1", asks),
        tape.exchange(
            "POST", "/threads/thread_1/runs/run_1/submit_tool_outputs", tape.run(), {"tool_outputs": outputs}
        ),
        tape.exchange("GET", "/threads/thread_1/runs/run_1", tape.run(status="completed")),
    ]
