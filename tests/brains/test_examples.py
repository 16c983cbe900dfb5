"""Schemas as pydantic writes them: what `test_auto` does not draw."""

from __future__ import annotations

import enum
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


def test_a_schema_that_no_finite_value_fits_gets_one_that_ends():
    schema = {"$defs": {"a": {"type": "object", "properties": {"x": {"$ref": "#/$defs/a"}}, "required": ["x"]}}}
    value = example({**schema, "$ref": "#/$defs/a"})
    depth = 0
    while isinstance(value, dict):
        value, depth = value["x"], depth + 1
    assert depth == 30
