"""The form of research collections: JSON with `exchanges`, bodies parsed, streams as lists of events."""

from __future__ import annotations

import base64
from typing import Any, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from ..cassette import API_BASE, EVENT_STREAM, Cassette, Interaction, RecordedRequest, RecordedResponse, head_of
from ..events import Event, stream_of
from ..json_values import dumped, parsed
from .form import Form, Source, bytes_of, checked, in_base64, lower, readable


class _Exchange(TypedDict):
    method: str
    path: str
    status: int
    request_headers: NotRequired[dict[str, Any] | None]
    request_body: NotRequired[Any]
    # Of our own writing: a body that is no text.
    request_body_base64: NotRequired[str]
    response_body_base64: NotRequired[str]
    response_headers: NotRequired[dict[str, Any] | None]
    response_body: NotRequired[Any]
    at: NotRequired[str | None]


class _File(TypedDict):
    exchanges: list[_Exchange]
    recorded_at: NotRequired[str | None]
    api_version: NotRequired[str | None]
    source: NotRequired[str | None]
    kind: NotRequired[str | None]


_FILE: TypeAdapter[_File] = TypeAdapter(_File)
_JSON = {"content-type": "application/json"}
_STREAM = {"content-type": "text/event-stream; charset=utf-8"}


def _recognises(data: Any) -> bool:
    return isinstance(data, dict) and "exchanges" in data


def _read(source: Source, data: Any) -> Cassette:
    file = checked(_FILE, data, source)
    interactions = [_interaction(one, index, source) for index, one in enumerate(file["exchanges"])]
    known = {name: file.get(name) for name in ("recorded_at", "api_version", "source", "kind")}
    head = head_of(interactions, **known)  # type: ignore[arg-type]  # the values of these four are texts
    return Cassette(interactions=interactions, head=head, path=source.path, form=FORM.name)


def _interaction(one: _Exchange, index: int, source: Source) -> Interaction:
    body, headers = one.get("response_body"), lower(one.get("response_headers"))
    headers = headers if "content-type" in headers else {**(_STREAM if _looks_streamed(body) else _JSON), **headers}
    is_stream = _looks_streamed(body) and headers["content-type"].startswith(EVENT_STREAM)
    path = one["path"]
    return Interaction(
        request=RecordedRequest(
            method=one["method"],
            uri=API_BASE + path if path.startswith("/") else path,
            headers=lower(one.get("request_headers")),
            body=_decoded(one, "request_body_base64", index, source) or _bytes(one.get("request_body")),
        ),
        response=RecordedResponse(
            status=one["status"],
            headers=headers,
            body=_decoded(one, "response_body_base64", index, source) or (_stream(body) if is_stream else _bytes(body)),
        ),
        recorded_at=one.get("at"),
        line=source.line_of("exchanges", index),
    )


def _looks_streamed(body: Any) -> bool:
    return isinstance(body, list) and bool(body) and all(isinstance(each, dict) and "data" in each for each in body)


def _decoded(one: _Exchange, key: str, index: int, source: Source) -> bytes:
    try:
        return base64.b64decode(str(one.get(key, "")), validate=True)
    except ValueError as error:
        raise source.refuse(("exchanges", index, key), "this is no base64") from error


def _stream(body: Any) -> bytes:
    return stream_of(Event(each.get("event") or "", _data(each["data"])) for each in body)


def _bytes(body: Any) -> bytes:
    if body is None or isinstance(body, str):
        return bytes_of(body)
    return dumped(body, indent=2).encode()


def _data(data: Any) -> str:
    return data if isinstance(data, str) else dumped(data, separators=(",", ":"))


def _write(cassette: Cassette) -> str:
    head = cassette.head
    file = {
        "source": head.source or str(cassette.path or ""),
        "kind": head.kind or "recorded",
        "api_version": head.api_version,
        "recorded_at": head.recorded_at,
        "exchanges": [_written(one) for one in cassette.interactions],
    }
    return dumped(file, indent=1) + "\n"


def _written(one: Interaction) -> dict[str, Any]:
    request, response = one.request, one.response
    is_plain = request.uri.startswith(API_BASE + "/")
    written = {
        "method": request.method,
        "path": request.uri.removeprefix(API_BASE) if is_plain else request.uri,
        "request_headers": dict(request.headers),
        **_body("request_body", request.body),
        "status": response.status,
        "response_headers": dict(response.headers),
        **({"response_body": _events(response)} if response.events else _body("response_body", response.body)),
    }
    return written if one.recorded_at is None else {**written, "at": one.recorded_at}


def _events(response: RecordedResponse) -> list[dict[str, Any]]:
    return [{"event": each.event, "data": _parsed(each)} for each in response.events]


def _parsed(event: Event) -> Any:
    value = event.json
    return value if isinstance(value, dict | list) and _data(value) == event.data else event.data


def _body(key: str, body: bytes) -> dict[str, Any]:
    """Return a body under its key: an object or list parsed, other text as it is."""
    if readable(body) is None:
        return {f"{key}_base64": in_base64(body)}
    value = parsed(body)
    return {key: value if isinstance(value, dict | list) else body.decode() or None}


FORM = Form("corpus", ".json", _recognises, _read, _write)
