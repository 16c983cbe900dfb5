"""What a turn of the model becomes here: items, and the events in which a stream shows them.

The turn knows nothing of this surface. Its citations have a marker in the text; here the text has none, and
a citation says where it stands (recorded of file search).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ..deltas import pieces
from ..objects import NOTHING, JsonDict
from ..turn_checks import Chunks
from ..turns import CallTools, Fail, Image, Incomplete, RefusedText, RunCode, Say, SearchFiles, Turn
from . import items
from .items import Item


class StreamEvent(NamedTuple):
    """An event as it is sent, without its number: its name, and its data in the order of 2025."""

    name: str
    data: Mapping[str, Any]


class Workshop(Protocol):
    """What a turn needs of the service to become items."""

    def new_item(self, prefix: str) -> str:
        """Return the id of an item of this response."""

    def new_call(self) -> str:
        """Return the id of a function call."""

    def phase(self, *, last: bool) -> str | None:
        """Return what a message says of its phase; None: nothing, as with most models."""

    def container(self) -> str:
        """Return the id of the container in which code runs."""

    def search(self, turn: SearchFiles) -> Sequence[JsonDict]:
        """Return what a search finds."""

    def drawn(self, image: Image) -> str:
        """Return the address of an image that code drew."""

    def filename(self, file_id: str) -> str:
        """Return the name of a file."""


def said_by(turn: Turn | None, workshop: Workshop) -> list[tuple[Item, Chunks]]:
    """Return the items of a turn, as they are in the end, each with how it comes in pieces."""
    return list(_items_of(turn, workshop))


def events_of_turn(said: Iterable[tuple[Item, Chunks]], first_index: int, *, finished: bool) -> Iterator[StreamEvent]:
    """Yield all that a stream shows of a turn.

    Args:
        first_index: how many items the output has already.
        finished: False where the response fails before the turn is whole.
    """
    for index, (item, chunks) in enumerate(said, start=first_index):
        yield from events_of(item, index, chunks, finished=finished)


def _items_of(turn: Turn | None, workshop: Workshop) -> Iterator[tuple[Item, Chunks]]:
    if isinstance(turn, CallTools):
        for call in turn.calls:
            call_id = call.id or workshop.new_call()
            yield items.function_call(workshop.new_item("fc_"), call_id, call.name, call.text), call.chunks
    elif isinstance(turn, RunCode):
        container = workshop.container()
        yield _code(turn, container, workshop), turn.chunks
    elif isinstance(turn, SearchFiles):
        results = workshop.search(turn)
        yield items.file_search_call(workshop.new_item("fs_"), [turn.query], results), None
    elif isinstance(turn, Say):
        phase = workshop.phase(last=not turn.more)
        content = _content(turn, workshop)
        yield items.message(workshop.new_item("msg_"), "assistant", content, phase=phase), turn.chunks
    elif isinstance(turn, Fail | Incomplete) and turn.text:
        said = [items.output_text(turn.text)]
        chunks = turn.chunks if isinstance(turn, Incomplete) else None
        phase = workshop.phase(last=True)
        yield items.message(workshop.new_item("msg_"), "assistant", said, "incomplete", phase), chunks


def _code(turn: RunCode, container: str, workshop: Workshop) -> Item:
    logs = [] if turn.logs is None else [{"type": "logs", "logs": turn.logs}]
    images = [{"type": "image", "url": workshop.drawn(image)} for image in turn.images]
    return items.code_interpreter_call(workshop.new_item("ci_"), turn.input, container, [*logs, *images])


def _content(turn: Say, workshop: Workshop) -> list[JsonDict]:
    content: list[JsonDict] = []
    annotations: Sequence[Mapping[str, Any]] = turn.annotations
    for part in (one for one in turn.parts if not isinstance(one, Image)):  # which `brains/contract.py` refused
        if isinstance(part, RefusedText):
            content.append({"type": "refusal", "refusal": part.text})
        else:
            content.append(_cited(part, annotations, workshop))
            annotations = NOTHING
    return content


def _cited(text: str, annotations: Sequence[Mapping[str, Any]], workshop: Workshop) -> JsonDict:
    """Return a text without the markers of its citations, each of which says where it stood."""
    plain, end = "", 0
    cited: list[JsonDict] = []
    for one in sorted(annotations, key=lambda annotation: annotation["start_index"]):
        if one["type"] not in _MARKED:
            cited.append(_about_a_stretch(one, workshop))
            continue
        plain += text[end : one["start_index"]]
        end = max(end, one["end_index"])
        cited.append(_citation(one, len(plain), workshop))
    return items.output_text(plain + text[end:], cited)


def _citation(annotation: Mapping[str, Any], index: int, workshop: Workshop) -> JsonDict:
    kind = annotation["type"]
    file_id = annotation.get(kind, annotation).get("file_id", "")
    if kind == "file_path":
        return {"type": kind, "file_id": file_id, "index": index}
    filename = annotation.get("filename") or workshop.filename(file_id)
    return {"type": kind, "file_id": file_id, "filename": filename, "index": index}


def _about_a_stretch(annotation: Mapping[str, Any], workshop: Workshop) -> JsonDict:
    """Return a citation of this surface's own, its keys in the recorded order; one of a container names that in use."""
    given = {key: value for key, value in annotation.items() if key not in ("text", "type")}
    if annotation["type"] == "container_file_citation":
        given.setdefault("container_id", workshop.container())
    return {"type": annotation["type"], **dict(sorted(given.items()))}


