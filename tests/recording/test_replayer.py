"""Replay by state, rule by rule, on sessions of a few interactions."""

from __future__ import annotations

import itertools
import json

import pytest

from simulator import Request
from simulator.recording.cassette import Cassette
from simulator.recording.gate import gate
from simulator.recording.replayer import Replayer
from simulator.transport.clients import openai_client

# Reads.


@pytest.mark.parametrize("polls", [3, 4, 11])
def test_any_number_of_polls_ends_where_the_recording_ended(tape, polled, polls):
    replayer, client = tape.replayed(*polled)
    client.start()
    # Equal answers in a row are one: the client sees each change at its own pace.
    assert [client.status() for _ in range(polls)] == [*dict.fromkeys(tape.STATUSES), *["completed"] * (polls - 3)]
    assert client.get("/threads/thread_1/messages") == tape.MESSAGES
    assert replayer.findings() == []


def test_a_read_waits_for_the_status_behind_which_it_was_recorded(tape, polled):
    _, client = tape.replayed(*polled)
    client.start()
    with pytest.raises(tape.Refused, match="recorded only after a status") as refused:
        client.get("/threads/thread_1/messages")
    assert "cassettes/test.yaml:40 GET /v1/threads/thread_1/runs/run_1 (answered completed)" in refused.value.message
    for _ in range(3):
        client.status()
    assert client.get("/threads/thread_1/messages") == tape.MESSAGES


def test_a_status_that_was_seen_elsewhere_counts(tape, polled):
    """A program may see the end in a list of runs: then a poll does not show it an older status."""
    ended = {"object": "list", "data": [tape.run(status="completed")]}
    replayer, client = tape.replayed(*polled, tape.exchange("GET", "/threads/thread_1/runs", ended))
    client.start()
    assert client.get("/threads/thread_1/runs")["data"][0]["status"] == "completed"
    assert client.get("/threads/thread_1/messages") == tape.MESSAGES
    assert client.status() == "completed"
    assert replayer.findings() == []


def test_a_read_that_nothing_touches_is_answered_later_too(tape):
    thread = {"id": "thread_1", "object": "thread"}
    _, client = tape.replayed(
        tape.exchange("GET", "/threads/thread_1", thread),
        tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_1"}, {"role": "user", "content": "Hi"}),
    )
    client.post("/threads/thread_1/messages", {"role": "user", "content": "Hi"})
    assert client.get("/threads/thread_1") == thread


def test_a_read_that_an_effect_touches_is_a_miss_after_it(tape):
    _, client = tape.replayed(
        tape.exchange("GET", "/threads/thread_1/messages", {"data": []}, line=3),
        tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_1"}, {"role": "user", "content": "Hi"}, line=9),
    )
    client.post("/threads/thread_1/messages", {"role": "user", "content": "Hi"})
    with pytest.raises(tape.Refused, match="recorded before these") as refused:
        client.get("/threads/thread_1/messages")
    assert "cassettes/test.yaml:9 POST /v1/threads/thread_1/messages" in refused.value.message


def test_a_loop_that_nothing_can_end_is_ended(tape, polled, monkeypatch):
    monkeypatch.setattr(gate, "MAX_REPEATS", 20)
    _, client = tape.replayed(*polled[:3])
    client.start()
    assert {client.status() for _ in range(20)} == {"queued"}
    with pytest.raises(tape.Refused, match=r"given this answer \(queued\) again and again. It is the last one"):
        client.status()


def test_a_loop_that_sleeps_ends_after_half_an_hour_of_its_clock(tape, tooled):
    """A program that forgets to submit its tool outputs is told so, and not after 25,000 polls."""
    _, client = tape.replayed(*tooled, now=itertools.count(0.0, 10.0).__next__)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    assert {client.status() for _ in range(181)} == {"requires_action"}
    for _ in range(2):
        with pytest.raises(tape.Refused, match=r"this answer \(requires_action\) again and again") as refused:
            client.status()
    *_, before, last = refused.value.message.splitlines()
    assert before.endswith("It changes only after these, which the code has not done:")
    assert "POST /v1/threads/thread_1/runs/run_1/submit_tool_outputs" in last


