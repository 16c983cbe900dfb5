"""Streams: which events, in which order, with what in them, and when."""

import json

import openai
import pytest

from simulator import (
    Request,
    Simulator,
    call,
    call_tools,
    cut_stream,
    fail,
    finish,
    hang,
    incomplete,
    refusal,
    run_code,
    say,
    search_files,
)
from simulator.api.wire import BrokenOff
from simulator.backend.responses.event_names import EVENT_NAMES
from tests.api.conftest import V2, Api, parsed
from tests.api.responses.conftest import MODEL

TEXT = (
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
)
BEGUN = ("response.created", "response.in_progress")
ADDED, DONE = "response.output_item.added", "response.output_item.done"
ARGUMENTS = ("response.function_call_arguments.delta", "response.function_call_arguments.done")
CODE = (
    "response.code_interpreter_call.in_progress",
    "response.code_interpreter_call_code.delta",
    "response.code_interpreter_call_code.done",
    "response.code_interpreter_call.interpreting",
    "response.code_interpreter_call.completed",
)
SEARCH = tuple(f"response.file_search_call.{step}" for step in ("in_progress", "searching", "completed"))
REFUSED = (
    "response.content_part.added",
    "response.refusal.delta",
    "response.refusal.done",
    "response.content_part.done",
)

STREAMS = [
    ([say("Hello")], (ADDED, *TEXT, DONE, "response.completed")),
    ([say()], (ADDED, DONE, "response.completed")),
    ([say(refusal("No"))], (ADDED, *REFUSED, DONE, "response.completed")),
    ([finish()], ("response.completed",)),
    ([call("f")], (ADDED, *ARGUMENTS, DONE, "response.completed")),
    ([call_tools(call("f"), call("g"))], (ADDED, *ARGUMENTS, DONE, ADDED, *ARGUMENTS, DONE, "response.completed")),
    ([run_code("x"), say("so")], (ADDED, *CODE, DONE, ADDED, *TEXT, DONE, "response.completed")),
    ([search_files("x"), finish()], (ADDED, *SEARCH, DONE, "response.completed")),
    ([fail("server_error", text="so")], (ADDED, *TEXT[:2], "response.failed")),
    ([fail("server_error")], ("response.failed",)),
    ([incomplete("content_filter", "so")], (ADDED, *TEXT, DONE, "response.incomplete")),
]


@pytest.mark.parametrize("turns, names", STREAMS)
def test_the_events_come_in_the_order_of_the_recordings(sim, api, turns, names):
    sim.script(*turns)
    events = api.events("/responses", {**MODEL, "input": "Go"})
    assert tuple(name for name, _ in events) == (*BEGUN, *names)
    assert [data["sequence_number"] for _, data in events] == list(range(len(events)))
    assert all(data["type"] == name for name, data in events)
    last = events[-1][1]["response"]
    id = last["id"]
    assert "billing" not in last
    plain = api.get(f"/responses/{id}").json
    assert {**last, "billing": {"payer": "developer"}} == plain
    begun = events[0][1]["response"]
    assert (begun["status"], begun["output"], begun["usage"]) == ("in_progress", [], None)
    done = [data["item"] for name, data in events if name == DONE]
    assert done == last["output"] or last["status"] == "failed"


def test_a_stream_shows_the_pieces_and_pads_them(sim, api):
    sim.script(say("Hello there, you", chunks=["Hello", " there, you"]))
    events = api.events("/responses", {**MODEL, "input": "Go"})
    deltas = [data for name, data in events if name == "response.output_text.delta"]
    assert [data["delta"] for data in deltas] == ["Hello", " there, you"]
    assert [len(data["delta"] + data["obfuscation"]) for data in deltas] == [16, 16]
    keys = ["type", "content_index", "delta", "item_id", "logprobs", "obfuscation", "output_index", "sequence_number"]
    assert list(deltas[0]) == keys
    sim.script("Hello")
    body = {**MODEL, "input": "Go", "stream_options": {"include_obfuscation": False}}
    assert not any("obfuscation" in data for _, data in api.events("/responses", body))


def test_each_event_has_its_time(sim, api):
    sim.script(say("a b c", takes=10))
    start = sim.clock.now() + 0.1
    times = [frame.due - start for frame in api.frames("/responses", {**MODEL, "input": "Go"})]
    assert times[:2] == [0, 0]
    assert times[2] == pytest.approx(4)
    assert times[-1] == pytest.approx(10)
    assert times == sorted(times)


def test_a_citation_comes_where_it_stands(sim, api):
    sim.script(say("a pizza[1].", annotations=[{"text": "[1]", "file_citation": {"file_id": "f"}}], chunks=None))
    sim.script(say("pizza[1]", annotations=[{"text": "[1]", "file_citation": {"file_id": "f"}}]))
    for after in (["."], []):
        events = api.events("/responses", {**MODEL, "input": "Go"})
        names = [name.removeprefix("response.output_text.") for name, _ in events]
        place = names.index("annotation.added")
        assert [data["delta"] for name, data in events[place:] if name.endswith(".delta")] == after


