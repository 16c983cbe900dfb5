"""What readers of a session rely on: which fields an object or a body has, and of what type.

A cassette is a file, and files are edited, cut and merged: a run may hold a number where a list of tools should be.
Each body is held against its shape once. What does not fit is taken out and named; whoever comes after trusts the rest.
Fields that are not named here are nobody's business and stay as they are.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, NotRequired, TypeAlias

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    FiniteFloat,
    InstanceOf,
    Tag,
    TypeAdapter,
    ValidationError,
    with_config,
)
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_checked = with_config(ConfigDict(strict=True))

Object: TypeAlias = dict[Any, Any]
# Half an emoji is a text here; pydantic's own check of texts refuses it.
String: TypeAlias = InstanceOf[str]
Text: TypeAlias = String | None
Seconds: TypeAlias = FiniteFloat | None
Tokens: TypeAlias = Annotated[int, Field(ge=0, lt=2**63)] | None
# `fail` takes no other.
Code: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z][\w.-]*$")] | None


def _is_text(value: Any) -> str:
    return "<text>" if isinstance(value, str) else "<other>"


def _is_function(value: Any) -> str:
    return "<function>" if isinstance(value, Mapping) and value.get("type") == "function" else "<other>"


@_checked
class FunctionName(TypedDict):
    name: String


@_checked
class Tool(TypedDict):
    type: String
    function: NotRequired[FunctionName | None]


@_checked
class Assistant(TypedDict):
    id: String
    model: NotRequired[Text]
    name: NotRequired[Text]
    description: NotRequired[Text]
    instructions: NotRequired[Text]
    tools: NotRequired[list[Tool] | None]


@_checked
class Thread(TypedDict):
    id: String


@_checked
class StoredText(TypedDict):
    value: NotRequired[String]
    annotations: NotRequired[list[Object] | None]


@_checked
class Image(TypedDict):
    file_id: NotRequired[String]
    url: NotRequired[String]


StoredOrPlain = Annotated[
    Annotated[String, Tag("<text>")] | Annotated[StoredText | None, Tag("<other>")], Discriminator(_is_text)
]


@_checked
class Part(TypedDict):
    type: String
    text: NotRequired[StoredOrPlain]
    refusal: NotRequired[Text]
    image_file: NotRequired[Image | None]
    # In Responses, the address itself.
    image_url: NotRequired[
        Annotated[Annotated[String, Tag("<text>")] | Annotated[Image | None, Tag("<other>")], Discriminator(_is_text)]
    ]


Content = Annotated[
    Annotated[String, Tag("<text>")] | Annotated[list[Part] | None, Tag("<other>")], Discriminator(_is_text)
]


@_checked
class Attachment(TypedDict):
    file_id: NotRequired[Text]


@_checked
class Message(TypedDict):
    id: String
    thread_id: String
    role: String
    content: NotRequired[Content]
    run_id: NotRequired[Text]
    attachments: NotRequired[list[Attachment] | None]
    file_ids: NotRequired[list[String] | None]
    created_at: NotRequired[Seconds]


@_checked
class Delta(TypedDict):
    content: NotRequired[list[Part] | None]


@_checked
class MessageDelta(TypedDict):
    id: String
    delta: Delta


@_checked
class CalledFunction(TypedDict):
    name: String
    arguments: String
    output: NotRequired[Text]


@_checked
class FunctionCall(TypedDict):
    id: String
    type: String
    function: CalledFunction


@_checked
class CodeInterpreter(TypedDict):
    input: NotRequired[String]
    outputs: NotRequired[list[Object] | None]


@_checked
class FileSearch(TypedDict):
    results: NotRequired[list[Object] | None]


@_checked
class BuiltInCall(TypedDict):
    id: String
    type: String
    code_interpreter: NotRequired[CodeInterpreter | None]
    file_search: NotRequired[FileSearch | None]


Call = Annotated[
    Annotated[FunctionCall, Tag("<function>")] | Annotated[BuiltInCall, Tag("<other>")], Discriminator(_is_function)
]


@_checked
class WaitingCalls(TypedDict):
    tool_calls: list[Call]


@_checked
class RequiredAction(TypedDict):
    submit_tool_outputs: WaitingCalls


@_checked
class LastError(TypedDict):
    code: NotRequired[Code]
    message: NotRequired[Text]


@_checked
class IncompleteDetails(TypedDict):
    reason: NotRequired[Text]


@_checked
class Usage(TypedDict):
    prompt_tokens: NotRequired[Tokens]
    completion_tokens: NotRequired[Tokens]
    input_tokens: NotRequired[Tokens]
    output_tokens: NotRequired[Tokens]


@_checked
class Run(TypedDict):
    id: String
    thread_id: String
    status: String
    assistant_id: NotRequired[Text]
    model: NotRequired[Text]
    instructions: NotRequired[Text]
    tools: NotRequired[list[Tool] | None]
    required_action: NotRequired[RequiredAction | None]
    last_error: NotRequired[LastError | None]
    incomplete_details: NotRequired[IncompleteDetails | None]
    usage: NotRequired[Usage | None]
    created_at: NotRequired[Seconds]
    started_at: NotRequired[Seconds]
    completed_at: NotRequired[Seconds]
    failed_at: NotRequired[Seconds]
    cancelled_at: NotRequired[Seconds]


@_checked
class MessageCreation(TypedDict):
    message_id: String


@_checked
class StepDetails(TypedDict):
    message_creation: NotRequired[MessageCreation | None]
    tool_calls: NotRequired[list[Call] | None]


@_checked
class RunStep(TypedDict):
    id: String
    run_id: String
    thread_id: String
    step_details: NotRequired[StepDetails | None]
    created_at: NotRequired[Seconds]


# The Responses API.


@_checked
class Item(TypedDict):
    type: NotRequired[String]
    id: NotRequired[Text]
    role: NotRequired[String]
    content: NotRequired[Content]
    call_id: NotRequired[Text]
    name: NotRequired[String]
    arguments: NotRequired[Text]
    code: NotRequired[Text]
    outputs: NotRequired[list[Object] | None]
    results: NotRequired[list[Object] | None]


@_checked
class InConversation(TypedDict):
    id: String


@_checked
class Response(TypedDict):
    id: String
    status: NotRequired[String]
    model: NotRequired[Text]
    conversation: NotRequired[InConversation | None]
    previous_response_id: NotRequired[Text]
    output: NotRequired[list[Item] | None]
    error: NotRequired[LastError | None]
    incomplete_details: NotRequired[IncompleteDetails | None]
    usage: NotRequired[Usage | None]


@_checked
class ResponseEvent(TypedDict):
    type: String
    response: NotRequired[Response | None]


@_checked
class ResponseCreate(TypedDict):
    input: NotRequired[
        Annotated[
            Annotated[String, Tag("<text>")] | Annotated[list[Item] | None, Tag("<other>")], Discriminator(_is_text)
        ]
    ]


# Bodies of requests.


@_checked
class NewMessage(TypedDict):
    role: NotRequired[String]
    content: NotRequired[Content]
    attachments: NotRequired[list[Attachment] | None]
    file_ids: NotRequired[list[String] | None]


@_checked
class ThreadCreate(TypedDict):
    messages: NotRequired[list[NewMessage] | None]


@_checked
class RunCreate(TypedDict):
    additional_messages: NotRequired[list[NewMessage] | None]
    tools: NotRequired[list[Tool] | None]
    stream: NotRequired[bool | None]


@_checked
class ThreadAndRun(RunCreate):
    thread: NotRequired[ThreadCreate | None]


@_checked
class Output(TypedDict):
    tool_call_id: String
    output: NotRequired[Text]


@_checked
class Outputs(TypedDict):
    tool_outputs: NotRequired[list[Output] | None]


@_checked
class Page(TypedDict):
    data: list[Object]


# By what an object says it is.
SHOWN: Mapping[str, Any] = {
    "assistant": Assistant,
    "thread": Thread,
    "thread.message": Message,
    "thread.message.delta": MessageDelta,
    "thread.run": Run,
    "thread.run.step": RunStep,
    "response": Response,
}
# By operation; the body of any other is any object.
SENT: Mapping[str, Any] = {
    "threads.create": ThreadCreate,
    "threads.create_and_run": ThreadAndRun,
    "runs.create": RunCreate,
    "runs.submit_tool_outputs": Outputs,
    "responses.create": ResponseCreate,
}
_Place: TypeAlias = tuple[int | str, ...]


class Understood(NamedTuple):
    """What is left of a JSON value once it was held against its shape.

    Args:
        value: None: nothing.
        odd: where something was taken out, and what was expected there.
    """

    value: Any
    odd: tuple[str, ...] = ()


def understood(shape: Any, value: Any) -> Understood:
    """Return a JSON value without what does not fit its shape; one that fits as it is.

    Args:
        shape: one of the types of this module.
    """
    odd: list[str] = []
    while problems := _problems(shape, value):
        odd += [f"{'.'.join(map(str, place)) or 'the whole'}: {message}" for place, message in sorted(problems.items())]
        if () in problems:
            return Understood(None, tuple(odd))
        for place in sorted(problems, reverse=True):  # from the end of each list: the others keep their places
            value = _without(value, place)
    return Understood(value, tuple(odd))


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def _problems(shape: Any, value: Any) -> dict[_Place, str]:
    """Return what must be taken out, and why: what is wrong, and what lacks something that it needs."""
    try:
        _adapter(shape).validate_python(value)
    except ValidationError as error:
        return dict(map(_problem, error.errors(include_url=False)))
    return {}


def _problem(found: ErrorDetails) -> tuple[_Place, str]:
    place = tuple(step for step in found["loc"] if not str(step).startswith("<"))
    if found["type"] == "missing":
        return place[:-1], f"{place[-1]} is missing"
    expected = "Input should be a valid string" if found["type"] == "is_instance_of" else found["msg"]
    return place, f"{expected}, not {_KINDS[type(found['input'])]}"


_KINDS: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def _without(value: Any, place: _Place) -> Any:
    """Return a value without what stands at a place; what it was made of stays as it is."""
    step, *rest = place
    kept = copy.copy(value)
    if rest:
        kept[step] = _without(value[step], tuple(rest))
    else:
        del kept[step]
    return kept