def test_a_few_long_sleeps_are_no_loop(tape, tooled):
    _, client = tape.replayed(*tooled, now=itertools.count(0.0, 86_400.0).__next__)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    assert {client.status() for _ in range(100)} == {"requires_action"}
    with pytest.raises(tape.Refused, match="again and again"):
        client.status()


def test_no_outputs_at_all_are_told_as_outputs(tape, tooled):
    _, client = tape.replayed(*tooled)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    client.status()
    with pytest.raises(tape.Refused, match="no output was sent for the call call_1\n") as refused:
        client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", {"tool_outputs": []})
    assert "null then" not in refused.value.message


def test_an_empty_cassette_is_not_taken_for_a_missing_one(tape, tmp_path):
    (tmp_path / "empty.yaml").touch()
    client = tape.Client(Replayer(Cassette(interactions=[], path=tmp_path / "empty.yaml")).handle)
    with pytest.raises(tape.Refused, match="Nothing is recorded in it"):
        client.get("/threads/thread_1")


# Effects.


def test_effects_are_made_once_and_missed_if_not(tape, polled):
    replayer, client = tape.replayed(*polled)
    client.post("/threads", {"metadata": {}})
    assert replayer.findings() == ["never made: cassettes/test.yaml:20 POST /v1/threads/thread_1/runs"]
    with pytest.raises(tape.Refused, match="has made it already"):
        client.post("/threads", {"metadata": {}})
    missed, never_made = replayer.findings()
    assert "cassettes/test.yaml:3 POST /v1/threads" in missed
    assert never_made == "never made: cassettes/test.yaml:20 POST /v1/threads/thread_1/runs"


def test_deletions_at_the_end_may_still_be_made(tape):
    """Fixtures make them after the test: before, only what stands further up is missing."""
    replayer, client = tape.replayed(
        tape.exchange("DELETE", "/threads/thread_1", {"id": "thread_1", "deleted": True}, line=3),
        tape.exchange("POST", "/threads", {"id": "thread_4"}, line=10),
        tape.exchange("DELETE", "/threads/thread_2", {"id": "thread_2", "deleted": True}, line=20),
        tape.exchange("GET", "/assistants", {"object": "list", "data": []}, line=30),
        tape.exchange("DELETE", "/threads/thread_3", {"id": "thread_3", "deleted": True}, line=40),
    )
    first, posted, second, third = (
        f"never made: cassettes/test.yaml:{place}"
        for place in (
            "3 DELETE /v1/threads/thread_1",
            "10 POST /v1/threads",
            "20 DELETE /v1/threads/thread_2",
            "40 DELETE /v1/threads/thread_3",
        )
    )
    assert replayer.findings_before_clean_up() == [first, posted]
    client.delete("/threads/thread_2")
    client.delete("/threads/thread_1")
    assert replayer.findings_before_clean_up() == [posted]
    assert replayer.findings() == [posted, third]
    assert second not in replayer.findings()


def test_a_miss_that_is_repeated_is_one_finding(tape):
    replayer, client = tape.replayed()
    for _ in range(3):
        with pytest.raises(tape.Refused, match="There is no such file: record it first"):
            client.get("/threads/thread_1")
    (finding,) = replayer.findings()
    assert finding.endswith("(3 times)")


def test_an_id_can_be_used_once_it_was_shown(tape, tooled):
    _, client = tape.replayed(*tooled)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    outputs = json.loads(tooled[2].request.body)
    with pytest.raises(tape.Refused, match="has not been shown yet"):
        client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", outputs)
    assert client.status() == "requires_action"
    client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", outputs)
    assert client.status() == "completed"


def test_an_id_that_a_list_showed_is_known_once_the_list_was_read(tape):
    _, client = tape.replayed(
        tape.exchange("GET", "/threads/thread_1/messages", tape.MESSAGES, line=3),
        tape.exchange("POST", "/threads/thread_1/messages/msg_1", {"id": "msg_1"}, {"metadata": {"read": "yes"}}),
    )
    with pytest.raises(tape.Refused, match="It uses msg_1, which the code has not been shown yet") as refused:
        client.post("/threads/thread_1/messages/msg_1", {"metadata": {"read": "yes"}})
    assert "cassettes/test.yaml:3 GET /v1/threads/thread_1/messages" in refused.value.message
    client.get("/threads/thread_1/messages")
    assert client.post("/threads/thread_1/messages/msg_1", {"metadata": {"read": "yes"}}) == {"id": "msg_1"}


