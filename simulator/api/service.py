"""From a request to its answer: the one place where routes, headers, bodies and faults come together.

A refusal raised anywhere below becomes the error envelope here, once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from urllib.parse import quote

from ..backend import journal
from ..backend.execution import RunStream
from ..backend.faults import Planned
from ..backend.journal import Exchange, kept_headers
from ..backend.objects import EMPTY, JsonDict
from ..backend.state import Backend
from .call import Call, Content, Later
from .dialects.dialect import Dialect
from .dialects.history import SUNSET_SINCE, V1_REFUSED_SINCE
from .dialects.served import dialects
from .dialects.v1 import V1
from .forms import MAX_UPLOAD_BYTES, read_form
from .refusals import access
from .refusals.addresses import UnknownUrl
from .refusals.bodies import BodyTooLarge
from .refusals.lookups import FILES_DETAIL_SINCE
from .refusals.refusal import Refusal, Surprise
from .refusals.surprises import SimulatorFailed
from .routes import Match, Operation, find, is_assistants_route
from .streams import frames
from .striking import READ_SECONDS, Answer, Struck, strike, target_of
from .stubs import Stubs
from .validation import MAX_JSON_BYTES, read_body, read_query
from .wire import EVENT_STREAM_TYPE, JSON_TYPE, Request, Response, json_body, read_headers

_ORGANIZATION = "org-simulated"
_PROJECT = "proj_simulated"
SECONDS_WITHOUT_OPERATION = 0.05
_PROJECT_SINCE = "2025-09-16"  # in no recording of 2024, in all since
KEPT_OF_UPLOADS = 4_096  # bytes in the journal: the fields and the names; what is in a file is kept once


class ServiceMode(StrEnum):
    """Which service is simulated."""

    NORMAL = "normal"
    V1_REFUSED = "v1_refused"
    SUNSET = "sunset"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What the service does in its way.

    Args:
        mode: `v1_refused` refuses version 1, as from 18 December 2024; `sunset` answers 404 with an empty body,
            as since 26 August 2026.
        api_keys: the keys that are taken; none means any, or none at all.
        poll_after_ms: value of `openai-poll-after-ms`; None: not sent, as the service did.
        as_of: the day whose service it is, an ISO date, for as long as it lives; None: the last generation
            of each version.
        max_upload_bytes: how many bytes a body that uploads may have.
    """

    mode: ServiceMode = ServiceMode.NORMAL
    api_keys: Sequence[str] = field(default=(), repr=False)
    poll_after_ms: int | None = 0
    max_upload_bytes: int = MAX_UPLOAD_BYTES
    as_of: str | None = None

    @property
    def max_body_bytes(self) -> int:
        """How many bytes any body may have, whatever it is for."""
        return max(MAX_JSON_BYTES, self.max_upload_bytes)

    @property
    def mode_of_day(self) -> ServiceMode:
        """The mode; where it is the normal one, what was normal on the day."""
        if self.mode is not ServiceMode.NORMAL or self.as_of is None:
            return self.mode
        return next((mode for since, mode in _MODES if since <= self.as_of), self.mode)


_MODES = ((SUNSET_SINCE, ServiceMode.SUNSET), (V1_REFUSED_SINCE, ServiceMode.V1_REFUSED))


