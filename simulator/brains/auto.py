"""A brain for those who do not care what is said: plausible, and always the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..backend.brain import View
from ..backend.turns import Turn, as_turn, call, say

# A value for each type of JSON schema, where the schema gives no better one.
_EXAMPLES: Mapping[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None}


class AutoBrain:
    """Calls one function with arguments that fit its schema, then says what came out.

    The function is the one that `tool_choice` names, else the one whose name is in the user's text,
    else the first. With `tool_choice` "none", without functions, and after the outputs, it says a
    text, or a JSON value where `response_format` asks for one.
    """

    def answer(self, view: View) -> Turn:
        """Return the turn; there always is one."""
        name = _chosen_function(view)
        if name is not None and not view.outputs:
            return as_turn(call(name, **_example_object(view.functions.get(name, {}))))
        if isinstance(view.settings.get("response_format"), Mapping):
            return say(json.dumps(_json_reply(view), ensure_ascii=False))
        return say(_reply(view))


def _chosen_function(view: View) -> str | None:
    choice = view.settings.get("tool_choice")
    if isinstance(choice, Mapping):
        forced: str | None = choice.get("function", {}).get("name")
        return forced
    if choice == "none" or not view.functions:
        return None
    named = (name for name in view.functions if name in view.user)
    return next(named, next(iter(view.functions)))


def _reply(view: View) -> str:
    if view.outputs:
        return " ".join(f"{one.name} answered: {one.output}" for one in view.outputs)
    return f"You said: {view.user}" if view.user else "Hello."


def _json_reply(view: View) -> Any:
    wanted = view.settings["response_format"]
    if wanted.get("type") == "json_schema":
        return _example(wanted["json_schema"].get("schema", {}))
    return {"reply": _reply(view)} if wanted.get("type") == "json_object" else _reply(view)


def _example_object(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {name: _example(properties.get(name, {})) for name in schema.get("required", properties)}


def _example(schema: Any) -> Any:
    if not isinstance(schema, Mapping):  # `true` is a schema too
        return "text"
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if schema.get(key):
            return schema[key][0]
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return _example(schema[key][0])
    return _example_of_type(schema)


def _example_of_type(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return _example_object(schema)
    if kind == "array":
        return [_example(schema.get("items", {}))] * max(schema.get("minItems", 1), 1)
    if kind in ("integer", "number") and "minimum" in schema:
        return schema["minimum"]
    return _EXAMPLES.get(kind, "text")