def test_a_page_is_read_once_the_page_before_showed_where_it_begins(tape):
    _, client = tape.replayed(
        tape.exchange("GET", "/threads/thread_1/messages?limit=1", tape.MESSAGES),
        tape.exchange("GET", "/threads/thread_1/messages?limit=1&after=msg_1", {"data": []}),
    )
    with pytest.raises(tape.Refused, match="It uses msg_1"):
        client.get("/threads/thread_1/messages", limit=1, after="msg_1")
    client.get("/threads/thread_1/messages", limit=1)
    assert client.get("/threads/thread_1/messages", limit=1, after="msg_1") == {"data": []}


def test_an_older_status_shown_late_takes_nothing_back(tape, polled):
    """A list that was recorded early still says `queued`; the program has seen the end all the same."""
    early = tape.exchange("GET", "/threads/thread_1/runs", {"object": "list", "data": [tape.run()]})
    _, client = tape.replayed(*polled[:2], early, *polled[2:])
    client.start()
    for _ in range(3):
        client.status()
    assert client.get("/threads/thread_1/runs")["data"][0]["status"] == "queued"
    assert client.get("/threads/thread_1/messages") == tape.MESSAGES


def test_the_metadata_of_a_run_says_nothing_to_its_thread(tape, polled):
    update = tape.exchange("POST", "/threads/thread_1/runs/run_1", tape.run(status="completed"), {"metadata": {}})
    _, client = tape.replayed(*polled, update)
    client.start()
    for _ in range(3):
        client.status()
    client.post("/threads/thread_1/runs/run_1", {"metadata": {}})
    assert client.get("/threads/thread_1/messages") == tape.MESSAGES


def test_a_run_may_be_cancelled_before_its_progress_was_seen(tape, polled):
    cancel = tape.exchange("POST", "/threads/thread_1/runs/run_1/cancel", tape.run(status="cancelling"))
    _, client = tape.replayed(*polled[:4], cancel)
    client.start()
    assert client.ask("POST", "/threads/thread_1/runs/run_1/cancel").status == 200


def test_a_refusal_that_was_recorded_alone_is_replayed_however_far_the_run_is(tape):
    body, path = {"role": "user", "content": "Hi"}, "/threads/thread_1/messages"
    replayer, client = tape.replayed(
        tape.exchange("POST", "/threads/thread_1/runs", tape.run(), {"assistant_id": "asst_1"}),
        tape.exchange("POST", path, {"error": {"message": "a run is active"}}, body, status=400),
        tape.exchange("GET", "/threads/thread_1/runs/run_1", tape.run(status="completed")),
    )
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    assert client.status() == "completed"
    with pytest.raises(tape.Refused, match="400: a run is active"):
        client.post(path, body)
    assert replayer.findings() == []


def test_no_status_comes_from_behind_an_effect_that_was_not_made(tape, tooled):
    _, client = tape.replayed(*tooled)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    assert {client.status() for _ in range(50)} == {"requires_action"}


def test_a_refused_post_is_retried_as_it_was_recorded(tape):
    body, error = {"role": "user", "content": "Hi"}, {"error": {"message": "The server had an error."}}
    post = ("POST", "/threads/thread_1/messages")
    replayer, client = tape.replayed(
        tape.exchange(*post, error, body, status=500),
        tape.exchange(*post, error, body, status=500),
        tape.exchange(*post, {"id": "msg_1"}, body),
    )
    for _ in range(2):
        with pytest.raises(tape.Refused, match="500: The server had an error"):
            client.post(post[1], body)
    assert client.post(post[1], body) == {"id": "msg_1"}
    assert replayer.findings() == []
    with pytest.raises(tape.Refused, match="422"):
        client.post(post[1], body)


