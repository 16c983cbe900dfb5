"""What each kind of fault does to the requests that it strikes."""

import pytest

from simulator import (
    NoResponse,
    Request,
    Simulator,
    call,
    cut_stream,
    delay,
    hang,
    lock_lag,
    no_answer,
    rival_run,
    run_code,
    say,
    split_stream,
    stay,
)
from simulator.api.wire import BrokenOff


@pytest.fixture
def lost(sim, api):
    """Send something whose answer is lost; return how, and the virtual seconds that it took."""

    def send(method, path, body=b"", timeout=None):
        headers = {"openai-beta": "assistants=v2", "content-type": "application/json"}
        before = sim.clock.now()
        answer = sim.handle(Request(method, f"/v1{path}", "", headers, body, "", timeout))
        assert isinstance(answer, NoResponse)
        return answer.kind, sim.clock.now() - before

    return send


# ── no answer ────────────────────────────────────────────────────────────────────────────────────────────────────────

SECONDS = [
    ("connect_refused", None, 0.042),
    ("connect_timeout", None, 5.042),
    ("read_timeout", None, 600.042),
    ("read_timeout", 20.0, 20.042),
    ("reset", None, 0.042),
    ("closed", 20.0, 0.042),
]


@pytest.mark.parametrize("kind, timeout, seconds", SECONDS)
def test_a_request_without_an_answer_has_no_effect(sim, lost, kind, timeout, seconds):
    sim.faults.add(no_answer(kind))
    found, took = lost("POST", "/threads", timeout=timeout)
    assert found == kind
    assert took == pytest.approx(seconds, abs=1e-6)
    assert len(sim._backend.store.threads) == 0
    (exchange,) = sim.requests
    assert (exchange.status, exchange.response, exchange.answered_at) == (0, b"", sim.clock.now())


@pytest.mark.parametrize("kind", ["read_timeout", "reset", "closed"])
def test_or_its_effect_is_made_and_only_the_answer_lost(sim, lost, kind):
    sim.faults.add(no_answer(kind), on="threads.create", at="after")
    assert lost("POST", "/threads")[0] == kind
    assert len(sim._backend.store.threads) == 1


def test_a_refusal_stands_where_the_answer_would_have_been_lost(sim, api):
    sim.faults.add(no_answer(), at="after")
    assert api.get("/threads/thread_x").status == 404


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────────────

WHOLE = [
    "thread.run.created",
    "thread.run.queued",
    "thread.run.in_progress",
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
    "thread.message.delta",
    "thread.message.delta",
    "thread.message.completed",
    "thread.run.step.completed",
    "thread.run.completed",
    "done",
]


def names_of(data):
    return [line.removeprefix("event: ") for line in data.decode().split("\n") if line.startswith("event: ")]


def read(frames):
    """Read a stream to its end, clean or not; return its bytes, and how the connection failed."""
    data = []
    try:
        data.extend(frame.data for frame in frames)
    except BrokenOff as broken:
        return b"".join(data), broken.kind
    return b"".join(data), None


CUTS = [
    (cut_stream(), WHOLE[:-1], "closed"),
    (cut_stream(ending="end"), WHOLE[:-1], None),
    (cut_stream(ending="reset"), WHOLE[:-1], "reset"),
    (cut_stream(0), [], "closed"),
    (cut_stream(5, ending="end"), WHOLE[:5], None),
    (cut_stream("thread.message.delta"), WHOLE[:7], "closed"),
    (cut_stream("thread.message.delta", nth=3), WHOLE[:9], "closed"),
    (cut_stream("thread.message.delta", nth=4), WHOLE, None),
    (cut_stream(14), WHOLE, None),
    (cut_stream("thread.run.failed"), WHOLE, None),
    (cut_stream("thread.run.step.completed", ending="error"), [*WHOLE[:11], "error"], None),
    (cut_stream("thread.run.step.completed", ending="wrapped_error"), [*WHOLE[:11], "error"], None),
]


@pytest.mark.parametrize("fault, names, kind", CUTS, ids=[str(fault) for fault, *_ in CUTS])
def test_a_stream_ends_where_it_is_cut(sim, stream, fault, names, kind):
    sim.faults.add(fault)
    data, found = read(stream(say("One two three", chunks=3)))
    assert (names_of(data), found) == (names, kind)
    sim.clock.advance(10)
    assert sim.runs[0]["status"] == "completed", "the run goes on"


def test_half_of_the_frame_may_come(sim, stream):
    whole, _ = read(stream(say("One two three", chunks=3)))
    sim.reset()
    sim.faults.add(cut_stream("thread.message.completed", inside=True, ending="end"))
    data, _ = read(stream(say("One two three", chunks=3)))
    assert whole.startswith(data)
    assert names_of(data)[-1] == "thread.message.completed"
    assert not data.endswith(b"\n\n")


@pytest.mark.parametrize(
    "ending, start", [("error", b'{"code":null,"message":"The server'), ("wrapped_error", b'{"error":{"code":null,')]
)
def test_an_error_event_has_two_shapes(sim, stream, ending, start):
    sim.faults.add(cut_stream(1, ending=ending))
    data, _ = read(stream(say("x")))
    assert data.partition(b"event: error\ndata: ")[2].startswith(start)
    assert b"[DONE]" not in data


