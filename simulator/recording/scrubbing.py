"""Scrubbing: a recorded session without secrets, and the secrets that are in one.

Always applied before a session is written. What is replaced is decided by the table of `secret_kinds`, which
headers are kept at all by that of `kept_headers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from ..errors import UsageError
from . import kept_headers
from .cassette import Cassette, Head, Interaction, RecordedRequest, RecordedResponse
from .events import stream_of
from .replaced_ids import with_other_ids
from .scrubbed_streams import scrubbed_events
from .scrubbed_texts import TextScrubber
from .secret_kinds import is_placeholder

_FORM = "application/x-www-form-urlencoded"

# What is secret by its header's name: keys, cookies, who pays. Reported by these kinds.
SECRET_HEADERS: Mapping[str, str] = {
    "authorization": "authorization_header",
    "proxy-authorization": "authorization_header",
    "api-key": "api_key_header",
    "x-api-key": "api_key_header",
    "ocp-apim-subscription-key": "api_key_header",
    "cookie": "cookie",
    "set-cookie": "cookie",
    "openai-organization": "organization_header",
    "openai-project": "project_header",
}
# Shorter ones, and words, are placeholders of local servers, and may stand in any sentence.
_SHORTEST_KNOWN, _LONG = 8, 16


class Ids(StrEnum):
    """What becomes of ids. They are no secrets: nobody without the key can do anything with them."""

    KEEP = "keep"
    REPLACE = "replace"


class Secret(NamedTuple):
    """A secret that was found.

    Args:
        kind: its name in `secret_kinds` or here.
        place: where, as a reader finds it: `request header authorization`, `response body $.metadata.owner`.
    """

    kind: str
    place: str


class Scrubber:
    """Takes secrets out of sessions, of whatever they consist.

    Args:
        json_paths: parts of bodies and of the data of events to replace too, as `metadata.customer` or
            `data.*.content`; `*` is any key or any place of a list.
        ids: whether ids of the API are kept or replaced, each always by the same one.

    Raises:
        UsageError: `ids` is none of `Ids`, or `json_paths` is one text.
    """

    def __init__(self, *, json_paths: Iterable[str] = (), ids: Ids | str = Ids.KEEP) -> None:
        if isinstance(json_paths, str):
            raise UsageError(f"json_paths= is a list of paths, not one text: write [{json_paths!r}].")
        if ids not in tuple(Ids):
            raise UsageError(f"ids= is one of {', '.join(Ids)}, not {ids!r}.")
        self._json_paths = tuple(json_paths)
        self._replaces_ids = ids == Ids.REPLACE

    def cassette(self, cassette: Cassette) -> Cassette:
        """Return a session without secrets. What its clients sent as their keys is replaced wherever it stands."""
        known = known_secrets(cassette.interactions)
        interactions = [self.interaction(one, known) for one in cassette.interactions]
        return replace(cassette, head=self._head(cassette.head, known), interactions=interactions)

    def interaction(self, interaction: Interaction, known: Iterable[str] = ()) -> Interaction:
        """Return one interaction without secrets.

        Args:
            known: texts that are secret whatever they look like (`known_secrets`).
        """
        scrubbed, _ = self._scrubbed(interaction, known)
        return scrubbed

    def request(self, request: RecordedRequest) -> RecordedRequest:
        """Return a request without secrets: as it would stand in a file, to be compared with what does."""
        return _request(request, self._texts([], ()))

    def secrets(self, interaction: Interaction, known: Iterable[str] = ()) -> list[Secret]:
        """Return the secrets in an interaction, in the order of a file."""
        return self._scrubbed(interaction, known)[1]

    def _head(self, head: Head, known: Iterable[str]) -> Head:
        texts = self._texts([], known)
        return replace(head, **{name: texts.text(value, name) for name, value in vars(head).items() if value})

    def _scrubbed(self, interaction: Interaction, known: Iterable[str]) -> tuple[Interaction, list[Secret]]:
        found: list[Secret] = []
        texts = self._texts(found, known)
        _note_headers(found, interaction)
        request, response = _request(interaction.request, texts), _response(interaction.response, texts)
        scrubbed = replace(interaction, request=request, response=response)
        return with_other_ids(scrubbed) if self._replaces_ids else scrubbed, found

    def _texts(self, found: list[Secret], known: Iterable[str]) -> TextScrubber:
        return TextScrubber(
            lambda kind, place: found.append(Secret(kind, place)), known=known, json_paths=self._json_paths
        )


def known_secrets(interactions: Iterable[Interaction]) -> Sequence[str]:
    """Return what headers say is secret: keys, cookies, organisations. They may stand in bodies as well."""
    values = [
        value.rpartition(" ")[2] if SECRET_HEADERS[name] == "authorization_header" else part
        for one in interactions
        for headers in (one.request.headers, one.response.headers)
        for name, value in headers.items()
        if name in SECRET_HEADERS
        for part in _parts(name, value)
    ]
    # As they are, and as they stand in addresses.
    forms = {form for value in values if _is_telling(value) for form in (value, quote(value), quote(value, safe=""))}
    return sorted(forms, key=lambda value: (-len(value), value))


def _parts(name: str, value: str) -> list[str]:
    if name not in ("cookie", "set-cookie"):
        return [value]
    return [pair.strip().partition("=")[2] for pair in value.split(";")]


def _is_telling(value: str) -> bool:
    return len(value) >= _LONG or (len(value) >= _SHORTEST_KNOWN and any(map(str.isdigit, value)))


def _note_headers(found: list[Secret], interaction: Interaction) -> None:
    for part, headers in (("request", interaction.request.headers), ("response", interaction.response.headers)):
        for name, value in headers.items():
            if name in SECRET_HEADERS and value and not is_placeholder(value):
                found.append(Secret(SECRET_HEADERS[name], f"{part} header {name}"))


def _request(request: RecordedRequest, texts: TextScrubber) -> RecordedRequest:
    return replace(
        request,
        uri=_uri(request.uri, texts),
        headers=_headers(request.headers, kept_headers.REQUEST, texts, "request"),
        body=_body(request.body, request.headers, texts, "request body"),
    )


def _response(response: RecordedResponse, texts: TextScrubber) -> RecordedResponse:
    headers = _headers(response.headers, kept_headers.RESPONSE, texts, "response")
    if response.events:
        body = stream_of(scrubbed_events(response.events, texts, "response"))
    else:
        body = _body(response.body, response.headers, texts, "response body")
    return replace(response, headers=headers, body=body)


def _uri(uri: str, texts: TextScrubber) -> str:
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    query = texts.pairs(parts.query, "request query") if parts.query else ""
    return urlunsplit((parts.scheme, host, texts.path(parts.path, "request path"), query, ""))


def _headers(headers: Mapping[str, str], table: Mapping[str, str], texts: TextScrubber, part: str) -> dict[str, str]:
    kept = kept_headers.kept(headers, table)
    return {name: texts.text(value, f"{part} header {name}") for name, value in kept.items()}


def _body(body: bytes, headers: Mapping[str, str], texts: TextScrubber, place: str) -> bytes:
    try:
        text, encoding = body.decode(), "utf-8"
    except UnicodeDecodeError:
        text, encoding = body.decode("latin-1"), "latin-1"  # keeps every byte that is no secret
    is_form = headers.get("content-type", "").startswith(_FORM)
    scrubbed = texts.wide(texts.pairs(text, place) if is_form else texts.text(text, place), place)
    return body if scrubbed == text else scrubbed.encode(encoding)
