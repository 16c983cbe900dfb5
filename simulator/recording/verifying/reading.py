"""A recorded session as what can be asked again: exchanges with their operations, and which requests are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeAlias

from ...api.dialects.key_sets import FIRST_DAY
from ..cassette import BETA_HEADER, Cassette, Interaction
from ..examining.operations import Operation, operation_of

Json: TypeAlias = dict[str, Any]

_OTHER_SURFACE = re.compile(r"/(?:responses|conversations)(?:/|$)")
# Nothing is sent with them, or nothing need be.
_NO_BODY_NEEDED = frozenset(
    {"threads.create", "runs.cancel", "vector_stores.create", "vector_stores.file_batches.cancel"}
)
# What they make has the id of a file, which is older.
_LINKS = frozenset({"assistants.files.create", "vector_stores.files.create"})


class Kind(StrEnum):
    """What a session is worth as evidence."""

    RECORDED = "recorded"
    DOCUMENTED = "documented"
    OTHER_SURFACE = "other surface"


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request with its recorded answer.

    Args:
        index: its place in the session.
        is_known: whether it is recorded what was sent; if not, only the answer tells of it.
    """

    index: int
    interaction: Interaction
    operation: Operation
    is_known: bool

    @property
    def status(self) -> int:
        """The recorded status."""
        return self.interaction.response.status

    @cached_property
    def body(self) -> Json:
        """The body of the request, parsed; empty where it is no JSON object."""
        value = self.interaction.request.json
        return value if isinstance(value, dict) else {}

    @cached_property
    def events(self) -> Sequence[tuple[str, Any]]:
        """The events of a stream: names, and data parsed where it is JSON."""
        return [(one.event, one.data if one.json is None else one.json) for one in self.interaction.response.events]

    @cached_property
    def objects(self) -> Sequence[Json]:
        """Every object that the answer shows, the oldest first."""
        if self.status >= 400:
            return ()
        if self.interaction.response.is_stream:
            return [data for _, data in self.events if isinstance(data, dict)]
        answer = self.interaction.response.json
        if not isinstance(answer, dict):
            return ()
        if answer.get("object") != "list":
            return [answer]
        listed = [one for one in answer.get("data") or () if isinstance(one, dict)]
        return listed if "order=asc" in self.interaction.request.query else listed[::-1]

    @property
    def made(self) -> Json | None:
        """The object that the request made, as the answer shows it: of a thread with a run, the run."""
        if self.status >= 400 or not self.operation.name.endswith((".create", ".create_and_run")):
            return None
        wanted = "thread.run" if self.operation.name in {"runs.create", "threads.create_and_run"} else None
        return next((one for one in self.objects if "id" in one and wanted in (None, one.get("object"))), None)

    @property
    def made_ids(self) -> Sequence[str]:
        """The ids of all that the request made and its answer names."""
        made = self.made
        if made is None or self.operation.name in _LINKS:
            return ()
        stores = [id for one in self.objects for id in _stores_of(one) if id not in str(self.body)]
        thread = [made["thread_id"]] if self.operation.name == "threads.create_and_run" else []
        return [made["id"], *thread, *stores]

    @property
    def day(self) -> str | None:
        """The day on which it was recorded, where the file says so, as ISO 8601 has it."""
        return None if self.second is None else _day_of(self.second)

    @cached_property
    def second(self) -> int | None:
        """When it was recorded, where the file says so, in seconds since the epoch."""
        return _seconds(self.interaction.recorded_at)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A recorded session.

    Args:
        sorts_keys: whether the recorder sorted the keys of objects, so that their order says nothing.
    """

    cassette: Cassette
    kind: Kind
    exchanges: Sequence[Exchange]
    sorts_keys: bool = False
    made: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_made_up(self) -> bool:
        """Whether only answers were kept and the requests made up: no conversation, each stands for itself."""
        return not any(one.interaction.request.headers for one in self.exchanges)

    @property
    def name(self) -> str:
        """Folder and name of the file."""
        path = self.cassette.path
        return "a session" if path is None else f"{path.parent.name}/{path.stem}"

    @cached_property
    def began(self) -> int | None:
        """The earliest second that the session tells of itself."""
        told = [one.second for one in self.exchanges if one.second is not None]
        told += [shown["created_at"] for one in self.exchanges if (shown := one.made) and _is_int(shown, "created_at")]
        head = _seconds(self.cassette.head.recorded_at)
        return min(told, default=head)

    @property
    def date(self) -> str | None:
        """The day of the session, as ISO 8601 has it; one before there was the API is its first."""
        return None if self.began is None else _day_of(self.began)


def session_of(cassette: Cassette) -> Session:
    """Return a cassette as a session."""
    parents = _parents(cassette)
    exchanges = [_exchange(index, one, parents) for index, one in enumerate(cassette.interactions)]
    made = {id: one.index for one in exchanges if one.is_known for id in one.made_ids}
    shown_objects = list(_dicts(exchanges))
    return Session(
        cassette=cassette,
        kind=_kind(cassette, exchanges),
        exchanges=exchanges,
        sorts_keys=bool(shown_objects) and all(map(_is_sorted, shown_objects)),
        made=made,
    )


def _kind(cassette: Cassette, exchanges: Sequence[Exchange]) -> Kind:
    if cassette.head.kind == Kind.DOCUMENTED:
        return Kind.DOCUMENTED
    others = sum(bool(_OTHER_SURFACE.search(one.interaction.request.path)) for one in exchanges)
    return Kind.OTHER_SURFACE if others else Kind.RECORDED


def _exchange(index: int, interaction: Interaction, parents: Mapping[str, str]) -> Exchange:
    operation = operation_of(interaction.request)
    return Exchange(
        index=index,
        interaction=interaction,
        operation=operation,
        is_known=_is_known(interaction, operation, parents),
    )


def _parents(cassette: Cassette) -> dict[str, str]:
    """Return the threads of objects, as far as answers show them."""
    answers = (one.response.json for one in cassette.interactions)
    shown = (one for one in answers if isinstance(one, dict) and "thread_id" in one and "id" in one)
    return {str(one["id"]): str(one["thread_id"]) for one in shown}


def _is_known(interaction: Interaction, operation: Operation, parents: Mapping[str, str]) -> bool:
    request = interaction.request
    if interaction.response.status < 400 and _is_mixed_up(interaction, operation, parents):
        return False
    if request.method != "POST" or request.body or interaction.response.status >= 400:
        return True
    if operation.name == "runs.cancel":
        return True
    # Without headers the whole request was made up by whoever kept the answer.
    return operation.name in _NO_BODY_NEEDED and bool(request.headers)


def _is_mixed_up(interaction: Interaction, operation: Operation, parents: Mapping[str, str]) -> bool:
    """Tell whether a request speaks of another thread than answers do: its recorder put together what was not."""
    if not operation.name.startswith(("messages.", "runs.", "steps.")):
        return False
    thread_id, *rest = operation.ids
    answer = interaction.response.json
    told = answer.get("thread_id") if isinstance(answer, dict) else None
    return any(one not in {None, thread_id} for one in (told, parents.get(rest[0]) if rest else None))


def headers_of(exchange: Exchange, version: str | None) -> dict[str, str]:
    """Return the headers to ask with: those recorded; where there are none, the usual ones of the version."""
    request = exchange.interaction.request
    usual = {} if request.headers else {BETA_HEADER: f"assistants={version or 'v2'}"}
    plain = {} if not request.body or "content-type" in request.headers else {"content-type": "application/json"}
    return {**usual, **plain, **request.headers}


def _stores_of(shown: Json) -> Sequence[str]:
    """Return the vector stores that an object has."""
    resources = shown.get("tool_resources") or {}
    stores: Sequence[str] = (resources.get("file_search") or {}).get("vector_store_ids") or ()
    return stores


def _dicts(exchanges: Sequence[Exchange]) -> Iterator[Json]:
    """Yield the objects of a session whose usual order of keys is not that of the alphabet."""
    for exchange in exchanges:
        yield from (one for one in exchange.objects if "object" in one and "id" in one and len(one) > 3)


def _is_sorted(value: Json) -> bool:
    return list(value) == sorted(value)


def _is_int(value: Mapping[str, Any], key: str) -> bool:
    return isinstance(value.get(key), int)


def _day_of(second: int) -> str:
    return max(datetime.fromtimestamp(second, UTC).date().isoformat(), FIRST_DAY)


def _seconds(text: str | None) -> int | None:
    try:
        moment = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
