"""Streams: which events, in which order, when, and what happens to them in the middle."""

import itertools

import pytest

from simulator import (
    Simulator,
    call,
    fail,
    finish,
    hang,
    http_error,
    incomplete,
    run_code,
    say,
    search_files,
)

RUN, STEP, MESSAGE = "thread.run", "thread.run.step", "thread.message"
BEGUN = [f"{RUN}.created", f"{RUN}.queued", f"{RUN}.in_progress"]
RESUMED = [f"{STEP}.completed", f"{RUN}.queued", f"{RUN}.in_progress"]
STEP_BEGUN = [f"{STEP}.created", f"{STEP}.in_progress"]
TOOL = [*STEP_BEGUN, f"{STEP}.delta", f"{STEP}.completed"]
WRITING = [*STEP_BEGUN, f"{MESSAGE}.created", f"{MESSAGE}.in_progress", f"{MESSAGE}.delta"]
SAID = [*WRITING, f"{MESSAGE}.completed", f"{STEP}.completed"]
INCLUDE = "include[]=step_details.tool_calls[*].file_search.results[*].content"
RESULT = {"file_id": "file-1", "file_name": "a.txt", "score": 0.5, "attributes": {}, "content": []}


def names(events):
    """The names of events; deltas in a row count as one."""
    return [name for name, _ in itertools.groupby(name for name, _ in events)]


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────────

ORDERS = {
    "message": ([say("Hello there.")], [*BEGUN, *SAID, f"{RUN}.completed"]),
    "empty message": ([say()], [*BEGUN, *WRITING[:-1], *SAID[-2:], f"{RUN}.completed"]),
    "function": ([call("f"), "unused"], [*BEGUN, *STEP_BEGUN, f"{STEP}.delta", f"{RUN}.requires_action"]),
    "code": ([run_code("1+1"), say("2")], [*BEGUN, *TOOL, *SAID, f"{RUN}.completed"]),
    "search": ([search_files("x", results=[]), say("2")], [*BEGUN, *TOOL, *SAID, f"{RUN}.completed"]),
    "speaks first": (
        [say("Wait…", more=True), run_code("1+1"), say("2")],
        [*BEGUN, *SAID, *TOOL, *SAID, f"{RUN}.completed"],
    ),
    "no message": ([finish()], [*BEGUN, f"{RUN}.completed"]),
    "quota": ([fail("rate_limit_exceeded")], [*BEGUN, f"{RUN}.failed"]),
    "fails while speaking": (
        [fail("server_error", text="Hello")],
        [*BEGUN, *WRITING, f"{MESSAGE}.incomplete", f"{STEP}.failed", f"{RUN}.failed"],
    ),
    # The step is completed though its message is not (recorded-traffic.md 6d).
    "token limit": (
        [incomplete("max_completion_tokens", "Hello")],
        [*BEGUN, *WRITING, f"{MESSAGE}.incomplete", f"{STEP}.completed", f"{RUN}.incomplete"],
    ),
    "no tokens at all": ([incomplete("max_prompt_tokens")], [*BEGUN, f"{RUN}.incomplete"]),
    "expires": ([hang()], [*BEGUN, f"{RUN}.expired"]),
}


@pytest.mark.parametrize("turns, expected", ORDERS.values(), ids=ORDERS)
def test_the_order_of_events(events, turns, expected):
    assert names(events(*turns)) == [*expected, "done"]


def test_create_and_run_streams_its_thread_first(sim, api, world):
    sim.script("Hello.")
    body = {"assistant_id": world.assistant(), "thread": {"metadata": {"a": "b"}}}
    events = api.events("/threads/runs", body)
    assert names(events) == ["thread.created", *BEGUN, *SAID, f"{RUN}.completed", "done"]
    made = events[0][1]
    assert list(made) == ["id", "object", "created_at", "metadata", "tool_resources"]
    assert made["tool_resources"] == {"code_interpreter": {"file_ids": []}}
    assert made == api.get(f"/threads/{made['id']}").json
    assert events[1][1]["thread_id"] == made["id"]


