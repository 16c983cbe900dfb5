import pytest

from simulator import CheckFailed, Simulator, call, call_tools, fail, finish, hang, incomplete, run_code, say

# recorded-traffic.md 1: v2, 2025-03 to 2026-03.
KEYS = [
    "id",
    "object",
    "created_at",
    "assistant_id",
    "thread_id",
    "status",
    "started_at",
    "expires_at",
    "cancelled_at",
    "failed_at",
    "completed_at",
    "required_action",
    "last_error",
    "model",
    "instructions",
    "tools",
    "tool_resources",
    "metadata",
    "temperature",
    "top_p",
    "reasoning_effort",
    "max_completion_tokens",
    "max_prompt_tokens",
    "truncation_strategy",
    "incomplete_details",
    "usage",
    "response_format",
    "tool_choice",
    "parallel_tool_calls",
]
USAGE_KEYS = ["prompt_tokens", "completion_tokens", "total_tokens", "prompt_token_details", "completion_tokens_details"]
NOTHING_TO_ANSWER = "Run creation requires a Thread with a user message or an assistant with instructions."


def outputs(**by_id):
    return {"tool_outputs": [{"tool_call_id": id, "output": output} for id, output in by_id.items()]}


def plain_error(message):
    return {"message": message, "type": "invalid_request_error", "param": None, "code": None}


# ── create ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_run_is_queued_and_shows_every_key_with_its_default(api, world):
    _, run = world.started("Hello.", assistant=world.assistant(instructions=None))
    assert list(run) == KEYS
    assert len(run["id"]) == len("run_") + 24
    now = int(api.sim.clock.now())
    assert run == {
        **dict.fromkeys(KEYS),
        "id": run["id"],
        "object": "thread.run",
        "created_at": now,
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "status": "queued",
        "expires_at": now + 600,
        "model": "gpt-4o",
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "response_format": "auto",
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }


OVERRIDES = {
    "model": "gpt-4.1",
    "instructions": "Be long.",
    "tools": [{"type": "code_interpreter"}],
    "metadata": {"a": "b"},
    "temperature": 0.5,
    "top_p": 0.25,
    "max_prompt_tokens": 1000,
    "max_completion_tokens": 16,  # below the spec's minimum: the service took it
    "truncation_strategy": {"type": "last_messages", "last_messages": 3},
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": False,
    "response_format": {"type": "text"},
}


@pytest.mark.parametrize("field", OVERRIDES)
def test_a_run_shows_what_its_request_overrides(world, field):
    tools = [{"type": "file_search"}, {"type": "function", "function": {"name": "f"}}]
    assistant = world.assistant(reasoning_effort="low", temperature=0.1, tools=tools)
    _, run = world.started(call("f"), assistant=assistant, **{field: OVERRIDES[field]})
    assert run[field] == OVERRIDES[field]
    assert run["reasoning_effort"] == "low"


def test_a_run_shows_what_its_assistant_has(api, world):
    tools = [{"type": "function", "function": {"name": "f"}}]
    fields = {"model": "m", "instructions": "i", "temperature": 0.5, "top_p": 0.5, "reasoning_effort": "high"}
    assistant = world.assistant(tools=tools, response_format={"type": "json_object"}, **fields)
    _, run = world.started("{}", assistant=assistant)
    assert {key: run[key] for key in fields} == fields
    assert run["response_format"] == {"type": "json_object"}
    assert run["tools"] == api.get(f"/assistants/{assistant}").json["tools"]


@pytest.mark.parametrize("given", [{"tools": []}, {"instructions": ""}])
def test_an_empty_override_is_one(world, given):
    assistant = world.assistant(tools=[{"type": "code_interpreter"}])
    _, run = world.started("Hello.", assistant=assistant, **given)
    assert {key: run[key] for key in given} == given


def test_a_run_keeps_what_its_assistant_was(api, world):
    path, run = world.started("Hello.")
    api.post(f"/assistants/{run['assistant_id']}", {"model": "other", "instructions": "Other."})
    assert world.until(path, "completed")["model"] == "gpt-4o"


def test_additional_messages_and_instructions_are_shown_to_the_model(sim, api, world):
    more = [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]
    _, run = world.started("Hello.", additional_messages=more, additional_instructions="Be kind.")
    assert run["instructions"] == "Be brief."
    assert sim.views[0].instructions == "Be brief.\nBe kind."
    assert list(sim.views[0].messages) == [("user", "Hello?"), ("assistant", "a"), ("user", "b")]
    listed = api.get(f"/threads/{run['thread_id']}/messages", "order=asc").json["data"]
    assert [one["role"] for one in listed] == ["user", "assistant", "user"]
    assert [one["run_id"] for one in listed] == [None] * 3


