"""What differs between two records: each kind is found, and nothing else with it."""

from __future__ import annotations

import pytest

from simulator.errors import BaselineError
from simulator.migration.comparing import compare
from simulator.migration.kinds import WHY, Kind
from simulator.migration.record import ModelTurn, Output, Record, Refused, Shown, Tool, UserTurn, Watched
from simulator.migration.report import COLUMNS

CALLS = {"calls": [{"get_weather": {"city": "Paris"}}, {"get_weather": {"city": "Rome"}}]}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city", "unit"]}


def old(**changes):
    """A record of a turn with two calls, and of one with an answer in words."""
    first, same = (shown(messages=[{"user": "Weather?"}]) for _ in range(2))
    second = shown(messages=[{"user": "Weather?"}, {"assistant": "Sunny."}, {"user": "Sure?"}])
    outputs = [
        Output(call="get_weather", arguments={"city": "Paris"}, output='{"sky": "blue"}'),
        Output(call="get_weather", arguments={"city": "Rome"}, output='{"sky": "red"}'),
    ]
    turns = [
        UserTurn(
            conversation="1",
            user="Weather?",
            model=[
                ModelTurn(shown=first, answers=CALLS),
                ModelTurn(shown=same, outputs=outputs, answers={"say": "Sunny."}),
            ],
            reply="Sunny.",
        ),
        UserTurn(
            conversation="1", user="Sure?", model=[ModelTurn(shown=second, answers={"say": "Quite."})], reply="Quite."
        ),
    ]
    return Record(of="test", surface="assistants", turns=turns).model_copy(update=changes)


def shown(**given):
    tool = Tool(description="The weather.", parameters=SCHEMA)
    return Shown(**{"instructions": "Be kind.", "model": "gpt-4o", "tools": {"get_weather": tool}, **given})


def new(change):
    record = old().model_copy(deep=True)
    change(record)
    return record


def everywhere(change):
    def apply(record):
        for turn in record.turns:
            for asked in turn.model:
                change(asked.shown)

    return apply


def set_to(name, value):
    return everywhere(lambda one: setattr(one, name, value))


def tool(**changes):
    return everywhere(lambda one: one.tools.update(get_weather=one.tools["get_weather"].model_copy(update=changes)))


def setting(name, value):
    return everywhere(lambda one: one.settings.update({name: value}))


def messages(change):
    return lambda record: change(record.turns[1].model[0].shown.messages)


def turn(number, **changes):
    return lambda record: [setattr(record.turns[number - 1], key, value) for key, value in changes.items()]


def stop_after(asked):
    def apply(record):
        record.turns[0].model[asked:] = []
        record.turns[0].reply = ""

    return apply


def refused(message, code=None):
    def apply(record):
        record.turns[1].model = []
        record.turns[1].refused = [Refused(request="responses.create", status=400, code=code, message=message)]
        record.turns[1].reply, record.turns[1].error = None, f"BadRequestError: {message}"

    return apply


def other_output(record):
    record.turns[0].model[1].outputs[1].output = "{'sky': 'red'}"


def one_output(record):
    del record.turns[0].model[1].outputs[1]


def asked_again(record):
    record.turns[1].model.append(record.turns[1].model[0])