def submitted(api, run):
    """Stream the outputs of all calls that a run waits for."""
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    body = {"tool_outputs": [{"tool_call_id": one["id"], "output": f"of {one['id']}"} for one in calls]}
    return api.events(path, body)


def test_a_submit_streams_from_the_step_that_it_completes(api, events):
    first = events(call("f", x=1), call("g"), "Done.")
    waiting = first[-2][1]
    assert waiting["required_action"]["submit_tool_outputs"]["tool_calls"][0]["function"] == {
        "name": "f",
        "arguments": '{"x":1}',
    }
    second = submitted(api, waiting)
    assert names(second) == [*RESUMED, *STEP_BEGUN, f"{STEP}.delta", f"{RUN}.requires_action", "done"]
    completed = second[0][1]
    assert completed["id"] == next(data["id"] for name, data in first if name == f"{STEP}.created")
    function = completed["step_details"]["tool_calls"][0]["function"]
    assert function["output"].startswith("of call_")
    assert completed["usage"]["total_tokens"] > 0
    assert completed["expires_at"] == waiting["expires_at"]
    third = submitted(api, second[-2][1])
    assert names(third) == [*RESUMED, *SAID, f"{RUN}.completed", "done"]
    runs = [data for name, data in [*first, *second, *third] if name.startswith(RUN) and STEP not in name]
    assert {run["id"] for run in runs} == {waiting["id"]}


def test_a_placed_run_can_be_answered_with_a_stream(sim, api, world):
    path = world.waiting("call_A")
    sim.script("Done.")
    body = {"tool_outputs": [{"tool_call_id": "call_A", "output": "x"}]}
    assert names(api.events(f"{path}/submit_tool_outputs", body))[-2:] == [f"{RUN}.completed", "done"]


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

TIMES = [
    [say("One two three four five.", takes=10)],
    [run_code("1+1", logs="2", takes=3), say("Two.", takes=2)],
    [fail("server_error", text="Hello there")],
    [hang()],
]


@pytest.mark.parametrize("turns", TIMES)
def test_frames_are_due_one_after_the_other(sim, stream, turns):
    dues = []
    for frame in stream(*turns):
        assert sim.clock.now() >= frame.due
        dues.append(frame.due)
    assert dues == sorted(dues)
    assert sim.clock.now() == dues[-1]


def test_the_clock_jumps_to_each_frame_and_not_further(sim, stream, parse):
    at = {}
    for frame in stream(say("One two.", takes=100)):
        at.setdefault(parse(frame.data)[0], sim.clock.now())
    assert 30 < at[f"{MESSAGE}.created"] - at[f"{RUN}.in_progress"] < 50
    assert at[f"{RUN}.completed"] - at[f"{RUN}.in_progress"] == pytest.approx(100)
    assert at[f"{MESSAGE}.created"] < at[f"{MESSAGE}.delta"] < at[f"{MESSAGE}.completed"]


def test_nothing_is_made_before_it_is_read(sim, api, world):
    sim.script(say("Hello.", takes=100))
    body = {"assistant_id": world.assistant(), "stream": True}
    answer = api.post(f"/threads/{world.thread('x')}/runs", body)
    before = sim.clock.now()
    assert sim.requests[-1].frames == []
    assert next(answer.body).data.startswith(b"event: thread.run.created")
    assert sim.clock.now() == before
    assert len(sim.requests[-1].frames) == 1


def test_a_stream_that_is_read_late_says_the_same(api_of, world_of, parse):
    def streamed(wait):
        world = world_of(Simulator())
        world.sim.script(run_code("1"), "Hello there.")
        body = {"assistant_id": world.assistant()}
        frames = world.api.frames(f"/threads/{world.thread('x')}/runs", body)
        first = next(frames)
        world.sim.clock.advance(wait)
        return [first.data, *(frame.data for frame in frames)]

    assert streamed(0) == streamed(300)