def test_create_and_run_makes_the_thread_of_its_run(sim, api, world):
    sim.script("Hello.")
    thread = {"messages": [{"role": "user", "content": "Hi"}], "metadata": {"a": "b"}}
    run = api.made("/threads/runs", {"assistant_id": world.assistant(), "thread": thread, "metadata": {"c": "d"}})
    assert list(run) == KEYS
    assert (run["status"], run["metadata"]) == ("queued", {"c": "d"})
    made = api.get(f"/threads/{run['thread_id']}").json
    assert (made["metadata"], made["created_at"]) == ({"a": "b"}, run["created_at"])
    assert sim.views[0].user == "Hi"


def test_a_thread_without_messages_can_be_run_if_there_are_instructions(sim, api, world):
    sim.script("Hello.")
    assert api.post("/threads/runs", {"assistant_id": world.assistant()}).status == 200


EMPTY_THREADS = [
    ("/threads/thread_e/runs", {}),
    ("/threads/thread_e/runs", {"instructions": ""}),
    ("/threads/thread_e/runs", {"additional_messages": [{"role": "assistant", "content": "x"}]}),
    ("/threads/runs", {}),
    ("/threads/runs", {"thread": {"messages": [{"role": "assistant", "content": "x"}]}}),
]


@pytest.mark.parametrize("path, body", EMPTY_THREADS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_run_with_nothing_to_answer_is_refused(*, sim, api, refused, path, body, stream):
    sim.put("assistants", {"id": "asst_e"})
    sim.put("threads", {"id": "thread_e"})
    sim.script("Hello.")
    error = refused(lambda: api.post(path, {"assistant_id": "asst_e", **body, "stream": stream}), 400)
    assert error == {**plain_error(NOTHING_TO_ANSWER), "code": "invalid_thread"}


@pytest.mark.parametrize(
    "body",
    [
        {"instructions": "i"},
        {"additional_instructions": "i"},
        {"additional_messages": [{"role": "user", "content": "x"}]},
    ],
)
def test_anything_to_answer_is_enough(sim, api, body):
    sim.put("assistants", {"id": "asst_e"})
    sim.put("threads", {"id": "thread_e"})
    sim.script("Hello.")
    assert api.post("/threads/thread_e/runs", {"assistant_id": "asst_e", **body}).status == 200


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action", "cancelling"])
@pytest.mark.parametrize("body", [{}, {"additional_messages": [{"role": "user", "content": "x"}]}, {"stream": True}])
def test_a_thread_has_one_active_run(*, sim, api, world, refused, status, body):
    run = world.placed(status).rpartition("/")[2]
    assistant = world.assistant()
    sim.script("unused")
    error = refused(lambda: api.post("/threads/thread_placed/runs", {"assistant_id": assistant, **body}), 400)
    assert error == plain_error(f"Thread thread_placed already has an active run {run}.")


def test_a_run_that_nothing_is_scripted_for_is_refused_and_found(sim, api, world, refused):
    thread, assistant = world.thread("What is it?"), world.assistant()
    sim.script("no", when="something else")
    body = {"assistant_id": assistant, "additional_messages": [{"role": "user", "content": "And now?"}]}
    error = refused(lambda: api.post(f"/threads/{thread}/runs", body), 400, surprises=1)
    assert error["code"] == "no_turn_left"
    assert "And now?" in error["message"]
    assert "when='something else'" in error["message"]
    with pytest.raises(AssertionError, match="And now"):
        sim.check(allow={"unused_script"})


@pytest.mark.parametrize("stream", [False, True])
def test_create_and_run_makes_nothing_if_its_run_is_refused(sim, api, world, refused, stream):
    assistant = world.assistant()
    body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "x"}]}, "stream": stream}
    answer = refused(lambda: api.post("/threads/runs", body), 400, surprises=1)
    assert answer["code"] == "no_turn_left"
    sim.script("Hello.")
    assert api.post("/threads/runs", body).status == 200


def test_a_refusal_for_want_of_a_turn_is_not_retried(api, world):
    body = {"assistant_id": world.assistant(), "thread": {}}
    assert api.post("/threads/runs", body).headers["x-should-retry"] == "false"


