"""One value that fits a JSON schema: the plainest that its author gives, always the same.

`hypothesis` would find values too, but not the same ones in every version; these end up in recorded
ids and outputs. Patterns and formats are not looked at: give an example or a default for those.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# Schemas may refer to themselves. Deeper down, arrays are as short as they may be and of several
# options the last is taken.
MAX_DEPTH = 6
# Only a schema that no finite value fits goes on.
HOPELESS_DEPTH = 30

_PLAIN: Mapping[str, Any] = {"string": "text", "boolean": True, "null": None}


def example(schema: Any) -> Any:
    """Return a value for `schema`; `$ref` points into the schema itself, as pydantic writes it."""
    return _example(schema, schema, 0)


def _example(schema: Any, root: Any, depth: int) -> Any:
    schema = _resolved(schema, root) if depth < HOPELESS_DEPTH else {}
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if schema.get(key):
            return schema[key][0]
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            option = schema[key][-1 if depth >= MAX_DEPTH else 0]  # the last is where `null` stands
            return _example({**schema, key: (), **_resolved(option, root)}, root, depth)
    return _of_type(schema, root, depth)


def _resolved(schema: Any, root: Any) -> Mapping[str, Any]:
    """Return a schema with what it refers to and all that must hold of it at once."""
    if not isinstance(schema, Mapping):  # `true` is a schema too
        return {}
    merged = dict(schema)
    reference = merged.pop("$ref", None)
    parts = [*([_pointed_at(root, reference)] if reference else []), *merged.pop("allOf", ())]
    for part in parts:
        merged = _both(merged, _resolved(part, root))
    return merged


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    properties = {**one.get("properties", {}), **other.get("properties", {})}
    required = [*one.get("required", ()), *other.get("required", ())]
    both = {**other, **one}
    return {
        **both,
        **({"properties": properties} if properties else {}),
        **({"required": required} if required else {}),
    }


def _pointed_at(root: Any, reference: str) -> Any:
    found = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        found = found.get(step, {}) if isinstance(found, Mapping) and step else found
    return {} if found is root else found


def _of_type(schema: Mapping[str, Any], root: Any, depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return _object(schema, root, depth)
    if kind == "array":
        count = max(schema.get("minItems", 0), 0 if depth >= MAX_DEPTH else 1)
        return [_example(schema.get("items", {}), root, depth + 1) for _ in range(count)]
    if kind in ("integer", "number"):
        return _number(schema, 1 if kind == "integer" else 1.0)
    if kind == "string":
        return _string(schema)
    return _PLAIN.get(kind, "text")


def _object(schema: Mapping[str, Any], root: Any, depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    names = schema.get("required", () if depth >= MAX_DEPTH else properties)
    return {name: _example(properties.get(name, {}), root, depth + 1) for name in names}


def _number(schema: Mapping[str, Any], usual: float) -> float:
    step: float = schema.get("multipleOf", usual)
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf) + step)
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf) - step)
    wanted: float = min(max(step, low), high)
    return math.ceil(wanted / step) * step if "multipleOf" in schema else wanted


def _string(schema: Mapping[str, Any]) -> str:
    text: str = _PLAIN["string"]
    text = text.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]
