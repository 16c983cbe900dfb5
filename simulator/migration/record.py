"""What came of a conversation: what the model was shown turn by turn, what it answered, and what was done with that.

Nothing here depends on the Assistants API: the same models hold what a program on the Responses API did.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from ..backend.turns_json import turn_from_json
from ..errors import SimulatorError

FORM = 1


class Part(BaseModel):
    """What all parts of a record have in common: no key that means nothing, no guess at a type."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _checked_message(value: dict[str, str]) -> dict[str, str]:
    if len(value) != 1:
        raise ValueError("a message is {role: text}")
    return value


def _checked_turn(value: Any) -> Any:
    try:
        turn_from_json(value)
    except SimulatorError as error:
        raise ValueError(str(error)) from None
    return value


Message: TypeAlias = Annotated[dict[str, str], AfterValidator(_checked_message)]
Answer: TypeAlias = Annotated[Any, AfterValidator(_checked_turn), WithJsonSchema({})]


class Tool(Part):
    """A function that the model may call, as it is shown to it.

    Args:
        strict: as it holds: the default of the surface, where the program says nothing.
    """

    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    strict: bool = False


class Shown(Part):
    """What the model was shown.

    Args:
        settings: see `settings.py`; what is not in it has the value that both surfaces give it.
        hosted: the tools that are no functions, by their types.
        files: how many files the tools can reach.
    """

    instructions: str = ""
    model: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    tools: dict[str, Tool] = Field(default_factory=dict)
    hosted: list[str] = Field(default_factory=list)
    files: int = 0
    messages: list[Message] = Field(default_factory=list)


class Output(Part):
    """What a call was answered with.

    Args:
        arguments: parsed; the text where it is no JSON.
        output: the exact text.
    """

    call: str
    arguments: Any = None
    output: str


class ModelTurn(Part):
    """The model was asked once.

    Args:
        outputs: what its earlier calls were answered with, those that it had seen before left out.
        answers: in the form of turns in scenarios.
    """

    shown: Shown
    outputs: list[Output] = Field(default_factory=list)
    answers: Answer


class Refused(Part):
    """A request that the API refused, though no fault had been planned for it."""

    request: str
    status: int
    code: str | None = None
    message: str = ""


class Watched(Part):
    """A callable that the test watches was called, and returned or raised."""

    call: str
    returned: Any = None
    raised: str | None = None


class UserTurn(Part):
    """Somebody said something, and what came of it.

    Args:
        conversation: whose it is, or its number in the order of appearance.
        reply: what the app returned; None where nobody knows, or where it failed.
        error: how the app failed.
    """

    conversation: str
    user: str
    model: list[ModelTurn] = Field(default_factory=list)
    watched: list[Watched] = Field(default_factory=list)
    refused: list[Refused] = Field(default_factory=list)
    reply: Any = None
    error: str | None = None


class Record(Part):
    """What came of a test, or of a scenario.

    Args:
        of: the id of the test, or the title of the scenario.
        surface: of the API: `assistants`, `responses`, both, or none where no model was asked.
    """

    record: int = Field(default=FORM, ge=FORM, le=FORM)
    of: str
    surface: str = ""
    turns: list[UserTurn] = Field(default_factory=list)


def pairs(shown: Shown) -> list[tuple[str, str]]:
    """Return the messages as (role, text)."""
    return [next(iter(message.items())) for message in shown.messages]


def answered_calls(answer: Any) -> list[tuple[str, Any]]:
    """Return the calls in an answer, as (function, arguments); arguments that are no JSON object as their text."""
    if not isinstance(answer, Mapping):
        return []
    calls = [answer["call"]] if "call" in answer else answer.get("calls") or []
    return [_call(one) for one in calls]


def _call(value: Mapping[str, Any]) -> tuple[str, Any]:
    ((name, arguments),) = value.items()
    return (arguments["name"], arguments["text"]) if name == "raw_call" else (name, arguments or {})


def parsed(text: str) -> Any:
    """Return JSON text as a value; what is no JSON as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def canonical(value: Any) -> str:
    """Return a JSON value as text that is equal where the values are."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