class Service:
    """Answers requests.

    Args:
        backend: the state.
        stubs: answers for routes that are not simulated; they win.
        settings: see there.
    """

    def __init__(self, backend: Backend, stubs: Stubs, settings: ServiceSettings) -> None:
        self._backend, self._stubs, self._settings = backend, stubs, settings
        self._mode = settings.mode_of_day
        self._dialects = dialects(settings.as_of)
        self._by_header = {f"assistants={name}": dialect for name, dialect in self._dialects.items()}
        self._constant_headers = _constant_headers(settings.as_of)

    def answer(self, request: Request) -> tuple[Answer, Exchange]:
        """Return the answer, or how it was lost, and the entry that the journal has of it.

        Time passes first, by what the operation costs, and what is due by then happens.
        """
        if "openai-beta" not in request.headers:  # a request made by hand may spell its headers in capitals
            request = replace(request, headers=read_headers(request.headers.items()))
        exchange = _exchange(request, self._backend.clock.now())
        response = self._answered(request, exchange, {"content-type": JSON_TYPE, **self._usual_headers()})
        exchange.answered_at = self._backend.clock.now()
        if isinstance(response, Response):
            _keep_response(exchange, response)
        return response, exchange

    def _answered(self, request: Request, exchange: Exchange, headers: dict[str, str]) -> Answer:
        try:
            self._backend.engine.settle()  # before the journal has the request: it is due earlier
            self._backend.journal.add(exchange)
            return self._answer(request, exchange, headers)
        except Refusal as refusal:
            return self._refused(refusal, exchange, headers)
        except Exception as error:  # noqa: BLE001  # raised through the SDK it would be retried, and perhaps swallowed
            return self._refused(SimulatorFailed(request.method, request.path, error), exchange, headers)

    def refuse(self, request: Request, surprise: Surprise) -> Response:
        """Return a refusal that the service itself was never asked for; nothing but the surprise is kept."""
        self._backend.engine.surprises.append(surprise.message)
        return Response(
            surprise.status, {"content-type": JSON_TYPE, **surprise.headers}, json_body(surprise.envelope())
        )

    def _refused(self, refusal: Refusal, exchange: Exchange, headers: Mapping[str, str]) -> Response:
        if isinstance(refusal, Surprise):
            exchange.unexpected = refusal.message
            self._backend.engine.surprises.append(refusal.message)
        return Response(refusal.status, {**headers, **refusal.headers}, json_body(self._shown(refusal)))

    def _shown(self, refusal: Refusal) -> JsonDict:
        as_of, body = self._settings.as_of, refusal.envelope()
        if as_of is not None and as_of < FILES_DETAIL_SINCE:
            body.pop("detail", None)
        return body

    def _answer(self, request: Request, exchange: Exchange, headers: dict[str, str]) -> Answer:
        if not request.body and "content-length" in request.headers:
            self._check_unread(request.headers["content-length"], headers)
        stub = self._stubs.find(request) if self._stubs else None
        if stub is not None:
            self._pass_time(SECONDS_WITHOUT_OPERATION, headers)
            return stub.answer(request)
        if self._mode is ServiceMode.SUNSET and is_assistants_route(request.path):
            self._pass_time(SECONDS_WITHOUT_OPERATION, headers)
            return Response(404, {}, b"")
        match = self._find(request, headers)
        exchange.operation = match.operation.name
        if match.operation.form is not None:
            exchange.body = request.body[:KEPT_OF_UPLOADS]
        self._pass_time(match.operation.seconds, headers)
        planned = self._strike(match, request) if self._backend.faults else None
        if planned is None:
            return self._perform(match, request, headers)
        return strike(
            Struck(
                planned=planned,
                match=match,
                request=request,
                backend=self._backend,
                headers=headers,
                perform=partial(self._perform, match, request, headers),
            )
        )

    def _check_unread(self, length: str, headers: dict[str, str]) -> None:
        """Refuse a body that its door left unread.

        Raises:
            BodyTooLarge: it has more bytes than any body may have.
        """
        limit = self._settings.max_body_bytes
        if length.isdecimal() and int(length) > limit:
            self._pass_time(SECONDS_WITHOUT_OPERATION, headers)
            raise BodyTooLarge(int(length), limit)

    def _find(self, request: Request, headers: dict[str, str]) -> Match:
        try:
            return find(request.method, request.path)
        except Refusal:
            self._pass_time(SECONDS_WITHOUT_OPERATION, headers)
            raise

    def _perform(self, match: Match, request: Request, headers: dict[str, str]) -> Response:
        self._check_key(request.headers)
        dialect = self._dialect(request, match.operation)
        operation = dialect.operations.get(match.operation.name, match.operation)
        body = self._read(request, operation, dialect)
        query = read_query(request.query, dialect.refuse, operation.query) if request.query else EMPTY
        try:
            reply = operation.handler(Call(self._backend, match.ids, query, body))
        except Refusal as refusal:
            reworded = dialect.reworded(refusal)
            if reworded is refusal:
                raise
            raise reworded from refusal
        if isinstance(reply, RunStream):
            headers["content-type"] = EVENT_STREAM_TYPE
            return Response(200, headers, frames(reply, self._backend, query, dialect.writer(self._backend.store)))
        if isinstance(reply, Later):
            headers["content-type"] = reply.content_type
            return Response(200, headers, reply.frames(READ_SECONDS if request.timeout is None else request.timeout))
        return self._whole(reply, operation, headers, dialect)

    def _whole(
        self, reply: JsonDict | Content, operation: Operation, headers: dict[str, str], dialect: Dialect
    ) -> Response:
        if isinstance(reply, Content):
            return Response(200, {**headers, **_content_headers(reply)}, reply.data)
        if operation.surface == "responses":
            return Response(200, headers, json_body(reply))
        if operation.polled and self._settings.poll_after_ms is not None:
            headers["openai-poll-after-ms"] = str(self._settings.poll_after_ms)
        return Response(200, headers, dialect.body(reply, operation.name, self._backend.store))

    def _read(self, request: Request, operation: Operation, dialect: Dialect) -> JsonDict:
        content_type = request.headers.get("content-type")
        if operation.body is not None:
            return read_body(operation.body, request.body, content_type, dialect.refuse)
        if operation.form is not None:
            return read_form(operation.form, request.body, content_type, self._settings.max_upload_bytes)
        return {}

    def _dialect(self, request: Request, operation: Operation) -> Dialect:
        """Return the dialect of a request.

        Raises:
            BetaRefusal: its header names none, or one that is not served any more.
            UnknownUrl: the operation is not of this dialect.
        """
        beta = request.headers.get("openai-beta")
        if beta is None and not operation.needs_beta:
            return self._dialects["v2"]
        dialect = self._by_header.get(beta or "") or self._dialects[_version(beta, self._dialects)]
        if dialect.name == V1.name and self._mode is ServiceMode.V1_REFUSED:
            raise access.v1_route_refused() if operation.only == V1.name else access.v1_refused()
        if operation.only is not None and operation.only != dialect.name:
            raise UnknownUrl(request.method, request.path)
        return dialect

    def _pass_time(self, seconds: float, headers: dict[str, str]) -> None:
        clock = self._backend.clock
        engine = self._backend.engine
        clock.advance_to(clock.now() + engine.course.request(seconds))
        engine.settle()
        headers["openai-processing-ms"] = str(round(seconds * 1000))

    def _usual_headers(self) -> dict[str, str]:
        """Return what every recorded answer has; no rate limits were ever among it (recorded-traffic.md 3)."""
        return {**self._constant_headers, "x-request-id": self._backend.ids.request_id()}

    def _check_key(self, headers: Mapping[str, str]) -> None:
        keys = self._settings.api_keys
        if not keys:
            return
        given = headers.get("api-key") or headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not given:
            raise access.NoApiKey
        if given not in keys:
            raise access.WrongApiKey(given)

    def _strike(self, match: Match, request: Request) -> Planned | None:
        planned = self._backend.faults.strike(target_of(match, request))
        if planned is not None:
            at, name = self._backend.clock.now(), match.operation.name
            self._backend.journal.add(journal.Struck(at, name, planned.effect))
        return planned