def test_a_stream_that_is_read_after_the_expiry_shows_it(sim, stream, parse):
    frames = stream(say("Hello there.", takes=1000))
    next(frames)
    sim.clock.advance(2000)
    assert names([parse(frame.data) for frame in frames])[-3:] == [f"{STEP}.expired", f"{RUN}.expired", "done"]


# ── in the middle ────────────────────────────────────────────────────────────────────────────────────────────────────


def read_to(frames, name, parse):
    for frame in frames:
        found, data = parse(frame.data)
        if found == name:
            return data
    raise AssertionError(f"no {name}")


def test_a_dropped_stream_does_not_stop_the_run_nor_unlock_the_thread(api, world, stream, parse):
    frames = stream(say("Hello there.", takes=20))
    run = read_to(frames, f"{RUN}.in_progress", parse)
    frames.close()
    path = f"/threads/{run['thread_id']}"
    locked = api.post(f"{path}/messages", {"role": "user", "content": "x"})
    assert locked.error["message"] == f"Can't add messages to {run['thread_id']} while a run {run['id']} is active."
    world.until(f"{path}/runs/{run['id']}", "completed")
    said = api.get(f"{path}/messages").json["data"][0]["content"][0]["text"]["value"]
    assert said == "Hello there."


def test_a_cancel_cuts_the_stream_short(api, stream, parse):
    frames = stream(say("one two three four five six seven eight nine ten", takes=100))
    message = read_to(frames, f"{MESSAGE}.delta", parse)
    run = api.get(f"/threads/{api.sim.runs[0]['thread_id']}/runs").json["data"][0]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    assert api.post(f"{path}/cancel").json["status"] == "cancelling"
    rest = [parse(frame.data) for frame in frames]
    expected = [f"{MESSAGE}.incomplete", f"{STEP}.cancelled", f"{RUN}.cancelling", f"{RUN}.cancelled", "done"]
    assert names(rest) == expected
    cut = rest[0][1]
    assert cut["incomplete_details"] == {"reason": "run_cancelled"}
    assert cut["content"][0]["text"]["value"] == message["delta"]["content"][0]["text"]["value"] == "one"
    kept = api.get(f"/threads/{run['thread_id']}/messages/{cut['id']}").json
    assert kept["content"] == cut["content"]


def test_a_cancel_before_the_first_word(api, world, stream, parse):
    frames = stream(say("Hello.", takes=50))
    run = read_to(frames, f"{RUN}.in_progress", parse)
    api.post(f"/threads/{run['thread_id']}/runs/{run['id']}/cancel")
    assert names([parse(frame.data) for frame in frames]) == [f"{RUN}.cancelling", f"{RUN}.cancelled", "done"]


def test_an_expiry_cuts_the_stream_short(deltas, stream, parse):
    rest = [parse(frame.data) for frame in stream(say("one two three four", takes=1000))]
    assert names(rest)[-5:] == [
        f"{MESSAGE}.delta",
        f"{MESSAGE}.incomplete",
        f"{STEP}.expired",
        f"{RUN}.expired",
        "done",
    ]
    by_name = dict(rest)
    assert by_name[f"{MESSAGE}.incomplete"]["incomplete_details"] == {"reason": "run_expired"}
    said = "".join(part[0]["text"]["value"] for part in deltas(rest))
    assert by_name[f"{MESSAGE}.incomplete"]["content"][0]["text"]["value"] == said
    assert "one two three four".startswith(said)


def test_outputs_can_be_posted_while_the_first_stream_is_open(api, stream, parse):
    frames = stream(call("f"), "Done.")
    waiting = read_to(frames, f"{RUN}.requires_action", parse)
    second = submitted(api, waiting)
    assert names(second)[-2:] == [f"{RUN}.completed", "done"]
    assert [parse(frame.data)[0] for frame in frames] == ["done"]


