"""What requests may hold: one TypedDict a body, checked strictly by pydantic.

Every field that may be left out may be null as well, which means the same (clients.md): agent
libraries send `"metadata": null` and the like as a matter of course. Limits are the spec's, save
that `max_completion_tokens` has no minimum: the service took 16 (assistants-api.md 1.7).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

# Deferred: what checks a body is built when the first one comes. Building all takes a third of the start.
checked_shape = with_config(ConfigDict(extra="forbid", strict=True, defer_build=True))
query_shape = with_config(ConfigDict(defer_build=True))


# pydantic puts the tag of a union into an error's path; in angle brackets it is told from a key.


def tag_by_type(value: Any) -> str | None:
    """Name the kind of a tool, a part or a format by its `type`."""
    if isinstance(value, Mapping):
        kind = value.get("type")
        return f"<{kind}>" if isinstance(kind, str) else None
    return "<no object>"


def _tag_by_shape(value: Any) -> str | None:
    return "<string>" if isinstance(value, str) else "<array>" if isinstance(value, list) else None


def tag_text_or_type(value: Any) -> str | None:
    """Name the kind of what may also be a plain text."""
    return "<string>" if isinstance(value, str) else tag_by_type(value)


Name = Annotated[str, Field(max_length=256)]
Description = Annotated[str, Field(max_length=512)]
LongText = Annotated[str, Field(max_length=256_000)]
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
]
Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


@checked_shape
class CodeInterpreterTool(TypedDict):
    type: Literal["code_interpreter"]


@checked_shape
class RankingOptions(TypedDict):
    ranker: NotRequired[Literal["auto", "default_2024_08_21"] | None]
    score_threshold: NotRequired[Annotated[float, Field(ge=0, le=1)] | None]
    hybrid_search: NotRequired[dict[str, Any] | None]


@checked_shape
class FileSearchOptions(TypedDict):
    max_num_results: NotRequired[Annotated[int, Field(ge=1, le=50)] | None]
    ranking_options: NotRequired[RankingOptions | None]


@checked_shape
class FileSearchTool(TypedDict):
    type: Literal["file_search"]
    file_search: NotRequired[FileSearchOptions | None]


@checked_shape
class Function(TypedDict):
    name: Annotated[str, Field(max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
    description: NotRequired[str | None]
    parameters: NotRequired[dict[str, Any] | None]
    strict: NotRequired[bool | None]


@checked_shape
class FunctionTool(TypedDict):
    type: Literal["function"]
    function: Function


Tool = Annotated[
    Annotated[CodeInterpreterTool, Tag("<code_interpreter>")]
    | Annotated[FunctionTool, Tag("<function>")]
    | Annotated[FileSearchTool, Tag("<file_search>")],
    Discriminator(tag_by_type),
]


@checked_shape
class PlainFileSearchTool(TypedDict):
    type: Literal["file_search"]


AttachmentTool = Annotated[
    Annotated[CodeInterpreterTool, Tag("<code_interpreter>")] | Annotated[PlainFileSearchTool, Tag("<file_search>")],
    Discriminator(tag_by_type),
]


@checked_shape
class Attachment(TypedDict):
    file_id: str
    tools: NotRequired[list[AttachmentTool] | None]


@checked_shape
class CodeInterpreterResources(TypedDict):
    file_ids: NotRequired[Annotated[list[str], Field(max_length=20)] | None]


@checked_shape
class AutoChunking(TypedDict):
    type: Literal["auto"]


def _no_more_than_half(given: Any) -> Any:
    if given["chunk_overlap_tokens"] > given["max_chunk_size_tokens"] // 2:
        raise PydanticCustomError("overlap", "more than half of a chunk")
    return given


@checked_shape
class ChunkSizes(TypedDict):
    max_chunk_size_tokens: Annotated[int, Field(ge=100, le=4096)]
    chunk_overlap_tokens: Annotated[int, Field(ge=0)]


@checked_shape
class StaticChunking(TypedDict):
    type: Literal["static"]
    static: Annotated[ChunkSizes, AfterValidator(_no_more_than_half)]


Chunking = Annotated[
    Annotated[AutoChunking, Tag("<auto>")] | Annotated[StaticChunking, Tag("<static>")],
    Discriminator(tag_by_type),
]


@checked_shape
class VectorStoreOfTool(TypedDict):
    file_ids: NotRequired[Annotated[list[str], Field(max_length=10_000)] | None]
    chunking_strategy: NotRequired[Chunking | None]
    metadata: NotRequired[Metadata | None]


@checked_shape
class FileSearchResources(TypedDict):
    vector_store_ids: NotRequired[Annotated[list[str], Field(max_length=1)] | None]
    vector_stores: NotRequired[Annotated[list[VectorStoreOfTool], Field(max_length=1)] | None]


@checked_shape
class ToolResources(TypedDict):
    code_interpreter: NotRequired[CodeInterpreterResources | None]
    file_search: NotRequired[FileSearchResources | None]


@checked_shape
class TextFormat(TypedDict):
    type: Literal["text"]


@checked_shape
class JsonObjectFormat(TypedDict):
    type: Literal["json_object"]


@checked_shape
class JsonSchema(TypedDict):
    name: Annotated[str, Field(max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
    description: NotRequired[str | None]
    schema: NotRequired[dict[str, Any] | None]
    strict: NotRequired[bool | None]


@checked_shape
class JsonSchemaFormat(TypedDict):
    type: Literal["json_schema"]
    json_schema: JsonSchema


ResponseFormat = Annotated[
    Annotated[Literal["auto"], Tag("<string>")]
    | Annotated[TextFormat, Tag("<text>")]
    | Annotated[JsonObjectFormat, Tag("<json_object>")]
    | Annotated[JsonSchemaFormat, Tag("<json_schema>")],
    Discriminator(tag_text_or_type),
]


@checked_shape
class FunctionName(TypedDict):
    name: str


@checked_shape
class FunctionChoice(TypedDict):
    type: Literal["function"]
    function: FunctionName


@checked_shape
class BuiltinChoice(TypedDict):
    type: Literal["file_search", "code_interpreter"]


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("<string>")]
    | Annotated[FunctionChoice, Tag("<function>")]
    | Annotated[BuiltinChoice, Tag("<file_search>")]
    | Annotated[BuiltinChoice, Tag("<code_interpreter>")],
    Discriminator(tag_text_or_type),
]


@checked_shape
class Truncation(TypedDict):
    type: Literal["auto", "last_messages"]
    last_messages: NotRequired[Annotated[int, Field(ge=1)] | None]


@checked_shape
class TextPart(TypedDict):
    type: Literal["text"]
    text: LongText


@checked_shape
class ImageUrl(TypedDict):
    url: str
    detail: NotRequired[Literal["auto", "low", "high"] | None]


@checked_shape
class ImageUrlPart(TypedDict):
    type: Literal["image_url"]
    image_url: ImageUrl


@checked_shape
class ImageFile(TypedDict):
    file_id: str
    detail: NotRequired[Literal["auto", "low", "high"] | None]


@checked_shape
class ImageFilePart(TypedDict):
    type: Literal["image_file"]
    image_file: ImageFile


ContentPart = Annotated[
    Annotated[TextPart, Tag("<text>")]
    | Annotated[ImageUrlPart, Tag("<image_url>")]
    | Annotated[ImageFilePart, Tag("<image_file>")],
    Discriminator(tag_by_type),
]
# Empty content is refused, with an unknown text (assistants-api.md 3): taken to be that of the validator.
Content = Annotated[
    Annotated[str, Field(min_length=1, max_length=256_000), Tag("<string>")]
    | Annotated[list[ContentPart], Field(min_length=1), Tag("<array>")],
    Discriminator(_tag_by_shape),
]


@checked_shape
class MessageCreate(TypedDict):
    role: Literal["user", "assistant"]
    content: Content
    attachments: NotRequired[list[Attachment] | None]
    metadata: NotRequired[Metadata | None]


@checked_shape
class MetadataUpdate(TypedDict):
    metadata: NotRequired[Metadata | None]


@checked_shape
class AssistantUpdate(TypedDict):
    model: NotRequired[str | None]
    name: NotRequired[Name | None]
    description: NotRequired[Description | None]
    instructions: NotRequired[LongText | None]
    tools: NotRequired[Annotated[list[Tool], Field(max_length=128)] | None]
    tool_resources: NotRequired[ToolResources | None]
    metadata: NotRequired[Metadata | None]
    temperature: NotRequired[Temperature | None]
    top_p: NotRequired[TopP | None]
    reasoning_effort: NotRequired[Effort | None]
    response_format: NotRequired[ResponseFormat | None]


@checked_shape
class AssistantCreate(AssistantUpdate):
    model: str  # type: ignore[misc]  # required here, optional in the update


@checked_shape
class ThreadUpdate(TypedDict):
    metadata: NotRequired[Metadata | None]
    tool_resources: NotRequired[ToolResources | None]


@checked_shape
class ThreadCreate(ThreadUpdate):
    messages: NotRequired[list[MessageCreate] | None]


@checked_shape
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
    parallel_tool_calls: NotRequired[bool | None]
    response_format: NotRequired[ResponseFormat | None]
    stream: NotRequired[bool | None]


@checked_shape
class RunCreate(_RunParameters):
    additional_instructions: NotRequired[LongText | None]
    additional_messages: NotRequired[list[MessageCreate] | None]
    reasoning_effort: NotRequired[Effort | None]


@checked_shape
class ThreadAndRunCreate(_RunParameters):
    thread: NotRequired[ThreadCreate | None]
    tool_resources: NotRequired[ToolResources | None]


@checked_shape
class ToolOutput(TypedDict):
    tool_call_id: str
    # Left out it counts as empty: the spec has both fields optional, and nothing is recorded.
    output: NotRequired[str | None]


@checked_shape
class ToolOutputsSubmit(TypedDict):
    tool_outputs: list[ToolOutput]
    stream: NotRequired[bool | None]


@checked_shape
class FileCreate(TypedDict):
    file_id: str


@checked_shape
class FileExpiry(TypedDict):
    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=3_600, le=2_592_000)]


@checked_shape
class UploadCreate(TypedDict):
    bytes: Annotated[int, Field(ge=1, le=8 << 30)]
    filename: str
    mime_type: str
    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
    expires_after: NotRequired[FileExpiry | None]


@checked_shape
class UploadComplete(TypedDict):
    part_ids: Annotated[list[str], Field(min_length=1)]
    md5: NotRequired[str | None]


@query_shape
class FileListQuery(TypedDict):
    """The query of the list of files, which may be longer than others."""

    limit: NotRequired[Annotated[int, Field(ge=1, le=10_000)]]
    order: NotRequired[Literal["asc", "desc"]]
    after: NotRequired[str]
    purpose: NotRequired[str]


@query_shape
class ListQuery(TypedDict):
    """The query of every list; numbers come as text, so it is not strict."""

    limit: NotRequired[Annotated[int, Field(ge=1, le=100)]]
    order: NotRequired[Literal["asc", "desc"]]
    after: NotRequired[str]
    before: NotRequired[str]
    run_id: NotRequired[str]
    include: list[Literal["step_details.tool_calls[*].file_search.results[*].content"]]
    filter: NotRequired[Literal["in_progress", "completed", "failed", "cancelled"]]
