"""The files of assistants and messages: routes that only version 1 has, and what version 2 sees of them."""

import json

import pytest

from simulator import say

CODE, RETRIEVAL = {"type": "code_interpreter"}, {"type": "retrieval"}


@pytest.fixture
def assistant(v1, file):
    """Make an assistant with files, which are placed first; return its path."""

    def make(*file_ids, tools=(CODE, RETRIEVAL)):
        body = {"model": "gpt-4", "tools": list(tools), "file_ids": [file(id) for id in file_ids]}
        return f"/assistants/{v1.made('/assistants', body)['id']}"

    return make


@pytest.fixture
def seen(api):
    """What version 2 sees of the files of an assistant: those of its code interpreter."""
    return lambda path: api.get(path).json["tool_resources"].get("code_interpreter", {}).get("file_ids")


def test_a_file_is_attached_and_retrieved(sim, v1, assistant, file):
    path = assistant()
    sim.clock.advance(100)
    file("file-1")
    made = v1.made(f"{path}/files", {"file_id": "file-1"})
    assert list(made) == ["id", "object", "created_at", "assistant_id"]
    assert made == {
        "id": "file-1",
        "object": "assistant.file",
        "created_at": int(sim.clock.now()),
        "assistant_id": path.split("/")[2],
    }
    assert v1.get(f"{path}/files/file-1").json == made
    assert v1.get(path).json["file_ids"] == ["file-1"]


def test_a_file_that_is_attached_already_stays_as_it_is(sim, v1, assistant):
    path = assistant("file-1", "file-2")
    before = v1.get(f"{path}/files/file-1").json
    sim.clock.advance(100)
    assert v1.made(f"{path}/files", {"file_id": "file-1"}) == before
    assert v1.get(path).json["file_ids"] == ["file-1", "file-2"]


def test_files_are_listed_like_everything_else(v1, assistant):
    path = assistant("file-1", "file-2", "file-3")
    page = v1.get(f"{path}/files", "limit=2").json
    assert [one["id"] for one in page["data"]] == ["file-3", "file-2"]
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("file-3", "file-2", True)
    rest = v1.get(f"{path}/files", "after=file-2").json
    assert [one["id"] for one in rest["data"]] == ["file-1"]
    oldest_first = v1.get(f"{path}/files", "order=asc").json
    assert [one["id"] for one in oldest_first["data"]] == ["file-1", "file-2", "file-3"]


def test_a_file_is_detached_and_can_be_paged_past(v1, assistant, sim):
    path = assistant("file-1", "file-2")
    deleted = v1.delete(f"{path}/files/file-2").json
    assert deleted == {"id": "file-2", "object": "assistant.file.deleted", "deleted": True}
    assert v1.get(path).json["file_ids"] == ["file-1"]
    assert v1.get(f"{path}/files/file-2").error["message"] == "No file found with id 'file-2'."
    assert v1.delete(f"{path}/files/file-2").status == 404
    # Old SDKs ask on after the last id until a page is empty; who deletes while paging must come to an end.
    assert [one["id"] for one in v1.get(f"{path}/files", "after=file-2").json["data"]] == ["file-1"]
    assert sim.put("files", {"id": "file-2"})["id"] == "file-2"
    v1.made(f"{path}/files", {"file_id": "file-2"})
    assert v1.get(path).json["file_ids"] == ["file-1", "file-2"]


def test_an_update_replaces_the_files(sim, v1, assistant, file):
    path = assistant("file-1", "file-2")
    born = v1.get(f"{path}/files/file-2").json["created_at"]
    sim.clock.advance(100)
    assert v1.made(path, {"name": "n"})["file_ids"] == ["file-1", "file-2"]
    assert v1.made(path, {"file_ids": [file("file-3"), "file-2"]})["file_ids"] == ["file-2", "file-3"]
    assert v1.get(f"{path}/files/file-2").json["created_at"] == born
    assert v1.made(path, {"file_ids": []})["file_ids"] == []


@pytest.mark.parametrize("id", ["file-none", "undefined"])
def test_a_file_that_there_is_not_is_refused(v1, assistant, refused_v1, id):
    path, message = assistant(), f"No file found with id '{id}'."
    thread = v1.made("/threads")["id"]
    said = {"role": "user", "content": "x", "file_ids": [id]}
    asst = path.split("/")[2]
    for where, body in (
        (f"{path}/files", {"file_id": id}),
        (path, {"file_ids": [id]}),
        ("/assistants", {"model": "gpt-4", "file_ids": [id]}),
        ("/threads", {"messages": [said]}),
        (f"/threads/{thread}/messages", said),
        (f"/threads/{thread}/runs", {"assistant_id": asst, "additional_messages": [said]}),
        ("/threads/runs", {"assistant_id": asst, "thread": {"messages": [said]}}),
    ):
        assert refused_v1(where, body, 404) == message


