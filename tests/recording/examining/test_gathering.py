"""What a conversation is, read off sessions of every kind."""

from __future__ import annotations

import pytest

from simulator.recording import forms
from simulator.recording.examining.conversation import Message, Round
from simulator.recording.examining.gathering import conversation_of
from simulator.report.conversation import as_json, lines_of


def told(run):
    """What a run did, in short."""
    return [
        act.text if isinstance(act, Message) else [(call.name, call.arguments, call.output) for call in act.calls]
        for act in run.acts
    ]


CALLS = [("get_weather", '{"city": "Paris"}', "18 °C"), ("get_time", '{"city": "Paris"}', "10:15")]


def test_a_polled_loop_is_told_whole(weather):
    conversation = conversation_of(weather)
    (thread,) = conversation.threads
    question, run = thread.entries()
    assert (question.role, question.text, question.id) == ("user", "How is Paris?", "msg_1")
    assert [tuple(seen) for seen in run.statuses] == [
        ("queued", 0),
        ("in_progress", 1),
        ("requires_action", None),
        ("queued", 0),
        ("in_progress", 4),
        ("completed", 6),
    ]
    assert told(run) == [CALLS, "18 °C, and 10:15."]
    assert (run.unanswered, run.streamed, run.ended) == ([], False, True)
    assert [one.shown["name"] for one in conversation.assistants] == ["Weather"]
    assert conversation.requests == 10
    assert conversation.operations["runs.retrieve"] == 4


def test_a_stream_tells_the_same(session, exchange, objects):
    step = {"id": "step_1", "object": "thread.run.step", "run_id": "run_1", "thread_id": "thread_1", "created_at": 1}
    calls = objects.asking(("call_1", "get_weather", "{}"))
    details = {"type": "tool_calls", "tool_calls": calls["submit_tool_outputs"]["tool_calls"]}
    cassette = session(
        exchange(
            "POST /threads/runs",
            [
                ("thread.created", {"id": "thread_1", "object": "thread"}),
                ("thread.run.created", objects.run("queued")),
                ("thread.run.step.created", {**step, "step_details": {"type": "tool_calls", "tool_calls": []}}),
                ("thread.run.step.completed", {**step, "step_details": details}),
                ("thread.run.requires_action", objects.run("requires_action", required_action=calls)),
                ("done", "[DONE]"),
            ],
            {"assistant_id": "asst_1", "stream": True, "thread": {"messages": [{"role": "user", "content": "Hi"}]}},
        ),
        exchange(
            "POST /threads/thread_1/runs/run_1/submit_tool_outputs",
            [
                ("thread.run.queued", objects.run("queued")),
                ("thread.message.created", {**objects.said(""), "content": []}),
                ("thread.message.completed", objects.said("Warm.")),
                ("thread.run.completed", objects.run("completed")),
            ],
            {"tool_outputs": [{"tool_call_id": "call_1", "output": "18"}], "stream": True},
        ),
    )
    (thread,) = conversation_of(cassette).threads
    message, run = thread.entries()
    assert (message.text, thread.made_at) == ("Hi", 0)
    assert told(run) == [[("get_weather", "{}", "18")], "Warm."]
    assert run.streamed


def test_of_a_stream_that_was_cut_the_deltas_are_told(session, exchange, objects):
    def delta(text):
        parts = [{"index": 0, "type": "text", "text": {"value": text}}]
        return "thread.message.delta", {"id": "msg_9", "object": "thread.message.delta", "delta": {"content": parts}}

    created = ("thread.message.created", {**objects.said(""), "content": []})
    stream = [("thread.run.created", objects.run("in_progress")), created, delta("Half"), delta(" of it")]
    cassette = session(exchange("POST /threads/thread_1/runs", stream, {"assistant_id": "asst_1", "stream": True}))
    (run,) = conversation_of(cassette).runs
    assert (told(run), run.status, run.ended) == (["Half of it"], "in_progress", False)