def test_a_stream_that_falls_silent_lasts_until_the_client_gives_up(sim, stream):
    sim.faults.add(cut_stream("thread.message.delta", ending="read_timeout"))
    before = sim.clock.now()
    _, kind = read(stream(say("x", takes=1)))
    assert kind == "read_timeout"
    assert sim.clock.now() - before > 600


def test_a_split_stream_comes_in_pieces(sim, stream):
    whole, _ = read(stream(say("Grüße 🌍")))
    sim.reset()
    sim.faults.add(split_stream(3))
    pieces = [frame.data for frame in stream(say("Grüße 🌍"))]
    assert b"".join(pieces) == whole
    assert max(map(len, pieces)) == 3


def test_what_is_refused_is_not_cut(sim, api, world):
    sim.faults.add(cut_stream(0))
    thread = world.thread("Hello?")
    assert api.post(f"/threads/{thread}/runs", {"assistant_id": "asst_x", "stream": True}).status == 404


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_tool_that_takes_too_long_finds_its_run_expired(sim, api, world):
    path, _ = world.started(call("f"), call("g"), say("done"))
    sim.faults.add(delay(600), on="runs.submit_tool_outputs", skip=1)
    for name in ("f", "g"):
        run = world.until(path, "requires_action")
        (asked,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        answer = api.post(
            f"{path}/submit_tool_outputs", {"tool_outputs": [{"tool_call_id": asked["id"], "output": name}]}
        )
    assert answer.error["message"] == 'Runs in status "expired" do not accept tool outputs.'
    assert api.get(path).json["status"] == "expired"


def test_a_cancel_may_lose_the_race(sim, api, world):
    path, _ = world.started(say("done"))
    sim.faults.add(delay(10), on="runs.cancel")
    assert api.post(f"{path}/cancel").error["message"] == "Cannot cancel run with status 'completed'."


def test_an_answer_may_be_late(sim, api, world):
    path, _ = world.started(say("done"))
    sim.faults.add(delay(10), on="runs.retrieve", at="after")
    before = sim.clock.now()
    assert api.get(path).json["status"] == "queued", "the answer was made before"
    assert sim.clock.now() - before == pytest.approx(10.161)
    assert api.get(path).json["status"] == "completed"


# ── runs that stay ───────────────────────────────────────────────────────────────────────────────────────────────────


def history(sim, run_id):
    """The statuses of a run, with the virtual seconds since its creation."""
    changes = [entry for entry in sim.journal if type(entry).__name__ == "StatusChange" and entry.id == run_id]
    start = next(run["created_at"] for run in sim.runs if run["id"] == run_id)
    return {change.after: change.at - start for change in changes}


@pytest.mark.parametrize("status, after", [("queued", "in_progress"), ("in_progress", "completed")])
def test_a_run_stays_longer(sim, world, status, after):
    _, run = world.started(say("done", takes=1))
    sim.clock.advance(30)
    usual = history(sim, run["id"])
    sim.reset()
    sim.faults.add(stay(status, 30), on="runs.create")
    _, run = world.started(say("done", takes=1))
    sim.clock.advance(60)
    slow = history(sim, run["id"])
    assert slow[after] - usual[after] == pytest.approx(30)
    assert slow["completed"] - usual["completed"] == pytest.approx(30)
    if status == "in_progress":
        assert slow["in_progress"] == pytest.approx(usual["in_progress"])


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_a_run_that_is_stuck_expires(sim, api, world, status):
    sim.faults.add(stay(status))
    path, _ = world.started(say("done"))
    sim.clock.advance(590)
    assert api.get(path).json["status"] == status
    sim.clock.advance(10)
    assert api.get(path).json["status"] == "expired"


def test_a_run_that_goes_on_after_its_tools_may_stay_too(sim, api, world):
    path, _ = world.started(call("f"), say("done", takes=1))
    run = world.until(path, "requires_action")
    (asked,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    sim.faults.add(stay("queued", 100), on="runs.submit_tool_outputs")
    api.made(f"{path}/submit_tool_outputs", {"tool_outputs": [{"tool_call_id": asked["id"], "output": ""}]})
    sim.clock.advance(99)
    assert api.get(path).json["status"] == "queued"
    sim.clock.advance(10)
    assert api.get(path).json["status"] == "completed"


def test_a_run_that_came_with_its_thread_may_stay(sim, api, world):
    sim.faults.add(stay("in_progress"), on="threads.create_and_run")
    sim.script(say("done"))
    run = api.made("/threads/runs", {"assistant_id": world.assistant()})
    sim.clock.advance(100)
    assert api.get(f"/threads/{run['thread_id']}/runs/{run['id']}").json["status"] == "in_progress"


def test_only_the_turn_at_hand_is_slow(sim, api, world):
    sim.faults.add(stay("in_progress", 50))
    path, _ = world.started(run_code("1"), say("done", takes=1))
    sim.clock.advance(60)
    assert api.get(path).json["status"] == "completed"


def test_a_cancel_may_take_its_time(sim, api, world):
    path, _ = world.started(hang())
    sim.faults.add(stay("cancelling", 20))
    assert api.made(f"{path}/cancel")["status"] == "cancelling"
    sim.clock.advance(20)
    assert api.get(path).json["status"] == "cancelling"
    sim.clock.advance(1)
    assert api.get(path).json["status"] == "cancelled"


def test_a_run_may_expire_while_it_is_cancelled(sim, api, world):
    path, _ = world.started(hang())
    sim.faults.add(stay("cancelling"))
    api.made(f"{path}/cancel")
    sim.clock.advance(601)
    assert api.get(path).json["status"] == "expired"


# ── locks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def post_message(api):
    def post(thread):
        return api.post(f"/threads/{thread}/messages", {"role": "user", "content": "x"})

    return post


def test_a_lock_may_outlive_its_run(sim, api, world, post_message):
    sim.faults.add(lock_lag(30), on="runs.create")
    thread, assistant = world.thread("Hello?"), world.assistant()
    path, run = world.started(say("done"), thread=thread, assistant=assistant)
    run = world.until(path, "completed")
    text = f"Can't add messages to {thread} while a run {run['id']} is active."
    assert post_message(thread).error["message"] == text
    second = api.post(f"/threads/{thread}/runs", {"assistant_id": assistant})
    assert second.error["message"] == f"Thread {thread} already has an active run {run['id']}."
    other = world.thread("Hello?")
    assert post_message(other).status == 200
    sim.clock.advance(30)
    assert post_message(thread).status == 200


def test_a_lock_that_lags_survives_a_file(sim, world, world_of, tmp_path):
    sim.faults.add(lock_lag(30))
    path, run = world.started(say("done"))
    sim.save(tmp_path / "active.json")
    world.until(path, "completed")
    sim.save(tmp_path / "ended.json")
    for name in ("active", "ended"):
        again = Simulator.load(tmp_path / f"{name}.json")
        again_world = world_of(again)
        again_world.until(path, "completed")
        answer = again_world.api.post(f"/threads/{run['thread_id']}/messages", {"role": "user", "content": "x"})
        assert answer.status == 400


# ── somebody else's run ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def asked(sim, api, world):
    """What a thread with a question is, and how its run is asked for."""
    sim.script(say("Hello."))
    thread, assistant = world.thread("Hello?"), world.assistant()
    return thread, lambda: api.post(f"/threads/{thread}/runs", {"assistant_id": assistant})


def test_a_rival_run_is_named_ends_by_itself_and_leaves_its_message(sim, api, asked):
    thread, ask = asked
    sim.faults.add(rival_run(5, says="I was first."))
    refused = ask()
    (rival,) = api.get(f"/threads/{thread}/runs").json["data"]
    assert refused.error["message"] == f"Thread {thread} already has an active run {rival['id']}."
    assert rival["status"] == "in_progress"
    sim.clock.advance(5)
    messages = api.get(f"/threads/{thread}/messages").json["data"]
    assert [(one["run_id"], one["content"][0]["text"]["value"]) for one in messages] == [
        (rival["id"], "I was first."),
        (None, "Hello?"),
    ]
    assert api.get(f"/threads/{thread}/runs/{rival['id']}").json["status"] == "completed"
    assert ask().status == 200


def test_a_rival_run_can_be_cancelled(sim, api, asked):
    thread, ask = asked
    sim.faults.add(rival_run(600))
    ask()
    (rival,) = api.get(f"/threads/{thread}/runs").json["data"]
    assert api.post(f"/threads/{thread}/runs/{rival['id']}/cancel").json["status"] == "cancelling"
    sim.clock.advance(1)
    assert ask().status == 200


def test_a_rival_run_survives_a_file(sim, world_of, asked, tmp_path):
    thread, ask = asked
    sim.faults.add(rival_run(5))
    ask()
    sim.save(tmp_path / "rival.json")
    again = world_of(Simulator.load(tmp_path / "rival.json")).api
    (rival,) = again.get(f"/threads/{thread}/runs").json["data"]
    assert rival["status"] == "in_progress"


@pytest.mark.parametrize(
    "body, status", [({"assistant_id": "asst_none"}, 404), ({"assistant_id": 5}, 400), ([], 400)], ids=str
)
def test_nobody_begins_a_run_where_the_request_is_refused_anyway(sim, api, asked, body, status):
    thread, _ = asked
    sim.faults.add(rival_run())
    assert api.post(f"/threads/{thread}/runs", body).status == status
    assert api.get(f"/threads/{thread}/runs").json["data"] == []


def test_nobody_begins_a_run_on_a_thread_that_is_locked_or_not_there(sim, api, asked):
    thread, ask = asked
    first = ask().json["id"]
    sim.faults.add(rival_run(), times=2)
    assert ask().error["message"] == f"Thread {thread} already has an active run {first}."
    assert [run["id"] for run in api.get(f"/threads/{thread}/runs").json["data"]] == [first]
    asked_for = {"assistant_id": api.get("/assistants").json["data"][0]["id"]}
    assert api.post("/threads/thread_none/runs", asked_for).status == 404
