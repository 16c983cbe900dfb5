"""A caller of `Simulator.handle`, small worlds for it, and the proof that a refusal changed nothing."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from simulator import Request, Simulator

V2 = {"openai-beta": "assistants=v2", "content-type": "application/json"}


@dataclass
class Answer:
    """What came back: `json` of a plain answer, `events` of a streamed one."""

    status: int
    headers: dict
    body: object

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]


class Api:
    """Asks the simulator without any library: bytes in, bytes out."""

    def __init__(self, sim, prefix="/v1"):
        self.sim, self.prefix = sim, prefix

    def send(self, method, path, body=None, *, query="", headers=V2, raw=None):
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        answer = self.sim.handle(Request(method, self.prefix + path, query, headers, data))
        body = answer.body
        if not isinstance(body, bytes) and answer.headers["content-type"] == "application/json":
            body = b"".join(frame.data for frame in self.read(body))
        return Answer(answer.status, answer.headers, body)

    def read(self, frames):
        """Yield frames as they are asked for; the clock jumps to each."""
        for frame in frames:
            self.sim.wait_until(frame.due)
            yield frame

    def get(self, path, query="", **options):
        return self.send("GET", path, query=query, **options)

    def post(self, path, body=None, **options):
        return self.send("POST", path, body, **options)

    def delete(self, path, **options):
        return self.send("DELETE", path, **options)

    def made(self, path, body=None, **options):
        """Post something that must succeed and return what was made."""
        answer = self.post(path, body, **options)
        assert answer.status == 200, answer.body
        return answer.json

    def frames(self, path, body=None, *, query=""):
        """Post something that streams; the frames come as they are asked for, and the clock jumps to each."""
        answer = self.post(path, {**(body or {}), "stream": True}, query=query)
        assert answer.status == 200, answer.body
        yield from (frame for frame in self.read(answer.body) if frame.data)

    def events(self, path, body=None, *, query=""):
        """Return a whole stream as (name, data) pairs."""
        return [parsed(frame.data) for frame in self.frames(path, body, query=query)]


def parsed(data):
    """Return one server-sent event as its name and its data."""
    first, second, *rest = data.decode().split("\n")
    assert rest == ["", ""], "a frame is two lines and ends with an empty one"
    name, text = first.removeprefix("event: "), second.removeprefix("data: ")
    return name, text if text == "[DONE]" else json.loads(text)


class World:
    """The usual objects, made through the API or placed."""

    def __init__(self, api):
        self.api, self.sim = api, api.sim

    def assistant(self, **body):
        return self.api.made("/assistants", {"model": "gpt-4o", "instructions": "Be brief.", **body})["id"]

    def thread(self, *texts):
        messages = [{"role": "user", "content": text} for text in texts]
        return self.api.made("/threads", {"messages": messages})["id"]

    def started(self, *turns, thread=None, assistant=None, **body):
        """Script turns and start a run on a new thread; return its path and its object."""
        self.sim.script(*turns)
        thread = thread or self.thread("Hello?")
        body = {"assistant_id": assistant or self.assistant(), **body}
        run = self.api.made(f"/threads/{thread}/runs", body)
        return f"/threads/{thread}/runs/{run['id']}", run

    def until(self, path, *statuses):
        """Read a run until it has one of the statuses; each read costs virtual time."""
        for _ in range(2_000):
            run = self.api.get(path).json
            if run["status"] in statuses:
                return run
        raise AssertionError(f"never {statuses}: {run['status']}")

    def placed(self, status, **fields):
        """Place a run that does not move by itself; return its path."""
        run = self.sim.put("runs", {"thread_id": "thread_placed", "status": status, **fields})
        return f"/threads/thread_placed/runs/{run['id']}"

    def waiting(self, *ids, **fields):
        """Place a run that waits for the outputs of the calls `ids`; return its path."""
        calls = [{"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}} for id in ids]
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
        return self.placed("requires_action", required_action=action, **fields)


@pytest.fixture
def sim():
    return Simulator()


@pytest.fixture
def api(sim):
    return Api(sim)


@pytest.fixture
def world(api):
    return World(api)


@pytest.fixture
def api_of():
    """The caller of another simulator than the fixture's."""
    return Api


@pytest.fixture
def world_of():
    return lambda sim: World(Api(sim))


@pytest.fixture
def parse():
    return parsed


@pytest.fixture
def state_of(tmp_path):
    """The saved state, without what every request moves: the clock and the count of request ids."""

    def state(sim):
        path = tmp_path / "state.json"
        sim.save(path)
        saved = json.loads(path.read_bytes())
        del saved["backend"]["now"]
        saved["backend"]["ids"].pop("req_", None)
        return saved

    return state


@pytest.fixture
def unchanged(sim, state_of):
    """A block after which the state is as before."""

    @contextmanager
    def block(*, surprises=0):
        before = state_of(sim)
        yield
        after = state_of(sim)
        # What `check()` will report is counted by the simulator, and is no state of the service.
        assert len(after["backend"].pop("surprises")) == len(before["backend"].pop("surprises")) + surprises
        assert after == before

    return block


@pytest.fixture
def refused(unchanged):
    """Send something that must be refused, with everything as before; return the error."""

    def send(answer_of, status, *, surprises=0):
        with unchanged(surprises=surprises):
            answer = answer_of()
        assert answer.status == status, answer.body
        assert answer.headers["content-type"] == "application/json"
        assert list(answer.json) == ["error"]
        assert list(answer.error) == ["message", "type", "param", "code"]
        return answer.error

    return send


@pytest.fixture
def stream(sim, api, world):
    """Script turns and stream a run of them on a new thread: its frames."""

    def start(*turns, query="", **body):
        sim.script(*turns)
        thread, assistant = world.thread("Hello?"), world.assistant()
        return api.frames(f"/threads/{thread}/runs", {"assistant_id": assistant, **body}, query=query)

    return start


@pytest.fixture
def events(stream):
    """The events of a whole stream."""
    return lambda *turns, **options: [parsed(frame.data) for frame in stream(*turns, **options)]


@pytest.fixture
def deltas():
    """The pieces that the delta events of a stream carry, one list for each event."""

    def pieces(events, kind="message"):
        found = [data["delta"] for name, data in events if name.endswith(f"{kind}.delta")]
        return [delta["content"] if kind == "message" else delta["step_details"]["tool_calls"] for delta in found]

    return pieces
