"""Streams of version 1: the same events, its own objects."""

from simulator import call, incomplete, say, search_files


def streamed(sim, v1, *turns, path="/threads/runs", **body):
    sim.script(*turns)
    assistant = v1.made("/assistants", {"model": "gpt-4", "tools": [{"type": "retrieval"}]})["id"]
    return v1.events(path, {"assistant_id": assistant, **body})


def test_a_stream_shows_the_objects_of_its_version(sim, v1):
    events = dict(streamed(sim, v1, "Hello there.", thread={"messages": []}))
    assert list(events["thread.created"]) == ["id", "object", "created_at", "metadata"]
    for name in ("thread.run.created", "thread.run.in_progress", "thread.run.completed"):
        assert "tool_resources" not in events[name]
        assert events[name]["file_ids"] == []
        assert events[name]["tools"] == [{"type": "retrieval"}]
    assert list(events["thread.message.completed"]) == [
        "id",
        "object",
        "created_at",
        "assistant_id",
        "thread_id",
        "run_id",
        "status",
        "incomplete_details",
        "incomplete_at",
        "completed_at",
        "role",
        "content",
        "file_ids",
        "metadata",
    ]
    assert list(events["thread.run.completed"]["usage"]) == ["prompt_tokens", "completion_tokens", "total_tokens"]


def test_a_retrieval_has_one_delta(sim, v1):
    events = streamed(sim, v1, search_files("q"), "x")
    (delta,) = [data for name, data in events if name == "thread.run.step.delta"]
    (found,) = delta["delta"]["step_details"]["tool_calls"]
    assert list(delta) == ["id", "object", "delta"]
    assert {**found, "id": "c"} == {"index": 0, "id": "c", "type": "retrieval", "retrieval": {}}


def test_a_run_that_stops_short_ends_as_completed(sim, v1):
    # Recorded on 27 April 2024: the message is incomplete, event and status of the run are not.
    events = streamed(sim, v1, incomplete("max_prompt_tokens", "half"))
    (name, run), done = events[-2:]
    assert (name, run["status"]) == ("thread.run.completed", "completed")
    assert run["incomplete_details"] == {"reason": "max_prompt_tokens"}
    assert done == ("done", "[DONE]")
    assert dict(events)["thread.message.incomplete"]["status"] == "incomplete"


def test_outputs_are_submitted_into_a_stream(sim, v1):
    events = streamed(sim, v1, call("f", x=1), say("x"))
    run = dict(events)["thread.run.requires_action"]
    (waiting,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    after = v1.events(path, {"tool_outputs": [{"tool_call_id": waiting["id"], "output": "1"}]})
    assert after[0][0] == "thread.run.step.completed"
    assert after[-2][1]["file_ids"] == []
