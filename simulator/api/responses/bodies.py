"""What requests of the Responses and Conversations APIs may hold: one TypedDict a body, checked strictly by pydantic.

As in `api/bodies.py`, null means not given. What the service has and this simulator has not is let through as
it is: `api/responses/beyond.py` refuses it by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Discriminator, Field, Tag, with_config
from typing_extensions import TypedDict

from ..bodies import Effort, Metadata, Temperature, TopP, checked_shape, query_shape, tag_by_type
from ..vector_store_bodies import Filter


def _by_shape(value: Any) -> str | None:
    """Tell a text from what else may stand in its place; pydantic has no need to try both."""
    if isinstance(value, str):
        return "<string>"
    return "<array>" if isinstance(value, list) else "<object>" if isinstance(value, Mapping) else None


@with_config(ConfigDict(extra="ignore"))
class _AnyType(TypedDict):
    """An object of another type."""

    type: str


FunctionName = Annotated[str, Field(max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]


@checked_shape
class FunctionTool(TypedDict):
    """A function, flat."""

    type: Literal["function"]
    name: FunctionName
    description: NotRequired[str | None]
    parameters: NotRequired[dict[str, Any] | None]
    strict: NotRequired[bool | None]
    defer_loading: NotRequired[Any]  # beyond the simulator
    allowed_callers: NotRequired[Any]  # beyond the simulator
    output_schema: NotRequired[Any]  # beyond the simulator


@checked_shape
class RankingOptions(TypedDict):
    """How file search ranks."""

    ranker: NotRequired[Literal["auto", "default-2024-11-15"] | None]
    score_threshold: NotRequired[Annotated[float, Field(ge=0, le=1)] | None]
    hybrid_search: NotRequired[Any]  # beyond the simulator


@checked_shape
class FileSearchTool(TypedDict):
    """File search, with the vector stores that it searches."""

    type: Literal["file_search"]
    vector_store_ids: list[str]
    max_num_results: NotRequired[Annotated[int, Field(ge=1, le=50)] | None]
    ranking_options: NotRequired[RankingOptions | None]
    filters: NotRequired[Filter | None]


@checked_shape
class AutoContainer(TypedDict):
    """A container that is made as code runs."""

    type: Literal["auto"]
    file_ids: NotRequired[list[str] | None]
    memory_limit: NotRequired[Literal["1g", "4g", "16g", "64g"] | None]
    network_policy: NotRequired[Any]  # beyond the simulator
    skills: NotRequired[Any]  # beyond the simulator


@checked_shape
class CodeInterpreterTool(TypedDict):
    """The code interpreter, in a container."""

    type: Literal["code_interpreter"]
    container: Annotated[
        Annotated[str, Tag("<string>")] | Annotated[AutoContainer, Tag("<object>")], Discriminator(_by_shape)
    ]
    allowed_callers: NotRequired[Any]  # beyond the simulator


@checked_shape
class InputText(TypedDict):
    """A text that the program sends."""

    type: Literal["input_text"]
    text: str


@checked_shape
class InputImage(TypedDict):
    """An image."""

    type: Literal["input_image"]
    detail: NotRequired[Literal["auto", "low", "high", "original"] | None]
    file_id: NotRequired[str | None]
    image_url: NotRequired[str | None]


@checked_shape
class InputFile(TypedDict):
    """A file."""

    type: Literal["input_file"]
    detail: NotRequired[Literal["auto", "low", "high"] | None]
    file_id: NotRequired[str | None]
    filename: NotRequired[str | None]
    file_data: NotRequired[str | None]
    file_url: NotRequired[str | None]


@checked_shape
class OutputText(TypedDict):
    """A text that the model said before."""

    type: Literal["output_text"]
    text: str
    annotations: NotRequired[list[dict[str, Any]] | None]
    logprobs: NotRequired[list[Any] | None]


@checked_shape
class OutputRefusal(TypedDict):
    """A refusal that the model said before."""

    type: Literal["refusal"]
    refusal: str


_INPUT_PARTS = ("input_text", "input_image", "input_file", "output_text", "refusal")


def _tag_part(value: Any) -> str | None:
    return _known(value, _INPUT_PARTS)


def _known(value: Any, known: tuple[str, ...]) -> str | None:
    tag = tag_by_type(value)
    return tag if not isinstance(value, Mapping) or value.get("type") in known else "<other>" if tag else None


Part = Annotated[
    Annotated[InputText, Tag("<input_text>")]
    | Annotated[InputImage, Tag("<input_image>")]
    | Annotated[InputFile, Tag("<input_file>")]
    | Annotated[OutputText, Tag("<output_text>")]
    | Annotated[OutputRefusal, Tag("<refusal>")]
    | Annotated[_AnyType, Tag("<other>")],
    Discriminator(_tag_part),
]


Content = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[list[Part], Tag("<array>")],
    Discriminator(_by_shape),
]


@checked_shape
class Message(TypedDict):
    """A message: of the program, or said by the model before."""

    type: NotRequired[Literal["message"] | None]
    role: Literal["assistant", "system", "developer", "user"]
    content: Content
    id: NotRequired[str | None]
    status: NotRequired[Literal["in_progress", "completed", "incomplete"] | None]
    phase: NotRequired[str | None]


@checked_shape
class FunctionCall(TypedDict):
    """A call that the model made before."""

    type: Literal["function_call"]
    call_id: str
    name: str
    arguments: str
    id: NotRequired[str | None]
    status: NotRequired[Literal["in_progress", "completed", "incomplete"] | None]
    caller: NotRequired[Any]  # beyond the simulator
    namespace: NotRequired[Any]  # beyond the simulator


@checked_shape
class FunctionCallOutput(TypedDict):
    """What a function gave."""

    type: Literal["function_call_output"]
    call_id: str
    output: Content
    id: NotRequired[str | None]
    status: NotRequired[Literal["in_progress", "completed", "incomplete"] | None]
    caller: NotRequired[Any]  # beyond the simulator


@checked_shape
class FileSearchCall(TypedDict):
    """A search that the model made before."""

    type: Literal["file_search_call"]
    id: str
    queries: list[str]
    status: NotRequired[str | None]
    results: NotRequired[list[dict[str, Any]] | None]


@checked_shape
class CodeInterpreterCall(TypedDict):
    """Code that ran before."""

    type: Literal["code_interpreter_call"]
    id: str
    container_id: str
    code: NotRequired[str | None]
    status: NotRequired[str | None]
    outputs: NotRequired[list[dict[str, Any]] | None]


_ITEMS = ("message", "function_call", "function_call_output", "file_search_call", "code_interpreter_call")


def _tag_item(value: Any) -> str | None:
    if isinstance(value, Mapping) and value.get("type") is None and "role" in value:
        return "<message>"  # "easy" input: a role and a content
    return _known(value, _ITEMS)


InputItem = Annotated[
    Annotated[Message, Tag("<message>")]
    | Annotated[FunctionCall, Tag("<function_call>")]
    | Annotated[FunctionCallOutput, Tag("<function_call_output>")]
    | Annotated[FileSearchCall, Tag("<file_search_call>")]
    | Annotated[CodeInterpreterCall, Tag("<code_interpreter_call>")]
    | Annotated[_AnyType, Tag("<other>")],
    Discriminator(_tag_item),
]


def _tag_tool(value: Any) -> str | None:
    return _known(value, ("function", "file_search", "code_interpreter"))


Tool = Annotated[
    Annotated[FunctionTool, Tag("<function>")]
    | Annotated[FileSearchTool, Tag("<file_search>")]
    | Annotated[CodeInterpreterTool, Tag("<code_interpreter>")]
    | Annotated[_AnyType, Tag("<other>")],
    Discriminator(_tag_tool),
]


@checked_shape
class NamedFunction(TypedDict):
    """The function that is to be called."""

    type: Literal["function"]
    name: str


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("<string>")]
    | Annotated[NamedFunction, Tag("<function>")]
    | Annotated[_AnyType, Tag("<other>")],
    Discriminator(lambda value: "<string>" if isinstance(value, str) else _known(value, ("function",))),
]


@checked_shape
class PlainFormat(TypedDict):
    """Plain text."""

    type: Literal["text"]


@checked_shape
class JsonObjectFormat(TypedDict):
    """Some JSON object."""

    type: Literal["json_object"]


@checked_shape
class JsonSchemaFormat(TypedDict):
    """JSON by a schema, flat."""

    type: Literal["json_schema"]
    name: FunctionName
    schema: dict[str, Any]
    description: NotRequired[str | None]
    strict: NotRequired[bool | None]


Format = Annotated[
    Annotated[PlainFormat, Tag("<text>")]
    | Annotated[JsonObjectFormat, Tag("<json_object>")]
    | Annotated[JsonSchemaFormat, Tag("<json_schema>")],
    Discriminator(tag_by_type),
]


@checked_shape
class Text(TypedDict):
    """How the model is to write."""

    format: NotRequired[Format | None]
    verbosity: NotRequired[Literal["low", "medium", "high"] | None]


@checked_shape
class Reasoning(TypedDict):
    """How much the model is to think."""

    effort: NotRequired[Effort | None]
    summary: NotRequired[Any]  # beyond the simulator
    generate_summary: NotRequired[Any]  # beyond the simulator
    mode: NotRequired[Any]  # beyond the simulator
    context: NotRequired[Any]  # beyond the simulator


@checked_shape
class StreamOptions(TypedDict):
    """How a stream is sent."""

    include_obfuscation: NotRequired[bool | None]


@checked_shape
class ConversationId(TypedDict):
    """A conversation by its id."""

    id: str


ConversationParam = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[ConversationId, Tag("<object>")],
    Discriminator(_by_shape),
]
Input = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[list[InputItem], Tag("<array>")],
    Discriminator(_by_shape),
]


@checked_shape
class ResponseCreate(TypedDict):
    """The body of `responses.create`."""

    model: NotRequired[str | None]
    input: NotRequired[Input | None]
    instructions: NotRequired[str | None]
    previous_response_id: NotRequired[str | None]
    conversation: NotRequired[ConversationParam | None]
    tools: NotRequired[Annotated[list[Tool], Field(max_length=128)] | None]
    tool_choice: NotRequired[ToolChoice | None]
    parallel_tool_calls: NotRequired[bool | None]
    text: NotRequired[Text | None]
    stream: NotRequired[bool | None]
    stream_options: NotRequired[StreamOptions | None]
    store: NotRequired[bool | None]
    include: NotRequired[list[str] | None]
    metadata: NotRequired[Metadata | None]
    temperature: NotRequired[Temperature | None]
    top_p: NotRequired[TopP | None]
    max_output_tokens: NotRequired[Annotated[int, Field(ge=16)] | None]
    truncation: NotRequired[Literal["auto", "disabled"] | None]
    reasoning: NotRequired[Reasoning | None]
    service_tier: NotRequired[Literal["auto", "default", "flex", "scale", "priority", "fast"] | None]
    user: NotRequired[str | None]
    safety_identifier: NotRequired[Annotated[str, Field(max_length=64)] | None]
    prompt_cache_key: NotRequired[str | None]
    prompt_cache_retention: NotRequired[Literal["in_memory", "in-memory", "24h"] | None]
    top_logprobs: NotRequired[Annotated[int, Field(ge=0, le=20)] | None]
    background: NotRequired[bool | None]
    prompt: NotRequired[Any]  # beyond the simulator
    max_tool_calls: NotRequired[Any]  # beyond the simulator
    context_management: NotRequired[Any]  # beyond the simulator
    moderation: NotRequired[Any]  # beyond the simulator
    prompt_cache_options: NotRequired[Any]  # beyond the simulator
    access_programs: NotRequired[Any]  # beyond the simulator


@checked_shape
class ConversationCreate(TypedDict):
    """The body of `conversations.create`."""

    metadata: NotRequired[Metadata | None]
    items: NotRequired[Annotated[list[InputItem], Field(max_length=20)] | None]


@checked_shape
class ConversationUpdate(TypedDict):
    """The body of `conversations.update`."""

    metadata: Metadata | None


@checked_shape
class ItemsCreate(TypedDict):
    """The body of `conversations.items.create`."""

    items: Annotated[list[InputItem], Field(max_length=20)]


@query_shape
class ItemQuery(TypedDict):
    """The query of one item."""

    include: NotRequired[list[str]]


@query_shape
class ResponseQuery(TypedDict):
    """The query of `responses.retrieve`."""

    stream: NotRequired[bool]
    starting_after: NotRequired[Annotated[int, Field(ge=0)]]
    include_obfuscation: NotRequired[bool]
    include: NotRequired[list[str]]


@query_shape
class ItemListQuery(TypedDict):
    """The query of a list of items."""

    limit: NotRequired[Annotated[int, Field(ge=1, le=100)]]
    order: NotRequired[Literal["asc", "desc"]]
    after: NotRequired[str]
    before: NotRequired[str]
    include: NotRequired[list[str]]
