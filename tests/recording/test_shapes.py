"""What does not fit a shape is taken out and named; the rest stays as it was."""

from __future__ import annotations

import pytest

from simulator.recording.shapes import Message, Run, understood
from simulator.recording.shown import said_in, shown_in

RUN = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "status": "queued"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_what_fits_is_the_value_itself():
    run = {**RUN, "usage": None, "tools": [{"type": "function", "function": {"name": "f"}}], "of_2027": [1]}
    assert understood(Run, run).value is run


def test_what_does_not_fit_is_taken_out():
    tools = [1, {"type": "file_search"}, {"type": "function", "function": {}}]
    read = understood(Run, {**RUN, "tools": tools, "created_at": "today", "usage": {"prompt_tokens": -1}})
    assert read.value == {**RUN, "tools": [{"type": "file_search"}, {"type": "function"}], "usage": {}}
    assert read.odd == (
        "created_at: Input should be a valid number, not a text",
        "tools.0: Input should be a valid dictionary, not a number",
        "tools.2.function: name is missing",
        "usage.prompt_tokens: Input should be greater than or equal to 0, not a number",
    )
    assert tools[0] == 1


def test_without_what_it_needs_nothing_is_left():
    assert understood(Run, {"id": "run_1", "thread_id": "thread_1"}) == (None, ("the whole: status is missing",))
    asked = {"submit_tool_outputs": {"tool_calls": [CALL, {"id": "call_2", "type": "function"}]}}
    read = understood(Run, {**RUN, "required_action": asked})
    assert read.value["required_action"] == {"submit_tool_outputs": {"tool_calls": [CALL]}}
    assert read.odd == ("required_action.submit_tool_outputs.tool_calls.1: function is missing",)


def test_half_an_emoji_is_a_text():
    message = {"id": "msg_1", "thread_id": "thread_1", "role": "user", "content": "\ud83d", "\ud83d": "\ud83d"}
    assert understood(Message, message) == (message, ())


@pytest.mark.parametrize("answer", [3, "text", [], [RUN]])
def test_an_answer_that_is_no_object_shows_nothing(answer):
    shown = shown_in([answer])
    assert shown.objects == []
    assert shown.odd[0].startswith("the whole: Input should be a valid dictionary")


def test_of_a_page_each_item_is_read_for_itself():
    shown = shown_in([{"object": "list", "data": [RUN, 3, {"object": "file"}, {**RUN, "status": None}]}])
    assert (shown.objects, shown.is_page) == ([RUN], True)
    assert shown.odd == [
        "data.1: Input should be a valid dictionary, not a number",
        "status: Input should be a valid string, not null",
        "the whole: status is missing",
    ]
    assert shown_in([{"object": "list"}]).odd == ["the whole: data is missing"]


def test_a_body_that_is_no_object_says_nothing():
    assert said_in("runs.create", None) == ({}, ())
    assert said_in("runs.create", [1]) == ({}, ("the whole: Input should be a valid dictionary, not a list",))
    assert said_in("files.create", {"any": "thing"}).value == {"any": "thing"}