def test_an_old_day_has_its_own_order_of_keys():
    sim = Simulator(as_of="2025-09-16")
    sim.script("Hello")
    events = Api(sim).events("/responses", {**MODEL, "input": "Go"})
    keys = ["type", "sequence_number", "item_id", "output_index", "content_index", "delta", "logprobs", "obfuscation"]
    assert list(events[4][1]) == keys


def test_a_stored_response_can_be_streamed_again(sim, api):
    sim.script(run_code("x"), say("Hello there"))
    events = api.events("/responses", {**MODEL, "input": "Go"})
    path = f"/responses/{events[0][1]['response']['id']}"

    def again(query):
        frames = api.read(api.get(path, query=query).body)
        return [json.loads(frame.data.partition(b"data: ")[2]) for frame in frames]

    assert again("stream=true") == [data for _, data in events]
    assert again("stream=true&starting_after=3") == [data for _, data in events[4:]]
    assert not any("obfuscation" in data for data in again("stream=true&include_obfuscation=false"))


def test_a_response_at_work_is_streamed_again_once_it_has_ended(sim, api):
    sim.script(say("Hello"), say("Hello"))
    frames = api.frames("/responses", {**MODEL, "input": "Go"})
    id = json.loads(next(frames).data.partition(b"data: ")[2])["response"]["id"]
    assert api.get(f"/responses/{id}").json["status"] == "in_progress"
    again = list(api.read(api.get(f"/responses/{id}", query="stream=true").body))
    assert again[-1].data.startswith(b"event: response.completed\n")
    api.delete(f"/responses/{id}")
    frames = api.frames("/responses", {**MODEL, "input": "Go"})
    id = json.loads(next(frames).data.partition(b"data: ")[2])["response"]["id"]
    waiting = api.get(f"/responses/{id}", query="stream=true").body
    next(waiting)
    api.delete(f"/responses/{id}")
    assert list(api.read(waiting)) == []
    assert [frame.data.partition(b"\n")[0] for frame in frames] == [b"event: response.in_progress"]


def test_a_response_that_is_deleted_says_no_more(sim, api):
    sim.script(say("a b c d e f g h i j", takes=10))
    frames = api.frames("/responses", {**MODEL, "input": "Go"})
    first = [next(frames) for _ in range(6)]
    api.delete(f"/responses/{json.loads(first[0].data.partition(b'data: ')[2])['response']['id']}")
    assert list(frames) == []


def test_who_only_looks_on_does_not_cancel(sim, api):
    sim.script(say("late", takes=100))
    frames = api.frames("/responses", {**MODEL, "input": "Go", "service_tier": "priority"})
    id = json.loads(next(frames).data.partition(b"data: ")[2])["response"]["id"]
    with pytest.raises(openai.APITimeoutError):
        list(sim.client(timeout=5, max_retries=0).responses.retrieve(id, stream=True))
    events = [parsed(frame.data) for frame in frames]
    assert events[-1][0] == "response.completed"
    again = [parsed(frame.data) for frame in api.read(api.get(f"/responses/{id}", query="stream=true").body)]
    assert again[1:] == events
    assert again[0][1]["response"]["service_tier"] == "priority"


def test_a_client_gives_up_on_what_is_deleted_meanwhile(sim, api):
    sim.script(hang())
    frames = sim.handle(Request("POST", "/v1/responses", headers=V2, body=b'{"model": "m", "input": "Go"}')).body
    next(frames)
    (response,) = sim._backend.store.responses
    api.delete(f"/responses/{response['id']}")
    with pytest.raises(BrokenOff):
        next(frames)


def test_every_event_can_be_named_in_a_fault():
    names = {name for _, events in STREAMS for name in (*BEGUN, *events)}
    assert names | {"response.output_text.annotation.added", "response.cancelled"} == set(EVENT_NAMES)


@pytest.mark.parametrize("ending, shown", [("error", {"type": "error", "code": "server_error"}), ("wrapped_error", {})])
def test_a_stream_can_be_cut(sim, api, ending, shown):
    sim.script("Hello")
    sim.faults.add(cut_stream("response.output_text.done", ending=ending), on="responses.create")
    events = api.events("/responses", {**MODEL, "input": "Go"})
    assert [name for name, _ in events][-2:] == ["response.output_text.delta", "error"]
    assert shown.items() <= events[-1][1].items()
    assert next(iter(sim._backend.store.responses))["status"] == "in_progress"
    sim.clock.advance(5)
    api.get("/responses/resp_0")
    assert next(iter(sim._backend.store.responses))["status"] == "completed"


def test_a_stream_of_runs_does_not_hold_up_a_response(sim, api):
    sim.put("assistants", {"id": "asst_1", "instructions": "x"})
    sim.script(say("slow", takes=1), say("fast", takes=2))
    api.made("/threads/runs", {"assistant_id": "asst_1"})
    events = api.events("/responses", {**MODEL, "input": "Go"})
    assert events[-1][0] == "response.completed"
    assert [run["status"] for run in sim.runs] == ["completed"]
