"""What a recorded request asks for: the operation, by the name that the SDK has for it."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...api.refusals.refusal import Refusal
from ...api.routes import find
from ..cassette import RecordedRequest

# Segments of a path that are words, not ids: `/v1/vector_stores/vs_1/file_batches`.
_WORD = re.compile(r"[a-z]+(_[a-z]+)*|v\d+")
_RESPONSES = re.compile(r"(?:^|/)responses$")
# A segment that looks like a word and is the id of a test: nothing tells them apart but what stands before.
_NOUNS = frozenset({"assistants", "threads", "messages", "runs", "steps", "files", "vector_stores", "responses"})


class Operation(NamedTuple):
    """What a request asks for.

    Args:
        name: as the SDK names it (`runs.submit_tool_outputs`); of a route that the simulator lacks, method and
            path with `*` for ids.
        ids: those in the path, in order.
    """

    name: str
    ids: tuple[str, ...] = ()


def operation_of(request: RecordedRequest) -> Operation:
    """Return what a request asks for."""
    if request.method == "POST" and _RESPONSES.search(request.path):
        return Operation("responses.create")
    try:
        match = find(request.method, request.path)
    except Refusal:
        return _unnamed(request)
    return Operation(match.operation.name, match.ids)


def _unnamed(request: RecordedRequest) -> Operation:
    segments = [segment for segment in request.path.split("/") if segment]
    ids = {place for place, segment in enumerate(segments) if _is_id(segments, place, segment)}
    shape = "/".join("*" if place in ids else segment for place, segment in enumerate(segments))
    return Operation(f"{request.method} /{shape}", tuple(segments[place] for place in sorted(ids)))


def _is_id(segments: list[str], place: int, segment: str) -> bool:
    if not _WORD.fullmatch(segment):
        return True
    follows_noun = place > 0 and segments[place - 1] in _NOUNS
    return follows_noun and segment not in _NOUNS and not segment.startswith(("search", "runs", "cancel"))
