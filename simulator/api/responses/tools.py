"""The tools of a request as the response shows them, and whether they, the choice and the format go together.

Functions are strict unless the request says otherwise. Where it says nothing, their schema is made strict: every
property becomes required and no other is allowed (documented). So the model is shown another schema than the
Assistants API showed it, where functions were not strict unless asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...backend.objects import NO_PARAMETERS, JsonDict
from ..combinations import check_schema
from ..refusals.parameters import DuplicateFunction
from ..refusals.responses import UndeclaredTool

_USUAL_RANKING = {"ranker": "auto", "score_threshold": 0.0}


def as_shown(tools: Sequence[Mapping[str, Any]]) -> list[JsonDict]:
    """Return the tools of a request as the response shows them.

    Raises:
        DuplicateFunction: two functions have one name.
        InvalidSchema: a function is strict by request, and its schema is not.
    """
    names: set[str] = set()
    shown = []
    for index, tool in enumerate(tools):
        if tool["type"] == "function":
            if tool["name"] in names:
                raise DuplicateFunction(index)
            names.add(tool["name"])
            shown.append(_function(tool, index))
        else:
            shown.append(_SHOWN[tool["type"]](tool))
    return shown


def check_choice(choice: Any, tools: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a choice of something that is none of the tools.

    Raises:
        UndeclaredTool: that is so.
    """
    if not isinstance(choice, Mapping):
        return
    if not any(tool["type"] == choice["type"] and tool.get("name") == choice.get("name") for tool in tools):
        raise UndeclaredTool(choice["type"])


def check_format(text: Mapping[str, Any]) -> None:
    """Refuse a schema for the answer that is not strict, unless it need not be.

    Raises:
        InvalidSchema: that is so.
    """
    wanted = text.get("format", {})
    if wanted.get("type") == "json_schema" and wanted.get("strict", True):
        check_schema(
            wanted["schema"], f"response_format '{wanted['name']}'", "text.format.schema", "invalid_json_schema"
        )


def _function(tool: Mapping[str, Any], index: int) -> JsonDict:
    strict, parameters = tool.get("strict"), tool.get("parameters")
    if parameters == {}:
        parameters = NO_PARAMETERS  # as recorded
    if strict and parameters is not None:
        where = f"tools[{index}].parameters"
        check_schema(parameters, f"function '{tool['name']}'", where, "invalid_function_parameters")
    if strict is None and parameters is not None:
        parameters = made_strict(parameters)
    return {
        "type": "function",
        "description": tool.get("description"),
        "name": tool["name"],
        "parameters": parameters,
        "strict": strict is not False,
    }


def made_strict(schema: Any) -> Any:
    """Return a schema in which every object has all its properties and no other."""
    if isinstance(schema, list):
        return [made_strict(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {key: value if key in _DATA else made_strict(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        made["required"] = list(schema["properties"])
        made["additionalProperties"] = False
    return made


# Values in a schema, which may look like schemas.
_DATA = frozenset({"const", "default", "enum", "examples"})


def _file_search(tool: Mapping[str, Any]) -> JsonDict:
    return {
        "type": "file_search",
        "filters": tool.get("filters"),
        "max_num_results": tool.get("max_num_results", 20),
        "ranking_options": {**_USUAL_RANKING, **tool.get("ranking_options", {})},
        "vector_store_ids": tool["vector_store_ids"],
    }


def _code_interpreter(tool: Mapping[str, Any]) -> JsonDict:
    return {"type": "code_interpreter", "container": tool["container"]}


_SHOWN = {"file_search": _file_search, "code_interpreter": _code_interpreter}
