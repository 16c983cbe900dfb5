"""The simulator as a test uses it: options, scripts, findings, placing, saving, threads, doors."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import openai
import pytest

from simulator import CheckFailed, Request, Simulator, SimulatorError, call, call_tools, hang, run_code, say

# The SDK says of `assistants` what pyproject.toml does not filter for the suite: just this word.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated$:DeprecationWarning")

HEADERS = {"openai-beta": "assistants=v2", "content-type": "application/json"}


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("day", ["2024-04-29", "20240429", date(2024, 4, 29)])
def test_a_day_may_be_a_text_or_a_date(day):
    sim = Simulator(as_of=day)
    assert (sim.clock.now(), sim._options.as_of) == (1_714_348_800, "2024-04-29")


@pytest.mark.parametrize(
    "options, words",
    [
        ({"sead": 1}, "no option 'sead'. Did you mean 'seed'?"),
        ({"zzz": 1}, "no option 'zzz'. The options are brain, seed"),
        ({"seed": "1"}, "seed= is an integer, not '1'"),
        ({"seed": True}, "seed= is an integer, not True"),
        ({"seed": 1.0}, "seed= is an integer, not 1.0"),
        ({"poll_after_ms": -1}, "poll_after_ms= is a number of milliseconds, zero or more, or None, not -1"),
        ({"poll_after_ms": "1"}, "poll_after_ms="),
        ({"poll_after_ms": True}, "poll_after_ms="),
        ({"tokens": "guess"}, "tokens= is one of estimate, exact, not 'guess'"),
        ({"service": "off"}, "service= is one of normal, v1_refused, sunset, not 'off'"),
        ({"service": None}, "service= is one of"),
        ({"api_keys": "sk-x"}, "api_keys= is a list, not one text: write ['…']"),
        ({"hosts": "example.com"}, "hosts= is a list, not one text: write ['example.com']"),
        ({"brain": "gpt-4o"}, "brain= is None, 'auto' or a callable of the view, not 'gpt-4o'"),
        ({"brain": 5}, "brain= is None"),
        ({"as_of": "2023-11-05"}, "as_of= is 2023-11-06 or later: the Assistants API was opened on that day"),
        ({"as_of": date(2022, 1, 1)}, "as_of= is 2023-11-06 or later"),
        (
            {"as_of": "29.4.2024"},
            "as_of= is a date such as '2024-04-29', or None for the last generation, not",
        ),
        ({"as_of": "2024-02-30"}, "as_of= is a date"),
        ({"as_of": 20240429}, "as_of= is a date"),
        ({"as_of": datetime(2024, 4, 29, tzinfo=UTC)}, "as_of= is a date"),
    ],
)
def test_an_option_that_cannot_be_meant_is_the_tests_mistake(options, words):
    with pytest.raises(SimulatorError, match=re.escape(words)) as caught:
        Simulator(**options)
    assert isinstance(caught.value, TypeError)


def test_options_are_keywords():
    with pytest.raises(TypeError):
        Simulator(None, 1)


# ── scripts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_script_is_cut_after_each_turn_that_ends_a_run(started, said):
    sim = Simulator()
    sim.script(run_code("1+1"), say("two"), "three")
    assert [said(sim, started(sim)[1]) for _ in range(2)] == [["two"], ["three"]]
    sim.check()


@pytest.mark.parametrize(
    "when", ["budget", re.compile(r"bud\w+"), lambda view: "budget" in view.user], ids=["text", "pattern", "callable"]
)
def test_a_piece_is_taken_by_the_run_that_it_is_meant_for(started, said, when):
    sim = Simulator()
    sim.script("about anything")
    sim.script("about money", when=when)
    assert said(sim, started(sim, "My budget?")[1]) == ["about money"]
    assert said(sim, started(sim, "The weather?")[1]) == ["about anything"]
    sim.check()


@pytest.mark.parametrize("name", ["asst_two", "ASST_TWO"], ids=["id", "name"])
def test_a_piece_can_be_meant_for_an_assistant(started, said, name):
    sim = Simulator()
    sim.script("of two", assistant=name)
    sim.script("of any")
    assert said(sim, started(sim, assistant="asst_one")[1]) == ["of any"]
    assert said(sim, started(sim, assistant="asst_two")[1]) == ["of two"]


def test_a_piece_can_be_meant_for_a_thread(ask, said):
    sim = Simulator()
    sim.put("assistants", {"id": "asst_1", "instructions": "i"})
    for thread in ("thread_a", "thread_b"):
        sim.put("threads", {"id": thread})
        sim.script(f"on {thread}", thread=thread)
    for thread in ("thread_b", "thread_a"):
        _, run = ask(sim, "POST", f"/threads/{thread}/runs", {"assistant_id": "asst_1"})
        assert said(sim, run) == [f"on {thread}"]


def test_a_repeated_piece_goes_to_the_end_of_the_queue(started, said):
    sim = Simulator()
    sim.script("a", "b", repeat=True)
    assert [said(sim, started(sim)[1])[0] for _ in range(4)] == ["a", "b", "a", "b"]
    sim.check()


def test_the_brain_is_asked_where_no_piece_fits(started, said):
    sim = Simulator(brain=lambda view: f"echo {view.user}")
    sim.script("scripted", when="special")
    assert said(sim, started(sim, "usual")[1]) == ["echo usual"]
    assert said(sim, started(sim, "special")[1]) == ["scripted"]


def test_the_auto_brain_calls_a_function_and_says_what_came_out(ask, started, said):
    sim = Simulator(brain="auto")
    schema = {"type": "object", "properties": {"city": {"type": "string", "enum": ["Lima"]}}, "required": ["city"]}
    sim.put(
        "assistants", {"id": "asst_1", "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]}
    )
    _, run = started(sim)
    sim.clock.advance(10)
    (made,) = sim.calls
    assert (made.name, made.arguments, made.output) == ("f", {"city": "Lima"}, None)
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    outputs = {"tool_outputs": [{"tool_call_id": made.id, "output": "sun"}]}
    assert ask(sim, "POST", f"{path}/submit_tool_outputs", outputs)[0] == 200
    assert said(sim, run) == ["f answered: sun"]
    sim.check()


@pytest.mark.parametrize(
    "turns, options, words",
    [
        ((), {}, "takes at least one turn"),
        ((5,), {}, "5 is not a turn"),
        ((say("x"),), {"wen": "x"}, "script() has no option 'wen'. Did you mean 'when'?"),
        ((say("x"),), {"when": 5}, "when= is a text"),
        ((say,), {}, "is not a turn"),
    ],
)
def test_a_script_that_cannot_be_meant_is_the_tests_mistake(turns, options, words):
    sim = Simulator()
    with pytest.raises(SimulatorError, match=re.escape(words)):
        sim.script(*turns, **options)
    sim.check()


# ── findings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def unused(sim):
    sim.script("never said", when="never asked")


def unexpected(sim):
    sim.handle(Request("POST", "/v1/embeddings", headers=HEADERS))


def active(sim):
    sim.put("runs", {"id": "run_1", "thread_id": "thread_1", "status": "requires_action"})


FINDINGS = {
    "unused_script": (unused, "Never used: script(say('never said'), when='never asked')"),
    "unexpected_request": (unexpected, "Unexpected: assistants-simulator: POST /v1/embeddings is not simulated."),
    "active_run": (active, "Still active: run run_1 of thread_1 is requires_action."),
}


@pytest.mark.parametrize("kind", FINDINGS)
def test_what_check_finds(kind):
    cause, words = FINDINGS[kind]
    sim = Simulator()
    sim.check()
    cause(sim)
    with pytest.raises(CheckFailed, match=re.escape(words)) as caught:
        sim.check(allow=set(FINDINGS) - {kind})
    assert isinstance(caught.value, AssertionError)
    sim.check(allow={kind})


def test_check_names_everything_at_once():
    sim = Simulator()
    for cause, _ in FINDINGS.values():
        cause(sim)
    with pytest.raises(CheckFailed) as caught:
        sim.check()
    assert all(words in str(caught.value) for _, words in FINDINGS.values())


def test_check_finds_nothing_where_nothing_is_to_be_found():
    sim = Simulator(strict=False)
    for cause, _ in FINDINGS.values():
        cause(sim)
    sim.check()


def test_a_run_that_is_being_cancelled_is_no_finding():
    sim = Simulator()
    sim.script(hang())
    client = sim.client()
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Greet.")
    run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    with pytest.raises(CheckFailed, match=r"is queued\. Let the program .* allow=\['active_run'\]"):
        sim.check()
    assert client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id).status == "cancelling"
    sim.check()


def test_an_optional_piece_is_no_finding():
    sim = Simulator()
    sim.script("maybe", optional=True)
    sim.check()


def test_check_knows_what_it_can_allow():
    with pytest.raises(
        SimulatorError,
        match="knows unused_script, unused_fault, unexpected_request, active_run, blocked_request, not 'active'",
    ):
        Simulator().check(allow={"active"})


def test_check_lets_what_is_due_happen_first(started):
    sim = Simulator()
    sim.script("Hello.")
    started(sim)
    sim.clock.advance(30)
    sim.check()


# ── what happened ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_calls_runs_and_messages_are_copies(started):
    sim = Simulator()
    sim.script(call_tools(call("f", x=1), call("g")), "unused")
    _, run = started(sim)
    sim.clock.advance(10)
    for read in (lambda: sim.runs[0], lambda: sim.messages(run["thread_id"])[0]):
        read()["metadata"]["mine"] = "yes"
        assert read()["metadata"] == {}
    assert [(one.name, one.raw, one.run_id) for one in sim.calls] == [
        ("f", '{"x": 1}', run["id"]),
        ("g", "{}", run["id"]),
    ]


def test_messages_of_no_thread():
    with pytest.raises(SimulatorError, match="There is no thread 'thread_x'"):
        Simulator().messages("thread_x")


def test_views_and_requests_are_in_order(started):
    sim = Simulator(brain="auto")
    for text in ("one", "two"):
        started(sim, text)
    assert [view.user for view in sim.views] == ["one", "two"]
    assert [request.operation for request in sim.requests] == ["threads.create_and_run"] * 2
    assert len(sim.journal) >= 4


def test_without_a_journal_nothing_is_kept(started):
    sim = Simulator(brain="auto", journal=False)
    started(sim)
    assert (list(sim.requests), list(sim.views), len(sim.journal)) == ([], [], 0)
    assert len(sim.runs) == 1


def test_a_watched_function_works_as_before_and_is_in_the_journal():
    sim = Simulator()
    assert sim.watch(lambda x: x + 1)(1) == 2
    assert len(sim.journal) == 1


# ── placing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

PLACED = [
    ("assistants", {"id": "a", "model": "gpt-4o"}, "/assistants/a"),
    ("threads", {"id": "t", "created_at": 5}, "/threads/t"),
    ("messages", {"id": "m", "thread_id": "t", "content": "Hi", "role": "assistant"}, "/threads/t/messages/m"),
    ("runs", {"id": "r", "thread_id": "t", "status": "failed", "failed_at": 7}, "/threads/t/runs/r"),
    (
        "run_steps",
        {"id": "s", "thread_id": "t", "run_id": "r", "status": "completed", "usage": None},
        "/threads/t/runs/r/steps/s",
    ),
]


@pytest.mark.parametrize("collection, item, path", PLACED)
def test_a_placed_object_is_read_as_given_and_filled(ask, collection, item, path):
    sim = Simulator()
    placed = sim.put(collection, item)
    status, read = ask(sim, "GET", path)
    assert status == 200
    given = {key: value for key, value in item.items() if key != "content"}
    assert {key: read[key] for key in given} == given
    del read["tool_resources" if collection == "threads" else "object"]  # a thread that is read shows resources
    assert read.items() <= placed.items()
    assert read["created_at"] == item.get("created_at", int(Simulator().clock.now()))


def test_a_placed_object_is_a_copy_and_replaces_the_one_before(ask):
    sim = Simulator()
    first = sim.put("assistants", {"id": "a", "metadata": {"n": "1"}})
    first["metadata"]["n"] = "changed"
    assert ask(sim, "GET", "/assistants/a")[1]["metadata"] == {"n": "1"}
    sim.put("assistants", {"id": "a", "metadata": {"n": "2"}})
    assert [one["metadata"] for one in ask(sim, "GET", "/assistants")[1]["data"]] == [{"n": "2"}]


def test_a_file_can_be_placed_with_its_content():
    placed = Simulator().put("files", {"id": "file-1", "content": b"abc"})
    assert (placed["id"], placed["bytes"], placed["status"]) == ("file-1", 3, "processed")


@pytest.mark.parametrize(
    "collection, item, words",
    [
        ("assistant", {}, "There is no collection 'assistant'. Did you mean 'assistants'?"),
        ("assistants", "asst_1", "takes an object, not 'asst_1'"),
        ("messages", {"content": "x"}, "needs a 'thread_id'"),
        ("runs", {"thread_id": "t", "status": "running"}, "there is no status 'running'"),
        ("assistants", {"id": 5}, "an id is a text"),
        ("assistants", {"metadata": {1, 2}}, "JSON cannot hold the object"),
    ],
)
def test_what_cannot_be_placed_changes_nothing(collection, item, words, tmp_path):
    sim = Simulator()
    sim.save(tmp_path / "before")
    with pytest.raises(SimulatorError, match=re.escape(words)):
        sim.put(collection, item)
    sim.save(tmp_path / "after")
    assert (tmp_path / "after").read_bytes() == (tmp_path / "before").read_bytes()


# ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sixteen_threads_lose_nothing_and_never_run_twice_on_a_thread(ask):
    sim = Simulator(brain=lambda view: call("f") if not view.outputs else "Done.")
    sim.put("assistants", {"id": "asst_1", "instructions": "i"})
    shared = ask(sim, "POST", "/threads")[1]["id"]
    too_many, made = [], []

    def watch():
        statuses = [run["status"] for run in sim.runs if run["thread_id"] == shared]
        if sum(status in ("queued", "in_progress", "requires_action", "cancelling") for status in statuses) > 1:
            too_many.append(statuses)

    def work(number):
        for _ in range(3):
            status, run = ask(sim, "POST", f"/threads/{shared}/runs", {"assistant_id": "asst_1"})
            if status != 200:
                assert "already has an active run" in run["error"]["message"]
                own = ask(sim, "POST", "/threads/runs", {"assistant_id": "asst_1"})
                run = own[1]
            watch()
            made.append(run["id"])
            path = f"/threads/{run['thread_id']}/runs/{run['id']}"
            while run["status"] != "completed":
                run = ask(sim, "GET", path)[1]
                if run["status"] == "requires_action":
                    (one,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
                    body = {"tool_outputs": [{"tool_call_id": one["id"], "output": str(number)}]}
                    assert ask(sim, "POST", f"{path}/submit_tool_outputs", body)[0] == 200

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert not too_many
    assert len(made) == len(set(made)) == len(sim.runs) == 48
    assert {run["status"] for run in sim.runs} == {"completed"}
    assert len(sim.calls) == 48
    assert all(one.output is not None for one in sim.calls)
    sim.check()


def test_messages_of_sixteen_threads_are_all_kept(ask):
    sim = Simulator()
    thread = ask(sim, "POST", "/threads")[1]["id"]

    def write(number):
        body = {"role": "user", "content": str(number)}
        return ask(sim, "POST", f"/threads/{thread}/messages", body)[1]["id"]

    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(write, range(400)))
    assert len(set(ids)) == 400
    assert {one["id"] for one in sim.messages(thread)} == set(ids)


def test_a_frame_is_made_under_the_lock_and_read_without_it(started):
    sim = Simulator(brain="auto")
    settle, owned = sim._backend.engine.settle, []

    def watched():
        owned.append(sim._lock.locked())
        settle()

    _, run = started(sim)
    sim._backend.engine.settle = watched
    sim.clock.advance(10)
    path = f"/v1/threads/{run['thread_id']}/runs"
    answer = sim.handle(Request("POST", path, "", HEADERS, b'{"assistant_id": "asst_1", "stream": true}'))
    for frame in answer.body:
        assert not sim._lock.locked()
        sim.wait_until(frame.due)
    assert len(owned) > 3
    assert all(owned)


def test_streams_in_many_threads_say_each_their_own():
    sim = Simulator(brain=lambda view: f"{view.user} again and again and again")
    sim.put("assistants", {"id": "asst_1"})
    client = sim.client()
    barrier = threading.Barrier(8)

    def listen(number):
        barrier.wait()
        thread = {"messages": [{"role": "user", "content": f"word{number}"}]}
        stream = client.beta.threads.create_and_run(assistant_id="asst_1", thread=thread, stream=True)
        events = list(stream)
        assert events[-1].event == "thread.run.completed"
        parts = [event.data.delta.content[0].text.value for event in events if event.event == "thread.message.delta"]
        return "".join(parts)

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(listen, range(8)))
    assert heard == [f"word{number} again and again and again" for number in range(8)]


# ── doors ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_clients_built_before_and_inside_are_intercepted():
    before = openai.OpenAI(api_key="sk-x", max_retries=0)
    with Simulator().intercept() as sim:
        sim.put("assistants", {"id": "asst_1"})
        inside = openai.OpenAI(max_retries=0)
        assert [client.beta.assistants.retrieve("asst_1").id for client in (before, inside)] == ["asst_1"] * 2
    assert len(sim.requests) == 2


def test_another_route_can_be_stubbed_for_the_sdk():
    sim = Simulator()
    vector = {"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    sim.stub("POST /v1/embeddings", json={"object": "list", "data": [vector], "model": "m", "usage": usage})
    made = sim.client().embeddings.create(model="m", input="x", encoding_format="float")
    assert made.data[0].embedding == [0.5, 1.0]
    sim.check()


def test_another_route_is_refused_to_the_sdk_once():
    sim = Simulator()
    with pytest.raises(openai.BadRequestError, match="is not simulated"):
        sim.client(max_retries=3).embeddings.create(model="m", input="x")
    assert len(sim.requests) == 1


def test_clients_of_one_simulator_see_the_same_world():
    sim = Simulator()
    made = sim.client().beta.assistants.create(model="m")
    assert sim.client().beta.assistants.retrieve(made.id).id == made.id


def test_a_brain_may_do_with_its_view_what_it_likes():
    def vandal(view):
        view.run["metadata"]["seen"] = "yes"
        view.assistant["tools"].clear()
        view.functions["f"]["properties"]["x"] = {}
        view.messages.clear()
        return say("done")

    sim = Simulator(brain=vandal)
    client = sim.client()
    tools = [{"type": "function", "function": {"name": "f"}}]
    assistant = client.beta.assistants.create(model="gpt-4o", tools=tools)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
    sim.clock.advance(60)
    assert client.beta.assistants.retrieve(assistant.id).tools == assistant.tools
    assert sim.runs[0]["metadata"] == {}
    assert sim.views[0].messages == [("user", "Hello")]
    assert Simulator().put("threads", {})["metadata"] == {}  # what all simulators share is as it was
