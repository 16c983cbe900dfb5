from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import call, call_tools, fail, http_error, say, simulated
from simulator.api.routes import OPERATIONS
from simulator.api.service import SECONDS_WITHOUT_OPERATION
from simulator.backend import turns
from simulator.backend.brain import Output, View
from simulator.backend.journal import Asked, Entry, Exchange, Handled, Journal, StatusChange, Struck
from simulator.errors import UsageError
from simulator.report import rows, wording
from simulator.report.timeline import WIDTH, render

START = 1_774_915_200.0
RUN = {"object": "thread.run", "id": "run_1", "required_action": None, "last_error": None, "incomplete_details": None}


COSTS = {one.name: one.seconds for one in OPERATIONS}


def exchange(at, operation, *, answer=None, status=200, body=None, path="/v1/runs/run_1", **fields):
    """A request of the kind that its operation is, at `at` seconds."""
    polls = operation is not None and operation.endswith((".retrieve", ".list"))
    response = b"" if answer is None else json.dumps(answer).encode()
    return Exchange(
        at=START + at,
        answered_at=START + at + COSTS.get(operation, SECONDS_WITHOUT_OPERATION),
        operation=operation,
        method="GET" if polls else "POST",
        path=path,
        query="",
        headers={},
        body=b"" if body is None else json.dumps(body).encode(),
        status=status,
        response=response,
        **fields,
    )


def poll(at, status, run_id="run_1"):
    return exchange(at, "runs.retrieve", answer={**RUN, "id": run_id, "status": status}, path=f"/v1/runs/{run_id}")


def change(at, before, after, id="run_1"):
    return StatusChange(START + at, "thread.run", id, "run_1", "thread_1", before, after, "event")


def refusal(text):
    return {"error": {"message": text, "type": "invalid_request_error", "param": None, "code": None}}


def lines_of(*entries, **options):
    return render(entries, **options).splitlines()[1:]


def texts_of(*entries):
    """The lines without their times."""
    return [line[11:] for line in lines_of(*entries)]


# The order.


def test_the_heading_says_where_the_clock_began():
    assert render([poll(0, "queued")]).splitlines()[0] == "virtual seconds since 2026-03-31 00:00:00 UTC"


def test_a_request_stands_where_it_was_answered():
    lines = lines_of(poll(0, "queued"), poll(0.161, "in_progress"), change(0.25, "queued", "in_progress"))
    assert lines == [
        "    0.161  runs.retrieve            200  run_1 queued",
        "    0.250    run_1  queued → in_progress",
        "    0.322  runs.retrieve            200  run_1 in_progress",
    ]


def test_what_a_request_caused_comes_after_it_though_the_time_is_the_same():
    create = exchange(0, "runs.create", answer={**RUN, "status": "queued"})
    asked = Asked(START + 0.322, "run_1", "thread_1", View(user="Hi", messages=()), say("Hello."))
    assert texts_of(create, asked) == [
        "runs.create              200  run_1 queued",
        '  the model: "Hi" → say "Hello."',
    ]


def test_the_times_of_long_waits_keep_their_column():
    assert lines_of(poll(0, "queued"), change(86_400, "queued", "expired"))[-1].startswith("86400.000    run_1")


# Polls.


def test_equal_polls_are_one_line_whatever_changes_stand_between_them():
    step = change(0.2, None, "in_progress", id="step_1")
    lines = texts_of(poll(0, "in_progress"), poll(0.161, "in_progress"), step, poll(0.322, "in_progress"))
    assert lines == [
        "runs.retrieve ×3         200  run_1 in_progress",
        "  step_1 of run_1  new → in_progress",
    ]


def test_a_poll_with_another_answer_begins_anew():
    polls = [poll(0, "queued"), poll(1, "in_progress"), poll(2, "in_progress"), poll(3, "queued")]
    assert [line.split()[1:2] for line in texts_of(*polls)] == [["200"], ["×2"], ["200"]]


def test_polls_of_two_runs_in_turn_are_two_lines():
    polls = [poll(number, "queued", run_id) for number, run_id in enumerate(["run_1", "run_2"] * 3)]
    assert texts_of(*polls) == [
        "runs.retrieve ×3         200  run_1 queued",
        "runs.retrieve ×3         200  run_2 queued",
    ]


def test_a_request_that_is_no_poll_ends_a_row_of_polls():
    create = exchange(1, "runs.create", answer={**RUN, "status": "queued"})
    assert len(texts_of(poll(0, "queued"), create, poll(2, "queued"))) == 3


def test_equal_requests_that_are_no_polls_stay_apart():
    create = exchange(0, "runs.create", answer={**RUN, "status": "queued"})
    assert len(texts_of(create, create)) == 2


