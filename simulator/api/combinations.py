"""What no single field shows: models, tools, formats and choices that cannot be served, alone or together.

`api/bodies.py` judges the shape of a body. What is judged here needs several fields, or a table, or a
schema inside a schema. A text whose source is not named is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..backend.models import can_be_used
from .refusals.parameters import (
    BuiltinToolWithSchema,
    DuplicateFunction,
    InvalidParameter,
    InvalidSchema,
    UndeclaredFunction,
    UnsupportedModel,
)

_ALL_REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."


def check_model(body: Mapping[str, Any]) -> None:
    """Refuse a model that the API never served, where a request names it; an unknown name is somebody's own.

    Raises:
        UnsupportedModel: it is one of those in `backend/models.py`.
    """
    if "model" in body and not can_be_used(body["model"]):
        raise UnsupportedModel(body["model"])


def check_assistant(fields: Mapping[str, Any]) -> None:
    """Refuse what the fields of an assistant, or of a run with those of its assistant, are together.

    Raises:
        DuplicateFunction: two functions have one name.
        InvalidSchema: a strict schema is not as strict ones must be.
        BuiltinToolWithSchema: a JSON schema for the answer beside a built-in tool (assistants-api.md 1.7).
    """
    tools = fields.get("tools") or ()
    if tools:
        _check_functions(tools)
    wanted = fields.get("response_format")
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return
    if any(tool["type"] != "function" for tool in tools):
        raise BuiltinToolWithSchema
    named = wanted.get("json_schema") or {}
    if named.get("strict") and "schema" in named:
        check_schema(named["schema"], f"response_format '{named['name']}'", "response_format", None)


def check_run(fields: Mapping[str, Any]) -> None:
    """Refuse what the fields of a run, with those of its assistant, are together.

    Raises:
        UndeclaredFunction: `tool_choice` names a function that there is not.
        InvalidParameter: the last messages are wanted, and not how many.
        Refusal: as `check_assistant`.
    """
    check_assistant(fields)
    choice = fields.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function":
        name = choice["function"]["name"]
        if name not in {function["name"] for _, function in _functions(fields.get("tools") or ())}:
            raise UndeclaredFunction(name)
    strategy = fields.get("truncation_strategy")
    if strategy and strategy["type"] == "last_messages" and "last_messages" not in strategy:
        path = "truncation_strategy.last_messages"
        raise InvalidParameter(f"Missing required parameter: '{path}'.", path, "missing_required_parameter")


def _functions(tools: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return ((index, tool["function"]) for index, tool in enumerate(tools) if tool["type"] == "function")


def _check_functions(tools: Sequence[Mapping[str, Any]]) -> None:
    names = set()
    for index, function in _functions(tools):
        name, parameters = function["name"], function.get("parameters")
        if name in names:
            raise DuplicateFunction(index)
        names.add(name)
        if function.get("strict") and parameters is not None:
            where = f"tools[{index}].function.parameters"
            check_schema(parameters, f"function '{name}'", where, "invalid_function_parameters")


def check_schema(schema: Any, of: str, param: str, code: str | None) -> None:
    """Refuse a schema that is to be strict and is not.

    Args:
        of: what it is the schema of, as in `function 'f'`.
        param: where it stands in the request.
        code: of the refusal.

    Raises:
        InvalidSchema: that is so.
    """
    problem = next(_problems(schema, ()), None)
    if problem is not None:
        context, text = problem
        raise InvalidSchema(of, context, text, param, code)


def _problems(schema: Any, context: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield where a strict schema is not strict, and why: the service's own words, the outermost first."""
    if not isinstance(schema, Mapping):
        return
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, Mapping):
        if schema.get("additionalProperties") is not False:
            yield context, "'additionalProperties' is required to be supplied and to be false."
        missing = _not_required(schema)
        if missing is not None:
            yield context, f"{_ALL_REQUIRED} Missing '{missing}'."
    for path, inner in _inside(schema):
        yield from _problems(inner, (*context, *path))


def _not_required(schema: Mapping[str, Any]) -> str | None:
    required = schema.get("required")
    names = required if isinstance(required, list) else ()
    properties = schema.get("properties")
    return next((name for name in properties if name not in names), None) if isinstance(properties, Mapping) else None


def _inside(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key in ("properties", "$defs", "definitions"):
        inner = schema.get(key)
        if isinstance(inner, Mapping):
            yield from (((key, name), one) for name, one in inner.items())
    if "items" in schema:
        yield ("items",), schema["items"]
    options = schema.get("anyOf")
    if isinstance(options, list):
        yield from ((("anyOf", str(index)), one) for index, one in enumerate(options))