def test_two_streams_at_once_do_not_disturb_each_other(deltas, sim, api, world, parse):
    assistant = world.assistant()
    frames, seen = [], [[], []]
    for word in ("Apple", "Pear"):
        thread = world.thread(word)
        sim.script(say(f"{word} pie is very good.", takes=5), thread=thread)
        frames.append(api.frames(f"/threads/{thread}/runs", {"assistant_id": assistant}))
    for pair in itertools.zip_longest(*frames):
        for own, frame in zip(seen, pair, strict=True):
            if frame is not None:
                own.append(parse(frame.data))
    for word, own in zip(("Apple", "Pear"), seen, strict=True):
        assert names(own) == [*BEGUN, *SAID, f"{RUN}.completed", "done"]
        assert "".join(part[0]["text"]["value"] for part in deltas(own)) == f"{word} pie is very good."
        assert len({data["thread_id"] for _, data in own if "thread_id" in data}) == 1


def test_polls_see_what_the_stream_has_said(api, stream, parse):
    frames = stream(say("Hello.", takes=50))
    run = read_to(frames, f"{RUN}.in_progress", parse)
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    assert api.get(path).json == {**run, "tool_resources": {}}
    done = read_to(frames, f"{RUN}.completed", parse)
    assert api.get(path).json == {**done, "tool_resources": {}}


def test_a_reset_ends_an_open_stream(sim, stream):
    frames = stream(say("Hello.", takes=50))
    next(frames)
    sim.reset()
    assert list(frames) == []
    assert sim.clock.now() == Simulator().clock.now()


def test_the_end_of_its_thread_ends_an_open_stream(sim, api, world, stream, parse):
    world.started(hang())
    frames = stream(say("Hello.", takes=50))
    run = read_to(frames, f"{RUN}.in_progress", parse)
    api.delete(f"/threads/{run['thread_id']}")
    before = sim.clock.now()
    assert [parse(frame.data)[0] for frame in frames] == ["done"]
    assert sim.clock.now() == before


def test_a_stream_ends_unfinished_where_nothing_will_ever_happen(sim, api, world):
    path = world.waiting("call_A", expires_at=None)
    sim.script(hang())
    body = {"tool_outputs": [{"tool_call_id": "call_A", "output": "x"}]}
    assert names(api.events(f"{path}/submit_tool_outputs", body))[-2:] == RESUMED[-2:]


# ── around it ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_headers_of_a_stream(sim, api, world):
    sim.script("Hello.")
    body = {"assistant_id": world.assistant(), "stream": True}
    answer = api.post(f"/threads/{world.thread('x')}/runs", body)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["x-request-id"].startswith("req_")
    assert "openai-poll-after-ms" not in answer.headers


def test_a_refusal_is_plain_json_though_a_stream_was_asked_for(api, refused):
    error = refused(lambda: api.post("/threads/runs", {"assistant_id": "asst_x", "stream": True}), 404)
    assert error["message"] == "No assistant found with id 'asst_x'."


def test_stream_false_is_no_stream(world):
    _, run = world.started("Hello.", stream=False)
    assert run["status"] == "queued"


def test_the_journal_keeps_the_frames_that_were_read(sim, stream):
    frames = [frame.data for frame in stream("Hello.")]
    assert sim.requests[-1].frames == frames


def test_without_a_journal_no_frames_are_kept(world_of):
    world = world_of(Simulator(journal=False))
    world.sim.script("Hello.")
    body = {"assistant_id": world.assistant()}
    assert names(world.api.events(f"/threads/{world.thread('x')}/runs", body))[-1] == "done"
    assert len(world.sim.journal) == 0


def test_a_fault_after_the_effect_takes_the_stream_and_leaves_the_run(sim, api, world):
    sim.script("Hello.")
    sim.faults.add(http_error(500), on="runs.create", at="after")
    thread = world.thread("x")
    answer = api.post(f"/threads/{thread}/runs", {"assistant_id": world.assistant(), "stream": True})
    assert (answer.status, answer.headers["content-type"]) == (500, "application/json")
    world.until(f"/threads/{thread}/runs/{sim.runs[0]['id']}", "completed")
