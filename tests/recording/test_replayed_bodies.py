"""What of a body is compared: tool outputs in their modes, fields that may differ, forms."""

from __future__ import annotations

import json

import pytest

from simulator import Request
from simulator.errors import UsageError
from simulator.recording.gate.outputs import OutputMode


@pytest.mark.parametrize(
    "mode, output, same",
    [
        ("strict", '{"city": "Paris", "temperature": 22}', True),
        ("strict", '{"city": "Paris", "temperature": 23}', False),
        ("shape", '{"temperature": -3.5, "city": "Oslo"}', True),
        ("shape", '{"city": "Oslo"}', False),
        ("shape", '{"city": "Oslo", "temperature": "cold"}', False),
        ("shape", "no JSON", False),
        ("ignore", "no JSON", True),
    ],
)
def test_tool_outputs_are_compared_in_the_mode_that_was_asked(tape, tooled, mode, output, same):
    _, client = tape.replayed(*tooled, outputs=mode)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    client.status()
    # The order in which the outputs stand means nothing.
    outputs = [{"tool_call_id": "call_2", "output": "no idea"}, {"tool_call_id": "call_1", "output": output}]
    path = "/threads/thread_1/runs/run_1/submit_tool_outputs"
    if same:
        assert client.post(path, {"tool_outputs": outputs})["status"] == "queued"
        return
    with pytest.raises(tape.Refused, match="the output for the call call_1 is another"):
        client.post(path, {"tool_outputs": outputs})


def test_a_diff_shows_what_the_handler_returned_then_and_now(tape, tooled):
    _, client = tape.replayed(*tooled)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    client.status()
    outputs = json.loads(tooled[2].request.body)["tool_outputs"]
    outputs[0]["output"] = '{"city":"Paris","temperature":23}'
    with pytest.raises(tape.Refused) as refused:
        client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", {"tool_outputs": outputs})
    assert '-  "temperature": 22\n    +  "temperature": 23' in refused.value.message


@pytest.mark.parametrize("mode", list(OutputMode))
def test_calls_are_answered_by_their_ids_in_every_mode(tape, tooled, mode):
    _, client = tape.replayed(*tooled, outputs=mode)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    client.status()
    outputs = json.loads(tooled[2].request.body)["tool_outputs"]
    with pytest.raises(tape.Refused, match="no output was sent for the call call_2"):
        client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", {"tool_outputs": outputs[:1]})


@pytest.mark.parametrize(
    "options, said", [({"outputs": "loose"}, "strict, shape, ignore"), ({"ignore": "a.b"}, "['a.b']")]
)
def test_options_that_cannot_be_meant_are_refused(tape, options, said):
    with pytest.raises(UsageError) as refused:
        tape.replayed(**options)
    assert said in str(refused.value)


# Bodies.


def test_the_differing_field_is_named_in_the_nearest_body(tape):
    def body(content):
        return {"messages": [{"role": "user", "content": content}], "metadata": {"of": "ann"}}

    _, client = tape.replayed(
        tape.exchange("POST", "/threads", {"id": "thread_1"}, body("How is the weather in Paris?"), line=3),
        tape.exchange("POST", "/threads", {"id": "thread_2"}, {"metadata": {}}, line=9),
    )
    with pytest.raises(tape.Refused) as refused:
        client.post("/threads", body("How is the weather in Rome?"))
    assert "Nearest: cassettes/test.yaml:3 POST /v1/threads\nWhat differs:\n" in refused.value.message
    assert 'messages.0.content: "How is the weather in Paris?" then, "How is the weather in Rome?" now' in str(
        refused.value
    )