DIFFERENCES = [
    (set_to("instructions", ""), Kind.INSTRUCTIONS_LOST, ""),
    (set_to("instructions", "Be rude."), Kind.INSTRUCTIONS_CHANGED, ""),
    (set_to("model", "gpt-5"), Kind.MODEL_CHANGED, ""),
    (messages(lambda found: found.__delitem__(slice(0, 2))), Kind.HISTORY_LOST, ""),
    (messages(lambda found: found.insert(0, {"user": "Weather?"})), Kind.HISTORY_REPEATED, ""),
    (messages(lambda found: found.insert(0, {"user": "Who am I?"})), Kind.HISTORY_ADDED, ""),
    (messages(lambda found: found.reverse()), Kind.HISTORY_CHANGED, ""),
    (set_to("tools", {}), Kind.TOOL_LOST, "get_weather"),
    (everywhere(lambda one: one.tools.update(more=Tool())), Kind.TOOL_ADDED, "more"),
    (set_to("hosted", ["file_search"]), Kind.TOOL_ADDED, "file_search"),
    (tool(description=""), Kind.TOOL_DESCRIPTION, "get_weather"),
    (tool(parameters={**SCHEMA, "required": ["city"]}), Kind.TOOL_SCHEMA, "get_weather"),
    (tool(strict=True), Kind.TOOL_STRICTNESS, "get_weather"),
    (set_to("files", 1), Kind.FILES_CHANGED, ""),
    (setting("response_format", "json_object"), Kind.FORMAT_CHANGED, "response_format"),
    (setting("tool_choice", "required"), Kind.TOOL_CHOICE_CHANGED, "tool_choice"),
    (setting("parallel_tool_calls", False), Kind.PARALLEL_CALLS_CHANGED, "parallel_tool_calls"),
    (setting("temperature", 0.2), Kind.SAMPLING_CHANGED, "temperature"),
    (setting("max_output_tokens", 200), Kind.BUDGET_CHANGED, "max_output_tokens"),
    (setting("truncation", "disabled"), Kind.TRUNCATION_CHANGED, "truncation"),
    (stop_after(1), Kind.CALL_UNANSWERED, "get_weather"),
    (one_output, Kind.CALL_UNANSWERED, "get_weather"),
    (other_output, Kind.OUTPUT_CHANGED, "get_weather"),
    (turn(2, model=[]), Kind.ASKED_LESS, ""),
    (asked_again, Kind.ASKED_MORE, ""),
    (refused("No tool output found for function call call_….", "x"), Kind.CALL_UNANSWERED, ""),
    (
        refused("No tool call found for function call output with call_id call_…."),
        Kind.OUTPUT_ORPHANED,
        "responses.create",
    ),
    (
        refused("Previous response with id 'resp_…' not found.", "previous_response_not_found"),
        Kind.CHAIN_BROKEN,
        "responses.create",
    ),
    (refused("Another process …", "conversation_locked"), Kind.CONVERSATION_LOCKED, "responses.create"),
    (refused("Unknown parameter: 'messages'."), Kind.REQUEST_REFUSED, "responses.create"),
    (turn(1, reply='{"sky": "blue"}'), Kind.REPLY_MISREAD, ""),
    (turn(1, reply="Sun"), Kind.REPLY_MISREAD, ""),
    (turn(2, reply="Weather?"), Kind.REPLY_MISREAD, ""),
    (turn(1, reply=None), Kind.REPLY_MISREAD, ""),
    (turn(1, reply="I do not know."), Kind.REPLY_CHANGED, ""),
    (turn(1, reply=None, error="KeyError: 'city'"), Kind.FAILURE_ADDED, ""),
    (turn(1, watched=[Watched(call="get_weather", returned=1)]), Kind.WATCHED_CHANGED, "get_weather"),
    (lambda record: record.turns.pop(), Kind.TURN_LOST, ""),
    (lambda record: record.turns.append(record.turns[1]), Kind.TURN_ADDED, ""),
]


@pytest.mark.parametrize("change,kind,about", DIFFERENCES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_difference_is_named_once_a_turn_and_alone(change, kind, about):
    found = compare(old(), new(change))
    assert {(one.kind, one.about) for one in found} == {(kind, about)}
    assert len(found) == len({one.turn for one in found})
    assert all(one.old != one.new or kind == Kind.TOOL_ADDED for one in found)


def failing(error):
    return new(turn(1, reply=None, error=error))


@pytest.mark.parametrize(
    "before,after,kind",
    [
        (failing("RunEnded: incomplete"), old(), Kind.FAILURE_SWALLOWED),
        (failing("RunEnded: incomplete"), failing("KeyError: 'x'"), Kind.FAILURE_CHANGED),
        (new(one_output), old(), Kind.CALL_ADDED),
        (new(setting("max_output_tokens", 200)), old(), Kind.BUDGET_LOST),
        (new(setting("max_prompt_tokens", 200)), old(), Kind.BUDGET_LOST),
        (
            old(),
            new(
                lambda record: (
                    setattr(record.turns[1].model[0], "answers", {"say": "No."})
                    or asked_again(record)
                    or setattr(record.turns[0].model[0].shown, "model", "x")
                )
            ),
            Kind.ANSWER_CHANGED,
        ),
    ],
)
def test_a_difference_that_goes_one_way_is_named(before, after, kind):
    assert kind in {one.kind for one in compare(before, after)}


def test_every_kind_is_tried_here_and_explained_and_has_a_column():
    tried = {kind for _, kind, _ in DIFFERENCES} | {
        *(Kind.FAILURE_SWALLOWED, Kind.FAILURE_CHANGED, Kind.CALL_ADDED, Kind.BUDGET_LOST, Kind.ANSWER_CHANGED)
    }
    assert tried == set(Kind)
    assert list(WHY) == list(Kind)
    assert sorted(kind for kinds in COLUMNS.values() for kind in kinds) == sorted(Kind)


def reordered(record):
    record.turns[0].model[0].answers = {"calls": CALLS["calls"][::-1]}
    record.turns[0].model[1].outputs.reverse()
    record.turns[0].model[1].outputs[0].output = '{"sky":"red"}'
    for asked in record.turns[0].model:
        properties = {"unit": {}, **SCHEMA["properties"]}
        del properties["unit"]
        asked.shown.tools["get_weather"].parameters = {
            "required": ["unit", "city"],
            "properties": properties,
            "type": "object",
        }


def told_by_a_message(record):
    for turn in record.turns:
        for asked in turn.model:
            asked.shown.instructions = ""
            asked.shown.messages.insert(0, {"developer": "Be kind."})


@pytest.mark.parametrize("change", [lambda record: None, reordered, told_by_a_message])
def test_what_means_the_same_is_no_difference(change):
    assert compare(old(), new(change)) == []


def test_two_scripts_are_refused():
    def other(record):
        record.turns[1].model[0].answers = {"say": "No."}
        record.turns[1].reply = "No."

    with pytest.raises(BaselineError, match=r"had different scripts\. In turn 2 \('Sure\?'\).*answer 1 is"):
        compare(old(), new(other))
