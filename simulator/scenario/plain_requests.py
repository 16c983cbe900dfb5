"""What the plain loop sends: the assistant with its functions, and the outputs of calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .schema import Answer, Loop, Scenario, Step, Tool

_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")


def configuration(scenario: Scenario) -> Any:  # Any: the SDK's types for what it sends are unions of dicts
    """Return the assistant of a scenario, as it is created."""
    assistant = scenario.assistant
    tools = [_function(name, tool or Tool()) for name, tool in scenario.tools.items()]
    tools += [{"type": kind} for kind in ("code_interpreter", "file_search") if getattr(assistant, kind)]
    given = {key: getattr(assistant, key) for key in ("model", "name", "instructions", "response_format")}
    return {**{key: value for key, value in given.items() if value is not None}, "tools": tools}


def _function(name: str, tool: Tool) -> dict[str, Any]:
    function = {
        "name": name,
        "description": tool.description,
        "parameters": schema_of(tool.parameters),
        "strict": tool.strict,
    }
    return {"type": "function", "function": {key: value for key, value in function.items() if value is not None}}


def schema_of(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the JSON Schema of parameters; short they are `{location: string, unit: [C, F], days?: integer}`."""
    if parameters.get("type") == "object":
        return parameters
    properties = {name.removesuffix("?"): _property(value) for name, value in parameters.items()}
    required = [name for name in parameters if not name.endswith("?")]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _property(value: Any) -> Any:
    if isinstance(value, list):
        return {"enum": value}
    return {"type": value} if value in _TYPES else value if isinstance(value, dict) else {"description": str(value)}


def ways_of(scenario: Scenario, step: Step | None) -> Loop:
    """Return how a plain loop goes about a step: what the step says goes over what the whole says."""
    given = step.loop if step else None
    changes = {name: getattr(given, name) for name in given.model_fields_set} if given else {}
    return scenario.loop.model_copy(update=changes)


def attachable(scenario: Scenario) -> list[Mapping[str, str]]:
    """Return the tools that an attached file is for."""
    kinds = [kind for kind in ("file_search", "code_interpreter") if getattr(scenario.assistant, kind)]
    return [{"type": kind} for kind in kinds or ["file_search"]]


class Functions:
    """The functions of a scenario, when they are called."""

    def __init__(self, tools: Mapping[str, Tool | None]) -> None:
        self._tools = {name: tool or Tool() for name, tool in tools.items()}
        self._left = {name: list(tool.returns_for) for name, tool in self._tools.items()}

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def returned(self, name: str, arguments: dict[str, Any] | str) -> Any:
        """Return what a function returns.

        Raises:
            RuntimeError: it breaks, as the scenario says.
        """
        tool = self._tools[name]
        if tool.raises is not None:
            raise RuntimeError(tool.raises)
        fitting = [one for one in self._left[name] if one.arguments == arguments]
        return _outcome(self._taken(name, fitting)) if fitting else tool.returns

    def is_prepared_for(self, name: str, text: str) -> bool:
        """Tell whether the scenario says what comes of arguments that are no JSON object."""
        return any(one.arguments == text for one in self._left[name])

    def _taken(self, name: str, fitting: list[Answer]) -> Answer:
        if len(fitting) > 1:  # the last is for good
            self._left[name].remove(fitting[0])
        return fitting[0]


def _outcome(answer: Answer) -> Any:
    if answer.raises is not None:
        raise RuntimeError(answer.raises)
    return answer.returns


def text_of_output(value: Any) -> str:
    """Return what is submitted: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def result_of(
    functions: Functions, name: str, text: str, call: Callable[[str, dict[str, Any]], Any] | None = None
) -> Any:
    """Return what a function returns. What is wrong with a call is told to the model, which may mend it.

    Args:
        text: the arguments, as the model wrote them.
        call: calls a function that there is, with arguments that are a JSON object.
    """
    if name not in functions:
        return {"error": f"There is no function {name!r}."}
    if functions.is_prepared_for(name, text):
        return functions.returned(name, text)
    try:
        arguments = json.loads(text or "{}")
    except ValueError as error:
        return {"error": f"The arguments are not JSON: {error}."}
    if not isinstance(arguments, dict):
        return {"error": "The arguments are not a JSON object."}
    return call(name, arguments) if call is not None else returned(functions, name, arguments)


def returned(functions: Functions, name: str, arguments: dict[str, Any]) -> Any:
    """Return what a function returns, or that it broke, and how."""
    try:
        return functions.returned(name, arguments)
    except RuntimeError as error:  # as our functions break; an app's own may break with anything
        return {"error": str(error)}