def test_an_assistant_has_twenty_files_at_most(v1, assistant, file, refused_v1):
    path = assistant(*(f"file-{number}" for number in range(20)))
    file("file-more")
    message = refused_v1(f"{path}/files", {"file_id": "file-more"})
    assert message == f"Assistant {path.split('/')[2]} has 20 files, which is the maximum."
    assert v1.made(f"{path}/files", {"file_id": "file-7"})["id"] == "file-7"


def test_an_unknown_assistant_has_no_files(v1):
    for answer in (
        v1.get("/assistants/asst_x/files"),
        v1.get("/assistants/asst_x/files/file-1"),
        v1.delete("/assistants/asst_x/files/file-1"),
        v1.post("/assistants/asst_x/files", {"file_id": "file-1"}),
    ):
        assert (answer.status, answer.error["message"]) == (404, "No assistant found with id 'asst_x'.")


def test_a_deleted_assistant_takes_its_files_along(sim, v1, assistant):
    path = assistant("file-1")
    v1.delete(path)
    sim.put("assistants", {"id": path.split("/")[2]})
    assert v1.get(path).json["file_ids"] == []


# ── both versions ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_version_2_sees_what_version_1_attaches_and_detaches(v1, assistant, seen, file):
    path = assistant("file-1")
    assert seen(path) == ["file-1"]
    v1.made(f"{path}/files", {"file_id": file("file-2")})
    assert seen(path) == ["file-1", "file-2"]
    v1.delete(f"{path}/files/file-1")
    assert seen(path) == ["file-2"]


def test_version_1_does_not_see_what_version_2_does(v1, api, assistant, seen, file):
    file("file-9")
    # OpenAI's migration guide of 2024: "the inverse is not true".
    path = assistant("file-1")
    api.made(path, {"tool_resources": {"code_interpreter": {"file_ids": ["file-9"]}}})
    assert seen(path) == ["file-9"]
    assert v1.get(path).json["file_ids"] == ["file-1"]
    made = api.made(
        "/assistants", {"model": "m", "tools": [CODE], "tool_resources": {"code_interpreter": {"file_ids": ["file-9"]}}}
    )
    assert v1.get(f"/assistants/{made['id']}").json["file_ids"] == []


def test_what_version_2_has_of_its_own_outlives_version_1(v1, api, assistant, seen, file):
    file("file-9")
    path = assistant("file-1")
    api.made(path, {"tool_resources": {"code_interpreter": {"file_ids": ["file-1", "file-9"]}}})
    v1.delete(f"{path}/files/file-1")
    assert seen(path) == ["file-9"]


def test_the_code_interpreter_gets_the_files_when_it_comes(v1, assistant, seen):
    path = assistant("file-1", tools=[RETRIEVAL])
    assert seen(path) is None
    v1.made(path, {"tools": [CODE]})
    assert seen(path) == ["file-1"]
    v1.made(path, {"tools": [RETRIEVAL], "file_ids": []})
    assert seen(path) == []


def test_a_run_keeps_the_files_with_which_it_began(sim, v1, api, assistant):
    path = assistant("file-1", "file-2")
    sim.script("x")
    run = v1.made("/threads/runs", {"assistant_id": path.split("/")[2]})
    assert run["file_ids"] == ["file-1", "file-2"]
    v1.delete(f"{path}/files/file-1")
    run_path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    assert v1.get(run_path).json["file_ids"] == ["file-1", "file-2"]
    assert v1.get(f"/threads/{run['thread_id']}/runs").json["data"][0]["file_ids"] == ["file-1", "file-2"]
    assert api.get(run_path).json["tool_resources"] == {}
    v1.delete(f"/threads/{run['thread_id']}")
    sim.put("runs", {"id": run["id"], "thread_id": run["thread_id"], "status": "completed"})
    assert v1.get(run_path).json["file_ids"] == []