def test_a_schema_beside_a_builtin_tool_is_refused_on_a_run_too(api, world, refused):
    schema = {"type": "json_schema", "json_schema": {"name": "n"}}
    thread, assistant = world.thread("x"), world.assistant(tools=[{"type": "code_interpreter"}])
    body = {"assistant_id": assistant, "response_format": schema}
    error = refused(lambda: api.post(f"/threads/{thread}/runs", body), 400)
    assert error["message"].startswith("Invalid tools: all tools must be of type `function`")


# ── the life of a run ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_completes(api, world):
    path, queued = world.started(say("Hello.", takes=5))
    working = world.until(path, "in_progress")
    assert working["started_at"] >= queued["created_at"]
    assert (working["expires_at"], working["usage"]) == (queued["expires_at"], None)
    done = world.until(path, "completed")
    assert list(done) == KEYS
    assert done["completed_at"] >= done["started_at"] + 4
    assert (done["expires_at"], done["tool_resources"]) == (None, {})
    assert list(done["usage"]) == USAGE_KEYS
    assert done["usage"]["total_tokens"] == done["usage"]["prompt_tokens"] + done["usage"]["completion_tokens"] > 0
    assert done["usage"]["prompt_token_details"] == {"cached_tokens": 0}
    assert done["usage"]["completion_tokens_details"] == {"reasoning_tokens": 0}


def test_a_run_waits_for_outputs_and_goes_on(sim, api, world):
    path, queued = world.started(call_tools(call("a", x=1), call("b")), say("Done.", takes=3))
    waiting = world.until(path, "requires_action")
    assert waiting["expires_at"] == queued["expires_at"]
    assert (waiting["usage"], waiting["completed_at"]) == (None, None)
    action = waiting["required_action"]
    assert list(action) == ["type", "submit_tool_outputs"]
    first, second = action["submit_tool_outputs"]["tool_calls"]
    assert list(first) == ["id", "type", "function"]
    assert first["function"] == {"name": "a", "arguments": '{"x": 1}'}
    assert second["function"] == {"name": "b", "arguments": "{}"}
    sim.clock.advance(100)
    again = api.made(f"{path}/submit_tool_outputs", outputs(**{second["id"]: "2", first["id"]: "1"}))
    assert list(again) == KEYS
    assert (again["status"], again["required_action"]) == ("queued", None)
    assert (again["started_at"], again["expires_at"]) == (waiting["started_at"], queued["expires_at"])
    resumed = world.until(path, "in_progress")
    assert resumed["started_at"] >= waiting["started_at"] + 100
    assert resumed["expires_at"] == queued["expires_at"]
    world.until(path, "completed")
    assert [(one.name, one.arguments, one.output) for one in sim.calls] == [("a", {"x": 1}, "1"), ("b", {}, "2")]
    sim.check()


@pytest.mark.parametrize(
    "turn, status, shown",
    [
        (
            fail("rate_limit_exceeded", "Too much."),
            "failed",
            {"last_error": {"code": "rate_limit_exceeded", "message": "Too much."}, "completed_at": None},
        ),
        (
            incomplete("max_prompt_tokens", "He"),
            "incomplete",
            {"incomplete_details": {"reason": "max_prompt_tokens"}, "last_error": None, "failed_at": None},
        ),
        (finish(), "completed", {"last_error": None, "incomplete_details": None}),
    ],
)
def test_how_a_run_can_end(api, world, turn, status, shown):
    path, _ = world.started(turn)
    run = world.until(path, status)
    assert {key: run[key] for key in shown} == shown
    assert (run["expires_at"], run["usage"] is None) == (None, False)
    stamp = "failed_at" if status == "failed" else "completed_at"
    assert run[stamp] >= run["started_at"]


@pytest.mark.parametrize("rounds", [0, 1])
def test_a_run_expires_after_ten_minutes_through_every_round(sim, api, world, rounds):
    path, queued = world.started(*[call("f")] * rounds, hang() if not rounds else call("g"), "never", "unused")
    for _ in range(rounds):
        calls = world.until(path, "requires_action")["required_action"]["submit_tool_outputs"]["tool_calls"]
        sim.clock.advance(300)
        api.made(f"{path}/submit_tool_outputs", outputs(**{calls[0]["id"]: "x"}))
    sim.clock.advance(queued["expires_at"] - sim.clock.now() - 1)
    assert api.get(path).json["status"] in ("in_progress", "requires_action")
    sim.clock.advance(1)
    run = api.get(path).json
    assert (run["status"], run["expires_at"], run["required_action"]) == ("expired", None, None)
    assert (run["completed_at"], run["failed_at"], run["cancelled_at"], run["last_error"]) == (None,) * 4
    late = api.post(f"{path}/submit_tool_outputs", outputs(call_x="x"))
    assert late.error == plain_error('Runs in status "expired" do not accept tool outputs.')


