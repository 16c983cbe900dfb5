import json

import pytest

from simulator.backend import objects
from simulator.backend.placing import place
from simulator.backend.turns import call, call_tools, hang, say
from simulator.errors import StateError

WAITING = {
    "type": "submit_tool_outputs",
    "submit_tool_outputs": {
        "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    },
}


@pytest.fixture
def put(lab):
    return lambda collection, **item: place(lab.backend, collection, item)


def waiting_run(lab, **given):
    created = int(lab.now)
    fields = {
        "id": "run_1",
        "thread_id": "thread_1",
        "status": "requires_action",
        "created_at": created,
        "expires_at": created + 600,
        "required_action": WAITING,
    }
    return place(lab.backend, "runs", {**fields, **given})


# What is given is kept, what is missing is filled.


@pytest.mark.parametrize(
    "collection, item, object, prefix",
    [
        ("assistants", {}, "assistant", "asst_"),
        ("threads", {}, "thread", "thread_"),
        ("messages", {"thread_id": "thread_1"}, "thread.message", "msg_"),
        ("runs", {"thread_id": "thread_1"}, "thread.run", "run_"),
        ("run_steps", {"thread_id": "thread_1", "run_id": "run_1"}, "thread.run.step", "step_"),
        ("files", {}, "file", "file-"),
    ],
)
def test_the_least_that_can_be_placed(lab, collection, item, object, prefix):
    placed = place(lab.backend, collection, item)
    assert placed["object"] == object
    assert placed["id"].startswith(prefix)
    assert placed["created_at"] == int(lab.now)
    assert placed in list(getattr(lab.store, collection))


def test_what_is_given_is_kept_be_it_null_or_odd(put):
    placed = put("assistants", id="known", created_at=None, model=None, name=None, extra={"x": [1]})
    assert [placed[key] for key in ("id", "created_at", "model", "name", "extra")] == [
        "known",
        None,
        None,
        None,
        {"x": [1]},
    ]
    assert placed["top_p"] == 1.0
    run = put("runs", id="run_1", thread_id="thread_1", status="completed", completed_at=5, usage=None, tools=[])
    assert [run[key] for key in ("completed_at", "usage", "tools", "expires_at")] == [5, None, [], None]


def test_what_is_placed_is_a_copy(put):
    metadata = {"a": "1"}
    placed = put("threads", id="thread_1", metadata=metadata)
    metadata["a"] = "2"
    assert placed["metadata"] == {"a": "1"}


def test_a_text_becomes_the_content_of_a_message(put):
    assert put("messages", thread_id="thread_1", content="Hello.")["content"] == [objects.text_part("Hello.")]
    assert put("messages", thread_id="thread_1")["content"] == []
    assert put("messages", thread_id="thread_1", content=None)["content"] is None


def test_what_no_operation_could_serve_as_null_is_empty(put):
    placed = put("assistants", tools=None, tool_resources=None)
    assert (placed["tools"], placed["tool_resources"]) == ([], {})
    step = put("run_steps", run_id="run_1", thread_id="thread_1", step_details=None)
    assert (step["type"], step["step_details"]) == ("tool_calls", {"type": "tool_calls", "tool_calls": []})


def test_content_in_the_form_of_a_request_is_stored_as_the_service_does(put):
    image = {"type": "image_file", "image_file": {"file_id": "file-1"}}
    content = [{"type": "text", "text": "hi"}, image, {"type": "text", "text": {"value": "ho"}}]
    placed = put("messages", thread_id="thread_1", content=content)
    assert placed["content"] == [objects.text_part("hi"), image, objects.text_part("ho")]


def test_a_step_has_the_type_of_its_details(put):
    details = objects.message_creation("msg_1")
    assert put("run_steps", run_id="run_1", thread_id="thread_1", step_details=details)["type"] == "message_creation"


def test_a_file_has_bytes_or_a_text(lab, put):
    for content, expected in ((b"\x00\xff", b"\x00\xff"), ("é", "é".encode()), (b"", b"")):
        placed = put("files", content=content, filename="a.bin")
        assert lab.store.contents[placed["id"]] == expected
        assert (placed["bytes"], placed["filename"]) == (len(expected), "a.bin")
        assert "content" not in placed


def test_a_run_takes_from_its_assistant_what_is_missing(put):
    put("assistants", id="asst_1", model="gpt-4", instructions="Be brief.", temperature=0.5)
    run = put("runs", thread_id="thread_1", assistant_id="asst_1", temperature=0.7)
    assert (run["model"], run["instructions"], run["temperature"]) == ("gpt-4", "Be brief.", 0.7)
    strange = put("runs", thread_id="thread_2", assistant_id="asst_unknown")
    assert (strange["assistant_id"], strange["model"]) == ("asst_unknown", "gpt-4o")


def test_a_thread_is_made_where_it_is_missing_and_no_other(lab, put):
    put("threads", id="thread_1", metadata={"own": "yes"})
    put("messages", thread_id="thread_1")
    put("messages", thread_id="thread_2")
    assert [(one["id"], one["metadata"]) for one in lab.store.threads] == [
        ("thread_1", {"own": "yes"}),
        ("thread_2", {}),
    ]


def test_lists_are_in_order_of_creation_then_insertion(lab, put):
    for id, created_at in (("b", 20), ("c", 20), ("a", 10)):
        put("messages", id=id, thread_id="thread_1", created_at=created_at)
    assert [one["id"] for one in lab.store.messages.of("thread_1")] == ["a", "b", "c"]


def test_an_id_that_is_there_is_replaced(lab, put):
    put("messages", id="msg_1", thread_id="thread_1", content="old", created_at=1)
    put("messages", id="msg_1", thread_id="thread_1", content="new", created_at=1)
    put("messages", id="msg_1", thread_id="thread_2", content="moved", created_at=1)
    assert [(one["thread_id"], objects.message_text(one)) for one in lab.store.messages] == [("thread_2", "moved")]


# Placed runs.


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action", "cancelling"])
def test_an_active_run_only_expires(lab, status):
    run = waiting_run(lab, status=status)
    assert lab.engine.active_run("thread_1") == "run_1"
    lab.wait(599.9)
    assert run["status"] == status
    lab.wait(0.1)
    assert (run["status"], run["expires_at"], lab.engine.active_run("thread_1")) == ("expired", None, None)


def test_a_run_without_an_expiry_stays(lab):
    run = waiting_run(lab, expires_at=None)
    lab.wait(100_000)
    assert run["status"] == "requires_action"
    assert lab.engine.next_due() is None


@pytest.mark.parametrize("age, left", [(599, 1), (600, 600), (100_000, 600)])
def test_an_active_run_that_was_made_long_ago_has_its_time_from_now(lab, put, age, left):
    created_at = int(lab.now) - age
    run = put("runs", thread_id="thread_1", status="in_progress", created_at=created_at)
    assert (run["created_at"], run["expires_at"]) == (created_at, int(lab.now) + left)
    lab.wait(left - 0.1)
    assert run["status"] == "in_progress"
    lab.wait(0.1)
    assert run["status"] == "expired"


def test_a_finished_run_locks_nothing(lab, put):
    for status in ("completed", "failed", "cancelled", "incomplete", "expired"):
        put("runs", thread_id="thread_1", status=status)
    assert lab.engine.active_run("thread_1") is None
    assert lab.engine.next_due() is None


def test_a_waiting_run_takes_outputs_then_asks_the_brain(lab):
    run = waiting_run(lab)
    lab.brain.add(say("Done."))
    lab.submit(run, "42")
    lab.until(run)
    assert (run["status"], lab.texts(run)) == ("completed", ["Done."])
    first, _ = lab.steps(run)  # the step that was not placed was made
    assert first["step_details"]["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}", "output": "42"}
    assert [tuple(one) for one in lab.brain.views[0].outputs] == [("f", "{}", "42")]


@pytest.mark.parametrize("first", ["run", "step"])
def test_a_placed_step_is_the_one_that_its_run_is_at(lab, put, first):
    def put_step():
        put("run_steps", id="step_1", run_id="run_1", thread_id="thread_1", step_details=objects.tool_calls([]))

    if first == "step":
        put_step()
    run = waiting_run(lab)
    if first == "run":
        put_step()
    lab.brain.add(hang())
    lab.submit(run, "42")
    (step,) = lab.steps(run)
    assert (step["id"], step["status"]) == ("step_1", "completed")


@pytest.mark.parametrize("status", ["in_progress", "completed", "failed", "cancelled", "expired"])
def test_the_run_made_for_a_step_is_as_far_as_the_step(lab, put, status):
    put("run_steps", run_id="run_1", thread_id="thread_1", status=status)
    (run,) = lab.store.runs
    assert (run["id"], run["status"]) == ("run_1", status)
    assert lab.engine.active_run("thread_1") == ("run_1" if status == "in_progress" else None)


def test_a_finished_step_is_not_what_its_run_is_at(lab, put):
    run = waiting_run(lab)
    put("run_steps", run_id="run_1", thread_id="thread_1", status="completed")
    lab.cancel(run)
    assert [step["status"] for step in lab.steps(run)] == ["completed"]


def test_a_placed_run_can_be_cancelled_with_its_step(lab, put):
    put("run_steps", run_id="run_1", thread_id="thread_1")
    run = waiting_run(lab)
    lab.cancel(run)
    lab.until(run)
    assert (run["status"], lab.steps(run)[0]["status"]) == ("cancelled", "cancelled")


def test_several_active_runs_lock_in_the_order_of_their_placing(lab, put):
    for id in ("run_b", "run_a"):
        put("runs", id=id, thread_id="thread_1", status="in_progress")
    assert lab.engine.active_run("thread_1") == "run_b"
    put("runs", id="run_b", thread_id="thread_1", status="completed")
    assert lab.engine.active_run("thread_1") == "run_a"
    put("runs", id="run_a", thread_id="thread_2", status="in_progress")
    assert (lab.engine.active_run("thread_1"), lab.engine.active_run("thread_2")) == (None, "run_a")


@pytest.mark.parametrize("status", ["queued", "requires_action", "in_progress"])
def test_what_a_run_had_planned_is_void_when_it_is_replaced(lab, status):
    run = lab.run(call_tools(call("f")), say("never"))
    replaced = waiting_run(lab, id=run["id"], thread_id=run["thread_id"], status=status)
    lab.wait(599)
    assert (replaced["status"], lab.said(replaced)) == (status, [])


def test_a_replaced_run_expires_at_its_new_time(lab):
    waiting_run(lab)
    run = waiting_run(lab, expires_at=int(lab.now) + 5000)
    lab.wait(4999)
    assert run["status"] == "requires_action"
    lab.wait(1)
    assert run["status"] == "expired"


# What cannot be placed.


def deep():
    value = {}
    for _ in range(200_000):
        value = {"x": value}
    return value


BAD = [
    (
        "asistants",
        {},
        r"There is no collection 'asistants'\. Did you mean 'assistants'\? There are: assistants, threads,",
    ),
    ("vector", {}, r"There is no collection 'vector'\. Did you mean 'vector_stores'\? There are: assistants"),
    (5, {}, r"There is no collection 5\."),
    ("threads", ["x"], r"put\('threads', …\) takes an object, not \['x'\]"),
    ("threads", {"metadata": object()}, r"put\('threads', …\): JSON cannot hold the object"),
    ("threads", {"created_at": float("nan")}, r"JSON cannot hold the object"),
    ("threads", {"id": ""}, r"an id is a text that is not empty, not ''"),
    ("threads", {"id": 5}, r"an id is a text that is not empty, not 5"),
    ("threads", {"created_at": "today"}, r"created_at is a number of seconds or null, not 'today'"),
    ("runs", {"thread_id": "t", "expires_at": "soon"}, r"expires_at is a number of seconds or null, not 'soon'"),
    ("messages", {}, r"put\('messages', …\) needs a 'thread_id': where would the object be listed\?"),
    ("runs", {"thread_id": 5}, r"put\('runs', …\) needs a 'thread_id'"),
    ("run_steps", {"thread_id": "t"}, r"put\('run_steps', …\) needs a 'run_id'"),
    ("run_steps", {"run_id": "r"}, r"put\('run_steps', …\) needs a 'thread_id'"),
    (
        "runs",
        {"thread_id": "t", "status": "thinking"},
        r"there is no status 'thinking'\. There are: queued, in_progress,",
    ),
    ("runs", {"thread_id": "t", "status": None}, r"there is no status None"),
    ("run_steps", {"thread_id": "t", "run_id": "r", "status": "queued"}, r"There are: in_progress, cancelled, failed,"),
    ("run_steps", {"thread_id": "t", "run_id": "r", "step_details": {"x": 1}}, r"step_details\.type: Field required"),
    ("run_steps", {"thread_id": "t", "run_id": "r", "step_details": 5}, r"step_details: .* valid dictionary, not 5"),
    ("run_steps", {"thread_id": "t", "run_id": "r", "step_details": ["type"]}, r"step_details: .* valid dictionary"),
    (
        "run_steps",
        {
            "thread_id": "t",
            "run_id": "r",
            "type": "message_creation",
            "step_details": {"type": "tool_calls", "tool_calls": []},
        },
        r"its type is 'message_creation', and not that of",
    ),
    *(
        ("run_steps", {"thread_id": "t", "run_id": "r", "step_details": {"type": "tool_calls", **rest}}, where)
        for rest, where in (
            ({}, r"step_details\.tool_calls: Field required"),
            ({"tool_calls": None}, r"step_details\.tool_calls: .* valid list, not None"),
            (
                {"tool_calls": [{"id": "c", "type": "function"}]},
                r"step_details\.tool_calls\.0\.function: Field required",
            ),
            ({"tool_calls": [{}]}, r"step_details\.tool_calls\.0\.type: Field required"),
            ({"tool_calls": [5]}, r"step_details\.tool_calls\.0: .* valid dictionary, not 5"),
        )
    ),
    *(
        ("runs", {"thread_id": "t", "status": "requires_action", "required_action": action}, where)
        for action, where in (
            ("x", r"required_action: .* valid dictionary, not 'x'"),
            ({"submit_tool_outputs": None}, r"required_action\.submit_tool_outputs: .* valid dictionary, not None"),
            (
                {"submit_tool_outputs": {"tool_calls": [{"id": "c", "type": "function"}]}},
                r"submit_tool_outputs\.tool_calls\.0\.function: Field required",
            ),
        )
    ),
    ("messages", {"thread_id": "t", "content": 5}, r"put\('messages', …\): .* content: .* valid list, not 5"),
    ("messages", {"thread_id": "t", "content": [{"type": "text", "text": 5}]}, r"content\.0\.text: .*, not 5"),
    ("messages", {"thread_id": "t", "content": [{"type": "text"}]}, r"content\.0\.text: Field required"),
    ("messages", {"thread_id": "t", "content": "\ud800"}, r"JSON cannot hold the object: .*surrogates not allowed"),
    ("messages", {"thread_id": "t", "attachments": [5]}, r"attachments\.0: .* valid dictionary, not 5"),
    *(
        (collection, {"thread_id": "t", "run_id": "r", "object": "x"}, r"object: Input should be '.*', not 'x'")
        for collection in ("assistants", "threads", "messages", "runs", "run_steps", "files")
    ),
    ("files", {"content": "\ud800"}, r"content cannot be written as UTF-8"),
    ("threads", {"created_at": 10**400}, r"created_at is a number of seconds or null"),
    ("threads", {"created_at": True}, r"created_at is a number of seconds or null, not True"),
    ("threads", {"metadata": deep()}, r"JSON cannot hold the object: maximum recursion"),
    ("runs", {"thread_id": "t", "tools": [{}]}, r"put\('runs', …\): .* tools\.0\.type: Field required"),
    ("assistants", {"tools": 5}, r"is not formed as on the wire"),
    ("assistants", {"tools": [{"type": "file_search", "file_search": 5}]}, r"is not formed as on the wire"),
    ("files", {"content": 5}, r"content is bytes or a text, not 5"),
]


@pytest.mark.parametrize("collection, item, message", BAD, ids=[f"{number} {one[0]}" for number, one in enumerate(BAD)])
def test_what_cannot_be_placed_changes_nothing(lab, collection, item, message):
    before = lab.bytes()
    with pytest.raises(StateError, match=message):
        place(lab.backend, collection, item)
    assert lab.bytes() == before


def test_placed_objects_can_be_sent(lab, put):
    put("run_steps", run_id="run_1", thread_id="thread_1")
    waiting_run(lab)
    put("assistants", id="asst_1", tools=[{"type": "function", "function": {"name": "f"}}])
    assert json.loads(lab.bytes())["backend"]["store"]["runs"]["listings"]["thread_1"]["placed"]
