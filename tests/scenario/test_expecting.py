import json

import pytest

from simulator.backend.records import ToolCallRecord
from simulator.scenario.expecting import Happened, complaints
from simulator.scenario.schema import Expectations


def record(name, arguments, output=None, raw=None):
    text = json.dumps(arguments) if raw is None else raw
    return ToolCallRecord(
        id="call_1", name=name, arguments=arguments, raw=text, output=output, run_id="run_1", thread_id="thread_1"
    )


PARIS, LONDON = record("get_weather", {"location": "Paris", "days": 3}), record("get_weather", {"location": "London"})
BROKEN = record("get_weather", None, raw='{"loc')


def found(expected, **happened):
    return list(complaints(Expectations.model_validate(expected), Happened(**happened)))


@pytest.mark.parametrize(
    "expected, calls, problems",
    [
        (["get_weather"], [PARIS], []),
        ([{"get_weather": {"location": "Paris", "days": 3}}], [PARIS], []),
        ([{"get_weather": None}], [record("get_weather", {})], []),
        ([], [], []),
        ([], [LONDON], ['get_weather({"location": "London"}) was called, and no more calls were expected']),
        (["get_weather", "get_time"], [LONDON], ["get_time was not called"]),
        (["get_time"], [LONDON], ['call 1: get_weather({"location": "London"}) was called, and not get_time']),
        (
            [{"get_weather": {"location": "Paris"}}],
            [LONDON],
            ['call 1: get_weather({"location": "London"}) was called, and not with {"location": "Paris"}'],
        ),
        ([{"call": "get_weather", "subset": {"location": "Paris"}}], [PARIS], []),
        (
            [{"call": "get_weather", "subset": {"location": "Paris"}}],
            [LONDON],
            ['call 1: get_weather({"location": "London"}) was called, without {"location": "Paris"}'],
        ),
        ([{"call": "get_weather", "schema": {"required": ["days"]}}], [PARIS], []),
        (
            [{"call": "get_weather", "schema": {"required": ["days"]}}],
            [LONDON],
            ['call 1: get_weather({"location": "London"}) was called: \'days\' is a required property'],
        ),
        ([{"call": "get_weather", "matches": {"location": "^Lon"}}], [LONDON], []),
        (
            [{"call": "get_weather", "matches": {"location": "^Par"}}],
            [LONDON],
            ['call 1: get_weather({"location": "London"}) was called: location does not match \'^Par\''],
        ),
        (["get_weather"], [BROKEN], []),
        ([{"get_weather": {}}], [BROKEN], ["call 1: get_weather: its arguments '{\"loc' are no JSON object"]),
    ],
)
def test_calls_in_order(expected, calls, problems):
    assert found({"calls": expected}, calls=calls) == problems


def test_calls_in_any_order():
    both = [{"get_weather": {"location": "London"}}, {"call": "get_weather", "subset": {"days": 3}}]
    assert found({"calls_in_any_order": both}, calls=[PARIS, LONDON]) == []
    assert found({"calls_in_any_order": ["get_time"]}, calls=[PARIS]) == [
        "get_time was not called",
        'get_weather({"location": "Paris", "days": 3}) was called, and was not expected',
    ]
    assert found({"calls_in_any_order": [{"get_weather": {}}]}, calls=[LONDON]) == [
        'get_weather({"location": "London"}) was called, and not with {}'
    ]


def test_a_part_may_be_deep():
    call = record("f", {"a": {"b": [1], "c": 2}})
    assert found({"calls": [{"call": "f", "subset": {"a": {"b": [1]}}}]}, calls=[call]) == []
    assert found({"calls": [{"call": "f", "subset": {"a": {"b": []}}}]}, calls=[call]) != []


def test_outputs_are_compared_as_values():
    calls = [record("f", {}, '{"a": 1}'), record("g", {}, "text"), record("h", {})]
    assert found({"outputs": [{"f": {"a": 1}}, {"g": "text"}]}, calls=calls) == []
    assert found({"outputs": []}, calls=calls) == ['the outputs are [{"f": {"a": 1}}, {"g": "text"}], and not []']


TEXTS = [
    ({"contains": "b"}, "abc", []),
    ({"matches": "^a"}, "abc", []),
    ({"contains": "b", "matches": "d"}, "abc", ["the reply is 'abc', and not what contains 'b' and matches 'd'"]),
    ("abc", "abc", []),
    ("ab", "abc", ["the reply is 'abc', and not 'ab'"]),
    ("ab", None, ["the reply is None, and not a text"]),
]


@pytest.mark.parametrize("expected, reply, problems", TEXTS)
def test_replies(expected, reply, problems):
    assert found({"reply": expected}, reply=reply) == problems


@pytest.mark.parametrize(
    "expected, error, problems",
    [
        ("any", ValueError("x"), []),
        ({"contains": "x"}, ValueError("xyz"), []),
        ("x", ValueError("xyz"), ["the failure says 'xyz', and not 'x'"]),
        ("any", None, ["a failure was expected, and the reply is 'fine'"]),
    ],
)
def test_failures(expected, error, problems):
    assert found({"error": expected}, error=error, reply=None if error else "fine") == problems


def test_a_reply_is_not_missed_where_the_app_failed():
    assert found({"reply": "x"}, error=ValueError("y")) == []


def test_numbers_and_statuses():
    assert found({"at_most_requests": 3, "at_most_tokens": 9}, requests=3, tokens=9) == []
    assert found({"at_most_requests": 2}, requests=3) == ["3 requests, and at most 2 were expected"]
    assert found({"at_most_tokens": 8}, tokens=9) == ["9 tokens, and at most 8 were expected"]
    assert found({"assistants": {"statuses": ["queued"]}}) == ["the runs were none, and not queued"]


@pytest.mark.parametrize(
    "expected, happened, problems",
    [
        ({"at_most_seconds": 60}, {"seconds": 60.0}, []),
        ({"at_most_seconds": "1 min"}, {"seconds": 61.0}, ["61 virtual seconds passed, and at most 60 were expected"]),
        ({"heard": ["a", "b"]}, {"heard": ["a", "b"]}, []),
        ({"heard": ["a"]}, {"heard": ["a", "a"]}, ['the model heard ["a", "a"], and not ["a"]']),
        ({"heard": []}, {}, ["the model was not asked, and was to hear what the user says"]),
    ],
)
def test_time_and_what_was_heard(expected, happened, problems):
    assert found(expected, **happened) == problems


def test_of_long_texts_the_piece_that_differs_is_shown():
    same = "a" * 5_000
    (told,) = found({"reply": f"{same}b{same}"}, reply=f"{same}c{same}")
    assert told == f"the reply is …'{'a' * 20}c{'a' * 178}, and not …'{'a' * 20}b{'a' * 178}"


def test_a_long_pattern_is_cut():
    (told,) = found({"reply": {"matches": "|".join(map(str, range(10_000)))}}, reply="x")
    assert len(told) < 300
