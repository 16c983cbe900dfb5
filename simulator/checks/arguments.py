"""Arguments of a function, for the JSON schema that its tool declares: such as fit it, and near misses.

The part of JSON Schema that tools use is read here; what else a schema asks for is filtered. hypothesis-jsonschema does
not do it: version 0.23.1, the last, calls private parts of Hypothesis that are no longer there (`many.more`:
AttributeError under 6.170), and gives objects keys that nobody declared, which no model sends.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import jsonschema
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jsonschema.validators import validator_for

from ..errors import UsageError

Schema: TypeAlias = Mapping[str, Any]
Values: TypeAlias = SearchStrategy[Any]
Change: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]

SIZE = 3
"""How many items, or free keys, are drawn where the schema sets no limit."""

# What is read below, and what says nothing about a value. A schema with other keys is filtered.
_READ = {
    *("$ref", "$defs", "definitions", "type", "enum", "const", "anyOf", "properties", "required", "items", "minItems"),
    *("maxItems", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("title", "description", "default", "examples", "example", "strict", "$schema", "$id", "nullable", "deprecated"),
}
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_TYPE_OF_KEY = {"properties": "object", "items": "array", "pattern": "string", "minLength": "string"}
_ODD: Sequence[Any] = ("", "text", None, 0, -1, 1.5, True, [], {}, ["text"])


def arguments(schema: Schema) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy of arguments that are valid for the schema of a tool's parameters.

    Raises:
        UsageError: the schema is none, or not one of an object.
    """
    validator = _validator(schema)
    drawn = _values({"type": "object", **schema}, schema)
    return drawn if _is_read(schema) else drawn.filter(validator.is_valid)


