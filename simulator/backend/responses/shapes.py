"""What placed responses, conversations and items must look like for every operation to be able to serve them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, Tag, with_config
from typing_extensions import TypedDict

_checked = with_config(ConfigDict(strict=True, defer_build=True))

Object: TypeAlias = dict[str, Any]
Id = Annotated[str, Field(min_length=1)]


@_checked
class Part(TypedDict):
    type: Id
    text: NotRequired[str]
    refusal: NotRequired[str]
    annotations: NotRequired[list[Object]]


def _by_kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "<string>"
    return f"<{value.get('type', 'message')}>" if isinstance(value, Mapping) else None


Content = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[list[Part], Tag("<array>")],
    Discriminator(lambda value: "<string>" if isinstance(value, str) else "<array>"),
]


@_checked
class Message(TypedDict):
    id: NotRequired[Id]
    role: Id
    content: Content


@_checked
class FunctionCall(TypedDict):
    id: NotRequired[Id]
    type: Literal["function_call"]
    call_id: Id
    name: str
    arguments: str


@_checked
class FunctionCallOutput(TypedDict):
    id: NotRequired[Id]
    type: Literal["function_call_output"]
    call_id: Id
    output: Content


@_checked
class FileSearchCall(TypedDict):
    id: NotRequired[Id]
    type: Literal["file_search_call"]
    queries: list[str]
    results: NotRequired[list[Object] | None]


@_checked
class CodeInterpreterCall(TypedDict):
    id: NotRequired[Id]
    type: Literal["code_interpreter_call"]
    code: NotRequired[str]
    container_id: Id
    outputs: NotRequired[list[Object] | None]


Item = Annotated[
    Annotated[Message, Tag("<message>")]
    | Annotated[FunctionCall, Tag("<function_call>")]
    | Annotated[FunctionCallOutput, Tag("<function_call_output>")]
    | Annotated[FileSearchCall, Tag("<file_search_call>")]
    | Annotated[CodeInterpreterCall, Tag("<code_interpreter_call>")],
    Discriminator(_by_kind),
]


@_checked
class ConversationOf(TypedDict):
    id: Id


@_checked
class Response(TypedDict):
    object: NotRequired[Literal["response"]]
    model: NotRequired[Id]
    status: NotRequired[Literal["completed", "incomplete", "failed", "cancelled"]]
    input: NotRequired[list[Item]]
    output: NotRequired[list[Item]]
    conversation: NotRequired[ConversationOf | None]
    previous_response_id: NotRequired[Id | None]


@_checked
class Conversation(TypedDict):
    object: NotRequired[Literal["conversation"]]
    metadata: NotRequired[Object | None]
    items: NotRequired[list[Item]]


class SavedTurn(TypedDict):
    previous: str | None
    input: list[Object]
    output: list[Object]
