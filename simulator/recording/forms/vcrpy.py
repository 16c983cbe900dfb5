"""vcrpy's form, as its YAML and its JSON serializer write it, for every client that it has ever patched."""

from __future__ import annotations

from typing import Any, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from .. import safe_yaml
from ..cassette import Cassette, Interaction, RecordedRequest, RecordedResponse, head_of
from ..json_values import dumped
from .form import Form, Source, bytes_of, checked, decoded, held_body, in_base64, lower, phrase, readable


class _Body(TypedDict, total=False):
    string: str | bytes | None
    base64_string: str


class _Status(TypedDict):
    code: int
    message: NotRequired[str | None]


_Headers = dict[str, str | list[str] | list[bytes]]


class _Request(TypedDict):
    method: str
    uri: str
    body: NotRequired[str | bytes | _Body | None]
    # A serializer of people's own writes JSON as such (pydantic-ai's does).
    parsed_body: NotRequired[Any]
    headers: NotRequired[_Headers | None]


class _Response(TypedDict, total=False):
    status: _Status
    # vcrpy's stubs for httpx, until 5.
    status_code: int
    headers: _Headers | None
    body: str | bytes | _Body | None
    parsed_body: Any
    content: str | bytes | None


class _Interaction(TypedDict):
    request: _Request
    response: _Response
    recorded_at: NotRequired[str]


class _File(TypedDict):
    interactions: list[_Interaction]


_FILE: TypeAdapter[_File] = TypeAdapter(_File)


def _recognises(data: Any) -> bool:
    return isinstance(data, dict) and "interactions" in data and "cassette" not in data


def _read(source: Source, data: Any) -> Cassette:
    file = checked(_FILE, data, source)
    interactions = [_interaction(one, index, source) for index, one in enumerate(file["interactions"])]
    return Cassette(interactions=interactions, head=head_of(interactions), path=source.path, form=_name(source))


def _name(source: Source) -> str:
    return "vcrpy-json" if source.text.lstrip().startswith("{") else "vcrpy"


def _interaction(one: _Interaction, index: int, source: Source) -> Interaction:
    request, response = one["request"], one["response"]
    return Interaction(
        request=RecordedRequest(
            method=request["method"].upper(),
            uri=request["uri"],
            headers=(headers := lower(request.get("headers"))),
            body=_body(request, headers, source, ("interactions", index, "request")),
        ),
        response=RecordedResponse(
            status=_status(response, source, index),
            headers=(headers := lower(response.get("headers"))),
            body=_body(response, headers, source, ("interactions", index, "response")),
        ),
        recorded_at=one.get("recorded_at"),
        line=source.line_of("interactions", index),
    )


def _status(response: _Response, source: Source, index: int) -> int:
    if "status" in response:
        return response["status"]["code"]
    if "status_code" in response:
        return response["status_code"]
    raise source.refuse(("interactions", index, "response"), "it has no status")


def _body(part: Any, headers: dict[str, str], source: Source, location: tuple[str | int, ...]) -> bytes:
    if "parsed_body" in part:
        return dumped(part["parsed_body"], indent=2).encode()
    body = part.get("body", part.get("content"))
    try:
        return decoded(held_body(body) if isinstance(body, dict) else bytes_of(body), headers)
    except ValueError as error:
        raise source.refuse(location, str(error)) from error


def _as_data(cassette: Cassette) -> dict[str, Any]:
    return {"interactions": [_written(one) for one in cassette.interactions], "version": 1}


def _written(one: Interaction) -> dict[str, Any]:
    request, response = one.request, one.response
    return {
        "request": {
            "body": _text(request.body),
            "headers": {name: [value] for name, value in request.headers.items()},
            "method": request.method,
            "uri": request.uri,
        },
        "response": {
            "body": {"string": _text(response.body) or ""},
            "headers": {name: [value] for name, value in response.headers.items()},
            "status": {"code": response.status, "message": phrase(response.status)},
        },
    } | ({} if one.recorded_at is None else {"recorded_at": one.recorded_at})


def _text(body: bytes) -> str | bytes | None:
    if not body:
        return None
    return body if readable(body) is None else body.decode()


def _write_json(cassette: Cassette) -> str:
    data = _as_data(cassette)
    for one in data["interactions"]:
        for part in (one["request"], one["response"]):
            part["body"] = _for_json(part["body"])
    return dumped(data, indent=2) + "\n"


def _for_json(body: Any) -> Any:
    """Return a body without bytes: vcrpy's JSON serializer refuses them, its older versions wrote `base64_string`."""
    string = body["string"] if isinstance(body, dict) else body
    return {"base64_string": in_base64(string)} if isinstance(string, bytes) else body


def _write_yaml(cassette: Cassette) -> str:
    return safe_yaml.dump(_as_data(cassette))


def _never(_: Any) -> bool:
    """JSON is YAML: `YAML` recognises both."""
    return False


YAML = Form("vcrpy", ".yaml", _recognises, _read, _write_yaml)
JSON = Form("vcrpy-json", ".json", _never, _read, _write_json)
