"""One value that fits a JSON schema: the plainest that its author gives, always the same.

`hypothesis` would find values too, but not the same ones in every version; these end up in recorded
ids and outputs. Patterns and formats are not looked at: give an example or a default for those.
A keyword whose value is of a wrong type is passed over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

# Schemas may refer to themselves. Deeper down, arrays are as short as they may be and of several
# options the last is taken.
MAX_DEPTH = 3
# Only a schema that no finite value fits goes on; one that also branches would double at each level.
HOPELESS_DEPTH = 30
MAX_VALUES = 10_000
# A schema may ask for more than fits into memory: the value is then shorter than it says.
MAX_ITEMS = 100
MAX_LENGTH = 10_000

_PLAIN: Mapping[str, Any] = {"string": "text", "boolean": True, "null": None}
_OPTIONS = ("anyOf", "oneOf")


def example(schema: Any) -> Any:
    """Return a value for `schema`; `$ref` points into the schema itself, as pydantic writes it."""
    return _Maker(schema).value(schema, 0)


class _Maker:
    """Makes the values of one schema, and counts them."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = MAX_VALUES

    def value(self, schema: Any, depth: int) -> Any:
        self._left -= 1
        schema = self._resolved(schema, ()) if depth < HOPELESS_DEPTH and self._left > 0 else {}
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        for key in ("enum", "examples"):
            if schema.get(key):
                return schema[key][0]
        for key in _OPTIONS:
            if schema.get(key):
                option = self._resolved(schema[key][-1 if depth >= MAX_DEPTH else 0], ())  # `null` stands last
                deeper = any(one in option for one in _OPTIONS)  # an option may be the schema itself
                return self.value({**schema, key: [], **option}, depth + deeper)
        return self._of_type(schema, depth)

    def _resolved(self, schema: Any, seen: tuple[str, ...]) -> Mapping[str, Any]:
        """Return a schema with what it refers to and all that must hold of it at once."""
        if not isinstance(schema, Mapping):  # `true` is a schema too
            return {}
        merged = {key: value for key, value in schema.items() if _IS.get(key, _anything)(value)}
        reference = merged.pop("$ref", None)
        parts = merged.pop("allOf", [])
        if reference is not None and reference not in seen:  # else the chain bites its tail
            seen = (*seen, reference)
            parts = [_pointed_at(self._root, reference), *parts]
        for part in parts:
            merged = _both(merged, self._resolved(part, seen))
        return merged

    def _of_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            least = min(int(schema.get("minItems", 0)), MAX_ITEMS)
            count = max(least, 0 if depth >= MAX_DEPTH else 1)
            return [self.value(schema.get("items", {}), depth + 1) for _ in range(count)]
        if kind in ("integer", "number"):
            return _number(schema, 1 if kind == "integer" else 1.0)
        if kind == "string":
            return _string(schema)
        return _PLAIN.get(kind, "text")

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        names = schema.get("required", () if depth >= MAX_DEPTH else properties)
        return {name: self.value(properties.get(name, {}), depth + 1) for name in names}


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
    for escaped in reference.removeprefix("#").split("/")[1:]:
        step = unquote(escaped).replace("~1", "/").replace("~0", "~")  # RFC 6901, in this order
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _number(schema: Mapping[str, Any], usual: float) -> float:
    step: float = schema.get("multipleOf", usual)
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf) + step)
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf) - step)
    wanted: float = min(max(step, low), high)
    return math.ceil(wanted / step) * step if "multipleOf" in schema else wanted


def _string(schema: Mapping[str, Any]) -> str:
    text: str = _PLAIN["string"]
    text = text.ljust(min(int(schema.get("minLength", 0)), MAX_LENGTH), "x")
    return text[: int(schema.get("maxLength", len(text)))]


def _anything(value: object) -> bool:
    return True


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and math.isfinite(value)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_type(value: object) -> bool:
    return isinstance(value, str) or (_is_names(value) and value != [])


_IS: Mapping[str, Callable[[Any], bool]] = {
    "$ref": lambda value: isinstance(value, str),
    "type": _is_type,
    "properties": lambda value: isinstance(value, Mapping),
    "required": _is_names,
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "enum", "examples"), _is_list),
    **dict.fromkeys(("minItems", "minLength", "maxLength"), _is_count),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    "multipleOf": lambda value: _is_number(value) and value > 0,
}