def test_a_refusal_is_not_replayed_once_its_reason_is_gone(tape):
    """The message was refused while the run was active; it is not where the program waits first."""
    body = {"role": "user", "content": "Hi"}
    path = "/threads/thread_1/messages"
    replayer, client = tape.replayed(
        tape.exchange("POST", "/threads/thread_1/runs", tape.run(), {"assistant_id": "asst_1"}),
        tape.exchange("POST", path, {"error": {"message": "a run is active"}}, body, status=400),
        tape.exchange("GET", "/threads/thread_1/runs/run_1", tape.run(status="completed")),
        tape.exchange("POST", path, {"id": "msg_1"}, body),
    )
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    assert client.status() == "completed"
    assert client.post(path, body) == {"id": "msg_1"}
    assert [line.partition(" POST")[0] for line in replayer.findings()] == ["never made: cassettes/test.yaml"]


def test_a_refusal_is_not_replayed_after_what_came_behind_it(tape):
    run, question = {"assistant_id": "asst_1"}, {"role": "user", "content": "Hi"}
    _, client = tape.replayed(
        tape.exchange("POST", "/threads/thread_1/runs", {"error": {"message": "empty"}}, run, status=400),
        tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_1"}, question),
        tape.exchange("POST", "/threads/thread_1/runs", tape.run(), run),
    )
    client.post("/threads/thread_1/messages", question)
    assert client.post("/threads/thread_1/runs", run)["status"] == "queued"


# What a request is.


@pytest.mark.parametrize("base", ["/v1", "/openai", "/api/v1", "/proxy/openai/v1", "/openai/v1"])
def test_prefix_and_version_parameter_do_not_count(tape, polled, base):
    replayer, _ = tape.replayed(*polled)
    client = tape.Client(replayer.handle, base=base)
    query = {"api-version": "2024-05-01-preview"}
    client.ask("POST", "/threads", {"metadata": {}}, **query)
    client.ask("POST", "/threads/thread_1/runs", {"assistant_id": "asst_1"}, **query)
    assert client.get("/threads/thread_1/runs/run_1", **query)["status"] == "queued"


def test_the_order_of_the_query_does_not_count(tape):
    _, client = tape.replayed(tape.exchange("GET", "/threads/thread_1/messages?limit=2&order=asc", {"data": []}))
    assert client.get("/threads/thread_1/messages", order="asc", limit=2) == {"data": []}
    with pytest.raises(tape.Refused, match="query"):
        client.get("/threads/thread_1/messages", order="desc", limit=2)


def test_the_generation_counts_where_a_cassette_holds_both(tape):
    v1 = {**tape.V2, "openai-beta": "assistants=v1"}
    replayer, client = tape.replayed(
        tape.exchange("GET", "/assistants/asst_1", {"id": "asst_1", "file_ids": []}, headers=v1),
        tape.exchange("GET", "/assistants/asst_1", {"id": "asst_1", "tool_resources": {}}),
    )
    assert "tool_resources" in client.get("/assistants/asst_1")
    assert "file_ids" in tape.Client(replayer.handle, headers=v1).get("/assistants/asst_1")
    _, of_v1_only = tape.replayed(
        tape.exchange("GET", "/assistants/asst_1", {"id": "asst_1", "file_ids": []}, headers=v1)
    )
    assert "file_ids" in of_v1_only.get("/assistants/asst_1")


def test_nobody_waits(tape):
    limits = {"retry-after": "20", "content-length": "7", "content-encoding": "gzip", "x-request-id": "req_1"}
    replayer, _ = tape.replayed(
        tape.exchange("GET", "/threads/thread_1", {"error": {"message": "slow down"}}, status=429, answers=limits),
        tape.exchange("GET", "/threads/thread_1", {"id": "thread_1"}),
    )
    refused, answered = (replayer.handle(Request("GET", "/v1/threads/thread_1")) for _ in range(2))
    assert refused.headers == {
        "content-type": "application/json",
        "retry-after": "20",
        "retry-after-ms": "1",
        "openai-poll-after-ms": "0",
        "x-request-id": "req_1",
    }
    assert answered.headers == {"content-type": "application/json", "openai-poll-after-ms": "0"}