def test_files_survive_a_save(sim, v1, assistant, tmp_path, api_of):
    path = assistant("file-1", "file-2")
    sim.script("x")
    run = v1.made("/threads/runs", {"assistant_id": path.split("/")[2]})
    v1.delete(f"{path}/files/file-1")
    sim.save(tmp_path / "state.json")
    loaded = type(v1)(type(sim).load(tmp_path / "state.json"))
    assert loaded.get(path).json["file_ids"] == ["file-2"]
    assert loaded.get(f"/threads/{run['thread_id']}/runs/{run['id']}").json["file_ids"] == ["file-1", "file-2"]


def test_a_state_that_was_saved_before_there_were_such_files_is_loaded(sim, v1, tmp_path):
    id = v1.made("/assistants", {"model": "gpt-4"})["id"]
    path = tmp_path / "state.json"
    sim.save(path)
    state = json.loads(path.read_text("utf-8"))
    del state["backend"]["store"]["assistant_files"], state["backend"]["store"]["run_files"]
    path.write_text(json.dumps(state), "utf-8")
    loaded = type(v1)(type(sim).load(path))
    assert loaded.get(f"/assistants/{id}").json["file_ids"] == []


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def message(sim, v1, file):
    """The path of a message with two files, one of them named twice."""
    thread = v1.made("/threads")["id"]
    body = {"role": "user", "content": "x", "file_ids": [file("file-1"), file("file-2"), "file-1"]}
    return f"/threads/{thread}/messages/{v1.made(f'/threads/{thread}/messages', body)['id']}"


def test_the_files_of_a_message_come_with_it(v1, message):
    shown = v1.get(message).json
    assert shown["file_ids"] == ["file-1", "file-2"]
    newest, oldest = v1.get(f"{message}/files").json["data"]
    assert list(newest) == ["id", "object", "created_at", "message_id"]
    assert [newest["id"], oldest["id"]] == ["file-2", "file-1"]
    assert newest == {
        "id": "file-2",
        "object": "thread.message.file",
        "created_at": shown["created_at"],
        "message_id": shown["id"],
    }
    assert v1.get(f"{message}/files/file-2").json == newest
    assert v1.get(f"{message}/files/file-3").error["message"] == "No file found with id 'file-3'."


def test_a_message_without_files_has_an_empty_list(v1):
    thread = v1.made("/threads", {"messages": [{"role": "user", "content": "x"}]})["id"]
    id = v1.get(f"/threads/{thread}/messages").json["data"][0]["id"]
    empty = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert v1.get(f"/threads/{thread}/messages/{id}/files").json == empty


def test_the_files_of_a_message_can_be_neither_attached_nor_detached(v1, message):
    assert v1.post(f"{message}/files", {"file_id": "file-1"}).status == 405
    assert v1.delete(f"{message}/files/file-1").status == 405


def test_each_version_sees_the_files_of_messages_that_the_other_made(sim, v1, api, message):
    sim.put("files", {"id": "file-9"})
    both = [{"type": "file_search"}, {"type": "code_interpreter"}]
    attachments = [{"file_id": "file-1", "tools": both}, {"file_id": "file-2", "tools": both}]
    assert api.get(message).json["attachments"] == attachments
    thread = message.split("/messages")[0]
    body = {"role": "user", "content": "x", "attachments": [{"file_id": "file-9", "tools": both}]}
    newer = api.made(f"{thread}/messages", body)["id"]
    assert v1.get(f"{thread}/messages/{newer}").json["file_ids"] == ["file-9"]


def test_of_the_files_of_a_message_those_that_can_be_searched_come_into_the_store_of_its_thread(sim, v1, api):
    sim.put("files", {"id": "file-csv", "filename": "a.csv"})
    sim.put("files", {"id": "file-txt"})
    message = {"role": "user", "content": "x", "file_ids": ["file-csv", "file-txt"]}
    thread = v1.made("/threads", {"messages": [message]})["id"]
    assistant = v1.made("/assistants", {"model": "gpt-4"})["id"]
    sim.script(say("ok"))
    run = v1.made("/threads/runs", {"assistant_id": assistant, "thread": {"messages": [message]}})
    for id in (thread, run["thread_id"]):
        (store,) = api.get(f"/threads/{id}").json["tool_resources"]["file_search"]["vector_store_ids"]
        assert [one["id"] for one in api.get(f"/vector_stores/{store}/files").json["data"]] == ["file-txt"]


def test_a_changed_message_shows_its_files(v1, api, message):
    assert v1.made(message, {"metadata": {"a": "b"}})["file_ids"] == ["file-1", "file-2"]
    assert api.made(message, {"metadata": {"a": "c"}})["file_ids"] == []  # recorded, of version 2
