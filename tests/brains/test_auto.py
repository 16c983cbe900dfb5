import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.backend.brain import Output
from simulator.backend.turns import CallTools, run_code, say, search_files
from simulator.brains.auto import AutoBrain
from simulator.errors import NoTurn

FUNCTIONS = {"get_weather": {}, "get_time": {}}


def said(view):
    (text,) = AutoBrain().answer(view).parts
    return text


def called(view):
    turn = AutoBrain().answer(view)
    assert isinstance(turn, CallTools)
    (call,) = turn.calls
    return call.name, json.loads(call.text)


def arguments(make_view, schema):
    return called(make_view(functions={"f": {"type": "object", "properties": {"x": schema}}}))[1]["x"]


def test_without_functions_it_echoes(make_view):
    assert said(make_view("Are you there?")) == "You said: Are you there?"
    assert said(make_view("")) == "Hello."


@pytest.mark.parametrize(
    "user, settings, name",
    [
        ("Hi", {}, "get_weather"),
        ("call get_time please", {}, "get_time"),
        ("Hi", {"tool_choice": "required"}, "get_weather"),
        ("Hi", {"tool_choice": {"type": "function", "function": {"name": "get_time"}}}, "get_time"),
        ("Hi", {"tool_choice": {"type": "function", "function": {"name": "undeclared"}}}, "undeclared"),
    ],
)
def test_which_function_is_called(make_view, user, settings, name):
    assert called(make_view(user, functions=FUNCTIONS, settings=settings)) == (name, {})


def test_no_function_is_called_where_none_may_be(make_view):
    assert said(make_view("Hi", functions=FUNCTIONS, settings={"tool_choice": "none"})) == "You said: Hi"


CODE, SEARCH = run_code("print('Hello.')", logs="Hello."), search_files("Hi")
BUILTIN = [{"type": "code_interpreter"}, {"type": "file_search"}]


@pytest.mark.parametrize(
    "choice, tools, turn",
    [
        ({"type": "code_interpreter"}, [], CODE),
        ({"type": "file_search"}, BUILTIN, SEARCH),
        ("required", BUILTIN, CODE),
        ("required", BUILTIN[1:], SEARCH),
        ("auto", BUILTIN, say("You said: Hi")),
        ("required", [], say("You said: Hi")),
    ],
)
def test_a_built_in_tool_is_used_where_it_must_be(make_view, choice, tools, turn):
    view = make_view("Hi", settings={"tool_choice": choice})
    view.run["tools"] = tools
    assert AutoBrain().answer(view) == turn


@pytest.mark.parametrize("choice", ["required", *BUILTIN])
def test_a_tool_is_used_once(make_view, choice):
    view = make_view("Hi", settings={"tool_choice": choice}, tools_called=True)
    view.run["tools"] = BUILTIN
    assert said(view) == "You said: Hi"


def test_after_the_outputs_it_says_what_came_out(make_view):
    outputs = [Output("get_weather", "{}", "sunny"), Output("get_time", "{}", "noon")]
    view = make_view(functions=FUNCTIONS, outputs=outputs)
    assert said(view) == "get_weather answered: sunny get_time answered: noon"


SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.mark.parametrize(
    "wanted, value",
    [
        ({"type": "json_object"}, {"reply": "You said: Hi"}),
        ({"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}, {"city": "text"}),
        ({"type": "json_schema", "json_schema": {"name": "x"}}, "text"),
        ({"type": "text"}, "You said: Hi"),
    ],
)
def test_json_is_said_where_it_is_asked_for(make_view, wanted, value):
    assert json.loads(said(make_view("Hi", settings={"response_format": wanted}))) == value


@pytest.mark.parametrize(
    "schema, value",
    [
        ({"type": "string"}, "text"),
        ({"type": "integer"}, 1),
        ({"type": "number", "minimum": 3.5}, 3.5),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["integer", "null"]}, 1),
        ({"type": "string", "enum": ["C", "F"]}, "C"),
        ({"const": 7}, 7),
        ({"type": "integer", "default": 5}, 5),
        ({"type": "string", "examples": ["Lima"]}, "Lima"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, 1),
        ({"oneOf": [{"type": "boolean"}]}, True),
        ({"type": "array"}, ["text"]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"properties": {"y": {"type": "integer"}}}, {"y": 1}),
        ({"type": "object", "properties": {"y": {}, "z": {}}, "required": ["z"]}, {"z": "text"}),
        ({"type": "object"}, {}),
        ({"type": "strange"}, "text"),
        (True, "text"),
        ({}, "text"),
    ],
)
def test_values_fit_their_schema(make_view, schema, value):
    assert arguments(make_view, schema) == value


SCALARS = st.sampled_from(
    [{"type": kind} for kind in ("string", "integer", "number", "boolean", "null")]
    + [{"type": "string", "enum": ["C", "F"]}, {"type": "integer", "minimum": 9}, {"const": [1]}, {}]
)


def nested(inner):
    properties = st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    return st.one_of(
        st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 2)),
        st.builds(lambda given: {"type": "object", "properties": given}, properties),
        st.builds(lambda given: {"type": "object", "properties": given, "required": sorted(given)[:1]}, properties),
        st.builds(lambda one, two: {"anyOf": [one, two]}, inner, inner),
    )


@given(st.recursive(SCALARS, nested, max_leaves=8))
def test_arguments_are_valid_by_the_schema(make_view, schema):
    jsonschema.validate(arguments(make_view, schema), schema)


def test_it_always_says_the_same(make_view):
    view = make_view(functions={"f": SCHEMA})
    assert AutoBrain().answer(view) == AutoBrain().answer(view)


@pytest.mark.parametrize(
    "settings",
    [
        {"tool_choice": {"type": "function", "function": {"name": ""}}},
        {"response_format": {"type": "json_schema", "json_schema": None}},
    ],
)
def test_what_it_cannot_answer_is_a_refusal_that_says_so(make_view, settings):
    with pytest.raises(NoTurn, match=r"The brain 'auto' has no answer for run run_1, user text 'Hi': \w+Error: "):
        AutoBrain().answer(make_view("Hi", settings=settings))
