import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.backend import turns
from simulator.backend.turns import (
    CallTools,
    Image,
    RefusedText,
    Say,
    ToolCall,
    as_turn,
    call,
    call_tools,
    ends_run,
    fail,
    finish,
    hang,
    image,
    incomplete,
    raw_call,
    refusal,
    run_code,
    say,
    search_files,
)
from simulator.errors import TurnError

PNG = b"\x89PNG\r\n\x1a\n"
HALF = "\ud83d"


def test_a_single_call_is_compact_and_parallel_ones_are_spaced():
    # recorded-traffic.md 7: {"location":"Lima, Peru","unit":"C"} alone, spaces after colons and commas in parallel.
    one = call("get_weather", location="Lima, Peru", unit="C")
    assert one.text == '{"location":"Lima, Peru","unit":"C"}'
    assert call_tools(one).calls[0].text == one.text
    both = call_tools(one, call("now")).calls
    assert [call.text for call in both] == ['{"location": "Lima, Peru", "unit": "C"}', "{}"]
    assert call_tools(*both).calls == both


def test_arguments_are_sent_as_they_are_written():
    assert call("f", name="é🌍", nested={"a": [1, None, True]}).text == '{"name":"é🌍","nested":{"a":[1,null,true]}}'
    assert call("f").text == "{}"


@pytest.mark.parametrize("text", ['{"a":1}', '{"a": 1}', "{}", "", "{", "[1]", '{"a":“b”}', '{"a": "\\ud83d"}'])
def test_raw_text_is_exact_alone_and_in_parallel(text):
    one = raw_call("f", text)
    assert call_tools(one).calls[0].text == text
    assert [call.text for call in call_tools(one, one).calls] == [text, text]
    assert one.arguments is None


def test_a_raw_call_may_have_any_name_and_its_own_id():
    made = raw_call("", "{}", id="call_7", chunks=["{", "}"])
    assert (made.name, made.id, made.chunks) == ("", "call_7", ("{", "}"))
    assert call_tools(made, call("multi_tool_use.parallel")).calls[0] == made


@pytest.mark.parametrize(
    "turn, ends",
    [
        (say("x"), True),
        (say("x", more=True), False),
        (call_tools(call("f")), False),
        (run_code("1"), False),
        (search_files("q"), False),
        (fail("server_error"), True),
        (incomplete("max_prompt_tokens"), True),
        (finish(), True),
        (hang(), True),
    ],
)
def test_which_turns_end_a_run(turn, ends):
    assert ends_run(turn) is ends
    assert as_turn(turn) is turn


def test_short_forms_of_turns():
    assert as_turn("Hello.") == say("Hello.")
    assert as_turn(call("f", a=1)) == CallTools(calls=(call("f", a=1),))


@pytest.mark.parametrize("value", [None, 5, ["Hello."], {"say": "Hello."}, say, image("file-1"), refusal("no")])
def test_what_is_no_turn_is_refused(value):
    with pytest.raises(TurnError, match=r"is not a turn\. A turn is made by say, call, .* or hang"):
        as_turn(value)


def test_what_a_message_is_made_of():
    said = say("a", image("file-1"), image(PNG), refusal("no"), takes=2)
    assert said == Say(parts=("a", Image("file-1"), Image(PNG), RefusedText("no")), takes=2.0)
    assert say() == Say(parts=())


def test_failures_have_the_texts_of_the_service():
    assert fail("server_error").message == "Sorry, something went wrong."
    assert fail("rate_limit_exceeded").message.startswith("You exceeded your current quota")
    assert fail("tool_user_error").message == "Sorry, something went wrong."
    assert fail("server_error", "mine", text="so far").message == "mine"


def test_places_of_annotations_are_computed_where_absent():
    said = say("a【1】 b【1】", annotations=[{"text": "【1】"}, {"text": "【1】", "file_path": {"file_id": "file-1"}}])
    assert [(one["type"], one["start_index"], one["end_index"]) for one in said.annotations] == [
        ("file_citation", 1, 4),
        ("file_path", 6, 9),
    ]
    kept = {"type": "url", "text": "x", "start_index": 50, "end_index": 70}
    assert say("short", annotations=[kept]).annotations == (kept,)
    assert say("abcdef", annotations=[{"start_index": 1, "end_index": 3}]).annotations[0]["text"] == "bc"


def test_a_text_may_come_in_one_piece():
    assert say("ab", chunks=1).chunks == 1


def test_annotations_are_copies():
    given = {"text": "a"}
    said = say("a", annotations=[given])
    given["text"] = "changed"
    assert said.annotations[0]["text"] == "a"