def _exchange(request: Request, at: float) -> Exchange:
    return Exchange(
        at=at,
        operation=None,
        method=request.method,
        path=request.path,
        query=request.query,
        headers=kept_headers(request.headers),
        body=request.body,
    )


def _keep_response(exchange: Exchange, response: Response) -> None:
    exchange.status = response.status
    if isinstance(response.body, bytes):
        exchange.response = response.body
    elif response.headers["content-type"] != JSON_TYPE:  # a whole answer that takes its time comes later
        exchange.frames = []


def _constant_headers(as_of: str | None) -> Mapping[str, str]:
    headers = {"openai-version": "2020-10-01", "openai-organization": _ORGANIZATION}
    return headers if as_of is not None and as_of < _PROJECT_SINCE else {**headers, "openai-project": _PROJECT}


def _content_headers(content: Content) -> Mapping[str, str]:
    """Return the headers of a download; what is in a name can end neither the header nor its quotes."""
    name = quote(content.filename, safe=" ()[]{},;=@!$&+~")
    coded = "" if name == content.filename else f"; filename*=UTF-8''{quote(content.filename)}"
    return {"content-type": "application/octet-stream", "content-disposition": f'attachment; filename="{name}"{coded}'}


def _version(value: str | None, known: Collection[str]) -> str:
    """Return the version that a beta header asks for.

    Raises:
        BetaRefusal: the header is missing, malformed, or asks for something that there is not.
    """
    if value is None:
        raise access.missing_beta()
    versions = {}
    for part in value.split(","):
        name, equals, version = part.strip().partition("=")
        if not equals or not name or not version:
            raise access.malformed_beta(value)
        versions[name] = version
    if "assistants" not in versions:
        raise access.unknown_beta(next(iter(versions)))
    version = versions["assistants"]
    if version not in known:
        raise access.unknown_beta(f"assistants={version}")
    return version