def test_fields_that_differ_each_time_can_be_left_out(tape):
    recorded = {"metadata": {"started_at": "2025-01-01", "id": "x"}, "messages": [{"content": "Hi", "nonce": 1}]}
    sent = {"metadata": {"started_at": "2026-11-22", "id": "x"}, "messages": [{"content": "Hi", "nonce": 2}]}
    interaction = tape.exchange("POST", "/threads", {"id": "thread_1"}, recorded)
    _, strict = tape.replayed(interaction)
    with pytest.raises(tape.Refused, match=r"metadata\.started_at"):
        strict.post("/threads", sent)
    _, client = tape.replayed(interaction, ignore=["metadata.started_at", "messages.*.nonce"])
    with pytest.raises(tape.Refused, match=r"metadata\.id"):
        client.post("/threads", {**sent, "metadata": {"id": "y"}})
    assert client.post("/threads", sent)["id"] == "thread_1"


def test_a_callable_says_what_of_a_body_is_compared(tape):
    def without_dates(body):
        return json.loads(json.dumps(body).replace("2026-11-22", "2025-01-01"))

    recorded = {"role": "user", "content": "Today is 2025-01-01."}
    interaction = tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_1"}, recorded)
    _, client = tape.replayed(interaction, normalize=without_dates)
    assert (
        client.post("/threads/thread_1/messages", {"role": "user", "content": "Today is 2026-11-22."})["id"] == "msg_1"
    )


def test_multipart_bodies_are_compared_without_their_boundary(tape):
    def form(boundary, content):
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        return f"{head}{content}\r\n--{boundary}--\r\n".encode()

    replayer, _ = tape.replayed(tape.exchange("POST", "/files", {"id": "file-1"}, form("abc123", "hello"), headers={}))
    wrong = replayer.handle(Request("POST", "/v1/files", body=form("xyz", "bye")))
    assert (wrong.status, b"the body: " in wrong.body) == (422, True)
    assert replayer.handle(Request("POST", "/v1/files", body=form("xyz", "hello"))).status == 200


@pytest.mark.parametrize("mode", ["shape", "ignore"])
def test_an_output_that_is_no_text_is_another_in_every_mode(tape, tooled, mode):
    """The service refuses it by a 400; who forgets `json.dumps` must not stay green."""
    _, client = tape.replayed(*tooled, outputs=mode)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    client.status()
    outputs = [
        {"tool_call_id": "call_1", "output": {"city": "Paris", "temperature": 22}},
        {"tool_call_id": "call_2", "output": "no idea"},
    ]
    with pytest.raises(tape.Refused, match="the output for the call call_1 is another"):
        client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", {"tool_outputs": outputs})


def test_a_miss_shows_no_secret_of_a_body_or_an_address(tape, tooled):
    replayer, client = tape.replayed(*tooled)
    key = "sk-proj-Zq8Wm3Xv7Lp2Kd9Ts4Rb6"
    with pytest.raises(tape.Refused) as refused:
        client.post("/threads/thread_1/runs", {"assistant_id": "asst_1", "metadata": {"key": key}})
    with pytest.raises(tape.Refused):
        client.get("/threads/thread_1/messages", token=key)
    said = f"{refused.value}{replayer.findings()}"
    assert "scrubbed-openai-key" in said
    assert key not in said


@pytest.mark.parametrize("odd", [{"a": 1}, ["thread.run"], 5, None, True])
def test_answers_of_another_shape_than_the_apis_are_replayed_as_they_are(tape, odd):
    answers = [{"object": odd, "id": "x", "status": "queued"}, {"object": "list", "data": odd}, {"id": odd}]
    asked = [tape.exchange("POST", f"/threads/thread_{i}", each, {"file_ids": odd}) for i, each in enumerate(answers)]
    files = [tape.exchange("POST", "/vector_stores/vs_1/file_batches", each, {"file_ids": odd}) for each in answers]
    replayer, client = tape.replayed(*asked, tape.exchange("POST", "/threads", {"id": odd}, {}), *files)
    for i, answer in enumerate(answers):
        assert client.post(f"/threads/thread_{i}", {"file_ids": odd}) == answer
    assert client.post("/threads") == {"id": odd}
    for answer in answers:
        assert client.post("/vector_stores/vs_1/file_batches", {"file_ids": odd}) == answer
    assert replayer.findings() == []
