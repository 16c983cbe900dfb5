"""Turns as JSON values and back: for saved states now, for scenarios and the server later.

    {"say": "text"}   {"say": ["text", {"image": "file-1"}, {"refusal": "no"}]}
    {"call": {"get_weather": {"location": "Paris"}}}   {"calls": [{"a": {}}, {"raw_call": {"name": "b", "text": "{"}}]}
    {"run_code": "print(1)", "logs": "1"}   {"search_files": "taxes", "results": [...]}
    {"fail": {"code": "server_error"}}   {"incomplete": "max_prompt_tokens", "text": "so far"}   "finish"   "hang"

Options stand beside: {"say": "x", "takes": 3}.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..errors import TurnError
from . import turns
from .turn_checks import Chunks
from .turns import (
    CallTools,
    Fail,
    Finish,
    Hang,
    Image,
    Incomplete,
    Part,
    RefusedText,
    RunCode,
    Say,
    SearchFiles,
    ToolCall,
    Turn,
)

JsonTurn: TypeAlias = str | dict[str, Any]


def turn_to_json(turn: Turn) -> JsonTurn:
    """Return a turn as JSON values; `turn_from_json` gives an equal one back."""
    value = _WRITERS[type(turn)](turn)
    if turn.takes is not None:
        value = {**(value if isinstance(value, dict) else {value: {}}), "takes": turn.takes}
    return value


def turn_from_json(value: object) -> Turn:
    """Return the turn that `value` describes.

    Raises:
        TurnError: it describes none; the message names the forms there are.
    """
    if isinstance(value, str) and value in _BARE:
        return _BARE[value]()
    if isinstance(value, Mapping):
        options = dict(value)
        kind = next((kind for kind in _READERS if kind in options), None)
        if kind is not None:
            return _read(kind, options.pop(kind), options)
    raise TurnError(
        f"{value!r} is not a turn. Its key is one of {', '.join(_READERS)}; or it is one of {', '.join(_BARE)}."
    )


def _read(kind: str, value: Any, options: dict[str, Any]) -> Turn:
    try:
        return _READERS[kind](value, options)
    except TurnError:
        raise
    except (TypeError, ValueError, KeyError) as error:
        raise TurnError(f"The turn {kind!r} cannot be made of {value!r} with {options!r}: {error}.") from error


def _write_say(turn: Say) -> JsonTurn:
    parts = [_part_to_json(part) for part in turn.parts]
    value: dict[str, Any] = {"say": parts[0] if len(parts) == 1 and isinstance(parts[0], str) else parts}
    if turn.annotations:
        value["annotations"] = list(turn.annotations)
    if turn.more:
        value["more"] = True
    if turn.off_format:
        value["off_format"] = True
    return _with_chunks(value, turn.chunks)


def _write_calls(turn: CallTools) -> JsonTurn:
    return {"calls": [_call_to_json(call, parallel=len(turn.calls) > 1) for call in turn.calls]}


def _write_code(turn: RunCode) -> JsonTurn:
    value: dict[str, Any] = {"run_code": turn.input}
    if turn.logs is not None:
        value["logs"] = turn.logs
    if turn.images:
        value["images"] = [_part_to_json(one) for one in turn.images]
    return _with_chunks(value, turn.chunks)


def _write_search(turn: SearchFiles) -> JsonTurn:
    return {"search_files": turn.query, **({} if turn.results is None else {"results": list(turn.results)})}


def _write_fail(turn: Fail) -> JsonTurn:
    value = {"code": turn.code, "message": turn.message}
    return {"fail": value if turn.text is None else {**value, "text": turn.text}}


def _write_incomplete(turn: Incomplete) -> JsonTurn:
    return _with_chunks({"incomplete": turn.reason, **({"text": turn.text} if turn.text else {})}, turn.chunks)


def _with_chunks(value: dict[str, Any], chunks: Chunks) -> dict[str, Any]:
    if chunks is not None:
        value["chunks"] = chunks if isinstance(chunks, int) else list(chunks)
    return value


def _part_to_json(part: Part) -> Any:
    if isinstance(part, RefusedText):
        return {"refusal": part.text}
    if isinstance(part, Image):
        source = part.source
        return {"image": source} if isinstance(source, str) else {"png": base64.b64encode(source).decode()}
    return part


def _part_from_json(value: Any) -> Part:
    match value:
        case str():
            return value
        case {"refusal": text}:
            return turns.refusal(text)
        case {"image": source}:
            return turns.image(source)
        case {"png": encoded}:
            return turns.image(base64.b64decode(encoded, validate=True))
    raise TurnError(f"{value!r} is not a part of a message: a text, or {{image}}, {{png}} or {{refusal}}.")


def _call_to_json(call: ToolCall, *, parallel: bool) -> dict[str, Any]:
    if call.arguments is not None and call.id is None and call.chunks is None and call.name != "raw_call":
        plain = turns.call(call.name, **call.arguments)
        if call == (turns.call_tools(plain, plain).calls[0] if parallel else plain):
            return {call.name: dict(call.arguments)}
    raw = {"name": call.name, "text": call.text} | ({} if call.id is None else {"id": call.id})
    return {"raw_call": _with_chunks(raw, call.chunks)}


def _call_from_json(value: Any) -> ToolCall:
    if not isinstance(value, Mapping) or len(value) != 1:
        raise TurnError(f"A call is a mapping of one function to its arguments, not {value!r}.")
    ((name, arguments),) = value.items()
    if name == "raw_call":
        return turns.raw_call(arguments["name"], **{key: arguments[key] for key in arguments if key != "name"})
    return turns.call(name, **(arguments or {}))


def _read_say(value: Any, options: dict[str, Any]) -> Turn:
    parts = value if isinstance(value, list) else [value]
    return turns.say(*map(_part_from_json, parts), **options)


def _read_calls(value: Any, options: dict[str, Any]) -> Turn:
    return turns.call_tools(*map(_call_from_json, value), **options)


def _read_code(value: Any, options: dict[str, Any]) -> Turn:
    images = [_part_from_json(one) if isinstance(one, Mapping) else one for one in options.pop("images", ())]
    return turns.run_code(value, images=images, **options)  # type: ignore[arg-type]  # checked by image() at run time


_WRITERS: dict[type, Callable[[Any], JsonTurn]] = {
    Say: _write_say,
    CallTools: _write_calls,
    RunCode: _write_code,
    SearchFiles: _write_search,
    Fail: _write_fail,
    Incomplete: _write_incomplete,
    Finish: lambda _: "finish",
    Hang: lambda _: "hang",
}

_BARE: dict[str, Callable[[], Turn]] = {"finish": turns.finish, "hang": turns.hang, "say": turns.say}

_READERS: dict[str, Callable[[Any, dict[str, Any]], Turn]] = {
    "say": _read_say,
    "call": lambda value, options: _read_calls([value], options),
    "calls": _read_calls,
    "run_code": _read_code,
    "search_files": lambda value, options: turns.search_files(value, **options),
    "fail": lambda value, options: turns.fail(**{**value, **options}),
    "incomplete": lambda value, options: turns.incomplete(value, **options),
    "finish": lambda value, options: turns.finish(**options),
    "hang": lambda value, options: turns.hang(**options),
}
