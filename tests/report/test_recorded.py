"""A recorded session as a journal."""

from __future__ import annotations

import json

import pytest

from simulator.backend.journal import Exchange, StatusChange
from simulator.recording.cassette import Interaction, RecordedRequest, RecordedResponse
from simulator.report.recorded import journal_of

RUN = {"object": "thread.run", "id": "run_1", "thread_id": "thread_1", "assistant_id": "asst_1", "created_at": 100}


def seen(status, *, recorded_at=None, path="/v1/threads/thread_1/runs/run_1", **fields):
    body = json.dumps({**RUN, "status": status, **fields}).encode()
    request = RecordedRequest(
        method="GET", uri=f"https://api.openai.com{path}", headers={"openai-beta": "assistants=v2"}
    )
    return Interaction(request=request, response=RecordedResponse(status=200, body=body), recorded_at=recorded_at)


def times_of(*interactions):
    return [entry.at for entry in journal_of(interactions) if isinstance(entry, Exchange)]


def test_a_request_is_told_as_it_was_recorded():
    exchange, _ = journal_of([seen("queued")])
    assert (exchange.operation, exchange.method, exchange.path) == (
        "runs.retrieve",
        "GET",
        "/v1/threads/thread_1/runs/run_1",
    )
    assert (exchange.status, exchange.response_json["status"], exchange.frames) == (200, "queued", None)
    assert exchange.headers == {"openai-beta": "assistants=v2"}


def test_a_status_changes_where_it_was_first_seen():
    journal = journal_of([seen("queued"), seen("queued"), seen("completed", completed_at=104)])
    assert [entry for entry in journal if isinstance(entry, StatusChange)] == [
        StatusChange(100.0, "thread.run", "run_1", "run_1", "thread_1", None, "queued", "seen"),
        StatusChange(104.0, "thread.run", "run_1", "run_1", "thread_1", "queued", "completed", "seen"),
    ]


def test_times_are_those_of_the_recording():
    assert times_of(
        seen("queued", recorded_at="1970-01-01T00:02:00Z"), seen("completed", recorded_at="1970-01-01T00:02:05.500Z")
    ) == [120.0, 125.5]


def test_else_they_are_those_that_answers_show_and_never_run_backwards():
    gone = {"expires_at": 10_000}
    assert times_of(seen("queued", created_at=None), seen("completed", completed_at=108), seen("queued", **gone)) == [
        108.0,
        108.0,
        108.0,
    ]


@pytest.mark.parametrize("recorded_at", ["yesterday", ""])
def test_a_time_that_is_none_is_passed_over(recorded_at):
    assert times_of(seen("queued", recorded_at=recorded_at)) == [100.0]


def test_a_stream_keeps_its_events():
    frames = [b"event: thread.run.created\ndata: %s\n\n" % json.dumps({**RUN, "status": "queued"}).encode()]
    frames.append(b"event: done\ndata: [DONE]\n\n")
    request = RecordedRequest(
        method="POST", uri="https://api.openai.com/v1/threads/thread_1/runs", body=b'{"stream":true}'
    )
    response = RecordedResponse(status=200, headers={"content-type": "text/event-stream"}, body=b"".join(frames))
    exchange, change = journal_of([Interaction(request=request, response=response)])
    assert (exchange.operation, exchange.frames, exchange.response) == ("runs.create", frames, b"")
    assert change.after == "queued"


def test_a_route_that_the_simulator_lacks_is_told_by_method_and_path():
    (exchange,) = journal_of([seen(None, path="/v1/moderations", object="moderation")])
    assert (exchange.operation, exchange.path) == (None, "/v1/moderations")


def test_a_submit_without_its_body_is_told_too():
    request = RecordedRequest(
        method="POST", uri="https://api.openai.com/v1/threads/thread_1/runs/run_1/submit_tool_outputs"
    )
    (exchange,) = journal_of([Interaction(request=request, response=RecordedResponse(status=200))])
    from simulator.report.rows import rows_of

    assert [row.answered for row in rows_of([exchange])] == [[]]