def test_runs_move_however_they_are_watched(api, world):
    path, _ = world.started("Hello.")
    runs = path.rpartition("/")[0]
    for _ in range(20):
        if api.get(runs, "limit=1").json["data"][0]["status"] == "completed":
            break
    else:
        pytest.fail("a client that polls by runs.list alone never sees the end")
    assert api.get(f"{path}/steps").json["data"][0]["status"] == "completed"


# ── cancel, update, submit ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action"])
def test_an_active_run_is_cancelled_in_two_steps(sim, api, world, status):
    path = world.placed(status, started_at=5)
    answer = api.post(f"{path}/cancel").json
    assert list(answer) == KEYS
    assert answer["status"] == "cancelling"
    assert (answer["cancelled_at"], answer["started_at"]) == (None, 5)
    assert answer["expires_at"] is not None
    locked = api.post("/threads/thread_placed/messages", {"role": "user", "content": "x"})
    assert "while a run" in locked.error["message"]
    run = world.until(path, "cancelled")
    assert run["cancelled_at"] >= answer["created_at"]
    assert (run["expires_at"], run["completed_at"], run["required_action"]) == (None, None, None)
    assert api.post("/threads/thread_placed/messages", {"role": "user", "content": "x"}).status == 200


@pytest.mark.parametrize("status", ["cancelling", "cancelled", "failed", "completed", "incomplete", "expired"])
def test_what_cannot_be_cancelled(api, world, refused, status):
    path = world.placed(status)
    assert refused(lambda: api.post(f"{path}/cancel"), 400) == plain_error(f"Cannot cancel run with status '{status}'.")


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action", "cancelling"])
def test_an_active_run_cannot_be_updated(api, world, refused, status):
    path = world.placed(status)
    assert refused(lambda: api.post(path, {"metadata": {"a": "b"}}), 400) == plain_error(
        f"Cannot update run with status '{status}'."
    )


def test_the_body_of_an_update_is_checked_before_the_status(api, world, refused):
    path = world.placed("in_progress")
    error = refused(lambda: api.post(path, {"metadata": {"modified": True}}), 400)
    assert (error["code"], error["param"]) == ("invalid_type", "metadata.modified")


@pytest.mark.parametrize("status", ["cancelled", "failed", "completed", "incomplete", "expired"])
def test_a_finished_run_can_be_updated(api, world, status):
    path = world.placed(status, metadata={"a": "b"})
    before = api.get(path).json
    changed = api.made(path, {"metadata": {"c": "d"}})
    assert changed == {**before, "metadata": {"c": "d"}} == api.get(path).json


@pytest.mark.parametrize(
    "status", ["queued", "in_progress", "cancelling", "cancelled", "failed", "completed", "incomplete", "expired"]
)
@pytest.mark.parametrize("stream", [False, True])
def test_outputs_are_refused_unless_they_are_awaited(api, world, refused, status, stream):
    path = world.placed(status)
    body = {**outputs(call_made_up="x"), "stream": stream}
    error = refused(lambda: api.post(f"{path}/submit_tool_outputs", body), 400)
    assert error == plain_error(f'Runs in status "{status}" do not accept tool outputs.')


@pytest.mark.parametrize(
    "given, got",
    [
        (["call_A"], "['call_A']"),
        ([], "[]"),
        (["call_A", "call_X"], "['call_A', 'call_X']"),
        (["call_A", "call_B", "call_X"], "['call_A', 'call_B', 'call_X']"),
        (["call_A", "call_B", "call_B"], "['call_A', 'call_B', 'call_B']"),
        (["call_A", "call_A"], "['call_A', 'call_A']"),
    ],
    ids=["missing", "none", "other", "extra", "twice", "one twice for both"],
)
def test_outputs_are_all_or_nothing(api, world, refused, given, got):
    path = world.waiting("call_A", "call_B")
    body = {"tool_outputs": [{"tool_call_id": id, "output": "x"} for id in given]}
    error = refused(lambda: api.post(f"{path}/submit_tool_outputs", body), 400)
    assert error == plain_error(f"Expected tool outputs for call_ids ['call_A', 'call_B'], got {got}")


