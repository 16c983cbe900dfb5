import pytest

# recorded-traffic.md 1: v2. Plain answers have no status, no completed_at, no incomplete_*: 254 of 254.
KEYS = [
    "id",
    "object",
    "created_at",
    "assistant_id",
    "thread_id",
    "run_id",
    "role",
    "content",
    "attachments",
    "metadata",
]


def text(value):
    return [{"type": "text", "text": {"value": value, "annotations": []}}]


def test_a_users_message(api, world):
    thread = world.thread()
    made = api.made(f"/threads/{thread}/messages", {"role": "user", "content": "Grüße 👋"})
    assert list(made) == KEYS
    assert len(made["id"]) == len("msg_") + 24
    assert made == {
        "id": made["id"],
        "object": "thread.message",
        "created_at": int(api.sim.clock.now()),
        "assistant_id": None,
        "thread_id": thread,
        "run_id": None,
        "role": "user",
        "content": text("Grüße 👋"),
        "attachments": [],
        "metadata": {},
    }
    assert api.get(f"/threads/{thread}/messages/{made['id']}").json == made
    assert api.get(f"/threads/{thread}/messages").json["data"] == [made]


def test_an_assistants_message_made_by_hand_has_no_author(api, world):
    made = api.made(f"/threads/{world.thread()}/messages", {"role": "assistant", "content": "x"})
    assert (made["role"], made["assistant_id"], made["run_id"]) == ("assistant", None, None)


def test_a_runs_message_names_its_author(api, world):
    path, run = world.started("Hello.")
    world.until(path, "completed")
    newest = api.get(f"/threads/{run['thread_id']}/messages").json["data"][0]
    assert list(newest) == KEYS
    assert (newest["assistant_id"], newest["run_id"]) == (run["assistant_id"], run["id"])
    assert newest["content"] == text("Hello.")


@pytest.mark.parametrize(
    "content, stored",
    [
        ("x", text("x")),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], [*text("a"), *text("b")]),
        (
            [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}],
            [{"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "auto"}}],
        ),
        (
            [{"type": "image_file", "image_file": {"detail": "low", "file_id": "file-1"}}],
            [{"type": "image_file", "image_file": {"file_id": "file-1", "detail": "low"}}],
        ),
    ],
)
def test_content_is_kept_as_parts(sim, api, world, content, stored):
    sim.put("files", {"id": "file-1"})
    made = api.made(f"/threads/{world.thread()}/messages", {"role": "user", "content": content})
    assert made["content"] == stored


def test_attachments_are_echoed_in_order_the_same_file_twice(sim, api, world):
    sim.put("files", {"id": "file-1"})
    attachments = [
        {"file_id": "file-1", "tools": [{"type": "file_search"}, {"type": "code_interpreter"}]},
        {"file_id": "file-1", "tools": []},
    ]
    body = {"role": "user", "content": "x", "attachments": attachments}
    made = api.made(f"/threads/{world.thread()}/messages", body)
    assert made["attachments"] == attachments


def picture(id):
    return {"content": [{"type": "text", "text": "x"}, {"type": "image_file", "image_file": {"file_id": id}}]}


def attached(id, *kinds):
    return {"content": "x", "attachments": [{"file_id": id, "tools": [{"type": kind} for kind in kinds]}]}


UNKNOWN_FILES = [
    (picture, "content[1].image_file.file_id"),
    (attached, "attachments[0].file_id"),
    (lambda file: attached(file, "code_interpreter"), "attachments[0].file_id"),
    (lambda file: attached(file, "file_search"), "attachments[0].file_id"),
]
# Where messages come in a request: path, body with one, and the path of that one in the body.
CARRIERS = [
    ("/threads/thread_1/messages", lambda message: message, ""),
    ("/threads", lambda message: {"messages": [message]}, "messages[0]."),
    (
        "/threads/thread_1/runs",
        lambda message: {"assistant_id": "asst_1", "additional_messages": [message]},
        "additional_messages[0].",
    ),
    (
        "/threads/runs",
        lambda message: {"assistant_id": "asst_1", "thread": {"messages": [message]}},
        "thread.messages[0].",
    ),
]