def test_the_messages_of_a_new_thread_are_found_again_in_its_list(session, exchange, objects):
    first, second = (objects.said(text, id=f"msg_{text}", run_id=None) for text in ("a", "b"))
    body = {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
    cassette = session(
        exchange("POST /threads", {"id": "thread_1", "object": "thread"}, body),
        exchange("GET /threads/thread_1/messages", {"object": "list", "data": [second, first]}),
    )
    (thread,) = conversation_of(cassette).threads
    assert [(one.id, one.text, one.made_at) for one in thread.messages] == [("msg_a", "a", 0), ("msg_b", "b", 0)]


def test_what_was_there_before_comes_first(session, exchange, objects):
    old = objects.said("from before", id="msg_0", run_id=None)
    new = objects.said("now", id="msg_1", run_id=None)
    cassette = session(
        exchange("POST /threads/thread_1/messages", new, {"role": "user", "content": "now"}),
        exchange("POST /threads/thread_1/runs", objects.run("queued"), {"assistant_id": "asst_1"}),
        exchange("GET /threads/thread_1/messages", {"object": "list", "data": [new, old]}),
    )
    (thread,) = conversation_of(cassette).threads
    assert thread.made_at is None
    assert [getattr(one, "text", "run") for one in thread.entries()] == ["from before", "now", "run"]


def test_a_session_that_begins_with_a_submit_knows_the_outputs(session, exchange, objects):
    waiting = objects.run("requires_action", required_action=objects.asking(("call_1", "f", "{}")))
    cassette = session(
        exchange("GET /threads/thread_1/runs/run_1", waiting),
        exchange(
            "POST /threads/thread_1/runs/run_1/submit_tool_outputs",
            objects.run("queued"),
            {"tool_outputs": [{"tool_call_id": "call_1", "output": "x"}, {"tool_call_id": "call_other"}]},
        ),
    )
    (run,) = conversation_of(cassette).runs
    assert (run.made_at, told(run)) == (None, [[("f", "{}", "x")]])


def test_steps_say_in_which_order_things_happened(session, exchange, objects):
    def step(id, created_at, details):
        of = {"run_id": "run_1", "thread_id": "thread_1", "created_at": created_at}
        return {"id": id, "object": "thread.run.step", **of, "step_details": details}

    calls = objects.asking(("call_1", "f", "{}"))["submit_tool_outputs"]["tool_calls"]
    steps = [
        step("step_2", 2, {"type": "tool_calls", "tool_calls": calls}),
        step("step_1", 2, {"type": "message_creation", "message_creation": {"message_id": "msg_9"}}),
    ]
    cassette = session(
        exchange("GET /threads/thread_1/runs/run_1", objects.run("requires_action")),
        exchange("GET /threads/thread_1/runs/run_1/steps", {"object": "list", "data": steps}),
        exchange("GET /threads/thread_1/messages/msg_9", objects.said("Let me look.")),
    )
    (run,) = conversation_of(cassette).runs
    assert told(run) == ["Let me look.", [("f", "{}", None)]]
    assert [call.name for call in run.unanswered] == ["f"]


def test_a_refusal_is_told_and_makes_nothing(session, exchange):
    error = {"error": {"message": "No such thread.", "type": "invalid_request_error"}}
    cassette = session(exchange("POST /threads/thread_x/runs", error, {"assistant_id": "asst_1"}, 404))
    conversation = conversation_of(cassette)
    assert (conversation.threads, conversation.assistants) == ([], [])
    assert conversation.refused == [(0, "POST /v1/threads/thread_x/runs", 404, "No such thread.")]


def test_a_list_that_is_older_than_a_poll_does_not_reopen_a_run(session, exchange, objects):
    cassette = session(
        exchange("GET /threads/thread_1/runs/run_1", objects.run("completed", completed_at=103)),
        exchange("GET /threads/thread_1/runs", {"object": "list", "data": [objects.run("in_progress")]}),
    )
    (run,) = conversation_of(cassette).runs
    assert [seen.status for seen in run.statuses] == ["completed"]


def test_interactions_out_of_order_are_told_as_far_as_they_go(weather, session):
    shuffled = session(*reversed(weather.interactions))
    (run,) = conversation_of(shuffled).runs
    assert (run.status, told(run)) == ("completed", [CALLS, "18 °C, and 10:15."])


@pytest.mark.parametrize(
    "answer", [[], None, "x", {"object": "thread.run"}, {"object": "list", "data": "x"}, {"id": 1}]
)
def test_an_answer_of_another_shape_tells_nothing(session, exchange, answer):
    cassette = session(exchange("GET /threads/thread_1/runs/run_1", answer))
    assert conversation_of(cassette).threads == []


def test_a_session_of_another_api_holds_nothing(session, exchange):
    cassette = session(exchange("POST https://api.stripe.com/v1/charges", {"id": "ch_1", "object": "charge"}, {}))
    conversation = conversation_of(cassette)
    assert (conversation.threads, dict(conversation.operations)) == ([], {"POST /v1/charges": 1})


def test_responses_are_runs_and_their_chain_is_a_thread(session, exchange):
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}
    said = {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "Warm."}]}
    first = {"id": "resp_1", "object": "response", "status": "completed", "output": [call]}
    second = {"id": "resp_2", "object": "response", "status": "completed", "previous_response_id": "resp_1"}
    cassette = session(
        exchange("POST /responses", first, {"input": "How is it?", "model": "gpt-4o"}),
        exchange(
            "POST /responses",
            [("response.completed", {"type": "response.completed", "response": {**second, "output": [said]}})],
            {"input": [{"type": "function_call_output", "call_id": "call_1", "output": "18"}], "stream": True},
        ),
    )
    (thread,) = conversation_of(cassette).threads
    assert [one.text for one in thread.messages] == ["How is it?"]
    assert [told(run) for run in thread.runs] == [[[("f", "{}", "18")]], ["Warm."]]
    assert [run.streamed for run in thread.runs] == [False, True]


def test_every_recorded_run_that_completed_is_told(corpus):
    """No session fails, and of those that poll to the end and list messages nothing is missing."""
    runs = calls = 0
    for file in sorted(corpus.rglob("*.json")):
        cassette = forms.load(file)
        conversation = conversation_of(cassette)
        for run in conversation.runs:
            runs += 1
            calls += len(run.calls)
            assert run.statuses or run.made_at is None, file.name
            assert all(call.name for call in run.calls), file.name
            assert all(isinstance(act, Round | Message) for act in run.acts)
    assert runs > 170
    assert calls > 60


def test_what_has_an_odd_shape_is_named_and_the_rest_told(session, exchange, objects):
    cassette = session(
        exchange("POST /threads/thread_1/runs", objects.run("queued", tools=3), {"additional_messages": "Hi"}),
        exchange("GET /threads/thread_1/runs/run_1", objects.run("completed")),
    )
    conversation = conversation_of(cassette)
    assert [seen.status for seen in conversation.runs[0].statuses] == ["queued", "completed"]
    assert lines_of(conversation)[-2:] == [
        "not understood: POST /v1/threads/thread_1/runs: additional_messages: Input should be a valid list, not a text",
        "not understood: POST /v1/threads/thread_1/runs: tools: Input should be a valid list, not a number",
    ]
    assert as_json(conversation)["not_understood"][1]["problem"] == "tools: Input should be a valid list, not a number"