_MARKED = frozenset({"file_citation", "file_path"})


# Events.


def events_of(item: Item, index: int, chunks: Chunks = None, *, finished: bool = True) -> Iterator[StreamEvent]:
    """Yield the events that show an item.

    Args:
        index: its place in the output.
        chunks: how its text comes in pieces.
        finished: False where the response fails before the item is whole.
    """
    begun = {**item, **_BEGUN[item["type"]], "status": "in_progress"}
    yield StreamEvent("response.output_item.added", {"output_index": index, "item": begun})
    yield from _EVENTS[item["type"]](item, index, chunks, finished)
    if finished:
        yield StreamEvent("response.output_item.done", {"output_index": index, "item": items.shown(item)})


def _events_of_message(item: Item, index: int, chunks: Chunks, finished: bool) -> Iterator[StreamEvent]:  # noqa: FBT001  # one row of the table
    for number, part in enumerate(item["content"]):
        place = {"item_id": item["id"], "output_index": index, "content_index": number}
        yield StreamEvent("response.content_part.added", {**place, "part": _part_begun(part)})
        yield from _deltas(part, place, chunks)
        if finished:
            yield _text_done(part, place)
            yield StreamEvent("response.content_part.done", {**place, "part": part})


def _part_begun(part: Mapping[str, Any]) -> JsonDict:
    return {"type": "refusal", "refusal": ""} if part["type"] == "refusal" else items.output_text("")


def _deltas(part: Mapping[str, Any], place: JsonDict, chunks: Chunks) -> Iterator[StreamEvent]:
    if part["type"] == "refusal":
        for piece in pieces(part["refusal"], None):
            yield StreamEvent("response.refusal.delta", {**place, "delta": piece})
        return
    begun, waiting = 0, list(enumerate(part["annotations"]))
    for piece in pieces(part["text"], chunks):
        while waiting and _stands_at(waiting[0][1]) <= begun:
            yield _annotation_added(*waiting.pop(0), place)
        begun += len(piece)
        yield StreamEvent("response.output_text.delta", {**place, "delta": piece, "logprobs": []})
    for number, annotation in waiting:
        yield _annotation_added(number, annotation, place)


def _stands_at(annotation: Mapping[str, Any]) -> float:
    """Return where a stream shows a citation; one of a stretch comes after the whole text (recorded)."""
    place: float = annotation.get("index", math.inf)
    return place


def _annotation_added(number: int, annotation: JsonDict, place: JsonDict) -> StreamEvent:
    data = {**place, "annotation_index": number, "annotation": annotation}
    return StreamEvent("response.output_text.annotation.added", data)


def _text_done(part: Mapping[str, Any], place: JsonDict) -> StreamEvent:
    if part["type"] == "refusal":
        return StreamEvent("response.refusal.done", {**place, "refusal": part["refusal"]})
    return StreamEvent("response.output_text.done", {**place, "text": part["text"], "logprobs": []})


def _events_of_function_call(item: Item, index: int, chunks: Chunks, finished: bool) -> Iterator[StreamEvent]:  # noqa: FBT001
    place = {"item_id": item["id"], "output_index": index}
    arguments = item["arguments"]
    for piece in ["{}"] if arguments == "{}" and chunks is None else pieces(arguments, chunks):
        yield StreamEvent("response.function_call_arguments.delta", {**place, "delta": piece})
    yield StreamEvent("response.function_call_arguments.done", {**place, "arguments": arguments})


def _events_of_search(item: Item, index: int, chunks: Chunks, finished: bool) -> Iterator[StreamEvent]:  # noqa: FBT001
    place = {"output_index": index, "item_id": item["id"]}
    for step in ("in_progress", "searching", "completed"):
        yield StreamEvent(f"response.file_search_call.{step}", place)


def _events_of_code(item: Item, index: int, chunks: Chunks, finished: bool) -> Iterator[StreamEvent]:  # noqa: FBT001
    place = {"output_index": index, "item_id": item["id"]}
    yield StreamEvent("response.code_interpreter_call.in_progress", place)
    for piece in pieces(item["code"], chunks):
        yield StreamEvent("response.code_interpreter_call_code.delta", {**place, "delta": piece})
    yield StreamEvent("response.code_interpreter_call_code.done", {**place, "code": item["code"]})
    yield StreamEvent("response.code_interpreter_call.interpreting", place)
    yield StreamEvent("response.code_interpreter_call.completed", place)


_BEGUN: Mapping[str, JsonDict] = {
    "message": {"content": []},
    "function_call": {"arguments": ""},
    "file_search_call": {"queries": [], "results": None},
    "code_interpreter_call": {"code": "", "outputs": None},
}
_EVENTS: Mapping[str, Callable[[Item, int, Chunks, bool], Iterator[StreamEvent]]] = {
    "message": _events_of_message,
    "function_call": _events_of_function_call,
    "file_search_call": _events_of_search,
    "code_interpreter_call": _events_of_code,
}
