"""What the program's tools returned, taken out of a request's body: compared by call id, in the mode that was asked."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic_core import from_json

MAX_DIFF_LINES = 40


class OutputMode(StrEnum):
    """How tool outputs are compared. The call ids must be the recorded ones in each."""

    STRICT = "strict"
    """The same text."""
    SHAPE = "shape"
    """JSON with the same keys and the same types of values, or any text where a text was recorded."""
    IGNORE = "ignore"
    """Not at all, as long as it is a text where one was recorded."""


class Outputs(NamedTuple):
    """A body in two parts.

    Args:
        rest: the body without the outputs; where their order counts, the call ids stand in their places.
        by_call: the outputs by call id.
    """

    rest: Any
    by_call: Mapping[str, Any]


class _Holder(NamedTuple):
    """Where an API keeps outputs: the list in the body, what marks an item, and its two fields.

    Args:
        is_ordered: whether the order of the list means something.
    """

    list: str
    marks: tuple[str, str] | None
    id: str
    output: str
    is_ordered: bool


_HOLDERS: Sequence[_Holder] = (
    _Holder("tool_outputs", None, "tool_call_id", "output", is_ordered=False),
    _Holder("input", ("type", "function_call_output"), "call_id", "output", is_ordered=True),
    _Holder("messages", ("role", "tool"), "tool_call_id", "content", is_ordered=True),
)


def taken_from(body: Any) -> Outputs:
    """Take the outputs out of a parsed body; of a body without any, there are none."""
    if not isinstance(body, dict):
        return Outputs(body, {})
    for holder in _HOLDERS:
        items = body.get(holder.list)
        if isinstance(items, list) and _holds_outputs(items, holder):
            return _taken(body, items, holder)
    return Outputs(body, {})


def differences(then: Mapping[str, Any], now: Mapping[str, Any], mode: OutputMode) -> list[str]:
    """Return what differs between the outputs recorded and those sent: a line of words for each call, and diffs."""
    found = [f"no output was sent for the call {call}" for call in then if call not in now]
    found += [f"an output was sent for {call}, none of the calls answered then" for call in now if call not in then]
    same = _SAME[mode]
    for call, output in then.items():
        if call in now and not same(output, now[call]):
            found.append(f"the output for the call {call} is another:\n{_diff(output, now[call])}")
    return found


def _holds_outputs(items: list[Any], holder: _Holder) -> bool:
    """Tell whether a list has outputs in it, or would have nothing else if it were not empty."""
    return any(_is_output(item, holder) for item in items) or (not items and holder.marks is None)


def _is_output(item: Any, holder: _Holder) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get(holder.id), str):
        return False
    return holder.marks is None or item.get(holder.marks[0]) == holder.marks[1]


def _taken(body: dict[str, Any], items: list[Any], holder: _Holder) -> Outputs:
    by_call = {item[holder.id]: item.get(holder.output) for item in items if _is_output(item, holder)}
    others = [
        {key: value for key, value in item.items() if key != holder.output} if _is_output(item, holder) else item
        for item in items
    ]
    if holder.is_ordered:
        return Outputs({**body, holder.list: others}, by_call)
    # An id that is answered twice stays visible: a mapping holds it once.
    calls = sorted(json.dumps(item, sort_keys=True) for item in others)
    return Outputs({**body, holder.list: calls if len(calls) != len(by_call) else None}, by_call)


def _same_kind(then: Any, now: Any) -> bool:
    """Tell whether both are texts, or neither: a handler that returns a dict as it is gets a 400 of the service."""
    return isinstance(then, str) == isinstance(now, str)


def _same_shape(then: Any, now: Any) -> bool:
    return _same_kind(then, now) and bool(_shape(_value(then)) == _shape(_value(now)))


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items()}
    if isinstance(value, list):
        # Lists are as long as the data: what counts is which shapes are in it.
        return sorted({json.dumps(_shape(each), sort_keys=True) for each in value})
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def _value(output: Any) -> Any:
    """Return an output as JSON where its text is that."""
    try:
        return from_json(output) if isinstance(output, str) else output
    except ValueError:
        return output


_SAME: Mapping[OutputMode, Callable[[Any, Any], bool]] = {
    OutputMode.STRICT: lambda then, now: json.dumps(then, sort_keys=True) == json.dumps(now, sort_keys=True),
    OutputMode.SHAPE: _same_shape,
    OutputMode.IGNORE: _same_kind,
}


def _diff(then: Any, now: Any) -> str:
    lines = list(difflib.unified_diff(_lines(then), _lines(now), "then", "now", n=2, lineterm=""))
    if not lines:  # they differ in their spelling only
        lines = [f"then {json.dumps(then, ensure_ascii=False)}", f"now  {json.dumps(now, ensure_ascii=False)}"]
    left_out = len(lines) - MAX_DIFF_LINES
    return "\n".join(f"    {line}" for line in _cut(lines, left_out))


def _cut(lines: list[str], left_out: int) -> Iterator[str]:
    yield from lines[:MAX_DIFF_LINES]
    if left_out > 0:
        yield f"… and {left_out} lines more"


def _lines(output: Any) -> list[str]:
    value = _value(output)
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    return text.split("\n")
