"""Arguments fit their schema, or just miss it."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import find, given, settings
from hypothesis.errors import NoSuchExample
from jsonschema import Draft202012Validator

from simulator.checks.arguments import arguments, malformed_arguments, near_misses
from simulator.errors import UsageError

WEATHER = {
    "type": "object",
    "properties": {
        "location": {"type": "string", "minLength": 1, "maxLength": 20},
        "unit": {"enum": ["C", "F"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["location"],
}


def of(**properties):
    return {"type": "object", "properties": properties, "required": list(properties)}


SCHEMAS = [
    {},
    {"type": "object", "properties": {}},
    WEATHER,
    of(x={"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
    of(x={"type": "integer", "minimum": 1.5, "exclusiveMaximum": 9}),
    of(x={"type": "integer", "multipleOf": 5, "minimum": 3, "maximum": 11}),
    of(x={"type": "number", "multipleOf": 0.5, "minimum": 0, "maximum": 2}),
    of(x={"type": ["string", "null"]}, y={"type": "boolean"}, z={"const": 7}),
    of(x={"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2, "uniqueItems": True}),
    of(x={"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}),
    of(x={"type": "string", "pattern": "^[a-z]{2}-\\d+$"}),
    of(x={"type": "string", "format": "date"}, y={"format": "email", "type": "string"}),
    of(
        x={"anyOf": [{"type": "string"}, of(y={"type": "integer"})]},
        z={"oneOf": [{"type": "integer"}, {"type": "null"}]},
    ),
    of(x={"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"required": ["a"]}]}),
    of(x={"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1}),
    of(x={"not": {"type": "string"}}),
    of(x={"items": {"type": "null"}}, y={"properties": {"a": {"type": "null"}}}, z={}),
    {
        **of(x={"$ref": "#/$defs/node"}),
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
    },
    {"properties": {"x": {"type": "integer"}}, "required": ["x"]},
]
QUICK = settings(max_examples=12, deadline=None, database=None)


@pytest.mark.parametrize("schema", SCHEMAS, ids=repr)
def test_arguments_fit_their_schema(schema):
    @QUICK
    @given(arguments(schema))
    def check(drawn):
        Draft202012Validator(schema).validate(drawn)
        assert json.loads(json.dumps(drawn)) == drawn

    check()


@pytest.mark.parametrize("schema", SCHEMAS, ids=repr)
def test_near_misses_are_valid_but_for_one_thing(schema):
    closed = Draft202012Validator({**schema, "additionalProperties": False})

    @QUICK
    @given(near_misses(schema))
    def check(drawn):
        assert not closed.is_valid(drawn)
        assert len({error.json_path for error in closed.iter_errors(drawn)}) == 1

    check()


@pytest.mark.parametrize("schema", SCHEMAS, ids=repr)
def test_malformed_arguments_are_no_json_object(schema):
    @QUICK
    @given(malformed_arguments(schema))
    def check(drawn):
        with contextlib.suppress(ValueError):
            assert not isinstance(json.loads(drawn), dict)

    check()


@pytest.mark.parametrize(
    "condition",
    [
        lambda drawn: "location" not in drawn,
        lambda drawn: drawn.get("days") == 0,
        lambda drawn: drawn.get("unit") == "text",
        lambda drawn: "undeclared" in drawn,
    ],
)
def test_each_kind_of_near_miss_comes(condition):
    drawn = find(near_misses(WEATHER), condition, settings=settings(database=None, max_examples=500))
    assert condition(drawn)


def test_arguments_shrink_to_what_is_read_at_a_glance():
    assert find(arguments(WEATHER), lambda _: True, settings=settings(database=None)) == {"location": "0"}
    assert find(arguments(WEATHER), lambda drawn: "days" in drawn, settings=settings(database=None))["days"] == 1
    assert find(malformed_arguments(WEATHER), lambda _: True, settings=settings(database=None)) == ""


def test_no_key_is_drawn_that_is_not_declared():
    with pytest.raises(NoSuchExample):
        find(arguments(WEATHER), lambda drawn: drawn.keys() - WEATHER["properties"].keys(), settings=QUICK)


@pytest.mark.parametrize(
    "schema,problem",
    [
        ({"type": "array"}, "a JSON schema of an object"),
        ("location", "a JSON schema of an object"),
        ({"type": "object", "properties": {"x": {"type": "text"}}}, "no JSON schema: 'text' is not valid"),
    ],
)
@pytest.mark.parametrize("strategy", [arguments, near_misses, malformed_arguments])
def test_what_is_no_schema_of_parameters_is_refused(strategy, schema, problem):
    with pytest.raises(UsageError, match=problem):
        strategy(schema)


def test_a_reference_that_leads_nowhere_is_told():
    with pytest.raises(UsageError, match="refer to '#/nowhere'"):
        find(arguments(of(x={"$ref": "#/nowhere"})), lambda _: True)
