"""Replay by state, rule by rule, on sessions of a few interactions."""

from __future__ import annotations

import json
import threading

import pytest

from simulator import CheckFailed, Request
from simulator.errors import UsageError
from simulator.recording.gate import gate
from simulator.recording.replayer import OutputMode, Replayer
from simulator.transport.clients import openai_client

STATUSES = ["queued", "in_progress", "in_progress", "completed"]
MESSAGES = {"object": "list", "data": [{"id": "msg_1", "object": "thread.message", "run_id": "run_1"}]}


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


def start(client):
    client.post("/threads", {"metadata": {}})
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})


def status(client, run="run_1"):
    return client.get(f"/threads/thread_1/runs/{run}")["status"]


# Reads.


@pytest.mark.parametrize("polls", [3, 4, 11])
def test_any_number_of_polls_ends_where_the_recording_ended(tape, polled, polls):
    replayer, client = tape.replayed(*polled)
    start(client)
    # Equal answers in a row are one: the client sees each change at its own pace.
    assert [status(client) for _ in range(polls)] == [*dict.fromkeys(STATUSES), *["completed"] * (polls - 3)]
    assert client.get("/threads/thread_1/messages") == MESSAGES
    replayer.check()


def test_a_read_waits_for_the_status_behind_which_it_was_recorded(tape, polled):
    _, client = tape.replayed(*polled)
    start(client)
    with pytest.raises(tape.Refused, match="recorded only after a status") as refused:
        client.get("/threads/thread_1/messages")
    assert "cassettes/test.yaml:40 GET /v1/threads/thread_1/runs/run_1 (answered completed)" in refused.value.message
    for _ in range(3):
        status(client)
    assert client.get("/threads/thread_1/messages") == MESSAGES


def test_a_status_that_was_seen_elsewhere_counts(tape, polled):
    """A program may see the end in a list of runs: then a poll does not show it an older status."""
    ended = {"object": "list", "data": [tape.run(status="completed")]}
    replayer, client = tape.replayed(*polled, tape.exchange("GET", "/threads/thread_1/runs", ended))
    start(client)
    assert client.get("/threads/thread_1/runs")["data"][0]["status"] == "completed"
    assert client.get("/threads/thread_1/messages") == MESSAGES
    assert status(client) == "completed"
    replayer.check()


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
    start(client)
    assert {status(client) for _ in range(20)} == {"queued"}
    with pytest.raises(tape.Refused, match="times in a row that it had before"):
        status(client)


# Effects.


def test_effects_are_made_once_and_missed_if_not(tape, polled):
    replayer, client = tape.replayed(*polled)
    client.post("/threads", {"metadata": {}})
    assert replayer.findings() == ["never made: cassettes/test.yaml:20 POST /v1/threads/thread_1/runs"]
    with pytest.raises(tape.Refused, match="has made it already"):
        client.post("/threads", {"metadata": {}})
    with pytest.raises(CheckFailed, match="The replay has 2 findings:") as failed:
        replayer.check()
    assert "cassettes/test.yaml:3 POST /v1/threads" in str(failed.value)


def test_a_miss_that_is_repeated_is_one_finding(tape):
    replayer, client = tape.replayed()
    for _ in range(3):
        with pytest.raises(tape.Refused, match="Nothing is recorded in it"):
            client.get("/threads/thread_1")
    (finding,) = replayer.findings()
    assert finding.endswith("(3 times)")


def test_an_id_can_be_used_once_it_was_shown(tape, tooled):
    _, client = tape.replayed(*tooled)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    outputs = json.loads(tooled[2].request.body)
    with pytest.raises(tape.Refused, match="has not been shown yet"):
        client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", outputs)
    assert status(client) == "requires_action"
    client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", outputs)
    assert status(client) == "completed"


