"""Responses in a saved state, and placed ones."""

import json

import pytest

from simulator import Simulator, call, run_code, say
from simulator.errors import StateError
from tests.api.conftest import Api

MODEL = {"model": "gpt-4o-mini"}


def loaded(sim, path):
    sim.save(path)
    return Simulator.load(path)


@pytest.mark.parametrize("stored", [True, False])
def test_a_response_at_work_goes_on_after_a_load(tmp_path, stored):
    sim = Simulator()
    sim.script(run_code("1"), say("Hello."))
    frames = Api(sim).frames("/responses", {**MODEL, "input": "Go", "store": stored})
    id = json.loads(next(frames).data.partition(b"data: ")[2])["response"]["id"]
    other = loaded(sim, tmp_path / "state.json")
    for one in (sim, other):
        one.clock.advance(10)
        one.check()
    assert other.dump() == sim.dump()
    if stored:
        response = Api(other).get(f"/responses/{id}").json
        assert response["output"][1]["content"][0]["text"] == "Hello."
        assert other._backend.store.response_turns[id]["output"] == other._backend.store.responses.get(id)["output"]


def test_a_piece_goes_on_after_a_load(tmp_path):
    sim = Simulator()
    sim.script(call("f"), say("done"))
    first = Api(sim).made("/responses", {**MODEL, "input": "Go"})
    other = loaded(sim, tmp_path / "state.json")
    answer = {"type": "function_call_output", "call_id": first["output"][0]["call_id"], "output": "1"}
    second = Api(other).made("/responses", {**MODEL, "input": [answer], "previous_response_id": first["id"]})
    assert second["output"][0]["content"][0]["text"] == "done"


def test_reset_forgets_it_all(sim, api):
    sim.script("Hello.")
    frames = api.frames("/responses", {**MODEL, "input": "Go"})
    next(frames)
    sim.reset()
    assert list(frames) == []
    assert sim.dump() == Simulator().dump()


def test_a_placed_response_can_be_built_upon(sim, api):
    asked = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
    searched = {"type": "file_search_call", "id": "fs_1", "queries": ["q"]}
    ran = {"type": "code_interpreter_call", "id": "ci_1", "container_id": "cntr_1"}
    input = [{"role": "user", "content": "Go"}]
    sim.put("responses", {"id": "resp_1", "input": input, "output": [searched, ran, asked], "model": "gpt-5"})
    sim.script("done")
    answer = {"type": "function_call_output", "call_id": "call_1", "output": "1"}
    response = api.made("/responses", {**MODEL, "input": [answer], "previous_response_id": "resp_1"})
    assert response["output"][0]["content"][0]["text"] == "done"
    assert (sim.views[0].user, sim.views[0].outputs[0].output) == ("Go", "1")
    assert sim.calls[0].output == "1"
    assert [item["type"] for item in api.get(f"/responses/{response['id']}/input_items").json["data"]][-1] == "message"


def test_what_is_missing_of_a_placed_response_is_filled(sim, api):
    first = sim.put("responses", {})
    second = sim.put("responses", {"previous_response_id": first["id"], "conversation": {"id": "conv_1"}})
    assert second["id"][5:21] == first["id"][5:21]
    assert api.get(f"/responses/{second['id']}").json["conversation"] == {"id": "conv_1"}
    assert sim.put("responses", {"previous_response_id": "resp_0"})["previous_response_id"] == "resp_0"


def test_items_are_placed_at_the_end_or_in_their_place(sim, api):
    conversation = sim.put("conversations", {"metadata": {"a": "b"}})["id"]
    sim.put("conversation_items", {"conversation_id": conversation, "id": "msg_1", "role": "user", "content": "one"})
    sim.put("conversation_items", {"conversation_id": conversation, "role": "assistant", "content": "two"})
    sim.put("conversation_items", {"conversation_id": conversation, "id": "msg_1", "role": "user", "content": "three"})
    sim.put("conversation_items", {"conversation_id": "conv_new", "role": "user", "content": "four"})
    for id, texts in ((conversation, ["two", "three"]), ("conv_new", ["four"])):
        data = api.get(f"/conversations/{id}/items").json["data"]
        assert [item["content"][0]["text"] for item in data] == texts


@pytest.mark.parametrize(
    "collection, item",
    [
        ("responses", {"status": "queued"}),
        ("responses", {"output": [{"type": "hammer"}]}),
        ("responses", {"output": ["text"]}),
        ("conversations", {"items": [{"type": "function_call"}]}),
        ("conversation_items", {"role": "user", "content": "x"}),
        ("conversation_items", {"conversation_id": "conv_1", "role": "user"}),
    ],
)
def test_what_no_operation_could_serve_is_not_placed(sim, collection, item):
    before = sim.dump()
    with pytest.raises(StateError, match=f"put\\('{collection}'"):
        sim.put(collection, item)
    assert sim.dump() == before