def test_outputs_are_refused_if_nothing_is_scripted_behind_them(sim, api, world, refused):
    path = world.waiting("call_A")
    body = outputs(call_A="1")
    error = refused(lambda: api.post(f"{path}/submit_tool_outputs", body), 400, surprises=1)
    assert error["code"] == "no_turn_left"
    sim.script("Done.")
    assert api.made(f"{path}/submit_tool_outputs", body)["status"] == "queued"


def test_outputs_can_be_submitted_once(api, world, refused):
    path = world.waiting("call_A")
    api.sim.script(say("Done.", takes=100))
    api.made(f"{path}/submit_tool_outputs", outputs(call_A="1"))
    world.until(path, "in_progress")
    again = api.post(f"{path}/submit_tool_outputs", outputs(call_A="1"))
    assert again.error["message"] == 'Runs in status "in_progress" do not accept tool outputs.'


# ── brains ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("junk", [None, 5, [], object(), {"say": 1}, say])
def test_a_brain_that_gives_no_turn_is_refused_and_found(world_of, junk):
    world = world_of(Simulator(brain=lambda view: junk))
    body = {"assistant_id": world.assistant(), "thread": {"messages": [{"role": "user", "content": "Well?"}]}}
    answer = world.api.post("/threads/runs", body)
    assert (answer.status, answer.error["code"]) == (400, "no_turn_left")
    assert "TurnError" in answer.error["message"]
    with pytest.raises(AssertionError, match="is not a turn"):
        world.sim.check()


def test_a_brain_that_raises_is_refused_and_found(world_of, state_of):
    def broken(view):
        raise RuntimeError("no idea")

    world = world_of(Simulator(brain=broken))
    body = {"assistant_id": world.assistant(), "thread": {}}
    before = state_of(world.sim)
    answer = world.api.post("/threads/runs", body)
    assert "The brain broken failed" in answer.error["message"]
    assert "RuntimeError: no idea" in answer.error["message"]
    after = state_of(world.sim)
    assert after["backend"]["surprises"] == [answer.error["message"]]
    assert after["backend"]["store"] == before["backend"]["store"]


def test_a_brain_that_fails_in_the_middle_fails_the_run(world_of):
    def once(view):
        if any(role == "assistant" for role, _ in view.messages):
            raise RuntimeError("no idea")
        return say("Wait…", more=True)

    world = world_of(Simulator(brain=once))
    run = world.api.made("/threads/runs", {"assistant_id": world.assistant(), "thread": {"messages": []}})
    ended = world.until(f"/threads/{run['thread_id']}/runs/{run['id']}", "failed")
    assert ended["last_error"]["code"] == "server_error"
    with pytest.raises(AssertionError, match="no idea"):
        world.sim.check()


# ── what the script must keep to ─────────────────────────────────────────────────────────────────────────────────────


def test_a_script_that_breaks_its_format_is_refused_and_found(sim, api, world, refused):
    thread, assistant = world.thread("Where?"), world.assistant(response_format={"type": "json_object"})
    sim.script("Paris")
    body = {"assistant_id": assistant}
    error = refused(lambda: api.post(f"/threads/{thread}/runs", body), 400, surprises=1)
    assert error["code"] == "no_turn_left"
    assert (
        "user text 'Where?': it cannot be answered with say('Paris'). Its response_format is json_object"
        in error["message"]
    )
    with pytest.raises(CheckFailed, match=r"Unexpected: .*json_object"):
        sim.check()


def test_a_script_that_breaks_its_format_after_a_built_in_tool_fails_the_run(sim, world):
    path, _ = world.started(run_code("1"), "Paris", response_format={"type": "json_object"})
    ended = world.until(path, "failed", "completed")
    assert (ended["status"], ended["last_error"]["code"]) == ("failed", "server_error")
    with pytest.raises(CheckFailed, match="json_object"):
        sim.check()


@pytest.mark.parametrize("choice", ["required", {"type": "code_interpreter"}])
def test_a_run_answers_freely_once_its_tool_was_called(sim, world, choice):
    assistant = world.assistant(tools=[{"type": "code_interpreter"}])
    path, _ = world.started(run_code("1"), "Paris", tool_choice=choice, assistant=assistant)
    assert world.until(path, "failed", "completed")["status"] == "completed"
    sim.check()


def test_a_text_may_break_its_format_on_purpose(world):
    path, _ = world.started(say("Paris", off_format=True), response_format={"type": "json_object"})
    assert world.until(path, "completed")["status"] == "completed"
