"""How an answer comes in pieces: the deltas of a stream, and what was said when it was cut short.

Shapes and the size of a piece: recorded-traffic.md 7. A recorded piece is one token of the model;
ours is a word or a sign with the blank before it, which is near enough and can be overridden.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Any

from .objects import NOTHING, RANKING_OPTIONS, JsonDict, text_part
from .turn_checks import Chunks

_TOKEN = re.compile(r" ?\w+| ?[^\w\s]+|\s+")


def pieces(text: str, chunks: Chunks = None) -> Sequence[str]:
    """Return `text` in pieces: as told by `chunks` (their number, or themselves), else by words."""
    if not text:
        return ()
    if chunks is None:
        return _TOKEN.findall(text)
    if isinstance(chunks, int):
        return [text[len(text) * i // chunks : len(text) * (i + 1) // chunks] for i in range(chunks)]
    return chunks


def message_deltas(content: Sequence[JsonDict], chunks: Chunks = None) -> list[JsonDict]:
    """Return the parts of `thread.message.delta` events that make up `content`."""
    deltas: list[JsonDict] = []
    for index, part in enumerate(content):
        if part["type"] == "text":
            text = part["text"]
            split = _split_text(text["value"], text["annotations"], chunks)
            deltas.extend(_text_delta(index, piece, found) for piece, found in split)
        else:
            deltas.append({"index": index, **part})
    if deltas and deltas[0]["type"] == "text":
        # Only the very first piece of a message has the key though it is empty; a text that follows
        # an image begins without it (recorded-traffic.md 7).
        deltas[0]["text"].setdefault("annotations", NOTHING)
    return deltas


def function_deltas(calls: Sequence[Mapping[str, Any]], chunks: Sequence[Chunks]) -> list[JsonDict]:
    """Return the parts of `thread.run.step.delta` events of function calls, one call after the other."""
    deltas: list[JsonDict] = []
    for index, (call, how) in enumerate(zip(calls, chunks, strict=True)):
        function = call["function"]
        opening = {"name": function["name"], "arguments": "", "output": None}
        deltas.append({"index": index, "id": call["id"], "type": "function", "function": opening})
        # Empty arguments come in one piece, `{}` (recorded-traffic.md 7).
        split = ["{}"] if function["arguments"] == "{}" and how is None else pieces(function["arguments"], how)
        deltas.extend({"index": index, "type": "function", "function": {"arguments": piece}} for piece in split)
    return deltas


def code_deltas(call: Mapping[str, Any], chunks: Chunks = None) -> list[JsonDict]:
    """Return the parts of step deltas of a code interpreter call: the code, then each output."""
    code = call["code_interpreter"]
    wrap = {"index": 0, "type": "code_interpreter"}
    opening = {
        "index": 0,
        "id": call["id"],
        "type": "code_interpreter",
        "code_interpreter": {"input": "", "outputs": []},
    }
    written = [{**wrap, "code_interpreter": {"input": piece}} for piece in pieces(code["input"], chunks)]
    printed = [
        {**wrap, "code_interpreter": {"outputs": [{"index": index, **output}]}}
        for index, output in enumerate(code["outputs"])
    ]
    return [opening, *written, *printed]


def search_deltas(call: Mapping[str, Any]) -> list[JsonDict]:
    """Return the one step delta of a file search; its results stay empty (recorded-traffic.md 7)."""
    search = {"ranking_options": RANKING_OPTIONS, "results": []}
    return [{"index": 0, "id": call["id"], "type": "file_search", "file_search": search}]


def joined_content(deltas: Iterable[Mapping[str, Any]]) -> list[JsonDict]:
    """Return the content that these first deltas of a message have given so far."""
    parts: dict[int, JsonDict] = {}
    for delta in deltas:
        index = delta["index"]
        if delta["type"] != "text":
            parts[index] = {key: value for key, value in delta.items() if key != "index"}
            continue
        text = parts.setdefault(index, text_part("", []))["text"]
        text["value"] += delta["text"]["value"]
        text["annotations"] += delta["text"].get("annotations", ())
    for text in (part["text"] for part in parts.values() if part["type"] == "text"):
        text["annotations"] = [_without_index(one) for one in sorted(text["annotations"], key=itemgetter("index"))]
    return list(parts.values())


def due_times(count: int, start: float, stop: float) -> list[float]:
    """Return when `count` deltas are due, evenly between `start` and `stop`."""
    return [start + (stop - start) * (number + 1) / (count + 1) for number in range(count)]


def _split_text(
    value: str, annotations: Sequence[JsonDict], chunks: Chunks
) -> list[tuple[str, list[tuple[int, JsonDict]]]]:
    """Split a text, and say which annotations end in which piece; by default each one's text is a piece."""
    split = list(pieces(value, chunks)) if chunks is not None or not annotations else _around(value, annotations)
    split = split or [""]  # an empty text is a part too
    ends = list(accumulate(map(len, split)))
    found: list[list[tuple[int, JsonDict]]] = [[] for _ in split]
    for number, one in enumerate(annotations):
        found[min(bisect_left(ends, one["end_index"]), len(split) - 1)].append((number, one))
    return list(zip(split, found, strict=True))


def _around(value: str, annotations: Sequence[JsonDict]) -> list[str]:
    split: list[str] = []
    start = 0
    for one in sorted(annotations, key=lambda annotation: annotation["start_index"]):
        split += pieces(value[start : one["start_index"]])
        start = max(start, one["start_index"])
        split += [marker] if (marker := value[start : one["end_index"]]) else []
        start = max(start, one["end_index"])
    return [*split, *pieces(value[start:])]


def _text_delta(index: int, piece: str, annotations: Sequence[tuple[int, JsonDict]]) -> JsonDict:
    text: JsonDict = {"value": piece}
    if annotations:
        text["annotations"] = [{"index": number, **_with_quote(one)} for number, one in annotations]
    return {"index": index, "type": "text", "text": text}


def _with_quote(annotation: JsonDict) -> JsonDict:
    # In a delta a citation has an empty quote, which the finished message lacks (recorded-traffic.md 7).
    if "file_citation" not in annotation:
        return annotation
    return {**annotation, "file_citation": {**annotation["file_citation"], "quote": ""}}


def _without_index(annotation: JsonDict) -> JsonDict:
    plain = {key: value for key, value in annotation.items() if key != "index"}
    if "file_citation" in plain:
        plain["file_citation"] = {key: value for key, value in plain["file_citation"].items() if key != "quote"}
    return plain