# Answers.


@pytest.mark.parametrize(
    "fields,text",
    [
        (
            {"status": "failed", "last_error": {"code": "server_error", "message": "Sorry"}},
            "failed: server_error: Sorry",
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_prompt_tokens"}},
            "incomplete: max_prompt_tokens",
        ),
        ({"status": "failed"}, "failed: None: None"),
        ({"status": "expired"}, "expired"),
    ],
)
def test_a_run_says_why_it_ended(fields, text):
    assert texts_of(exchange(0, "runs.create", answer={**RUN, **fields})) == [
        f"runs.create              200  run_1 {text}"
    ]


@pytest.mark.parametrize(
    "answer,text",
    [
        (
            {"object": "thread.message", "role": "user", "content": [{"type": "text", "text": {"value": "a\nb"}}]},
            r'user: "a\nb"',
        ),
        ({"object": "thread.message", "role": "user", "content": [{"type": "image_file"}]}, "user: image_file"),
        ({"object": "thread.message", "role": "assistant", "content": []}, "assistant: nothing"),
        ({"object": "thread.message", "role": "user", "content": None}, "JSON"),
        ({"object": "thread.message.deleted", "id": "msg_1", "deleted": True}, "msg_1 deleted"),
        ({"object": "assistant.file", "id": "file-1", "assistant_id": "asst_1"}, "file-1 of asst_1"),
        ({"object": "thread.message.file", "id": "file-1", "message_id": "msg_1"}, "file-1 of msg_1"),
        ({"object": "assistant.file.deleted", "id": "file-1", "deleted": True}, "file-1 deleted"),
        (
            {"object": "thread.run.step", "id": "step_1", "type": "tool_calls", "status": "failed"},
            "step_1 tool_calls failed",
        ),
        ({"object": "assistant", "id": "asst_1", "name": None, "model": "m", "tools": []}, "asst_1 m"),
        (
            {"object": "assistant", "id": "asst_1", "name": "W", "model": "m", "tools": [{"type": "code_interpreter"}]},
            'asst_1 "W" m: code_interpreter',
        ),
        ({"object": "list", "data": [], "has_more": False}, "0 listed"),
        (
            {"object": "list", "data": [{"object": "thread", "id": "thread_1"}], "has_more": True},
            "1 listed and more: thread_1",
        ),
        ({"object": "list", "data": [{"object": "thread", "id": "t"}] * 2}, "2 listed: t, …"),
        ({"object": "page"}, "JSON"),
        ([], "JSON"),
        (None, "JSON"),
    ],
)
def test_an_answer_is_told_in_a_few_words(answer, text):
    assert texts_of(exchange(0, "threads.create", answer=answer)) == [f"threads.create           200  {text}"]


def test_a_route_that_is_no_operation_shows_method_path_and_size():
    stub = exchange(0, None, path="/v1/embeddings", answer={"object": "list"})
    assert texts_of(stub) == ["POST /v1/embeddings      200  18 bytes"]


def test_a_long_path_is_cut_to_its_column():
    line = texts_of(exchange(0, None, path="/v1/" + "x" * 50, answer={}))[0]
    assert line == "POST /v1/xxxxxxxxxxxxxx… 200  2 bytes"


def test_a_request_without_an_answer_says_so():
    assert texts_of(exchange(0, "runs.create", status=0)) == ["runs.create                —  no answer"]


# Refusals and faults.


def test_a_short_refusal_stands_in_its_line():
    assert texts_of(exchange(0, "runs.cancel", status=400, answer=refusal("No run found."))) == [
        "runs.cancel              400  No run found."
    ]


def test_a_long_refusal_stands_below_and_ends_after_three_lines():
    lines = lines_of(exchange(0, "runs.cancel", status=400, answer=refusal("word " * 100)))
    assert lines[0] == "    0.130  runs.cancel              400"
    assert len(lines) == 4
    assert lines[1].startswith(" " * 15 + "word word")
    assert lines[-1].endswith("word…")


def test_a_refusal_without_a_body_says_so():
    assert texts_of(exchange(0, None, path="/v1/threads", status=404)) == ["POST /v1/threads         404  0 bytes"]


def test_a_fault_stands_in_the_line_of_its_request():
    struck = Struck(START + 0.161, "runs.retrieve", "http_error(429) before the effect")
    failed = exchange(0, "runs.retrieve", status=429, answer=refusal("You've exceeded the rate limit."))
    assert texts_of(failed, struck, failed, struck) == [
        "runs.retrieve ×2         429  fault: http_error(429) before the effect"
    ]


def test_a_part_of_a_journal_may_begin_with_a_fault():
    struck = Struck(START, "runs.create", "http_error(500) after the effect")
    assert texts_of(struck) == ["fault on runs.create: http_error(500) after the effect"]


