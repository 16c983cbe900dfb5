"""What a placed object and a saved state must look like for every operation to be able to serve them.

Fields that are not named here are nobody's business: what is placed keeps them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, FiniteFloat, Tag, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from .responses import shapes as shapes_of_responses

# Deferred: few programs place or save anything.
_checked = with_config(ConfigDict(strict=True, defer_build=True))

Count = Annotated[int, Field(ge=0)]
Id = Annotated[str, Field(min_length=1)]
Object: TypeAlias = dict[str, Any]
Maybe: TypeAlias = Object | None
Text: TypeAlias = str | None
TextOrObject: TypeAlias = str | Object | None


def _by_type(*known: str) -> Discriminator:
    """Choose by `type`; `<other>` is whatever has none of the types that somebody looks into."""

    def tag(value: Any) -> str:
        kind = value.get("type") if isinstance(value, Mapping) else None
        return f"<{kind}>" if kind in known else "<other>"

    return Discriminator(tag)


@_checked
class Typed(TypedDict):
    type: Id


@_checked
class Function(TypedDict):
    name: Id
    description: NotRequired[Text]
    parameters: NotRequired[Maybe]


@_checked
class FunctionTool(TypedDict):
    function: Function


@_checked
class FileSearchOptions(TypedDict):
    ranking_options: NotRequired[Object]


@_checked
class FileSearchTool(TypedDict):
    file_search: NotRequired[FileSearchOptions]


Tool = Annotated[
    Annotated[FunctionTool, Tag("<function>")]
    | Annotated[FileSearchTool, Tag("<file_search>")]
    | Annotated[Typed, Tag("<other>")],
    _by_type("function", "file_search"),
]


@_checked
class CodeInterpreterResources(TypedDict):
    file_ids: NotRequired[list[str] | None]


@_checked
class ToolResources(TypedDict):
    code_interpreter: NotRequired[CodeInterpreterResources | None]
    file_search: NotRequired[Maybe]


@_checked
class Assistant(TypedDict):
    object: NotRequired[Literal["assistant"]]
    model: NotRequired[Text]
    name: NotRequired[Text]
    description: NotRequired[Text]
    instructions: NotRequired[Text]
    tools: NotRequired[list[Tool] | None]
    tool_resources: NotRequired[ToolResources | None]
    file_ids: NotRequired[list[Id] | None]
    metadata: NotRequired[Maybe]
    response_format: NotRequired[TextOrObject]


@_checked
class Thread(TypedDict):
    object: NotRequired[Literal["thread"]]
    tool_resources: NotRequired[ToolResources | None]
    metadata: NotRequired[Maybe]


@_checked
class StoredText(TypedDict):
    value: str
    annotations: NotRequired[list[Object]]


@_checked
class TextPart(TypedDict):
    text: Annotated[
        Annotated[str, Tag("<string>")] | Annotated[StoredText, Tag("<object>")],
        Discriminator(lambda value: "<string>" if isinstance(value, str) else "<object>"),
    ]


Part = Annotated[
    Annotated[TextPart, Tag("<text>")] | Annotated[Typed, Tag("<other>")],
    _by_type("text"),
]


@_checked
class Attachment(TypedDict):
    file_id: NotRequired[Text]
    tools: NotRequired[list[Typed] | None]


@_checked
class Message(TypedDict):
    object: NotRequired[Literal["thread.message"]]
    role: NotRequired[str]
    content: NotRequired[list[Part] | None]
    attachments: NotRequired[list[Attachment] | None]
    file_ids: NotRequired[list[Id] | None]
    metadata: NotRequired[Maybe]


@_checked
class CalledFunction(TypedDict):
    name: str
    arguments: str
    output: NotRequired[Text]


@_checked
class FunctionCall(TypedDict):
    id: Id
    type: Literal["function"]
    function: CalledFunction


Call = Annotated[
    Annotated[FunctionCall, Tag("<function>")] | Annotated[Typed, Tag("<other>")],
    _by_type("function"),
]


@_checked
class WaitingCalls(TypedDict):
    tool_calls: list[FunctionCall]


@_checked
class RequiredAction(TypedDict):
    submit_tool_outputs: WaitingCalls


@_checked
class Truncation(TypedDict):
    type: NotRequired[Text]
    last_messages: NotRequired[int | None]


@_checked
class Run(TypedDict):
    object: NotRequired[Literal["thread.run"]]
    assistant_id: NotRequired[Text]
    model: NotRequired[Text]
    instructions: NotRequired[Text]
    tools: NotRequired[list[Tool] | None]
    file_ids: NotRequired[list[Id] | None]
    metadata: NotRequired[Maybe]
    required_action: NotRequired[RequiredAction | None]
    max_prompt_tokens: NotRequired[int | None]
    max_completion_tokens: NotRequired[int | None]
    truncation_strategy: NotRequired[Truncation | None]
    response_format: NotRequired[TextOrObject]
    tool_choice: NotRequired[TextOrObject]


@_checked
class MessageCreation(TypedDict):
    message_creation: Object


@_checked
class ToolCalls(TypedDict):
    tool_calls: list[Call]


@_checked
class OtherDetails(TypedDict):
    type: Literal["tool_calls", "message_creation"]


StepDetails = Annotated[
    Annotated[MessageCreation, Tag("<message_creation>")]
    | Annotated[ToolCalls, Tag("<tool_calls>")]
    | Annotated[OtherDetails, Tag("<other>")],
    _by_type("message_creation", "tool_calls"),
]


@_checked
class RunStep(TypedDict):
    object: NotRequired[Literal["thread.run.step"]]
    type: NotRequired[Literal["tool_calls", "message_creation"]]
    step_details: NotRequired[StepDetails | None]
    metadata: NotRequired[Maybe]


@_checked
class File(TypedDict):
    object: NotRequired[Literal["file"]]
    filename: NotRequired[Text]
    bytes: NotRequired[Count]


@_checked
class ExpiresAfter(TypedDict):
    days: Count


@_checked
class VectorStore(TypedDict):
    object: NotRequired[Literal["vector_store"]]
    usage_bytes: NotRequired[Count]
    file_counts: NotRequired[dict[str, Count]]
    expires_after: NotRequired[ExpiresAfter | None]
    last_active_at: NotRequired[Count | None]
    metadata: NotRequired[Maybe]


@_checked
class StaticChunking(TypedDict):
    max_chunk_size_tokens: Annotated[int, Field(ge=1)]
    chunk_overlap_tokens: Count


@_checked
class Chunking(TypedDict):
    type: Id
    static: NotRequired[StaticChunking]


@_checked
class VectorStoreFile(TypedDict):
    object: NotRequired[Literal["vector_store.file"]]
    usage_bytes: NotRequired[Count]
    chunking_strategy: NotRequired[Chunking | None]
    attributes: NotRequired[Maybe]


@_checked
class VectorStoreFileBatch(TypedDict):
    object: NotRequired[Literal["vector_store.file_batch", "vector_store.files_batch"]]
    file_counts: NotRequired[dict[str, Count]]
    file_ids: NotRequired[list[Id]]


@_checked
class Upload(TypedDict):
    object: NotRequired[Literal["upload"]]
    bytes: NotRequired[Count]
    filename: NotRequired[Text]
    purpose: NotRequired[Text]
    status: NotRequired[Literal["pending", "completed", "cancelled", "expired"]]


@_checked
class SavedPiece(TypedDict):
    turns: Annotated[list[Any], Field(min_length=1)]


@_checked
class SavedScripts(TypedDict):
    pieces: list[SavedPiece]
    rest: dict[str, list[Any]]


@_checked
class SavedListing(TypedDict):
    placed: list[tuple[int, Object]]
    deleted: dict[str, int]


@_checked
class SavedCollection(TypedDict):
    insertions: int
    listings: dict[str, SavedListing]


@_checked
class SavedStore(TypedDict):
    assistants: SavedCollection
    threads: SavedCollection
    messages: SavedCollection
    runs: SavedCollection
    run_steps: SavedCollection
    files: SavedCollection
    assistant_files: NotRequired[SavedCollection]
    vector_stores: NotRequired[SavedCollection]
    vector_store_files: NotRequired[SavedCollection]
    vector_store_file_batches: NotRequired[SavedCollection]
    contents: dict[str, str]
    run_files: NotRequired[dict[str, list[str]]]
    batch_files: NotRequired[dict[str, list[str]]]
    run_stores: NotRequired[dict[str, list[str]]]
    uploads: NotRequired[SavedCollection]
    upload_parts: NotRequired[SavedCollection]
    expiries: NotRequired[dict[str, Object]]
    responses: NotRequired[SavedCollection]
    conversations: NotRequired[SavedCollection]
    response_turns: NotRequired[dict[str, shapes_of_responses.SavedTurn]]
    conversation_items: NotRequired[dict[str, list[Object]]]
    function_calls: NotRequired[dict[str, Object]]


Action: TypeAlias = Literal[
    "start",
    "open",
    "close",
    "expire",
    "confirm_cancel",
    "ingest",
    "expire_store",
    "response.open",
    "response.close",
]


@_checked
class SavedBackend(TypedDict):
    now: FiniteFloat
    seed: int
    ids: dict[str, int]
    store: SavedStore
    executions: list[Object]
    # The last is the file of a vector store; older states, which had none, have four.
    calendar: list[tuple[FiniteFloat, str, int, Action, str] | tuple[FiniteFloat, str, int, Action]]
    faults: list[Object]
    surprises: list[str]
    lingering: NotRequired[dict[str, tuple[str, FiniteFloat]]]
    responses: NotRequired[list[Object]]


@_checked
class SavedState(TypedDict):
    version: int
    options: Object
    scripts: SavedScripts
    backend: SavedBackend


PLACED: Mapping[str, TypeAdapter[Any]] = {
    "assistants": TypeAdapter(Assistant),
    "threads": TypeAdapter(Thread),
    "messages": TypeAdapter(Message),
    "runs": TypeAdapter(Run),
    "run_steps": TypeAdapter(RunStep),
    "files": TypeAdapter(File),
    "vector_stores": TypeAdapter(VectorStore),
    "vector_store_files": TypeAdapter(VectorStoreFile),
    "vector_store_file_batches": TypeAdapter(VectorStoreFileBatch),
    "uploads": TypeAdapter(Upload),
    "responses": TypeAdapter(shapes_of_responses.Response),
    "conversations": TypeAdapter(shapes_of_responses.Conversation),
    "conversation_items": TypeAdapter(shapes_of_responses.Item, config=ConfigDict(defer_build=True)),
}
SAVED: TypeAdapter[Any] = TypeAdapter(SavedState)


def first_problem(error: ValidationError) -> str:
    """Return where the first problem is, what was expected there, and what stands there."""
    problem = error.errors(include_url=False)[0]
    path = ".".join(str(step) for step in problem["loc"] if not str(step).startswith("<"))
    return f"{path or 'the whole'}: {problem['msg']}, not {problem['input']!r:.200}"


def check_saved(text: str) -> None:
    """Look whether a text is a saved state.

    Raises:
        ValueError: it is not; the message says where.
    """
    try:
        SAVED.validate_json(text)
    except ValidationError as error:
        raise ValueError(first_problem(error)) from None