def near_misses(schema: Schema) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy of arguments that are not quite valid: a key is missing, too many, or has another's value.

    A key that is not declared counts as a miss, whatever the schema says of further keys.

    Raises:
        UsageError: as `arguments`.
    """
    return st.builds(lambda given, change: change(given), arguments(schema), st.sampled_from(misses(schema)))


def malformed_arguments(schema: Schema) -> SearchStrategy[str]:
    """Return a strategy of argument texts that are no JSON object, in the ways in which models miss it.

    Raises:
        UsageError: as `arguments`.
    """
    return st.one_of(
        st.sampled_from(NO_OBJECTS),
        st.builds(spoilt, arguments(schema), st.sampled_from(SPOILERS)),
    )


# Near misses.


def misses(schema: Schema) -> list[Change]:
    """Return the changes that make near misses of arguments that fit.

    Raises:
        UsageError: as `arguments`.
    """
    _validator(schema)
    properties: Mapping[str, Any] = schema.get("properties", {})
    needed = [name for name in schema.get("required", ()) if name in properties]
    odd = [_with(name, value) for name in properties for value in _misfits(properties[name], schema)]
    return [*map(_without, needed), _with(_new_name(properties), "text"), *odd]


def _without(name: str) -> Change:
    return lambda given: {key: value for key, value in given.items() if key != name}


def _with(name: str, value: Any) -> Change:
    return lambda given: {**given, name: value}


def _misfits(schema: Any, root: Schema) -> list[Any]:
    if not isinstance(schema, Mapping):
        return []
    validator = validator_for(root)({**_definitions(root), **schema})
    return [odd for odd in _ODD if not validator.is_valid(odd)]


def _new_name(properties: Mapping[str, Any]) -> str:
    name = "undeclared"
    while name in properties:
        name += "_"
    return name


NO_OBJECTS = ("", "[]", "null", '"text"', "{", "print('hello')")
SPOILERS: Sequence[Callable[[str], str]] = (
    lambda text: text[: max(1, len(text) // 2)],  # cut off at the token limit
    lambda text: text.replace('"', "“"),  # typographic quotes
    lambda text: f"```json\n{text}\n```",
    lambda text: text[:-1] + ",}",
    lambda text: text.replace('": ', '":\n"', 1),
    lambda text: text + text,
)


def spoilt(given: dict[str, Any], spoil: Callable[[str], str]) -> str:
    """Return a text that is no JSON object; where spoiling does nothing to it, its end is cut off."""
    text = json.dumps(given, ensure_ascii=False)
    spoilt = spoil(text)
    try:
        return text[:-1] if isinstance(json.loads(spoilt), dict) else spoilt
    except ValueError:
        return spoilt


# Reading schemas.


def _validator(schema: Any) -> Any:
    if not isinstance(schema, Mapping) or schema.get("type", "object") != "object":
        raise UsageError(f"The parameters of a tool are a JSON schema of an object, not {schema!r:.200}.")
    kind: Any = validator_for(schema)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise UsageError(f"The parameters of a tool are no JSON schema: {error.message} in {schema!r:.200}.") from None
    return kind(schema)


def _is_read(schema: Any) -> bool:
    """Tell whether `_values` reads all that a schema says."""
    if not isinstance(schema, Mapping):
        return True
    free = schema.get("additionalProperties", False)
    if isinstance(free, bool):
        schema = {key: value for key, value in schema.items() if key != "additionalProperties"}
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), schema.get("items")]
    parts += schema.get("$defs", {}).values()
    return schema.keys() <= _READ and all(map(_is_read, parts))


def _values(schema: Any, root: Schema) -> Values:
    """Return a strategy of values; what of a schema is not read here is for the filter."""
    if not isinstance(schema, Mapping):
        return st.nothing() if schema is False else _anything()
    if "$ref" in schema:
        return st.deferred(lambda: _values(_target(schema["$ref"], root), root))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            rest = {name: value for name, value in schema.items() if name != key}
            return st.one_of([_values(_merged(rest, one), root) for one in schema[key]])
    if "allOf" in schema:
        rest = {name: value for name, value in schema.items() if name != "allOf"}
        return _values(_merged(rest, *schema["allOf"]), root)
    types = _types_of(schema)
    drawn = st.one_of([_OF_TYPE[one](schema, root) for one in types])
    return st.none() | drawn if schema.get("nullable") else drawn


def _types_of(schema: Schema) -> Sequence[str]:
    given = schema.get("type")
    if isinstance(given, str):
        return (given,)
    if given is not None:
        return tuple(given)
    found = [kind for key, kind in _TYPE_OF_KEY.items() if key in schema]
    return found[:1] or ("string", "integer", "boolean", "null")


def _merged(*schemas: Any) -> dict[str, Any]:
    """Return one schema for several that all hold, as far as keys can be laid one over the other."""
    merged: dict[str, Any] = {}
    for schema in schemas:
        before = dict(merged)
        merged.update(schema if isinstance(schema, Mapping) else {})
        if "properties" in before:
            merged["properties"] = {**before["properties"], **merged["properties"]}
        if "required" in before:
            merged["required"] = [*before["required"], *merged["required"]]
    return merged


def _target(reference: str, root: Schema) -> Any:
    place: Any = root
    try:
        for part in reference.removeprefix("#").split("/")[1:]:
            place = place[part.replace("~1", "/").replace("~0", "~")]
    except (KeyError, TypeError):
        raise UsageError(f"The parameters of a tool refer to {reference!r}, which is not in the schema.") from None
    return place


def _definitions(root: Schema) -> dict[str, Any]:
    return {key: root[key] for key in ("$defs", "definitions") if key in root}


def _anything() -> Values:
    return st.text() | st.integers() | st.booleans() | st.none()


def _integers(schema: Schema, root: Schema) -> Values:
    step = schema.get("multipleOf", 1)
    if not float(step).is_integer():
        return st.integers(*_bounds(schema, 1))  # those that are multiples pass the filter
    return st.integers(*_bounds(schema, step)).map(lambda number: number * int(step))


def _bounds(schema: Schema, step: float) -> tuple[int | None, int | None]:
    """Return the least and the greatest whole number of steps that lie in the limits of a schema."""
    least = [math.ceil(schema["minimum"] / step)] if "minimum" in schema else []
    least += [math.floor(schema["exclusiveMinimum"] / step) + 1] if "exclusiveMinimum" in schema else []
    most = [math.floor(schema["maximum"] / step)] if "maximum" in schema else []
    most += [math.ceil(schema["exclusiveMaximum"] / step) - 1] if "exclusiveMaximum" in schema else []
    return max(least, default=None), min(most, default=None)


def _numbers(schema: Schema, root: Schema) -> Values:
    if "multipleOf" in schema:
        step = schema["multipleOf"]
        return st.integers(*_bounds(schema, step)).map(lambda number: number * step)
    return st.floats(
        schema.get("exclusiveMinimum", schema.get("minimum")),
        schema.get("exclusiveMaximum", schema.get("maximum")),
        exclude_min="exclusiveMinimum" in schema,
        exclude_max="exclusiveMaximum" in schema,
        allow_nan=False,
        allow_infinity=False,
    )


def _strings(schema: Schema, root: Schema) -> Values:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"])
    drawn = _FORMATS.get(schema.get("format", ""))
    if drawn is not None:
        return drawn()
    return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength"))


def _arrays(schema: Schema, root: Schema) -> Values:
    least = schema.get("minItems", 0)
    most = schema.get("maxItems", least + SIZE)
    first = [_values(one, root) for one in schema.get("prefixItems", ())]
    items = _values(schema.get("items", True), root)
    unique: Any = (lambda one: json.dumps(one, sort_keys=True)) if schema.get("uniqueItems") else None
    if first:
        return st.tuples(*first).map(list)
    return st.lists(items, min_size=least, max_size=most, unique_by=unique)


def _objects(schema: Schema, root: Schema) -> Values:
    properties, required = schema.get("properties", {}), schema.get("required", ())
    known = {name: _values(one, root) for name, one in properties.items()}
    needed = {name: known.get(name, _anything()) for name in required}
    others = {name: one for name, one in known.items() if name not in needed}
    drawn = st.fixed_dictionaries(needed, optional=others)
    free = schema.get("additionalProperties", False)
    if properties or free is False:
        return drawn
    least = schema.get("minProperties", 0)
    further = st.dictionaries(st.text(min_size=1), _values(free, root), min_size=least, max_size=max(SIZE, least))
    return st.builds(lambda more, given: {**more, **given}, further, drawn)


_OF_TYPE: Mapping[str, Callable[[Schema, Schema], Values]] = {
    "null": lambda schema, root: st.none(),
    "boolean": lambda schema, root: st.booleans(),
    "integer": _integers,
    "number": _numbers,
    "string": _strings,
    "array": _arrays,
    "object": _objects,
}

_FORMATS: Mapping[str, Callable[[], SearchStrategy[str]]] = {
    "date": lambda: st.dates().map(lambda one: one.isoformat()),
    "date-time": lambda: st.datetimes().map(lambda one: one.isoformat(timespec="seconds") + "Z"),
    "time": lambda: st.times().map(lambda one: one.isoformat(timespec="seconds") + "Z"),
    "email": st.emails,
    "uuid": lambda: st.uuids().map(str),
    "ipv4": lambda: st.ip_addresses(v=4).map(str),
    "ipv6": lambda: st.ip_addresses(v=6).map(str),
    "uri": lambda: st.just("https://example.com/"),
}
