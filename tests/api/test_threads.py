import pytest

# recorded-traffic.md 1: v2 since 2024-04-29.
KEYS = ["id", "object", "created_at", "metadata", "tool_resources"]
CODE = {"code_interpreter": {"file_ids": ["file-1"]}}


@pytest.mark.parametrize("body", [None, {}, {"messages": []}, {"messages": None}, {"metadata": {}}])
def test_the_least_thread(api, body):
    made = api.made("/threads", body)
    assert list(made) == KEYS
    assert len(made["id"]) == len("thread_") + 24
    assert made == {
        "id": made["id"],
        "object": "thread",
        "created_at": int(api.sim.clock.now()),
        "metadata": {},
        "tool_resources": {},
    }
    assert api.get(f"/threads/{made['id']}/messages").json["data"] == []


def test_tool_resources_differ_between_making_changing_and_reading(api, world):
    id = world.thread()
    assert api.get(f"/threads/{id}").json["tool_resources"] == {"code_interpreter": {"file_ids": []}}
    assert api.made(f"/threads/{id}", {"metadata": {"a": "b"}})["tool_resources"] == {}
    assert list(api.get(f"/threads/{id}").json) == KEYS


def test_tool_resources_that_were_given_are_always_shown(sim, api):
    sim.put("files", {"id": "file-1"})
    made = api.made("/threads", {"tool_resources": CODE})
    assert made["tool_resources"] == CODE
    assert api.get(f"/threads/{made['id']}").json == made


def test_reading_an_empty_thread_does_not_change_it(api, world, unchanged):
    id = world.thread()
    with unchanged():
        api.get(f"/threads/{id}")


def test_messages_come_in_order_and_share_the_time(api):
    messages = [{"role": role, "content": role} for role in ("user", "assistant", "user")]
    made = api.made("/threads", {"messages": messages})
    listed = api.get(f"/threads/{made['id']}/messages", "order=asc").json["data"]
    assert [one["role"] for one in listed] == ["user", "assistant", "user"]
    assert {one["created_at"] for one in listed} == {made["created_at"]}
    assert {one["thread_id"] for one in listed} == {made["id"]}
    newest_first = api.get(f"/threads/{made['id']}/messages").json["data"]
    assert newest_first == listed[::-1]


def test_an_update_changes_what_is_given(sim, api):
    sim.put("files", {"id": "file-1"})
    sim.put("vector_stores", {"id": "vs_1"})
    id = api.made("/threads", {"metadata": {"a": "b"}, "tool_resources": CODE})["id"]
    assert api.made(f"/threads/{id}", {"metadata": {}})["metadata"] == {}
    changed = api.made(f"/threads/{id}", {"tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}}})
    assert changed["metadata"] == {}
    assert changed["tool_resources"]["file_search"] == {"vector_store_ids": ["vs_1"]}


def test_a_thread_is_deleted_with_all_that_belongs_to_it(sim, api, world):
    path, run = world.started("Hello.")
    world.until(path, "completed")
    thread = run["thread_id"]
    answer = api.delete(f"/threads/{thread}")
    assert answer.json == {"id": thread, "object": "thread.deleted", "deleted": True}
    for gone in ("", "/messages", "/runs", f"/runs/{run['id']}", f"/runs/{run['id']}/steps"):
        assert api.get(f"/threads/{thread}{gone}").error["message"] == f"No thread found with id '{thread}'."
    assert not sim.runs
    sim.check()


def test_a_thread_is_deleted_in_the_middle_of_its_run(sim, api, world):
    _, run = world.started("Hello.", "unused")
    assert api.delete(f"/threads/{run['thread_id']}").status == 200
    sim.clock.advance(700)
    assert not sim.runs
    sim.check(allow={"unused_script"})


@pytest.mark.parametrize("id", ["undefined", "null", "asst_1", "msg_1", " ", "Thread_1"])
@pytest.mark.parametrize(
    "method, rest",
    [
        ("GET", ""),
        ("POST", ""),
        ("DELETE", ""),
        ("GET", "/messages"),
        ("GET", "/messages/msg_1"),
        ("GET", "/runs"),
        ("GET", "/runs/run_1"),
        ("POST", "/runs/run_1/cancel"),
        ("GET", "/runs/run_1/steps"),
        ("GET", "/runs/run_1/steps/step_1"),
    ],
)
def test_an_id_that_can_be_no_threads_is_refused_by_its_prefix(api, refused, method, rest, id):
    error = refused(lambda: api.send(method, f"/threads/{id.replace(' ', '%20')}{rest}"), 400)
    assert error == {
        "message": f"Invalid 'thread_id': '{id}'. Expected an ID that begins with 'thread'.",
        "type": "invalid_request_error",
        "param": "thread_id",
        "code": "invalid_value",
    }


def test_a_placed_thread_resolves_whatever_its_id_looks_like(sim, api):
    sim.put("threads", {"id": "string"})
    assert api.get("/threads/string").json["id"] == "string"


def test_threads_cannot_be_listed(api, refused):
    assert refused(lambda: api.get("/threads"), 405)["code"] == "method_not_supported"
