"""Our own form: YAML that a reviewer can read. JSON as an indented block, a stream as a list of events."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from .. import safe_yaml
from ..cassette import Cassette, Interaction, RecordedRequest, RecordedResponse, head_of
from ..events import Event, stream_of
from .form import Form, Source, bytes_of, checked, in_base64, readable

VERSION = 1
_STRICT = ConfigDict(extra="forbid", strict=True)


@with_config(_STRICT)
class _Event(TypedDict):
    event: NotRequired[str]
    data: str


@with_config(_STRICT)
class _Request(TypedDict):
    method: str
    uri: str
    headers: NotRequired[dict[str, str]]
    body: NotRequired[str]
    base64: NotRequired[str]


@with_config(_STRICT)
class _Response(TypedDict):
    status: Annotated[int, Field(ge=100, le=599)]
    headers: NotRequired[dict[str, str]]
    body: NotRequired[str]
    base64: NotRequired[str]
    events: NotRequired[list[_Event]]


@with_config(_STRICT)
class _Interaction(TypedDict):
    request: _Request
    response: _Response
    recorded_at: NotRequired[str]


@with_config(_STRICT)
class _File(TypedDict):
    cassette: Literal[1]
    recorded_at: NotRequired[str]
    api_version: NotRequired[str]
    sdk: NotRequired[str]
    source: NotRequired[str]
    interactions: list[_Interaction]


_FILE: TypeAdapter[_File] = TypeAdapter(_File)
_HEAD = ("recorded_at", "api_version", "sdk", "source")


def _recognises(data: Any) -> bool:
    return isinstance(data, dict) and "cassette" in data


def _read(source: Source, data: Any) -> Cassette:
    file = checked(_FILE, data, source)
    interactions = [
        Interaction(
            request=RecordedRequest(
                method=one["request"]["method"],
                uri=one["request"]["uri"],
                headers=one["request"].get("headers", {}),
                body=_body(one["request"], source, index, "request"),
            ),
            response=RecordedResponse(
                status=one["response"]["status"],
                headers=one["response"].get("headers", {}),
                body=_body(one["response"], source, index, "response"),
            ),
            recorded_at=one.get("recorded_at"),
            line=source.line_of("interactions", index),
        )
        for index, one in enumerate(file["interactions"])
    ]
    head = head_of(interactions, **{name: data.get(name) for name in _HEAD})
    return Cassette(interactions=interactions, head=head, path=source.path, form=FORM.name)


def _body(part: Any, source: Source, index: int, name: str) -> bytes:
    kinds = [kind for kind in ("body", "base64", "events") if kind in part]
    if len(kinds) > 1:
        raise source.refuse(("interactions", index, name), f"it has {' and '.join(kinds)}: one of them is its body")
    if "base64" in part:
        try:
            return base64.b64decode(part["base64"], validate=True)
        except ValueError as error:
            raise source.refuse(("interactions", index, name, "base64"), "this is no base64") from error
    if "events" in part:
        return stream_of(Event(each.get("event", ""), each["data"]) for each in part["events"])
    return bytes_of(part.get("body"))


def _write(cassette: Cassette) -> str:
    head = {name: value for name in _HEAD if (value := getattr(cassette.head, name)) is not None}
    interactions = [_interaction(one) for one in cassette.interactions]
    return safe_yaml.dump({"cassette": VERSION, **head, "interactions": interactions})


def _interaction(one: Interaction) -> dict[str, Any]:
    request, response = one.request, one.response
    written: dict[str, Any] = {
        "request": {"method": request.method, "uri": request.uri, **_headers(request), **_written(request.body)},
        "response": {"status": response.status, **_headers(response), **_answer(response)},
    }
    return written if one.recorded_at is None else {**written, "recorded_at": one.recorded_at}


def _headers(part: RecordedRequest | RecordedResponse) -> dict[str, Any]:
    return {"headers": dict(sorted(part.headers.items()))} if part.headers else {}


def _answer(response: RecordedResponse) -> dict[str, Any]:
    # A body that calls itself a stream and is none (an HTML page of a proxy) stays text.
    if response.events:
        events = [
            {"event": each.event, "data": each.data} if each.event else {"data": each.data} for each in response.events
        ]
        return {"events": events}
    return _written(response.body)


def _written(body: bytes) -> dict[str, str]:
    if not body:
        return {}
    text = readable(body)
    return {"base64": in_base64(body)} if text is None else {"body": text}


FORM = Form("own", ".yaml", _recognises, _read, _write)