# Tool calls, streams, watched functions.


def waiting(*calls):
    asked = [{"id": id, "function": {"name": name, "arguments": arguments}} for id, name, arguments in calls]
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": asked}}
    return {**RUN, "status": "requires_action", "required_action": action}


def submit(at, *outputs, **fields):
    body = {"tool_outputs": [{"tool_call_id": id, "output": output} for id, output in outputs]}
    answer = fields.pop("answer", {**RUN, "status": "queued"})
    return exchange(at, "runs.submit_tool_outputs", body=body, answer=answer, **fields)


def test_a_submit_shows_each_call_with_its_output():
    polled = exchange(
        0, "runs.retrieve", answer=waiting(("call_1", "get_weather", '{"city": "Paris"}'), ("call_2", "now", "{}"))
    )
    assert texts_of(polled, submit(1, ("call_1", '{"t":\n 18}'), ("call_2", None))) == [
        "runs.retrieve            200  run_1 requires_action: get_weather, now",
        "runs.submit_tool_outputs 200  run_1 queued",
        '    get_weather({"city": "Paris"}) → {"t": 18}',
        "    now({}) →",
    ]


def test_a_submit_shows_the_id_of_a_call_that_nobody_was_shown():
    assert texts_of(submit(0, ("call_9", "x")))[1] == "    call_9 → x"


def test_the_outputs_of_a_refused_submit_are_not_shown():
    assert len(texts_of(submit(0, ("call_9", "x"), status=400, answer=refusal("No.")))) == 1


def test_a_call_that_came_by_stream_is_known_to_the_submit():
    frame = f"event: thread.run.requires_action\ndata: {json.dumps(waiting(('call_1', 'now', '{}')))}\n\n".encode()
    streamed = exchange(0, "runs.create", frames=[frame, b"event: done\ndata: [DONE]\n\n"])
    assert texts_of(streamed, submit(1, ("call_1", "noon"))) == [
        "runs.create              200  run_1: 1 event, 0 deltas, to run.requires_action",
        "runs.submit_tool_outputs 200  run_1 queued",
        "    now({}) → noon",
    ]


@pytest.mark.parametrize(
    "frames,text",
    [
        ([], "a stream that nobody read"),
        ([b"event: thread.message.delta\ndata: {}\n\n"] * 2, "stream: 2 events, 2 deltas, left after message.delta"),
    ],
)
def test_a_stream_says_how_far_it_was_read(frames, text):
    assert texts_of(exchange(0, "runs.create", frames=frames)) == [f"runs.create              200  {text}"]


def test_what_the_model_was_shown_after_a_submit_are_the_outputs():
    view = View(user="Hi", messages=(), outputs=(Output("now", "{}", "noon"), Output("today", "{}", "Sunday")))
    assert texts_of(Asked(START, "run_1", "thread_1", view, turns.hang())) == ["  the model: now, today → hang"]


@pytest.mark.parametrize(
    "turn,text",
    [
        (turns.say("a", turns.image("file-1"), turns.refusal("no")), 'say "a" + image + refusal'),
        (turns.say(), "say nothing"),
        (turns.say("a", more=True), 'say "a", and goes on'),
        (turns.run_code("1+1"), 'run_code "1+1"'),
        (turns.search_files("taxes"), 'search_files "taxes"'),
        (turns.fail("server_error"), "fail server_error"),
        (turns.fail("server_error", text="so far"), 'fail server_error after "so far"'),
        (turns.incomplete("content_filter"), "incomplete content_filter"),
        (turns.incomplete("content_filter", "so far"), 'incomplete content_filter after "so far"'),
        (turns.finish(), "finish"),
        (turns.hang(), "hang"),
    ],
)
def test_each_turn_is_told_in_a_few_words(turn, text):
    asked = Asked(START, "run_1", "thread_1", View(user="Hi", messages=()), turn)
    assert texts_of(asked) == [f'  the model: "Hi" → {text}']


def test_every_kind_of_turn_has_its_words():
    assert set(wording._TURNS) == set(turns.TURN_TYPES)


def test_a_long_turn_stands_below():
    turn = call_tools(call("get_weather", location="a" * 40), call("get_weather", location="b" * 40))
    lines = texts_of(Asked(START, "run_1", "thread_1", View(user="Hi", messages=()), turn))
    assert lines[0] == '  the model: "Hi" →'
    assert " ".join(line.strip() for line in lines[1:]) == ", ".join(
        f'get_weather({{"location": "{letter * 40}"}})' for letter in "ab"
    )


