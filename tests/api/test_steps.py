import pytest

from simulator import call, call_tools, run_code, say, search_files

# recorded-traffic.md 1: since March 2024; no metadata and no expired_at in any recording.
KEYS = [
    "id",
    "object",
    "created_at",
    "run_id",
    "assistant_id",
    "thread_id",
    "type",
    "status",
    "cancelled_at",
    "completed_at",
    "expires_at",
    "failed_at",
    "last_error",
    "step_details",
    "usage",
]
INCLUDE = "include[]=step_details.tool_calls[*].file_search.results[*].content"
RESULT = {"file_id": "file-1", "file_name": "a.txt", "score": 0.5, "attributes": {}}
CONTENT = {"content": [{"type": "text", "text": "Found."}]}


def test_a_run_that_has_not_begun_has_no_steps(api, world):
    path, _ = world.started(say("Hello.", takes=100))
    assert api.get(f"{path}/steps").json["data"] == []


def test_the_step_of_a_message(api, world):
    path, run = world.started("Hello.")
    world.until(path, "completed")
    (step,) = api.get(f"{path}/steps").json["data"]
    assert list(step) == KEYS
    assert (step["type"], step["status"], step["expires_at"]) == ("message_creation", "completed", None)
    assert {key: step[key] for key in ("run_id", "assistant_id", "thread_id")} == {
        "run_id": run["id"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
    }
    message = step["step_details"]["message_creation"]["message_id"]
    assert step["step_details"] == {"type": "message_creation", "message_creation": {"message_id": message}}
    assert api.get(f"/threads/{run['thread_id']}/messages/{message}").json["run_id"] == run["id"]
    assert step["usage"] == api.get(path).json["usage"]


def test_the_step_of_function_calls_through_a_submit(api, world):
    path, run = world.started(call_tools(call("a", x=1), call("b")), say("Done.", takes=50))
    world.until(path, "requires_action")
    (step,) = api.get(f"{path}/steps").json["data"]
    assert list(step) == KEYS
    assert (step["status"], step["usage"], step["completed_at"]) == ("in_progress", None, None)
    assert step["expires_at"] == run["expires_at"]
    calls = step["step_details"]["tool_calls"]
    assert [one["function"] for one in calls] == [
        {"name": "a", "arguments": '{"x": 1}', "output": None},
        {"name": "b", "arguments": "{}", "output": None},
    ]
    given = [{"tool_call_id": one["id"], "output": f"of {one['function']['name']}"} for one in calls]
    api.made(f"{path}/submit_tool_outputs", {"tool_outputs": given})
    answered = api.get(f"{path}/steps/{step['id']}").json
    assert list(answered) == KEYS
    assert (answered["status"], answered["expires_at"]) == ("completed", run["expires_at"])
    assert [one["function"]["output"] for one in answered["step_details"]["tool_calls"]] == ["of a", "of b"]
    assert answered["usage"]["total_tokens"] > 0
    world.until(path, "completed")
    assert api.get(f"{path}/steps/{step['id']}").json["expires_at"] is None


def test_steps_are_listed_newest_first_and_their_usage_adds_up(api, world):
    path, _ = world.started(call("f"), "Done.")
    calls = world.until(path, "requires_action")["required_action"]["submit_tool_outputs"]["tool_calls"]
    api.made(f"{path}/submit_tool_outputs", {"tool_outputs": [{"tool_call_id": calls[0]["id"], "output": "x"}]})
    run = world.until(path, "completed")
    steps = api.get(f"{path}/steps").json["data"]
    assert [step["type"] for step in steps] == ["message_creation", "tool_calls"]
    assert steps == api.get(f"{path}/steps", "order=asc").json["data"][::-1]
    assert run["usage"]["total_tokens"] == sum(step["usage"]["total_tokens"] for step in steps)


def test_a_tool_step_has_no_calls_while_it_is_at_work(api, world):
    path, _ = world.started(run_code("1+1", takes=100), "2")
    api.sim.clock.advance(60)
    (step,) = api.get(f"{path}/steps").json["data"]
    assert (step["status"], step["step_details"]) == ("in_progress", {"type": "tool_calls", "tool_calls": []})


@pytest.mark.parametrize(
    "logs, outputs", [(None, []), ("2", [{"type": "logs", "logs": "2"}])], ids=["value only", "printed"]
)
def test_the_step_of_code(api, world, logs, outputs):
    path, _ = world.started(run_code("1+1", logs=logs), "2")
    world.until(path, "completed")
    step = api.get(f"{path}/steps", "order=asc").json["data"][0]
    (one,) = step["step_details"]["tool_calls"]
    assert list(one) == ["id", "type", "code_interpreter"]
    assert one["code_interpreter"] == {"input": "1+1", "outputs": outputs}


@pytest.mark.parametrize(
    "query, shown",
    [("", RESULT), (INCLUDE, {**RESULT, **CONTENT})],
    ids=["plain", "included"],
)
def test_what_was_found_shows_its_text_only_if_that_is_included(api, world, query, shown):
    path, _ = world.started(search_files("taxes", results=[{**RESULT, **CONTENT}]), "Found.")
    world.until(path, "completed")
    listed = api.get(f"{path}/steps", query).json
    newest, searched = listed["data"]
    assert newest["type"] == "message_creation"
    search = searched["step_details"]["tool_calls"][0]["file_search"]
    assert search == {
        "ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0},
        "results": [shown],
    }
    assert api.get(f"{path}/steps/{searched['id']}", query).json == searched
    assert listed["first_id"] == newest["id"]


@pytest.mark.parametrize("query", ["", INCLUDE], ids=["plain", "included"])
def test_listing_steps_does_not_change_what_is_stored(api, world, unchanged, query):
    path, _ = world.started(search_files("taxes", results=[{**RESULT, **CONTENT}]), "Found.")
    world.until(path, "completed")
    with unchanged():
        listed = api.get(f"{path}/steps", query).json["data"]
    (found,) = listed[1]["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert ("content" in found) == bool(query)  # there was something to leave out


def test_a_step_belongs_to_one_run(api, world, refused):
    path, run = world.started("Hello.")
    world.until(path, "completed")
    step = api.get(f"{path}/steps").json["first_id"]
    other, _ = world.started("Again.", thread=run["thread_id"], assistant=run["assistant_id"])
    world.until(other, "completed")
    error = refused(lambda: api.get(f"{other}/steps/{step}"), 404)
    assert error["message"] == f"No run step found with id '{step}'."
