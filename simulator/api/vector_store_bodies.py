"""What requests about vector stores may hold, checked as the other bodies are. Limits are the spec's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType, TypedDict

from .bodies import Chunking, Metadata

_checked = with_config(ConfigDict(extra="forbid", strict=True, defer_build=True))


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | bool | int | float):
        raise PydanticCustomError("scalar", "a string, a number or a boolean")
    return value


def _tag_by_kind(value: Any) -> str:
    return "<string>" if isinstance(value, str) else "<other>"


_AttributeValue = Annotated[
    Annotated[str, Field(max_length=512), Tag("<string>")] | Annotated[Any, BeforeValidator(_scalar), Tag("<other>")],
    Discriminator(_tag_by_kind),
]
Attributes = Annotated[dict[Annotated[str, Field(max_length=64)], _AttributeValue], Field(max_length=16)]


@_checked
class ExpiresAfter(TypedDict):
    anchor: Literal["last_active_at"]
    days: Annotated[int, Field(ge=1, le=365)]


@_checked
class VectorStoreUpdate(TypedDict):
    name: NotRequired[str | None]
    expires_after: NotRequired[ExpiresAfter | None]
    metadata: NotRequired[Metadata | None]


@_checked
class VectorStoreCreate(VectorStoreUpdate):
    description: NotRequired[str | None]
    file_ids: NotRequired[Annotated[list[str], Field(max_length=500)] | None]
    chunking_strategy: NotRequired[Chunking | None]


@_checked
class FileCreate(TypedDict):
    file_id: str
    chunking_strategy: NotRequired[Chunking | None]
    attributes: NotRequired[Attributes | None]


@_checked
class FileUpdate(TypedDict):
    attributes: Attributes | None


@_checked
class FileBatchCreate(TypedDict):
    file_ids: NotRequired[Annotated[list[str], Field(min_length=1, max_length=2000)] | None]
    files: NotRequired[Annotated[list[FileCreate], Field(min_length=1, max_length=2000)] | None]
    chunking_strategy: NotRequired[Chunking | None]
    attributes: NotRequired[Attributes | None]


# Filters: comparisons, and `and` and `or` of others.


_FilterValue = Annotated[Any, BeforeValidator(lambda value: list(map(_scalar, _as_list(value))) and value)]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@_checked
class Comparison(TypedDict):
    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: str
    value: _FilterValue


@_checked
class Compound(TypedDict):
    type: Literal["and", "or"]
    filters: list[Filter]


def _tag_by_compound(value: Any) -> str:
    kind = value.get("type") if isinstance(value, Mapping) else None
    return "<compound>" if kind in ("and", "or") else "<comparison>"


Filter = TypeAliasType(
    "Filter",
    Annotated[
        Annotated[Comparison, Tag("<comparison>")] | Annotated[Compound, Tag("<compound>")],
        Discriminator(_tag_by_compound),
    ],
)


@_checked
class SearchRanking(TypedDict):
    # The spec has a list of rankers, which changed with the models behind it: any is taken.
    ranker: NotRequired[str | None]
    score_threshold: NotRequired[Annotated[float, Field(ge=0, le=1)] | None]
    hybrid_search: NotRequired[dict[str, Any] | None]


_Query = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[list[str], Field(min_length=1), Tag("<array>")],
    Discriminator(lambda value: "<string>" if isinstance(value, str) else "<array>"),
]


@_checked
class Search(TypedDict):
    query: _Query
    rewrite_query: NotRequired[bool | None]
    max_num_results: NotRequired[Annotated[int, Field(ge=1, le=50)] | None]
    filters: NotRequired[Filter | None]
    ranking_options: NotRequired[SearchRanking | None]