BAD = [
    (lambda: say(5), r"say\(\) takes texts, image\(…\) and refusal\(…\), not 5"),
    (lambda: say(call("f")), r"say\(\) takes texts"),
    (lambda: say(HALF), r"say\(\): half of a surrogate pair cannot be sent"),
    (lambda: say("ab", chunks=["a"]), r"chunks= must give the text 'ab' when joined; these give \('a',\)"),
    (lambda: say("ab", chunks=["a", 5]), r"chunks= must give the text"),
    (lambda: say("ab", chunks=0), r"one or more, not 0"),
    (
        lambda: say("a", "b", chunks=["a", "b"]),
        r"chunks=\[…\] are the pieces of one text, and here are 2: give a number",
    ),
    (lambda: say("ab", chunks=True), r"a number, or the list of pieces, not True"),
    (lambda: say("ab", chunks="ab"), r"a number, or the list of pieces, not 'ab'"),
    (lambda: say("ab", chunks=1.5), r"a number, or the list of pieces, not 1\.5"),
    (lambda: say("ab", annotations=["x"]), r"An annotation must be an object, not 'x'"),
    (lambda: say("ab", annotations=[{"text": object()}]), r"JSON cannot hold an annotation"),
    (lambda: say("ab", annotations=[{"text": 5}]), r"The text of an annotation takes a text, not 5"),
    (lambda: say("ab", annotations=[{"text": "z"}]), r"stands in the first text, which is 'ab'"),
    (lambda: say("ab", annotations=[{}]), r"needs a start_index"),
    (lambda: say("ab", annotations=[{"start_index": "1"}]), r"needs a start_index"),
    (lambda: say("ab", annotations=[{"start_index": 0, "end_index": None}]), r"needs a start_index"),
    (lambda: say(image("f"), annotations=[{"start_index": 0, "end_index": 1}]), r"needs a start_index .* which is ''"),
    (lambda: say("ab", takes=-1), r"takes= is a number of virtual seconds, zero or more, not -1"),
    (lambda: say("ab", takes=math.nan), r"not nan"),
    (lambda: finish(takes=math.inf), r"not inf"),
    (lambda: finish(takes=True), r"not True"),
    (lambda: finish(takes="1"), r"not '1'"),
    (lambda: image(b"GIF89a"), r"these bytes do not begin as a PNG does"),
    (lambda: image(""), r"image\(\) takes a file id or the bytes of a PNG, not ''"),
    (lambda: image(None), r"not None"),
    (lambda: refusal(None), r"refusal\(\) takes a text, not None"),
    (lambda: call(""), r"A name must be a text that is not empty, not ''"),
    (lambda: call(None), r"A name must be a text that is not empty, not None"),
    (lambda: call(HALF), r"A name: half of a surrogate pair"),
    (lambda: call("f", a=object()), r"JSON cannot hold the arguments of 'f'"),
    (lambda: call("f", a=math.nan), r"JSON cannot hold the arguments of 'f'"),
    (lambda: call("f", a=HALF), r"JSON cannot hold the arguments of 'f'"),
    (lambda: raw_call(5, "{}"), r"raw_call\(\) takes a text, not 5"),
    (lambda: raw_call("f", {"a": 1}), r"raw_call\(\) takes a text, not {'a': 1}"),
    (lambda: raw_call("f", "{}", id=7), r"raw_call\(id=…\) takes a text that is not empty, not 7"),
    (lambda: raw_call("f", "{}", id=""), r"raw_call\(id=…\)"),
    (call_tools, r"call_tools\(\) takes at least one call, for example call\("),
    (lambda: call_tools("f"), r"call_tools\(\) takes call\(…\) and raw_call\(…\), not 'f'"),
    (lambda: run_code(5), r"run_code\(\) takes a text, not 5"),
    (lambda: run_code("1", logs=5), r"run_code\(logs=…\) takes a text, not 5"),
    (lambda: run_code("1", images=[5]), r"image\(\) takes a file id"),
    (lambda: search_files(None), r"search_files\(\) takes a text, not None"),
    (lambda: search_files("q", results=["x"]), r"A search result must be an object"),
    (lambda: fail(""), r"fail\(\) takes a code first, such as server_error, .*, not ''"),
    (lambda: fail("Sorry, no."), r"not 'Sorry, no\.'; a message goes second"),
    (lambda: fail(500), r"not 500"),
    (lambda: fail("x", 5), r"fail\(\) takes a text, not 5"),
    (lambda: fail("x", text=5), r"fail\(text=…\) takes a text, not 5"),
    (
        lambda: incomplete("tired"),
        r"takes one of max_completion_tokens, max_prompt_tokens, content_filter, not 'tired'",
    ),
    (lambda: incomplete("content_filter", 5), r"incomplete\(\) takes a text, not 5"),
]


@pytest.mark.parametrize("make, message", BAD, ids=[message for _, message in BAD])
def test_a_mistake_is_found_on_the_line_that_makes_it(make, message):
    with pytest.raises(TurnError, match=message):
        make()


@pytest.mark.parametrize("name", ["say", "finish", "run_code", "search_files", "fail", "incomplete", "call_tools"])
def test_a_turn_takes_virtual_seconds(name):
    arguments = {"call_tools": [call("f")], "incomplete": ["content_filter"], "finish": []}.get(name, ["x"])
    assert getattr(turns, name)(*arguments, takes=3).takes == 3.0
    assert getattr(turns, name)(*arguments).takes is None


@given(st.dictionaries(st.text("abc", min_size=1), st.integers() | st.text("xyz\n\"'")))
def test_arguments_can_be_read_back(arguments):
    one = call("f", **arguments)
    assert json.loads(one.text) == arguments
    assert all(json.loads(wide.text) == arguments for wide in call_tools(one, one).calls)


def test_all_public_turn_functions_are_named():
    assert turns.__all__ == sorted(turns.__all__)
    assert all(callable(getattr(turns, name)) for name in turns.__all__)
    assert isinstance(call("f"), ToolCall)


def test_calls_of_one_round_have_ids_of_their_own():
    with pytest.raises(TurnError, match=r"ids of their own, not \['a', 'a'\]"):
        call_tools(raw_call("f", "{}", id="a"), raw_call("g", "{}", id="a"))


def test_what_an_annotation_cites_is_an_object():
    with pytest.raises(TurnError, match=r"file_citation is an object"):
        say("See a.", annotations=[{"text": "a", "file_citation": "file-1"}])


def test_a_list_of_turns_is_told_how_to_be_given():
    with pytest.raises(TurnError, match=r"one by one: script\(\*turns\)"):
        as_turn([say("x")])
