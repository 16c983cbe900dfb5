"""What a turn of the model becomes: the content of a message, the calls of a step, and their deltas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from .deltas import code_deltas, function_deltas, message_deltas, search_deltas
from .ids import Ids
from .objects import JsonDict, text_part
from .turns import CallTools, Fail, Image, Incomplete, RefusedText, RunCode, Say, SearchFiles, Turn

PlacePng: TypeAlias = Callable[[bytes], str]
"""Stores the bytes of a PNG as a file and returns its id."""

Search: TypeAlias = Callable[[SearchFiles], JsonDict]
"""Searches files and returns what the call shows of it."""


def has_message(turn: Turn | None) -> bool:
    """Return whether the turn says something, be it nothing at all (`say()`)."""
    return isinstance(turn, Say) or (isinstance(turn, Fail | Incomplete) and bool(turn.text))


def message_content(turn: Turn | None, place_png: PlacePng) -> list[JsonDict]:
    """Return the content of the message that the turn says."""
    if not isinstance(turn, Say):
        return [text_part(getattr(turn, "text", None) or "")]
    content: list[JsonDict] = []
    annotations = list(turn.annotations)
    for part in turn.parts:
        if isinstance(part, Image):
            content.append({"type": "image_file", "image_file": {"file_id": _file_id(part, place_png)}})
        elif isinstance(part, RefusedText):
            content.append({"type": "refusal", "refusal": part.text})
        else:
            content.append(text_part(part, annotations))
            annotations = []
    return content


def tool_calls(
    turn: CallTools | RunCode | SearchFiles, ids: Ids, place_png: PlacePng, search: Search
) -> list[JsonDict]:
    """Return the calls of the turn as its step shows them; the outputs of functions are null till submitted."""
    if isinstance(turn, CallTools):
        return [
            {
                "id": call.id or ids.new("call_"),
                "type": "function",
                "function": {"name": call.name, "arguments": call.text, "output": None},
            }
            for call in turn.calls
        ]
    id = ids.new("call_")
    if isinstance(turn, RunCode):
        code = {"input": turn.input, "outputs": _code_outputs(turn, place_png)}
        return [{"id": id, "type": "code_interpreter", "code_interpreter": code}]
    return [{"id": id, "type": "file_search", "file_search": search(turn)}]


def turn_deltas(turn: Turn | None, content: Sequence[JsonDict], calls: Sequence[JsonDict]) -> list[JsonDict]:
    """Return the deltas of the message `content` that the turn says, or of its `calls`."""
    if isinstance(turn, CallTools):
        return function_deltas(calls, [call.chunks for call in turn.calls])
    if isinstance(turn, RunCode):
        return code_deltas(calls[0], turn.chunks)
    if isinstance(turn, SearchFiles):
        return search_deltas(calls[0])
    return message_deltas(content, turn.chunks if isinstance(turn, Say | Incomplete) else None)


def _code_outputs(turn: RunCode, place_png: PlacePng) -> list[JsonDict]:
    logs = [] if turn.logs is None else [{"type": "logs", "logs": turn.logs}]
    return [*logs, *({"type": "image", "image": {"file_id": _file_id(one, place_png)}} for one in turn.images)]


def _file_id(image: Image, place_png: PlacePng) -> str:
    return image.source if isinstance(image.source, str) else place_png(image.source)
