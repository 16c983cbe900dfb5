"""A replayed stream: what an event shows is known once it was read."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def streamed(tape):
    """A run that is streamed until it asks for a tool."""
    asks = tape.run(status="requires_action", calls=["call_1"])
    events = [
        tape.event("thread.run.created", tape.run()),
        tape.event("thread.run.step.delta", {"id": "step_1", "delta": {"tool_calls": [{"id": "call_1"}]}}),
        tape.event("thread.run.requires_action", asks),
        "event: done\ndata: [DONE]\n\n",
    ]
    outputs = {"tool_outputs": [{"tool_call_id": "call_1", "output": "22"}]}
    return [
        tape.exchange(
            "POST", "/threads/thread_1/runs", None, {"assistant_id": "asst_1", "stream": True}, events=events
        ),
        tape.exchange("POST", "/threads/thread_1/runs/run_1/submit_tool_outputs", tape.run(), outputs),
    ]


def test_a_stream_is_the_recorded_one_event_by_event(tape, streamed):
    _, client = tape.replayed(*streamed)
    response = client.ask("POST", "/threads/thread_1/runs", {"assistant_id": "asst_1", "stream": True})
    frames = list(response.body)
    assert b"".join(frame.data for frame in frames) == streamed[0].response.body
    assert [(frame.due, frame.data.count(b"\n\n")) for frame in frames] == [(0.0, 1)] * 4


@pytest.mark.parametrize("read", [0, 1, 2])
def test_what_an_event_shows_is_known_once_it_was_read(tape, streamed, read):
    _, client = tape.replayed(*streamed)
    events = client.stream("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    for _ in range(read):
        next(events)
    outputs = json.loads(streamed[1].request.body)
    if read:
        with pytest.raises(tape.Refused, match="has not been shown yet"):
            client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", outputs)
    while next(events)[0] != "thread.run.requires_action":
        pass
    # The stream is still open: handlers submit while they read.
    assert client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", outputs)["status"] == "queued"
    assert next(events)[0] == "done"