def test_an_id_that_a_list_showed_is_known_once_the_list_was_read(tape):
    _, client = tape.replayed(
        tape.exchange("GET", "/threads/thread_1/messages", MESSAGES, line=3),
        tape.exchange("POST", "/threads/thread_1/messages/msg_1", {"id": "msg_1"}, {"metadata": {"read": "yes"}}),
    )
    with pytest.raises(tape.Refused, match="It uses msg_1, which the code has not been shown yet") as refused:
        client.post("/threads/thread_1/messages/msg_1", {"metadata": {"read": "yes"}})
    assert "cassettes/test.yaml:3 GET /v1/threads/thread_1/messages" in refused.value.message
    client.get("/threads/thread_1/messages")
    assert client.post("/threads/thread_1/messages/msg_1", {"metadata": {"read": "yes"}}) == {"id": "msg_1"}


def test_a_page_is_read_once_the_page_before_showed_where_it_begins(tape):
    _, client = tape.replayed(
        tape.exchange("GET", "/threads/thread_1/messages?limit=1", MESSAGES),
        tape.exchange("GET", "/threads/thread_1/messages?limit=1&after=msg_1", {"data": []}),
    )
    with pytest.raises(tape.Refused, match="It uses msg_1"):
        client.get("/threads/thread_1/messages", limit=1, after="msg_1")
    client.get("/threads/thread_1/messages", limit=1)
    assert client.get("/threads/thread_1/messages", limit=1, after="msg_1") == {"data": []}


def test_a_refusal_that_was_recorded_alone_is_replayed_however_far_the_run_is(tape):
    body, path = {"role": "user", "content": "Hi"}, "/threads/thread_1/messages"
    replayer, client = tape.replayed(
        tape.exchange("POST", "/threads/thread_1/runs", tape.run(), {"assistant_id": "asst_1"}),
        tape.exchange("POST", path, {"error": {"message": "a run is active"}}, body, status=400),
        tape.exchange("GET", "/threads/thread_1/runs/run_1", tape.run(status="completed")),
    )
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    assert status(client) == "completed"
    with pytest.raises(tape.Refused, match="400: a run is active"):
        client.post(path, body)
    replayer.check()


def test_no_status_comes_from_behind_an_effect_that_was_not_made(tape, tooled):
    _, client = tape.replayed(*tooled)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    assert {status(client) for _ in range(50)} == {"requires_action"}


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
    replayer.check()
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
    assert status(client) == "completed"
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


# Streams.


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


# Twins.


def twins(tape, count=2):
    """Threads that are created alike, each with a message of its own."""
    bodies = [{"role": "user", "content": f"I am {number}."} for number in range(count)]
    return [
        *(tape.exchange("POST", "/threads", {"id": f"thread_{number}", "at": number}, {}) for number in range(count)),
        *(
            tape.exchange(
                "POST",
                f"/threads/thread_{number}/messages",
                {"id": f"msg_{number}", "thread_id": f"thread_{number}"},
                body,
            )
            for number, body in enumerate(bodies)
        ),
    ], bodies


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]])
def test_identical_creations_may_come_in_any_order(tape, order):
    interactions, bodies = twins(tape, 3)
    replayer, client = tape.replayed(*interactions)
    given = {number: client.post("/threads")["id"] for number in order}
    for number in order:
        answer = client.post(f"/threads/{given[number]}/messages", bodies[number])
        assert answer == {"id": answer["id"], "thread_id": given[number]}
    assert len(set(given.values())) == 3
    replayer.check()


def test_what_was_built_on_a_twin_goes_along(tape):
    """Both begin with the same message; which thread is which shows in the second."""
    interactions, bodies = twins(tape)
    hello = {"role": "user", "content": "Hello"}
    first = [
        tape.exchange("POST", f"/threads/thread_{number}/messages", {"id": f"msg_first_{number}"}, hello)
        for number in (0, 1)
    ]
    replayer, client = tape.replayed(*interactions[:2], *first, *interactions[2:])
    one, two = (client.post("/threads")["id"] for _ in range(2))
    for thread in (one, two):
        client.post(f"/threads/{thread}/messages", hello)
    client.post(f"/threads/{one}/messages", bodies[1])
    client.post(f"/threads/{two}/messages", bodies[0])
    replayer.check()


