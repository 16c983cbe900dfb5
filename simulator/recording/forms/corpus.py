"""The form of research collections: JSON with `exchanges`, bodies parsed, streams as lists of events."""

from __future__ import annotations

import json
from typing import Any, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from ..cassette import API_BASE, Cassette, Interaction, RecordedRequest, RecordedResponse, head_of, parsed
from ..events import Event, stream_of
from .form import Form, Source, bytes_of, checked, in_base64, lower, readable


class _Exchange(TypedDict):
    method: str
    path: str
    status: int
    request_headers: NotRequired[dict[str, Any] | None]
    request_body: NotRequired[Any]
    response_headers: NotRequired[dict[str, Any] | None]
    response_body: NotRequired[Any]
    at: NotRequired[str | None]


class _File(TypedDict):
    exchanges: list[_Exchange]
    recorded_at: NotRequired[str | None]
    api_version: NotRequired[str | None]
    source: NotRequired[str | None]


_FILE: TypeAdapter[_File] = TypeAdapter(_File)
_JSON = {"content-type": "application/json"}
_STREAM = {"content-type": "text/event-stream; charset=utf-8"}


def _recognises(data: Any) -> bool:
    return isinstance(data, dict) and "exchanges" in data


def _read(source: Source, data: Any) -> Cassette:
    file = checked(_FILE, data, source)
    interactions = [
        _interaction(one, source.line_of("exchanges", index)) for index, one in enumerate(file["exchanges"])
    ]
    known = {name: file.get(name) for name in ("recorded_at", "api_version", "source")}
    head = head_of(interactions, **known)  # type: ignore[arg-type]  # the values of these three are texts
    return Cassette(interactions=interactions, head=head, path=source.path, form=FORM.name)


def _interaction(one: _Exchange, line: int | None) -> Interaction:
    body = one.get("response_body")
    headers = {**(_STREAM if _is_stream(body) else _JSON), **lower(one.get("response_headers"))}
    path = one["path"]
    return Interaction(
        request=RecordedRequest(
            method=one["method"],
            uri=path if "://" in path else API_BASE + path,
            headers=lower(one.get("request_headers")),
            body=_bytes(one.get("request_body")),
        ),
        response=RecordedResponse(status=one["status"], headers=headers, body=_bytes(body)),
        recorded_at=one.get("at"),
        line=line,
    )


def _is_stream(body: Any) -> bool:
    return isinstance(body, list) and all(isinstance(each, dict) and "data" in each for each in body)


def _bytes(body: Any) -> bytes:
    if body is None or isinstance(body, str):
        return bytes_of(body)
    if _is_stream(body):
        return stream_of(Event(each.get("event") or "", _data(each["data"])) for each in body)
    return json.dumps(body, indent=2, ensure_ascii=False).encode()


def _data(data: Any) -> str:
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _write(cassette: Cassette) -> str:
    head = cassette.head
    file = {
        "source": head.source or str(cassette.path or ""),
        "kind": "recorded",
        "api_version": head.api_version,
        "recorded_at": head.recorded_at,
        "exchanges": [_written(one) for one in cassette.interactions],
    }
    return json.dumps(file, indent=1, ensure_ascii=False) + "\n"


def _written(one: Interaction) -> dict[str, Any]:
    request, response = one.request, one.response
    host = "" if request.uri.startswith(API_BASE + "/") else request.uri.partition(request.path)[0]
    written = {
        "method": request.method,
        "path": host + one.label.partition(" ")[2],
        "request_headers": dict(request.headers),
        "request_body": _value(request.body),
        "status": response.status,
        "response_headers": dict(response.headers),
        "response_body": _events(response) if response.events else _value(response.body),
    }
    return written if one.recorded_at is None else {**written, "at": one.recorded_at}


def _events(response: RecordedResponse) -> list[dict[str, Any]]:
    return [{"event": each.event, "data": _parsed(each)} for each in response.events]


def _parsed(event: Event) -> Any:
    value = event.json
    return event.data if value is None else value


def _value(body: bytes) -> Any:
    if not body:
        return None
    value = parsed(body)
    if value is not None:
        return value
    return in_base64(body) if readable(body) is None else body.decode()


FORM = Form("corpus", ".json", _recognises, _read, _write)
