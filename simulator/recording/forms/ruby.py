"""The form of Ruby's VCR (`http_interactions`), as its Psych writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from .. import safe_yaml
from ..cassette import Cassette, Interaction, RecordedRequest, RecordedResponse, head_of
from .form import Form, Source, checked, decoded, held_body, in_base64, lower, phrase, readable


class _Body(TypedDict, total=False):
    encoding: str
    string: str | bytes | None
    base64_string: str


class _Request(TypedDict):
    method: str
    uri: str
    body: NotRequired[_Body | None]
    headers: NotRequired[dict[str, Any] | None]


class _Status(TypedDict):
    code: int
    message: NotRequired[str | None]


class _Response(TypedDict):
    status: _Status
    headers: NotRequired[dict[str, Any] | None]
    body: NotRequired[_Body | None]


class _Interaction(TypedDict):
    request: _Request
    response: _Response
    recorded_at: NotRequired[str]


class _File(TypedDict):
    http_interactions: list[_Interaction]


_FILE: TypeAdapter[_File] = TypeAdapter(_File)
_KEY = "http_interactions"


def _recognises(data: Any) -> bool:
    return isinstance(data, dict) and _KEY in data


def _read(source: Source, data: Any) -> Cassette:
    file = checked(_FILE, data, source)
    interactions = [_interaction(one, index, source) for index, one in enumerate(file["http_interactions"])]
    return Cassette(interactions=interactions, head=head_of(interactions), path=source.path, form=FORM.name)


def _interaction(one: _Interaction, index: int, source: Source) -> Interaction:
    request, response = one["request"], one["response"]
    return Interaction(
        request=RecordedRequest(
            method=request["method"].upper(),
            uri=request["uri"],
            headers=(headers := lower(request.get("headers"))),
            body=_body(request.get("body"), headers, source, (_KEY, index, "request", "body")),
        ),
        response=RecordedResponse(
            status=response["status"]["code"],
            headers=(headers := lower(response.get("headers"))),
            body=_body(response.get("body"), headers, source, (_KEY, index, "response", "body")),
        ),
        recorded_at=_iso(one.get("recorded_at")),
        line=source.line_of(_KEY, index),
    )


def _body(body: _Body | None, headers: dict[str, str], source: Source, location: tuple[str | int, ...]) -> bytes:
    try:
        return decoded(held_body(body or {}), headers)
    except ValueError as error:
        raise source.refuse(location, str(error)) from error


def _iso(http_date: str | None) -> str | None:
    """Return a date of HTTP as ISO 8601; what is no such date says nothing, nor does the epoch (`_http_date`)."""
    try:
        moment = None if http_date is None else parsedate_to_datetime(http_date)
    except ValueError:
        return None
    return moment.isoformat().replace("+00:00", "Z") if moment and moment.timestamp() else None


def _write(cassette: Cassette) -> str:
    interactions = [_written(one) for one in cassette.interactions]
    return safe_yaml.dump({_KEY: interactions, "recorded_with": "VCR 6.2.0"})


def _written(one: Interaction) -> dict[str, Any]:
    request, response = one.request, one.response
    return {
        "request": {
            "method": request.method.lower(),
            "uri": request.uri,
            "body": _text(request.body),
            "headers": _headers(request.headers),
        },
        "response": {
            "status": {"code": response.status, "message": phrase(response.status)},
            "headers": _headers(response.headers),
            "body": _text(response.body),
        },
        "recorded_at": _http_date(one.recorded_at),
    }


def _headers(headers: Any) -> dict[str, list[str]]:
    """Return headers as Ruby's clients spell them: `Content-Type`."""
    return {name.title(): [value] for name, value in headers.items()}


def _text(body: bytes) -> dict[str, str]:
    if readable(body) is None:
        return {"encoding": "ASCII-8BIT", "base64_string": in_base64(body)}
    return {"encoding": "UTF-8", "string": body.decode()}


def _http_date(iso: str | None) -> str:
    """Return a date as VCR writes it. It must stand there: VCR reads it; without one that can be read, the epoch."""
    try:
        moment = datetime.fromisoformat(iso or "")
    except ValueError:
        moment = datetime.fromtimestamp(0, UTC)
    return format_datetime(moment.astimezone(UTC), usegmt=True)


FORM = Form("ruby", ".yml", _recognises, _read, _write)
