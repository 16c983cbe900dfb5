"""Our streams beside recorded ones: the same events in the same order, the same keys in the same order.

The turns that a recorded model took are read off its stream, scripted, and streamed anew.
"""

import itertools
import json
from pathlib import Path

import pytest

from simulator import Simulator, call, run_code, say, search_files

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
INCLUDE = "include[]=step_details.tool_calls[*].file_search.results[*].content"
SESSIONS = (
    "openai-dotnet/StreamingToolCall_11d8ee4",
    "openai-dotnet/StreamingToolCall_9fb89b0",
    "openai-dotnet/StreamingRunWorks_8336886",
    "openai-dotnet/StreamingRunWorks_b162668",
    "openai-dotnet/FileSearchStreamingWorks_2368356",
    "openai-dotnet/FileSearchStreamingWorks_8e09cc9",
    "openai4j/stream_message",
    "openai4j/stream_code_interpreter",
    "openllmetry/test_streaming_existing_assistant_1cf23b8",
    "openllmetry/test_streaming_new_assistant_3b45619",
)
# Keys that runs and usages got after spring 2024 (recorded-traffic.md 1): recordings of then lack them.
LATER = {"parallel_tool_calls", "reasoning_effort", "prompt_token_details", "completion_tokens_details"}
EARLY = "openai4j/"


def streams_of(session):
    """The streamed answers of a session: path and list of (name, data)."""
    if not CORPUS.is_dir():
        pytest.skip("no recordings: there is no folder ../shared/corpus beside the project")
    exchanges = json.loads((CORPUS / f"{session}.json").read_bytes())["exchanges"]
    return [
        (exchange["path"], [(event["event"], event["data"]) for event in exchange["response_body"]])
        for exchange in exchanges
        if isinstance(exchange["response_body"], list)
    ]


def turns_of(streams):
    """What the recorded model did: a turn for each step that it began."""
    events = [event for _, stream in streams for event in stream]
    steps = [data for name, data in events if name == "thread.run.step.created"]
    return [_turn(step, events, more=step is not steps[-1]) for step in steps]


def _turn(step, events, *, more):
    done = next(data for name, data in events if name == "thread.run.step.completed" and data["id"] == step["id"])
    if step["type"] == "message_creation":
        wanted = step["step_details"]["message_creation"]["message_id"]
        message = next(data for name, data in events if name == "thread.message.completed" and data["id"] == wanted)
        text = message["content"][0]["text"]
        return say(text["value"], annotations=text["annotations"], more=more)
    (one,) = done["step_details"]["tool_calls"]
    return _TOOL_TURNS[one["type"]](one[one["type"]])


_TOOL_TURNS = {
    "function": lambda function: call(function["name"], **json.loads(function["arguments"])),
    "file_search": lambda search: search_files("x", results=search["results"]),
    "code_interpreter": lambda code: run_code(
        code["input"], logs=next((out["logs"] for out in code["outputs"] if out["type"] == "logs"), None)
    ),
}


def collapsed(events):
    """The names of events; those in a row count as one."""
    return [name for name, _ in itertools.groupby(name for name, _ in events)]


# What the caller fills, not the API.
CALLERS_OWN = {"parameters", "metadata", "attributes", "response_format"}
# Whether they hold anything depends on the run; in deltas they are compared.
VARYING = {"annotations", "instructions", "tools", "content", "outputs"}


def shapes(events, *, early):
    """The keys, at every depth and in order, of the data of each event."""
    return {(name, _shape(data, name, LATER if early else ())) for name, data in events if name != "done"}


def _shape(data, name, without):
    if isinstance(data, list):
        return tuple(dict.fromkeys(_shape(one, name, without) for one in data))
    if not isinstance(data, dict):
        return None
    passed = CALLERS_OWN if name.endswith("delta") else CALLERS_OWN | VARYING
    return tuple(
        (key, None if key in passed else _shape(value, name, without))
        for key, value in data.items()
        if key not in without
    )


@pytest.fixture(params=SESSIONS)
def both(request, world_of):
    """The streams of a session, recorded and ours."""
    recorded = streams_of(request.param)
    world = world_of(Simulator())
    world.sim.script(*turns_of(recorded))
    tools = [{"type": "function", "function": {"name": "get_current_weather"}}]
    body = {"assistant_id": world.assistant(tools=tools)}
    if recorded[0][0] == "/v1/threads/runs":
        ours = [world.api.events("/threads/runs", {**body, "thread": {"messages": []}}, query=INCLUDE)]
    else:
        ours = [world.api.events(f"/threads/{world.thread('x')}/runs", body, query=INCLUDE)]
    for _ in recorded[1:]:
        run = ours[-1][-2][1]
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": one["id"], "output": "x"} for one in calls]
        path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
        ours.append(world.api.events(path, {"tool_outputs": outputs}))
    return request.param, [events for _, events in recorded], ours


def test_the_events_come_in_the_recorded_order(both):
    _, recorded, ours = both
    assert [collapsed(events) for events in ours] == [collapsed(events) for events in recorded]


def test_the_objects_have_the_recorded_keys_in_the_recorded_order(both):
    session, recorded, ours = both
    early = session.startswith(EARLY)
    for theirs, mine in zip(recorded, ours, strict=True):
        assert shapes(theirs, early=early) <= shapes(mine, early=early)


def test_the_pieces_add_up_to_the_recorded_text(both):
    _, recorded, ours = both
    for theirs, mine in zip(recorded, ours, strict=True):
        assert said(mine) == said(theirs)


def said(events):
    parts = [data["delta"]["content"][0] for name, data in events if name == "thread.message.delta"]
    return "".join(part["text"]["value"] for part in parts if part["type"] == "text")


def test_the_frames_are_as_compact_as_the_recorded_ones(api, world):
    # Recorded bodies of streams have no blank between JSON values (recorded-traffic.md 3).
    world.sim.script("Hello.")
    body = {"assistant_id": world.assistant()}
    for frame in api.frames(f"/threads/{world.thread('x')}/runs", body):
        text = frame.data.decode().split("data: ")[1]
        assert '": ' not in text
        assert '", "' not in text
