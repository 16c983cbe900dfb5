"""Schemas as pydantic writes them: what `test_auto` does not draw."""

from __future__ import annotations

import enum
import json
from typing import Annotated, Literal

import jsonschema
import pytest
from pydantic import BaseModel, Field

from simulator.brains.examples import example


class Colour(enum.Enum):
    RED = "red"


class Node(BaseModel):
    number: int = Field(gt=3, le=9)
    children: list[Node]
    colour: Colour
    parent: Node | None
    name: str = Field(min_length=7)
    weight: Annotated[float, Field(multiple_of=5, ge=12)]
    kind: Literal["leaf"]
    either: int | str


def test_a_schema_that_refers_to_itself_gets_a_finite_value_that_fits():
    schema = Node.model_json_schema()
    value = example(schema)
    jsonschema.validate(value, schema)
    assert value["colour"] == "red"
    assert value["children"][0]["name"] == "textxxx"


@pytest.mark.parametrize(
    "schema, value",
    [
        ({"allOf": [{"type": "integer"}, {"maximum": -2}]}, -2),
        ({"type": "number", "exclusiveMaximum": 0}, -1.0),
        ({"type": "integer", "exclusiveMinimum": 4}, 5),
        ({"type": "integer", "multipleOf": 4, "minimum": 9}, 12),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"allOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"b": {}}}]}, {"a": 1}),
        ({"$ref": "#/nowhere"}, "text"),
        ({"$ref": "#"}, "text"),
        ({"anyOf": [{"anyOf": [{"type": "integer"}]}, {"type": "string"}]}, 1),
    ],
)
def test_bounds_and_combinations(schema, value):
    assert example(schema) == value


@pytest.mark.parametrize(
    "schema, value",
    [
        ({"type": "integer", "minimum": None}, 1),
        ({"type": "number", "multipleOf": 0}, 1.0),
        ({"type": "number", "exclusiveMinimum": True, "minimum": 2}, 2),
        ({"type": "string", "minLength": None, "maxLength": "3"}, "text"),
        ({"type": "string", "minLength": 5.0}, "textx"),
        ({"type": []}, "text"),
        ({"type": [{}]}, "text"),
        ({"type": {}}, "text"),
        ({"enum": {"x": 1}, "examples": 5}, "text"),
        ({"type": "object", "properties": [], "required": [5]}, {}),
        ({"type": "array", "minItems": -1}, ["text"]),
        ({"$ref": 5, "anyOf": 5, "allOf": {}}, "text"),
    ],
)
def test_keywords_of_a_wrong_type_are_passed_over(schema, value):
    assert example(schema) == value


@pytest.mark.parametrize(
    "name, pointer", [("a/b", "a~1b"), ("a~b", "a~0b"), ("~1", "~01"), ("a b", "a%20b"), ("é/", "%C3%A9~1")]
)
def test_pointers_are_unescaped(name, pointer):
    assert example({"$defs": {name: {"type": "integer"}}, "$ref": f"#/$defs/{pointer}"}) == 1


@pytest.mark.parametrize("key", ["$ref", "allOf", "anyOf", "oneOf"])
def test_schemas_that_only_refer_to_each_other_end(key):
    def to(name):
        reference = {"$ref": f"#/$defs/{name}"}
        return reference if key == "$ref" else {key: [reference]}

    assert example({"$defs": {"A": to("B"), "B": to("A")}, **to("A")}) == "text"


def test_a_value_is_not_longer_than_memory_allows():
    assert len(example({"type": "array", "minItems": 10**12})) == 100
    assert len(example({"type": "string", "minLength": 10**12})) == 10_000


def test_a_schema_that_grows_at_each_level_ends_soon():
    node = {"type": "object", "properties": {name: {"$ref": "#"} for name in "abcdefghi"}}
    assert json.dumps(example(node)).count("{}") == 9**3
    hopeless = {**node, "required": list("abcdefghi")}
    assert json.dumps(example(hopeless)).count(":") < 20_000


def test_a_schema_that_no_finite_value_fits_gets_one_that_ends():
    schema = {"$defs": {"a": {"type": "object", "properties": {"x": {"$ref": "#/$defs/a"}}, "required": ["x"]}}}
    value = example({**schema, "$ref": "#/$defs/a"})
    depth = 0
    while isinstance(value, dict):
        value, depth = value["x"], depth + 1
    assert depth == 30