def test_a_miss_is_an_error_that_the_sdk_does_not_retry(tape, polled):
    replayer, _ = tape.replayed(*polled)
    answer = replayer.handle(Request("GET", "/v1/threads/thread_2/runs/run_1"))
    assert (answer.status, answer.headers["x-should-retry"]) == (422, "false")
    error = json.loads(answer.body)["error"]
    assert error["code"] == "not_recorded"
    assert "path (threads/thread_1/runs/run_1 then, threads/thread_2/runs/run_1 now)" in error["message"]


# Whole sessions.


def test_a_session_may_begin_in_the_middle(tape, polled):
    replayer, client = tape.replayed(*polled[2:])
    assert [client.status() for _ in range(3)] == ["queued", "in_progress", "completed"]
    assert client.get("/threads/thread_1/messages") == tape.MESSAGES
    assert replayer.findings() == []


def test_a_file_out_of_order_is_put_in_order_by_its_times(tape):
    question = tape.exchange(
        "POST", "/threads/thread_1/messages", {"id": "msg_1"}, {"role": "user"}, recorded_at="2025-01-01T00:00:02Z"
    )
    thread = tape.exchange("POST", "/threads", {"id": "thread_1"}, {}, recorded_at="2025-01-01T00:00:01Z")
    _, client = tape.replayed(question, thread)
    with pytest.raises(tape.Refused, match="which the code has not"):
        client.post("/threads/thread_1/messages", {"role": "user"})
    client.post("/threads")
    assert client.post("/threads/thread_1/messages", {"role": "user"})["id"] == "msg_1"


def test_a_file_out_of_order_without_times_stands_as_it_is(tape):
    question = tape.exchange("POST", "/threads/thread_1/messages", {"id": "msg_1"}, {"role": "user"})
    _, client = tape.replayed(question, tape.exchange("POST", "/threads", {"id": "thread_1"}, {}))
    assert client.post("/threads/thread_1/messages", {"role": "user"})["id"] == "msg_1"
    assert client.post("/threads")["id"] == "thread_1"


def test_other_apis_of_the_host_have_lanes_of_their_own(tape):
    def asks(text, input=()):
        return {"model": "gpt-4o", "input": [{"role": "user", "content": text}, *input]}

    call = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "output": [{"type": "function_call", "call_id": "call_1"}],
    }
    output = {"type": "function_call_output", "call_id": "call_1", "output": "22"}
    replayer, client = tape.replayed(
        tape.exchange("POST", "/chat/completions", {"id": "chatcmpl-1"}, {"messages": ["one"]}),
        tape.exchange("POST", "/chat/completions", {"id": "chatcmpl-2"}, {"messages": ["two"]}),
        tape.exchange("POST", "/embeddings", {"data": []}, {"input": "one"}),
        tape.exchange("POST", "/responses", call, asks("Weather?")),
        tape.exchange(
            "POST", "/responses", {"id": "resp_2"}, {**asks("Weather?", [output]), "previous_response_id": "resp_1"}
        ),
    )
    follow = {**asks("Weather?", [{**output, "output": "23"}]), "previous_response_id": "resp_1"}
    with pytest.raises(tape.Refused, match="the output for the call call_1 is another"):
        client.post("/responses", follow)
    assert client.post("/embeddings", {"input": "one"}) == {"data": []}
    assert client.post("/chat/completions", {"messages": ["two"]})["id"] == "chatcmpl-2"
    assert client.post("/chat/completions", {"messages": ["one"]})["id"] == "chatcmpl-1"
    assert client.post("/responses", asks("Weather?"))["id"] == "resp_1"
    follow["input"][1]["output"] = "22"
    assert client.post("/responses", follow)["id"] == "resp_2"
    assert [line for line in replayer.findings() if "never made" in line] == []


def test_the_sdk_polls_a_replayed_run_without_waiting(tape, polled):
    replayer = Replayer(tape.cassette_of(*polled))
    client = openai_client(replayer.handle, lambda due: None)
    thread = client.beta.threads.create(metadata={})
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id="asst_1")
    assert run.status == "completed"
    assert client.beta.threads.messages.list(thread.id).data[0].id == "msg_1"
    assert replayer.findings() == []
