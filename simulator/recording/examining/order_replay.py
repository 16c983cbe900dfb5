"""Replay by order, as vcrpy and VCR do it: the first interaction that matches and was not played yet.

Nobody is served by this. It stands here so that an audit tries it, and need not guess what it lets pass.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

from ..cassette import Interaction, RecordedRequest, RecordedResponse
from ..json_values import parsed


class Rule(StrEnum):
    """By what a request finds its answer, in vcrpy's words."""

    DEFAULT = "match_on method and address"  # vcrpy's and VCR's default: a body is not looked at
    BODY = "match_on body, too"
    REPEATS = "allow_playback_repeats"


class OrderReplay:
    """Answers from a session by order.

    Args:
        interactions: of the session.
        rule: by what they are found.
    """

    def __init__(self, interactions: Sequence[Interaction], rule: Rule) -> None:
        self._rule = rule
        self._answers: dict[Hashable, list[RecordedResponse]] = {}
        for one in interactions:
            self._answers.setdefault(self._key(one.request), []).append(one.response)

    def answer(self, request: RecordedRequest) -> RecordedResponse | None:
        """Return the answer to a request; None: there is none left (vcrpy raises then)."""
        left = self._answers.get(self._key(request))
        if not left:
            return None
        return left[0] if self._rule is Rule.REPEATS else left.pop(0)

    def _key(self, request: RecordedRequest) -> Hashable:
        parts = urlsplit(request.uri)
        query = tuple(sorted(parse_qsl(parts.query)))
        address = (request.method, parts.scheme, parts.netloc, parts.path, query)
        return (*address, _comparable(request.body)) if self._rule is Rule.BODY else address


def _comparable(body: bytes) -> Hashable:
    value = parsed(body)
    return body if value is None else repr(_sorted(value))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return sorted((name, _sorted(one)) for name, one in value.items())
    return [_sorted(one) for one in value] if isinstance(value, list) else value
