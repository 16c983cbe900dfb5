"""Answers that break what a run asks for are the test's mistake."""

import pytest

from simulator.backend.turns import (
    call,
    call_tools,
    fail,
    finish,
    hang,
    image,
    incomplete,
    refusal,
    run_code,
    say,
    search_files,
)
from simulator.brains.contract import breach
from simulator.brains.scripted import ScriptedBrain, pieces_of
from simulator.errors import NoTurn

CALL, TWO, CODE, SEARCH = call_tools(call("f")), call_tools(call("f"), call("g")), run_code("1"), search_files("q")
SAID, MORE = say("Hello."), say("Hello.", more=True)
ENDS = [fail("server_error"), incomplete("content_filter", "so f"), finish(), hang()]
JSON = {"type": "json_object"}


def schema(value, **fields):
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": value, **fields}}


CITY = schema({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
F = {"type": "function", "function": {"name": "f"}}

KEPT = [
    *(({}, turn) for turn in (CALL, TWO, CODE, SEARCH, SAID, MORE, *ENDS)),
    *(({"tool_choice": "auto", "parallel_tool_calls": True}, turn) for turn in (CALL, TWO, CODE, SAID)),
    *(({"tool_choice": "none"}, turn) for turn in (SAID, MORE, *ENDS)),
    *(({"tool_choice": "required"}, turn) for turn in (CALL, TWO, CODE, SEARCH, *ENDS)),
    *(({"tool_choice": F}, turn) for turn in (CALL, call_tools(call("f"), call("f", x=1)), *ENDS)),
    ({"tool_choice": {"type": "code_interpreter"}}, CODE),
    ({"tool_choice": {"type": "file_search"}}, SEARCH),
    *(({"parallel_tool_calls": False}, turn) for turn in (CALL, CODE, SAID, *ENDS)),
    *(({"response_format": form}, SAID) for form in ("auto", {"type": "text"}, None, {"type": "other"})),
    *(({"response_format": JSON}, turn) for turn in (say("{}"), say('{"a":', " 1}"), CALL, *ENDS)),
    ({"response_format": JSON}, say("no JSON", off_format=True)),
    ({"response_format": JSON}, say()),
    ({"response_format": JSON}, say(image("file-1"))),
    ({"response_format": CITY}, say('{"city": "Paris"}')),
    ({"response_format": CITY}, say(refusal("No."))),
    ({"response_format": CITY}, say("I ", refusal("No."))),
    ({"response_format": CITY}, say('{"city": 1}', off_format=True)),
    ({"response_format": schema(None)}, say("1")),
    ({"response_format": {"type": "json_schema", "json_schema": None}}, say("1")),
]


@pytest.mark.parametrize("settings, turn", KEPT)
def test_an_answer_that_fits(make_view, settings, turn):
    assert breach(make_view(settings=settings), turn) is None


TWO_AT_ONCE = "It has parallel_tool_calls=False, and these are 2 calls at once. Script one after another."
NO_TOOL = "It has tool_choice='none', and this calls a tool. Script say(…)."
TOO_EARLY = "It has tool_choice='required', and this answers before any tool was called. Script a call first."
NOT_F = "It has a tool_choice that names f, and this does something else first. Script that call first."
HINT = "Script what fits; if the model is to break the format: say(…, off_format=True)."


def off(kind, problem):
    return f"Its response_format is {kind}, and {problem}. {HINT}"


BROKEN = [
    ({"parallel_tool_calls": False}, TWO, TWO_AT_ONCE),
    *(({"tool_choice": "none"}, turn, NO_TOOL) for turn in (CALL, TWO, CODE, SEARCH)),
    *(({"tool_choice": "required"}, turn, TOO_EARLY) for turn in (SAID, MORE)),
    *(({"tool_choice": F}, turn, NOT_F) for turn in (SAID, TWO, CODE, call_tools(call("g")))),
    ({"tool_choice": {"type": "file_search"}}, CODE, NOT_F.replace("names f", "names file_search")),
    (
        {"response_format": JSON},
        SAID,
        off("json_object", "the text is no JSON: Expecting value: line 1 column 1 (char 0)"),
    ),
    ({"response_format": JSON}, say("[1]"), off("json_object", "the text is JSON, but no object")),
    (
        {"response_format": CITY},
        SAID,
        off("json_schema", "the text is no JSON: Expecting value: line 1 column 1 (char 0)"),
    ),
    (
        {"response_format": CITY},
        say('{"city": 1}'),
        off("json_schema", "the text breaks the schema at $.city: 1 is not of type 'string'"),
    ),
    (
        {"response_format": CITY},
        say("{}"),
        off("json_schema", "the text breaks the schema at $: 'city' is a required property"),
    ),
]


@pytest.mark.parametrize("settings, turn, problem", BROKEN)
def test_an_answer_that_breaks_what_is_asked_for(make_view, settings, turn, problem):
    assert breach(make_view(settings=settings), turn) == problem


@pytest.mark.parametrize("wrong", [{"type": "nonsense"}, {"$ref": "http://localhost:1/x"}, {"$ref": "#/$defs/none"}])
def test_a_schema_that_cannot_be_used_is_told(make_view, wrong):
    problem = breach(make_view(settings={"response_format": schema(wrong)}), say("1"))
    assert problem.startswith("Its response_format is json_schema, and its schema cannot be used: ")


def test_json_that_is_too_deep_is_told(make_view):
    assert "no JSON" in breach(make_view(settings={"response_format": JSON}), say("[" * 100_000))


@pytest.mark.parametrize("choice", ["required", F, {"type": "file_search"}])
@pytest.mark.parametrize("turn", [SAID, CODE, CALL])
def test_once_a_tool_was_called_the_choice_is_free(make_view, choice, turn):
    assert breach(make_view(settings={"tool_choice": choice}, tools_called=True), turn) is None


@pytest.mark.parametrize("repeat", [False, True])
def test_a_piece_that_breaks_it_is_told_and_not_used_up(make_view, repeat):
    brain = ScriptedBrain()
    brain.add(pieces_of(["Hello."], when=None, repeat=repeat))
    before = brain.to_json()
    with pytest.raises(NoTurn, match=r"^Run run_1 of thread_1, user text 'Hello\?': it cannot be answered with say"):
        brain.answer(make_view(settings={"response_format": JSON}))
    assert brain.to_json() == before
    assert brain.answer(make_view()) == SAID


def test_the_rest_of_a_piece_is_not_used_up_either(make_view):
    brain = ScriptedBrain()
    brain.add(pieces_of([call("f"), "Hello."], when=None))
    settings = {"response_format": JSON}
    assert brain.answer(make_view(settings=settings)) == CALL
    with pytest.raises(NoTurn, match="no JSON"):
        brain.answer(make_view(settings=settings))
    assert brain.answer(make_view()) == SAID


def test_other_brains_are_judged_too(make_view):
    class Talker:
        def answer(self, view):
            return say("Hello.")

    with pytest.raises(NoTurn, match="no JSON"):
        ScriptedBrain(Talker()).answer(make_view(settings={"response_format": JSON}))
