"""What requests of version 1 may hold, as `api/bodies.py` says it of version 2.

Fields, roles and limits are those of the last SDK that speaks version 1 (openai-python 1.20.0, April
2024): by then a message could be the assistant's, and texts be 256,000 characters long. An assistant's
`temperature`, `top_p` and `response_format` are shown in the recordings of that month, so they are taken.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, with_config
from typing_extensions import TypedDict

from ..bodies import (
    CodeInterpreterTool,
    Description,
    FunctionChoice,
    JsonObjectFormat,
    LongText,
    Name,
    Temperature,
    TextFormat,
    TopP,
    Truncation,
    tag_by_type,
    tag_text_or_type,
)

_checked = with_config(ConfigDict(extra="forbid", strict=True, defer_build=True))


def _as_text(value: object) -> object:
    """Return numbers and booleans as Python prints them: `true` became `"True"` (recorded, 2023-11 to 2024-04-27)."""
    return str(value) if isinstance(value, bool | int | float) else value


Metadata = Annotated[
    dict[
        Annotated[str, Field(max_length=64)],
        Annotated[str, Field(max_length=512), BeforeValidator(_as_text)],
    ],
    Field(max_length=16),
]


@_checked
class RetrievalTool(TypedDict):
    type: Literal["retrieval"]


@_checked
class Function(TypedDict):
    name: Annotated[str, Field(max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
    description: NotRequired[str | None]
    parameters: NotRequired[dict[str, Any] | None]


@_checked
class FunctionTool(TypedDict):
    type: Literal["function"]
    function: Function


Tool = Annotated[
    Annotated[CodeInterpreterTool, Tag("<code_interpreter>")]
    | Annotated[RetrievalTool, Tag("<retrieval>")]
    | Annotated[FunctionTool, Tag("<function>")],
    Discriminator(tag_by_type),
]


@_checked
class BuiltinChoice(TypedDict):
    type: Literal["retrieval", "code_interpreter"]


ToolChoice = Annotated[
    Annotated[Literal["none", "auto"], Tag("<string>")]
    | Annotated[FunctionChoice, Tag("<function>")]
    | Annotated[BuiltinChoice, Tag("<retrieval>")]
    | Annotated[BuiltinChoice, Tag("<code_interpreter>")],
    Discriminator(tag_text_or_type),
]
ResponseFormat = Annotated[
    Annotated[Literal["none", "auto"], Tag("<string>")]
    | Annotated[TextFormat, Tag("<text>")]
    | Annotated[JsonObjectFormat, Tag("<json_object>")],
    Discriminator(tag_text_or_type),
]


@_checked
class MessageCreate(TypedDict):
    role: Literal["user", "assistant"]
    content: Annotated[LongText, Field(min_length=1)]
    file_ids: NotRequired[Annotated[list[str], Field(max_length=10)] | None]
    metadata: NotRequired[Metadata | None]


@_checked
class MetadataUpdate(TypedDict):
    metadata: NotRequired[Metadata | None]


@_checked
class AssistantUpdate(TypedDict):
    model: NotRequired[str | None]
    name: NotRequired[Name | None]
    description: NotRequired[Description | None]
    instructions: NotRequired[LongText | None]
    tools: NotRequired[Annotated[list[Tool], Field(max_length=128)] | None]
    file_ids: NotRequired[Annotated[list[str], Field(max_length=20)] | None]
    metadata: NotRequired[Metadata | None]
    temperature: NotRequired[Temperature | None]
    top_p: NotRequired[TopP | None]
    response_format: NotRequired[ResponseFormat | None]


@_checked
class AssistantCreate(AssistantUpdate):
    model: str  # type: ignore[misc]  # required here, optional in the update


@_checked
class ThreadCreate(TypedDict):
    # Refused beyond 32 in November 2023; that it was ever more is not known.
    messages: NotRequired[Annotated[list[MessageCreate], Field(max_length=32)] | None]
    metadata: NotRequired[Metadata | None]


@_checked
class _RunParameters(TypedDict):
    assistant_id: str
    model: NotRequired[str | None]
    instructions: NotRequired[LongText | None]
    tools: NotRequired[Annotated[list[Tool], Field(max_length=20)] | None]
    metadata: NotRequired[Metadata | None]
    temperature: NotRequired[Temperature | None]
    top_p: NotRequired[TopP | None]
    max_prompt_tokens: NotRequired[Annotated[int, Field(ge=1)] | None]
    max_completion_tokens: NotRequired[Annotated[int, Field(ge=1)] | None]
    truncation_strategy: NotRequired[Truncation | None]
    tool_choice: NotRequired[ToolChoice | None]
    response_format: NotRequired[ResponseFormat | None]
    stream: NotRequired[bool | None]


@_checked
class RunCreate(_RunParameters):
    additional_instructions: NotRequired[LongText | None]
    additional_messages: NotRequired[list[MessageCreate] | None]


@_checked
class ThreadAndRunCreate(_RunParameters):
    thread: NotRequired[ThreadCreate | None]
