"""The journal as JSON values: each entry an object whose `kind` says what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pydantic_core import from_json, to_jsonable_python

from ..backend.journal import Asked, Entry, Exchange, Handled, StatusChange, Struck
from ..backend.objects import JsonDict
from ..backend.turns_json import turn_to_json
from ..errors import told


def journal_to_json(journal: Iterable[Entry]) -> list[JsonDict]:
    """Return the entries, the oldest first."""
    return [_WRITERS[type(entry)](entry) for entry in journal]


def _exchange(entry: Exchange) -> JsonDict:
    frames = entry.frames
    answer = {"response": _body(entry.response)} if frames is None else {"events": [_text(one) for one in frames]}
    return {
        "kind": "request",
        "at": entry.at,
        "operation": entry.operation,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "headers": dict(entry.headers),
        "body": _body(entry.body),
        "answered_at": entry.answered_at,
        "status": entry.status,
        **answer,
        "unexpected": entry.unexpected,
    }


def _asked(entry: Asked) -> JsonDict:
    view = to_jsonable_python(asdict(entry.view.detached()))
    about = {"at": entry.at, "run_id": entry.run_id, "thread_id": entry.thread_id}
    return {"kind": "turn", **about, "turn": turn_to_json(entry.turn), "view": view}


def _handled(entry: Handled) -> JsonDict:
    values = to_jsonable_python((entry.arguments, entry.result), fallback=repr)
    arguments, result = values
    error = None if entry.error is None else told(entry.error)
    return {
        "kind": "call",
        "at": entry.at,
        "name": entry.name,
        "arguments": arguments,
        "result": result,
        "error": error,
    }


def _body(body: bytes) -> Any:
    """Return a body parsed, or as text where it is no JSON; None where there is none."""
    if not body:
        return None
    try:
        return from_json(body)
    except ValueError:
        return _text(body)


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


# Any: each takes the entries of its own type.
_WRITERS: Mapping[type[Entry], Callable[[Any], JsonDict]] = {
    Exchange: _exchange,
    StatusChange: lambda entry: {"kind": "status", **asdict(entry)},
    Asked: _asked,
    Struck: lambda entry: {"kind": "fault", **asdict(entry)},
    Handled: _handled,
}
