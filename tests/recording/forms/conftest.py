"""Sessions to read and write, and how two readings of one session are compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.recording import forms
from simulator.recording.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"


@pytest.fixture
def corpus():
    """The folder of recorded sessions that is not part of the repository."""
    if not CORPUS.is_dir():
        pytest.skip("no recordings: there is no folder ../shared/corpus beside the project")
    return CORPUS


@pytest.fixture
def saved(tmp_path):
    """Write text into a file; return its path."""

    def save(text, name="cassette.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape"))
        return path

    return save


@pytest.fixture
def rewritten(saved):
    """Write a session in a form and read it again."""
    return lambda cassette, form: forms.load(saved(forms.write(cassette, form), f"again{forms.suffix_of(form)}"))


def _body(body):
    try:
        return json.loads(body)
    except ValueError:
        return body


def _content(response):
    # A stream is its events: their frames are written anew.
    return [tuple(event) for event in response.events] or _body(response.body)


@pytest.fixture
def meaning():
    """What of a session every form keeps."""

    def meaning(cassette):
        return [
            (
                (one.request.method, one.request.uri, dict(one.request.headers), _body(one.request.body)),
                (one.response.status, dict(one.response.headers), _content(one.response)),
            )
            for one in cassette.interactions
        ]

    return meaning


@pytest.fixture
def session():
    """A small session made in memory: a JSON answer, a stream, and a body that is no text."""
    headers = {"content-type": "application/json", "openai-beta": "assistants=v2"}
    run = b'{\n  "id": "run_1",\n  "object": "thread.run",\n  "status": "queued"\n}'
    stream = b'event: thread.run.created\ndata: {"id":"run_2"}\n\nevent: done\ndata: [DONE]\n\n'
    base = "https://api.openai.com/v1"

    def interaction(method, path, body, answer):
        status, kind, content = answer
        return Interaction(
            request=RecordedRequest(method=method, uri=base + path, headers=headers, body=body),
            response=RecordedResponse(status=status, headers={"content-type": kind}, body=content),
            recorded_at="2024-05-01T10:00:00Z",
        )

    return Cassette(
        interactions=[
            interaction("POST", "/threads/t/runs", b'{"assistant_id":"asst_1"}', (200, "application/json", run)),
            interaction("POST", "/threads/t/runs", b'{"stream":true}', (200, "text/event-stream", stream)),
            interaction("GET", "/files/f/content?x=1&y=%20", b"", (200, "image/png", b"\x89PNG\r\n\xff\x00")),
        ]
    )
