import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.backend.turns import (
    call,
    call_tools,
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
from simulator.backend.turns_json import turn_from_json, turn_to_json
from simulator.errors import TurnError

PNG = b"\x89PNG\r\n\x1a\n\x00\xff"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = TEXTS.filter(bool) | st.just("raw_call")
TAKES = st.none() | st.floats(0, 1e6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
IMAGES = st.builds(image, NAMES | st.binary(max_size=4).map(lambda tail: PNG + tail))


def chunked(make):
    """Turns of one text, in pieces or not."""
    return st.one_of(
        st.builds(make, TEXTS, chunks=st.none() | st.integers(1, 5)),
        st.lists(TEXTS).map(lambda split: make("".join(split), chunks=split)),
    )


CALLS = st.one_of(
    st.builds(lambda name, arguments: call(name, **arguments), NAMES, st.dictionaries(TEXTS, JSON, max_size=3)),
    st.builds(raw_call, TEXTS, TEXTS | st.just('{"a":1}'), id=st.none() | NAMES),
    chunked(lambda text, chunks: raw_call("f", text, chunks=chunks)),
)
ROUNDS = st.lists(CALLS, min_size=1, max_size=3, unique_by=lambda one: one.id or object())  # ids, if any, differ
ANNOTATIONS = st.lists(st.fixed_dictionaries({"start_index": st.integers(0, 9), "end_index": st.integers(0, 9)}))
TURNS = st.one_of(
    st.builds(
        lambda parts, **options: say(*parts, **options),
        st.lists(TEXTS | IMAGES | st.builds(refusal, TEXTS)),
        takes=TAKES,
    ),
    st.builds(say, TEXTS, annotations=ANNOTATIONS, more=st.booleans(), takes=TAKES),
    st.builds(say, TEXTS, off_format=st.booleans()),
    chunked(say),
    st.builds(lambda calls, takes: call_tools(*calls, takes=takes), ROUNDS, TAKES),
    st.builds(run_code, TEXTS, logs=st.none() | TEXTS, images=st.lists(IMAGES, max_size=2), takes=TAKES),
    st.builds(search_files, TEXTS, results=st.none() | st.lists(st.dictionaries(TEXTS, JSON)), takes=TAKES),
    st.builds(
        fail,
        st.from_regex(r"[A-Za-z][\w.-]{0,11}", fullmatch=True),
        st.none() | TEXTS,
        text=st.none() | TEXTS,
        takes=TAKES,
    ),
    chunked(lambda text, chunks: incomplete("content_filter", text, chunks=chunks)),
    st.builds(incomplete, st.sampled_from(["max_prompt_tokens", "max_completion_tokens"]), takes=TAKES),
    st.builds(finish, takes=TAKES),
    st.just(hang()),
)


@given(TURNS)
def test_a_turn_comes_back_as_it_was(turn):
    text = json.dumps(turn_to_json(turn))
    again = turn_from_json(json.loads(text))
    assert again == turn
    assert json.dumps(turn_to_json(again)) == text


FORMS = [
    ({"say": "text"}, say("text")),
    ("say", say()),
    ({"say": []}, say()),
    ({"say": ["a", {"image": "file-1"}, {"refusal": "no"}]}, say("a", image("file-1"), refusal("no"))),
    ({"say": "x", "takes": 3}, say("x", takes=3)),
    ({"say": "x", "more": True}, say("x", more=True)),
    ({"say": "ab", "chunks": ["a", "b"]}, say("ab", chunks=["a", "b"])),
    ({"say": "ab", "annotations": [{"text": "b"}]}, say("ab", annotations=[{"text": "b"}])),
    ({"call": {"f": {"a": 1}}}, call_tools(call("f", a=1))),
    ({"call": {"f": None}}, call_tools(call("f"))),
    ({"calls": [{"a": {"x": 1}}, {"b": {}}]}, call_tools(call("a", x=1), call("b"))),
    ({"calls": [{"raw_call": {"name": "b", "text": "{"}}]}, call_tools(raw_call("b", "{"))),
    (
        {"call": {"raw_call": {"name": "b", "text": "x", "id": "c"}}, "takes": 1},
        call_tools(raw_call("b", "x", id="c"), takes=1),
    ),
    (
        {"run_code": "1", "logs": "1", "images": ["file-1", {"image": "file-2"}]},
        run_code("1", logs="1", images=["file-1", "file-2"]),
    ),
    ({"search_files": "taxes"}, search_files("taxes")),
    ({"search_files": "taxes", "results": []}, search_files("taxes", results=[])),
    ({"fail": {"code": "server_error"}}, fail("server_error")),
    ({"fail": {"code": "x", "message": "m"}, "text": "t"}, fail("x", "m", text="t")),
    ({"say": "x", "off_format": True}, say("x", off_format=True)),
    ({"incomplete": "max_prompt_tokens", "text": "so far"}, incomplete("max_prompt_tokens", "so far")),
    ("finish", finish()),
    ({"finish": None, "takes": 2}, finish(takes=2)),
    ("hang", hang()),
]


@pytest.mark.parametrize("value, turn", FORMS, ids=[json.dumps(value) for value, _ in FORMS])
def test_the_forms_of_the_language(value, turn):
    assert turn_from_json(value) == turn


@pytest.mark.parametrize(
    "turn, value",
    [
        (say("x"), {"say": "x"}),
        (say(image("file-1")), {"say": [{"image": "file-1"}]}),
        (call_tools(call("f", a=1)), {"calls": [{"f": {"a": 1}}]}),
        (call_tools(call("f", a=1), call("g")), {"calls": [{"f": {"a": 1}}, {"g": {}}]}),
        (call_tools(raw_call("f", '{"a":1}')), {"calls": [{"raw_call": {"name": "f", "text": '{"a":1}'}}]}),
        (
            call_tools(call_tools(call("f", a=1), call("g")).calls[0]),  # alone, but spaced as in parallel
            {"calls": [{"raw_call": {"name": "f", "text": '{"a": 1}'}}]},
        ),
        (say("x", off_format=True), {"say": "x", "off_format": True}),
        (run_code("1", logs="1"), {"run_code": "1", "logs": "1"}),
        (search_files("q"), {"search_files": "q"}),
        (search_files("q", results=[]), {"search_files": "q", "results": []}),
        (fail("server_error", "m", text="t"), {"fail": {"code": "server_error", "message": "m", "text": "t"}}),
        (incomplete("content_filter", "ab", chunks=2), {"incomplete": "content_filter", "text": "ab", "chunks": 2}),
        (finish(), "finish"),
        (finish(takes=1), {"finish": {}, "takes": 1.0}),
        (hang(), "hang"),
    ],
)
def test_what_is_written_is_the_plain_form(turn, value):
    assert turn_to_json(turn) == value
    assert turn_from_json(value) == turn


BAD = [
    (None, r"None is not a turn\. Its key is one of say, call, .*; or it is one of finish, hang, say"),
    ("shout", r"'shout' is not a turn"),
    ({}, r"\{\} is not a turn"),
    (["say"], r"is not a turn"),
    ({"shout": "x"}, r"is not a turn"),
    ({"say": 5}, r"5 is not a part of a message: a text, or \{image\}, \{png\} or \{refusal\}"),
    ({"say": [{"picture": "x"}]}, r"is not a part of a message"),
    ({"say": {"png": "!"}}, r"The turn 'say' cannot be made of"),
    ({"say": {"png": "R0lG"}}, r"do not begin as a PNG does"),
    ({"say": "x", "mode": True}, r"The turn 'say' cannot be made of 'x' with \{'mode': True\}: .*'mode'"),
    ({"say": "x", "fail": {"code": "y"}}, r"The turn 'say' cannot be made of 'x'"),
    ({"call": {"a": {}, "b": {}}}, r"A call is a mapping of one function to its arguments, not"),
    ({"call": "f"}, r"A call is a mapping of one function"),
    ({"call": {"f": [1]}}, r"The turn 'call' cannot be made of"),
    ({"call": {"raw_call": {"text": "x"}}}, r"The turn 'call' cannot be made of .*'name'"),
    ({"calls": 5}, r"The turn 'calls' cannot be made of 5"),
    ({"calls": []}, r"call_tools\(\) takes at least one call"),
    ({"run_code": "1", "images": 5}, r"The turn 'run_code' cannot be made of"),
    ({"search_files": "q", "results": 5}, r"The turn 'search_files' cannot be made of"),
    ({"fail": "server_error"}, r"The turn 'fail' cannot be made of"),
    ({"incomplete": "tired"}, r"incomplete\(\) takes one of"),
    ({"finish": {}, "more": True}, r"The turn 'finish' cannot be made of"),
]


@pytest.mark.parametrize("value, message", BAD, ids=[json.dumps(value) for value, _ in BAD])
def test_what_describes_no_turn_is_refused(value, message):
    with pytest.raises(TurnError, match=message):
        turn_from_json(value)


def test_reading_leaves_the_value_alone():
    value = {"run_code": "1", "images": ["file-1"], "takes": 1}
    before = json.dumps(value)
    turn_from_json(value)
    assert json.dumps(value) == before
