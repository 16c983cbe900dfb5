import pytest

from simulator.backend.answers import has_message, message_content, tool_calls, turn_deltas
from simulator.backend.ids import Ids
from simulator.backend.turns import (
    call,
    call_tools,
    fail,
    finish,
    hang,
    image,
    incomplete,
    raw_call,
    run_code,
    say,
    search_files,
)

PNG = b"\x89PNG"


@pytest.mark.parametrize(
    "turn, says",
    [
        (say("x"), True),
        (say(), True),
        (fail("x"), False),
        (fail("x", text=""), False),
        (fail("x", text="so far"), True),
        (incomplete("content_filter"), False),
        (incomplete("content_filter", "so far"), True),
        (finish(), False),
        (hang(), False),
        (call_tools(call("f")), False),
        (None, False),
    ],
)
def test_which_turns_say_something(turn, says):
    assert has_message(turn) is says


def test_bytes_become_a_file_and_ids_stay():
    placed = []

    def place(content):
        placed.append(content)
        return f"file-{len(placed)}"

    content = message_content(say(image(PNG), image("file-own")), place)
    assert [part["image_file"]["file_id"] for part in content] == ["file-1", "file-own"]
    assert placed == [PNG]


def test_annotations_belong_to_the_first_text():
    content = message_content(say(image("file-1"), "a", "b", annotations=[{"text": "a"}]), repr)
    assert [len(part["text"]["annotations"]) for part in content[1:]] == [1, 0]


def test_what_was_said_before_the_end_is_one_text():
    for turn in (fail("x", text="so far"), incomplete("content_filter", "so far")):
        assert [part["text"]["value"] for part in message_content(turn, repr)] == ["so far"]


def found(turn):
    """Nothing is searched here: the call shows what the turn says."""
    return {"ranking_options": {}, "results": list(turn.results or ())}


def test_calls_get_ids_and_have_no_output_yet():
    calls = tool_calls(call_tools(call("f", a=1), raw_call("g", "{", id="call_own")), Ids(0), repr, found)
    assert calls == [
        {
            "id": Ids(0).new("call_"),
            "type": "function",
            "function": {"name": "f", "arguments": '{"a": 1}', "output": None},
        },
        {"id": "call_own", "type": "function", "function": {"name": "g", "arguments": "{", "output": None}},
    ]


def test_code_without_logs_has_no_outputs():
    # In 2025-26 traffic code that returned a value had `outputs: []` (assistants-api.md 1.8).
    (one,) = tool_calls(run_code("1"), Ids(0), repr, found)
    assert one["code_interpreter"] == {"input": "1", "outputs": []}


@pytest.mark.parametrize(
    "turn, kinds",
    [
        (call_tools(call("f"), raw_call("g", "abc", chunks=3)), ["function"] * 6),
        (run_code("1 + 1", logs="2"), ["code_interpreter"] * 5),
        (search_files("q"), ["file_search"]),
    ],
)
def test_each_kind_of_call_has_its_deltas(turn, kinds):
    calls = tool_calls(turn, Ids(0), repr, found)
    assert [delta["type"] for delta in turn_deltas(turn, [], calls)] == kinds


@pytest.mark.parametrize(
    "turn, count",
    [
        (say("abc", chunks=3), 3),
        (incomplete("content_filter", "abc", chunks=3), 3),
        (fail("x", text="a b c"), 3),
        (say(image("file-1")), 1),
    ],
)
def test_a_message_comes_as_the_turn_says(turn, count):
    assert len(turn_deltas(turn, message_content(turn, repr), ())) == count
