"""What streamed events hold: the objects as streams show them, and the pieces between (recorded-traffic.md 6, 7)."""

import pytest

from simulator import call, call_tools, fail, image, incomplete, run_code, say, search_files

RUN, STEP, MESSAGE = "thread.run", "thread.run.step", "thread.message"
INCLUDE = "include[]=step_details.tool_calls[*].file_search.results[*].content"
RESULT = {"file_id": "file-1", "file_name": "a.txt", "score": 0.5, "attributes": {}, "content": []}


def test_a_streamed_run_shows_resources_that_it_does_not_have(api, events):
    runs = [data for name, data in events("Hello.") if name.startswith(RUN) and STEP not in name]
    path = f"/threads/{runs[0]['thread_id']}/runs/{runs[0]['id']}"
    plain = api.get(path).json
    assert plain["tool_resources"] == {}
    assert all(run["tool_resources"] == {"code_interpreter": {"file_ids": []}} for run in runs)
    assert {**runs[-1], "tool_resources": {}} == plain
    assert list(runs[-1]) == list(plain)


def test_what_is_created_is_said_twice(events):
    by_name = dict(events("Hello."))
    assert by_name[f"{RUN}.created"] == by_name[f"{RUN}.queued"]
    assert by_name[f"{RUN}.queued"]["status"] == "queued"
    assert by_name[f"{STEP}.created"] == by_name[f"{STEP}.in_progress"]
    assert by_name[f"{STEP}.created"]["status"] == "in_progress"
    assert by_name[f"{MESSAGE}.created"] == by_name[f"{MESSAGE}.in_progress"]


def test_a_streamed_message_has_a_status(api, events):
    by_name = dict(events("Hello."))
    created, completed = by_name[f"{MESSAGE}.created"], by_name[f"{MESSAGE}.completed"]
    keys = ["status", "incomplete_details", "incomplete_at", "completed_at"]
    plain = api.get(f"/threads/{created['thread_id']}/messages/{created['id']}").json
    before = list(plain)[: list(plain).index("run_id") + 1]
    assert list(created) == list(completed) == [*before, *keys, *list(plain)[len(before) :]]
    assert [created[key] for key in keys] == ["in_progress", None, None, None]
    assert created["content"] == []
    assert [completed[key] for key in keys[:3]] == ["completed", None, None]
    assert completed["completed_at"] >= created["created_at"]
    assert {key: completed[key] for key in plain} == plain