@pytest.mark.parametrize("message, place", UNKNOWN_FILES)
@pytest.mark.parametrize("path, carrier, where", CARRIERS)
@pytest.mark.parametrize("id", ["file-9", "assistant-9", "31abac64"])
def test_a_file_that_a_message_names_must_be_there(*, sim, api, refused, message, place, path, carrier, where, id):
    sim.put("assistants", {"id": "asst_1"})
    sim.put("threads", {"id": "thread_1"})
    sim.script("unused")
    body = carrier({"role": "user", **message(id)})
    known = id.startswith(("file", "assistant"))
    error = refused(lambda: api.post(path, body), 404 if known else 400)
    if known:
        assert (error["message"], error["param"], error["code"]) == (f"No file found with id '{id}'.", None, None)
        return
    # As reported of a front end that sent ids of its own (LibreChat#8178, July 2025).
    text = f"Invalid '{where}{place}': '{id}'. Expected an ID that begins with 'file'."
    assert (error["message"], error["param"], error["code"]) == (text, f"{where}{place}", "invalid_value")


@pytest.mark.parametrize("message, place", UNKNOWN_FILES)
def test_a_file_that_is_there_may_have_any_id(*, sim, api, message, place):
    sim.put("threads", {"id": "thread_1"})
    sim.put("files", {"id": "31abac64", "filename": "a.txt"})
    assert api.post("/threads/thread_1/messages", {"role": "user", **message("31abac64")}).status == 200


@pytest.mark.parametrize("attachments", [[], [{"file_id": "file-1", "tools": []}]])
def test_the_answer_to_an_update_has_file_ids_where_others_have_attachments(sim, api, world, attachments):
    sim.put("files", {"id": "file-1"})
    path = f"/threads/{world.thread()}/messages"
    made = api.made(path, {"role": "user", "content": "x", "attachments": attachments})
    changed = api.made(f"{path}/{made['id']}", {"metadata": {"a": "b"}})
    assert list(changed) == ["file_ids" if key == "attachments" else key for key in KEYS]
    assert changed["file_ids"] == []
    assert changed["metadata"] == {"a": "b"}
    assert api.get(f"{path}/{made['id']}").json == {**made, "metadata": {"a": "b"}}


def test_an_update_without_metadata_changes_nothing(api, world, unchanged):
    path = f"/threads/{world.thread('x')}/messages"
    id = api.get(path).json["data"][0]["id"]
    with unchanged():
        assert api.post(f"{path}/{id}", {}).status == 200


def test_a_deleted_message_is_gone(api, world, refused):
    path = f"/threads/{world.thread('a', 'b')}/messages"
    id = api.get(path).json["data"][0]["id"]
    answer = api.delete(f"{path}/{id}")
    assert answer.json == {"id": id, "object": "thread.message.deleted", "deleted": True}
    error = refused(lambda: api.get(f"{path}/{id}"), 404)
    assert error["message"] == f"No message found with id '{id}'."
    assert len(api.get(path).json["data"]) == 1


def test_a_message_belongs_to_one_thread(api, world, refused):
    mine, other = world.thread("x"), world.thread()
    id = api.get(f"/threads/{mine}/messages").json["data"][0]["id"]
    refused(lambda: api.get(f"/threads/{other}/messages/{id}"), 404)


def test_messages_can_be_filtered_by_the_run_that_wrote_them(api, world):
    path, run = world.started("first")
    world.until(path, "completed")
    second, other = world.started("second", thread=run["thread_id"], assistant=run["assistant_id"])
    world.until(second, "completed")
    messages = f"/threads/{run['thread_id']}/messages"
    for of, said in ((run, "first"), (other, "second")):
        listed = api.get(messages, f"run_id={of['id']}").json["data"]
        assert [one["content"] for one in listed] == [text(said)]
    assert api.get(messages, "run_id=run_unknown").json["data"] == []
    page = api.get(messages, f"run_id={run['id']}&limit=1").json
    assert page["has_more"] is False


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action", "cancelling"])
def test_an_active_run_locks_its_thread(api, world, refused, status):
    run = world.placed(status).rpartition("/")[2]
    error = refused(lambda: api.post("/threads/thread_placed/messages", {"role": "user", "content": "x"}), 400)
    assert error == {
        "message": f"Can't add messages to thread_placed while a run {run} is active.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize("status", ["cancelled", "failed", "completed", "incomplete", "expired"])
def test_a_finished_run_does_not_lock_its_thread(api, world, status):
    world.placed(status)
    assert api.post("/threads/thread_placed/messages", {"role": "user", "content": "x"}).status == 200


def test_a_locked_thread_can_be_read_and_its_messages_changed(sim, api, world):
    sim.put("messages", {"id": "msg_1", "thread_id": "thread_placed", "content": "x"})
    world.placed("in_progress")
    path = "/threads/thread_placed/messages"
    assert api.get(path).status == 200
    assert api.post(f"{path}/msg_1", {"metadata": {"a": "b"}}).status == 200
    assert api.delete(f"{path}/msg_1").status == 200
