"""Sessions made in memory, of which each test knows every part."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from simulator.recording import forms
from simulator.recording.cassette import API_BASE, Cassette, Interaction, RecordedRequest, RecordedResponse, head_of
from simulator.recording.events import Event, stream_of

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
BETA = {"openai-beta": "assistants=v2", "content-type": "application/json"}


@pytest.fixture
def corpus():
    """The folder of recorded sessions that is not part of the repository."""
    if not CORPUS.is_dir():
        pytest.skip("no recordings: there is no folder ../shared/corpus beside the project")
    return CORPUS


def _answer(value):
    if isinstance(value, list):
        frames = [Event(name, data if isinstance(data, str) else json.dumps(data)) for name, data in value]
        return {"content-type": "text/event-stream"}, stream_of(frames)
    return {"content-type": "application/json"}, json.dumps(value).encode()


def _interaction(request, answer, body=None, status=200):
    method, _, path = request.partition(" ")
    headers, content = _answer(answer)
    return Interaction(
        request=RecordedRequest(
            method=method,
            uri=path if "://" in path else f"{API_BASE}/v1{path}",
            headers=BETA,
            body=b"" if body is None else json.dumps(body).encode(),
        ),
        response=RecordedResponse(status=status, headers=headers, body=content),
    )


@pytest.fixture
def exchange():
    """Make an interaction: "POST /threads", the answer (a list: a stream), the body, the status."""
    return _interaction


@pytest.fixture
def session():
    """Make a cassette of interactions."""
    return lambda *interactions: Cassette(interactions=interactions, head=head_of(interactions))


@pytest.fixture
def saved(tmp_path):
    """Write a cassette into a file in a form; return its path."""

    def save(cassette, name="weather.yaml", form="vcrpy"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(forms.write(cassette, form).encode("utf-8", "surrogateescape"))
        return path

    return save


def _run(status, **fields):
    usual = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "assistant_id": "asst_1"}
    return {**usual, "created_at": 100, "model": "gpt-4o", "status": status, **fields}


def _asking(*calls):
    tool_calls = [
        {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for id, name, arguments in calls
    ]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": tool_calls}}


def _said(text, id="msg_9", run_id="run_1"):
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    role = "assistant" if run_id else "user"
    usual = {"id": id, "object": "thread.message", "thread_id": "thread_1", "role": role, "run_id": run_id}
    return {**usual, "content": content}


@pytest.fixture
def objects():
    """Make objects as they are answered: a run, its required_action of calls (id, name, arguments), a message."""
    return SimpleNamespace(run=_run, asking=_asking, said=_said)


@pytest.fixture
def weather(session):
    """A recorded run loop: a question, one call of two functions, an answer; polled."""
    base = "/threads/thread_1"
    calls = _asking(("call_1", "get_weather", '{"city": "Paris"}'), ("call_2", "get_time", '{"city": "Paris"}'))
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    question = _said("How is Paris?", id="msg_1", run_id=None)
    outputs = [{"tool_call_id": "call_1", "output": "18 °C"}, {"tool_call_id": "call_2", "output": "10:15"}]
    tools = [{"type": "function", "function": {"name": one}} for one in ("get_weather", "get_time")]
    assistant = {"id": "asst_1", "object": "assistant", "name": "Weather", "model": "gpt-4o", "tools": tools}
    listed = {"object": "list", "data": [_said("18 °C, and 10:15."), question], "has_more": False}
    return session(
        _interaction("POST /assistants", assistant, {"model": "gpt-4o", "tools": tools}),
        _interaction("POST /threads", {"id": "thread_1", "object": "thread"}, {}),
        _interaction(f"POST {base}/messages", question, {"role": "user", "content": "How is Paris?"}),
        _interaction(f"POST {base}/runs", _run("queued"), {"assistant_id": "asst_1"}),
        _interaction(f"GET {base}/runs/run_1", _run("in_progress", started_at=101)),
        _interaction(f"GET {base}/runs/run_1", _run("requires_action", started_at=101, required_action=calls)),
        _interaction(f"POST {base}/runs/run_1/submit_tool_outputs", _run("queued"), {"tool_outputs": outputs}),
        _interaction(f"GET {base}/runs/run_1", _run("in_progress", started_at=104)),
        _interaction(f"GET {base}/runs/run_1", _run("completed", started_at=104, completed_at=106, usage=usage)),
        _interaction(f"GET {base}/messages", listed),
    )