@pytest.mark.parametrize(
    "turn, reason",
    [
        (incomplete("max_completion_tokens", "x"), "max_tokens"),
        (incomplete("max_prompt_tokens", "x"), "max_tokens"),
        (incomplete("content_filter", "x"), "content_filter"),
        (fail("server_error", text="x"), "run_failed"),
    ],
)
def test_an_incomplete_message_says_why(events, turn, reason):
    message = dict(events(turn))[f"{MESSAGE}.incomplete"]
    assert (message["status"], message["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert message["incomplete_at"] is not None
    assert message["completed_at"] is None


def test_a_step_names_its_message_from_the_start_and_keeps_its_expiry(events):
    by_name = dict(events("Hello."))
    step = by_name[f"{STEP}.created"]
    assert step["step_details"]["message_creation"]["message_id"] == by_name[f"{MESSAGE}.created"]["id"]
    assert step["usage"] is None
    assert by_name[f"{STEP}.completed"]["expires_at"] == by_name[f"{RUN}.created"]["expires_at"]


def test_a_tool_step_begins_without_calls(events):
    first = next(data for name, data in events(run_code("1"), "x") if name == f"{STEP}.created")
    assert first["step_details"] == {"type": "tool_calls", "tool_calls": []}


def test_the_deltas_of_a_text(deltas, events):
    streamed = events("Filled up, ünder way.")
    parts = deltas(streamed)
    assert all(len(part) == 1 for part in parts)
    first, *later = [part[0] for part in parts]
    assert list(first) == ["index", "type", "text"]
    assert first == {"index": 0, "type": "text", "text": {"value": "Filled", "annotations": []}}
    assert all(list(part["text"]) == ["value"] for part in later)
    assert "".join(part["text"]["value"] for part in (first, *later)) == "Filled up, ünder way."
    envelope = next(data for name, data in streamed if name == f"{MESSAGE}.delta")
    assert list(envelope) == ["id", "object", "delta"]
    assert (envelope["object"], list(envelope["delta"])) == ("thread.message.delta", ["content"])
    assert envelope["id"] == dict(streamed)[f"{MESSAGE}.completed"]["id"]


@pytest.mark.parametrize("chunks, pieces", [(1, ["Hello"]), (2, ["He", "llo"]), (["H", "ello"], ["H", "ello"])])
def test_a_test_can_say_what_the_pieces_are(deltas, events, chunks, pieces):
    assert [part[0]["text"]["value"] for part in deltas(events(say("Hello", chunks=chunks)))] == pieces


def test_the_delta_of_a_citation_has_a_quote_and_the_message_has_none(deltas, events):
    text = "Pizza【4:0†a.txt】."
    cited = {"text": "【4:0†a.txt】", "file_citation": {"file_id": "file-1"}}
    streamed = events(say(text, annotations=[cited]))
    first, marker, last = [part[0]["text"] for part in deltas(streamed)]
    assert (first, last) == ({"value": "Pizza", "annotations": []}, {"value": "."})
    assert marker["value"] == "【4:0†a.txt】"
    place = {"type": "file_citation", "text": "【4:0†a.txt】", "start_index": 5, "end_index": 16}
    assert marker["annotations"] == [{"index": 0, **place, "file_citation": {"file_id": "file-1", "quote": ""}}]
    content = dict(streamed)[f"{MESSAGE}.completed"]["content"]
    assert content[0]["text"]["annotations"] == [{**place, "file_citation": {"file_id": "file-1"}}]


def test_an_image_is_one_delta_and_the_text_behind_it_has_no_annotations(deltas, events):
    parts = [part[0] for part in deltas(events(say(image("file-1"), "A chart.")))]
    assert parts[0] == {"index": 0, "type": "image_file", "image_file": {"file_id": "file-1"}}
    assert all(part["index"] == 1 and list(part["text"]) == ["value"] for part in parts[1:])


def test_the_deltas_of_functions(deltas, events):
    streamed = events(call_tools(call("f", city="Lima"), call("g")), "unused")
    parts = [part[0] for part in deltas(streamed, "step")]
    by_index = {index: [part for part in parts if part["index"] == index] for index in (0, 1)}
    assert parts == by_index[0] + by_index[1]
    for index, name, arguments in ((0, "f", '{"city": "Lima"}'), (1, "g", "{}")):
        opening, *rest = by_index[index]
        assert list(opening) == ["index", "id", "type", "function"]
        assert opening["function"] == {"name": name, "arguments": "", "output": None}
        assert all(list(part) == ["index", "type", "function"] for part in rest)
        assert "".join(part["function"]["arguments"] for part in rest) == arguments
    assert len(by_index[1]) == 2, "empty arguments come in one piece"
    asked = streamed[-2][1]["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert [one["id"] for one in asked] == [by_index[0][0]["id"], by_index[1][0]["id"]]


def test_the_deltas_of_code(deltas, events):
    parts = [part[0] for part in deltas(events(run_code("print(65)", logs="65"), "x"), "step")]
    assert list(parts[0]) == ["index", "id", "type", "code_interpreter"]
    assert parts[0]["code_interpreter"] == {"input": "", "outputs": []}
    assert "".join(part["code_interpreter"]["input"] for part in parts[:-1]) == "print(65)"
    assert parts[-1] == {
        "index": 0,
        "type": "code_interpreter",
        "code_interpreter": {"outputs": [{"index": 0, "type": "logs", "logs": "65"}]},
    }


@pytest.mark.parametrize("query, has_content", [("", False), (INCLUDE, True)])
def test_what_was_found_shows_its_text_only_if_that_is_included(deltas, events, query, has_content):
    streamed = events(search_files("x", results=[RESULT]), "Found.", query=query)
    (part,) = deltas(streamed, "step")
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
    assert part[0]["file_search"] == {"ranking_options": ranking, "results": []}
    completed = next(data for name, data in streamed if name == f"{STEP}.completed")
    (result,) = completed["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert ("content" in result) is has_content