def test_a_watched_function_shows_what_it_gave():
    gave = Handled(START, "converse", {"user_id": "u1", "text": "Hi"}, "Hello.")
    raised = Handled(START, "converse", {}, error=KeyError("x"))
    assert texts_of(gave, raised) == [
        "  converse(user_id='u1', text='Hi') returned 'Hello.'",
        "  converse() raised KeyError('x')",
    ]


def test_every_kind_of_entry_has_its_line():
    assert {Exchange, Struck, *rows._OTHERS} == set(get_args(Entry))


# Ids, width, limit.


def test_a_long_id_is_shown_by_its_end_wherever_it_stands():
    thread, run = "thread_" + "a" * 19 + "12345", "run_" + "b" * 19 + "67890"
    text = f"Can't add messages to {thread} while a run {run} is active."
    lines = texts_of(
        exchange(0, "messages.create", status=400, answer=refusal(text)), change(1, "queued", "expired", run)
    )
    assert lines[1].strip() == "Can't add messages to thread_…12345 while a run run_…67890 is active."
    assert lines[2].strip().startswith("run_…67890 of run_1")


def journal_of(count):
    return [exchange(number, "runs.create", answer={**RUN, "status": "queued"}) for number in range(count)]


def test_of_a_long_timeline_beginning_and_end_are_kept():
    whole = render(journal_of(50)).splitlines()
    short = render(journal_of(50), limit=9).splitlines()
    assert short == [*whole[:2], "        …  43 lines left out", *whole[-6:]]


@pytest.mark.parametrize("limit", [2, 3, 4, 5, 10, 50, 51])
def test_a_limit_is_met_exactly(limit):
    lines = render(journal_of(50), limit=limit).splitlines()
    assert len(lines) == limit
    assert lines[-1] == render(journal_of(50)).splitlines()[-1]
    assert ("left out" in "".join(lines)) == (limit < 51)


@pytest.mark.parametrize("limit", [1, 0, -1, 2.5, "40", True])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(UsageError, match="two or more"):
        render([], limit=limit)


def test_an_empty_journal_says_why():
    assert render(Journal()).startswith("Nothing has happened: no request came.")
    assert render(Journal(enabled=False)) == "The journal is switched off."


@given(text=st.text(max_size=300), limit=st.none() | st.integers(2, 12))
def test_no_text_breaks_the_layout(text, limit):
    message = {"object": "thread.message", "role": "user", "content": [{"type": "text", "text": {"value": text}}]}
    entries = [
        exchange(0, "messages.create", answer=message),
        exchange(1, "messages.create", status=400, answer=refusal(text)),
        exchange(2, None, path=f"/v1/{text}", answer={}),
        Asked(START + 3, "run_1", "thread_1", View(user=text, messages=()), say(text)),
        exchange(4, "runs.retrieve", answer=waiting(("call_1", "now", text))),
        submit(5, ("call_1", text)),
        Handled(START + 6, "converse", {"text": text}, text),
    ]
    shown = render(entries, limit=limit)
    lines = shown.splitlines()
    assert len(lines) == shown.count("\n") + 1
    assert limit is None or len(lines) <= limit
    assert all(len(line) <= WIDTH and line.isprintable() for line in lines)


# A simulator's own journal.


@simulated(strict=False)
def test_a_conversation_with_faults_and_refusals(simulator):
    simulator.script(fail("server_error", takes=1.0))
    simulator.faults.add(http_error(503), on="runs.retrieve")
    client = simulator.client(max_retries=0)
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Greet.")
    run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    for act in (
        lambda: client.beta.threads.messages.create(run.thread_id, role="user", content="Hi"),
        lambda: client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id),
        lambda: client.beta.threads.create_and_run(assistant_id=assistant.id),
    ):
        with pytest.raises(Exception, match="Error code"):
            act()
    simulator.clock.advance(5)
    client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert render(simulator.journal).splitlines()[1:] == [
        "    0.142  assistants.create        200  asst_…l8VXk gpt-4o",
        "    0.464  threads.create_and_run   200  run_…d8itK queued",
        '    0.464    the model: "" → fail server_error',
        "    0.606  messages.create          400",
        "               Can't add messages to thread_…043EO while a run run_…d8itK is active.",
        "    0.767  runs.retrieve            503  fault: http_error(503) before the effect",
        "    0.808    run_…d8itK  queued → in_progress",
        "    1.089  threads.create_and_run   400",
        "               assistants-simulator: Run run_…GM7cj of thread_…3Wtgl, user text '': no piece of a",
        "               script is left for it. Scripted and unused: nothing. Add sim.script(say(…)), or give",
        "               a brain.",
        "    1.808    run_…d8itK  in_progress → failed",
        "    6.250  runs.retrieve            200  run_…d8itK failed: server_error: Sorry, something went wro…",
    ]