def test_what_a_client_has_read_is_not_taken_back(tape):
    interactions, bodies = twins(tape)
    listed = {"data": [{"id": "msg_of_before", "thread_id": "thread_0"}]}
    _, client = tape.replayed(
        *interactions[:2], tape.exchange("GET", "/threads/thread_0/messages", listed), *interactions[2:]
    )
    one = client.post("/threads")["id"]
    assert client.get(f"/threads/{one}/messages") == listed
    with pytest.raises(tape.Refused, match="ended at its bound"):
        client.post(f"/threads/{one}/messages", bodies[1])


def test_a_search_for_twins_has_an_end(tape, monkeypatch):
    """The client gives all nine messages to one thread; each other one is tried, up to the bound, and none fits."""
    interactions, bodies = twins(tape, 9)
    _, client = tape.replayed(*interactions)
    threads = [client.post("/threads")["id"] for _ in bodies]
    client.post(f"/threads/{threads[0]}/messages", bodies[0])
    with pytest.raises(tape.Refused, match="ended at its bound") as refused:
        client.post(f"/threads/{threads[0]}/messages", bodies[1])
    assert "8 candidates" in refused.value.message


def test_an_exchange_takes_no_more_along_than_its_bound(tape, monkeypatch):
    hello = {"role": "user", "content": "Hello"}
    interactions, bodies = twins(tape)
    alike = [
        tape.exchange("POST", f"/threads/thread_{thread}/messages", {"id": f"msg_{thread}_{number}"}, hello)
        for thread in (0, 1)
        for number in range(3)
    ]
    for bound, fits in ((8, True), (4, False)):
        monkeypatch.setattr("simulator.recording.gate.twins.MAX_PAIRS", bound)
        _, client = tape.replayed(*interactions[:2], *alike, *interactions[2:])
        one = client.post("/threads")["id"]
        for _ in range(3):
            client.post(f"/threads/{one}/messages", hello)
        if fits:
            assert client.post(f"/threads/{one}/messages", bodies[1])["id"] == "msg_1"
        else:
            with pytest.raises(tape.Refused, match="ended at its bound"):
                client.post(f"/threads/{one}/messages", bodies[1])


# Collections and stores.


def test_a_list_waits_for_what_it_shows_and_forgets_what_was_deleted(tape):
    made, listed = (
        {"id": "asst_1", "object": "assistant"},
        {"object": "list", "data": [{"id": "asst_1"}, {"id": "asst_0"}]},
    )
    after = {"object": "list", "data": [{"id": "asst_0"}]}
    replayer, client = tape.replayed(
        tape.exchange("POST", "/assistants", made, {"model": "gpt-4o"}),
        tape.exchange("GET", "/assistants", listed),
        tape.exchange("DELETE", "/assistants/asst_1", {"id": "asst_1", "deleted": True}),
        tape.exchange("GET", "/assistants", after),
        tape.exchange("POST", "/assistants", {"id": "asst_2"}, {"model": "gpt-4.1"}),
    )
    with pytest.raises(tape.Refused, match="which the code has not done"):
        client.get("/assistants")
    client.post("/assistants", {"model": "gpt-4o"})
    assert client.get("/assistants") == listed
    # Something else was made meanwhile: the newest list that shows nothing undone.
    client.post("/assistants", {"model": "gpt-4.1"})
    assert client.get("/assistants") == listed
    client.delete("/assistants/asst_1")
    assert client.get("/assistants") == after
    assert [line for line in replayer.findings() if line.startswith("never made")] == []


def test_files_are_added_to_a_store_in_any_order_and_deletion_waits(tape):
    store = "/vector_stores/vs_1"
    replayer, client = tape.replayed(
        tape.exchange("POST", "/vector_stores", {"id": "vs_1", "object": "vector_store", "status": "completed"}, {}),
        *(
            tape.exchange("POST", f"{store}/files", {"id": f"file-{each}"}, {"file_id": f"file-{each}"})
            for each in "ab"
        ),
        tape.exchange("GET", f"{store}/files", {"object": "list", "data": [{"id": "file-a"}, {"id": "file-b"}]}),
        tape.exchange("DELETE", store, {"id": "vs_1", "deleted": True}),
    )
    client.post("/vector_stores")
    client.post(f"{store}/files", {"file_id": "file-b"})
    for method, path in (("DELETE", store), ("GET", f"{store}/files")):
        with pytest.raises(tape.Refused, match="which the code has not done"):
            client.ask(method, path)
    client.post(f"{store}/files", {"file_id": "file-a"})
    assert len(client.get(f"{store}/files")["data"]) == 2
    client.delete(store)
    assert [line for line in replayer.findings() if line.startswith("never made")] == []


def test_a_miss_names_some_of_many_that_are_missing(tape):
    store = "/vector_stores/vs_1/files"
    added = [tape.exchange("POST", store, {"id": f"file-{n}"}, {"file_id": f"file-{n}"}) for n in range(5)]
    _, client = tape.replayed(*added, tape.exchange("DELETE", "/vector_stores/vs_1", {"id": "vs_1", "deleted": True}))
    with pytest.raises(tape.Refused, match="  and 2 more$"):
        client.delete("/vector_stores/vs_1")


def test_a_store_is_searched_once_its_files_were_seen_to_be_ready(tape):
    def file(status):
        return {"id": "file-a", "object": "vector_store.file", "status": status}

    store = "/vector_stores/vs_1"
    _, client = tape.replayed(
        tape.exchange("POST", f"{store}/files", file("in_progress"), {"file_id": "file-a"}),
        tape.exchange("GET", f"{store}/files/file-a", file("completed")),
        tape.exchange("POST", f"{store}/search", {"data": []}, {"query": "taxes"}),
    )
    client.post(f"{store}/files", {"file_id": "file-a"})
    with pytest.raises(tape.Refused, match="after a status"):
        client.post(f"{store}/search", {"query": "taxes"})
    client.get(f"{store}/files/file-a")
    assert client.post(f"{store}/search", {"query": "taxes"}) == {"data": []}


# Tool outputs.


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
    status(client)
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
    status(client)
    outputs = json.loads(tooled[2].request.body)["tool_outputs"]
    outputs[0]["output"] = '{"city":"Paris","temperature":23}'
    with pytest.raises(tape.Refused) as refused:
        client.post("/threads/thread_1/runs/run_1/submit_tool_outputs", {"tool_outputs": outputs})
    assert '-  "temperature": 22\n    +  "temperature": 23' in refused.value.message


@pytest.mark.parametrize("mode", list(OutputMode))
def test_calls_are_answered_by_their_ids_in_every_mode(tape, tooled, mode):
    _, client = tape.replayed(*tooled, outputs=mode)
    client.post("/threads/thread_1/runs", {"assistant_id": "asst_1"})
    status(client)
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
    assert [status(client) for _ in range(3)] == ["queued", "in_progress", "completed"]
    assert client.get("/threads/thread_1/messages") == MESSAGES
    replayer.check()


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


def test_threads_of_the_program_may_ask_at_once(tape):
    """Eight workers, each with a thread of its own, made alike."""
    interactions, bodies = twins(tape, 8)
    replayer, client = tape.replayed(*interactions)
    failures = []

    def work(body):
        try:
            thread = client.post("/threads")["id"]
            client.post(f"/threads/{thread}/messages", body)
        except Exception as error:  # noqa: BLE001  # told by the assertion below
            failures.append(error)

    workers = [threading.Thread(target=work, args=(body,)) for body in bodies]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    replayer.check()


def test_the_sdk_polls_a_replayed_run_without_waiting(tape, polled):
    replayer = Replayer(tape.cassette_of(*polled))
    client = openai_client(replayer.handle, lambda due: None)
    thread = client.beta.threads.create(metadata={})
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id="asst_1")
    assert run.status == "completed"
    assert client.beta.threads.messages.list(thread.id).data[0].id == "msg_1"
    replayer.check()
