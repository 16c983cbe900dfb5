"""Deliberate errors: values that say what goes wrong, and the list of those that wait for their request."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..errors import UsageError, suggestion

ANY_OPERATION = "*"

_SERVER_FAULT = (
    "The server had an error processing your request. Sorry about that! You can retry your request, or contact us"
    " through our help center at help.openai.com if you keep seeing this error. (Please include the request ID"
    " {request_id} in your email.)"
)
_WRONG_KEY = (
    "Incorrect API key provided: sk-simulated."
    " You can find your API key at https://platform.openai.com/account/api-keys."
)
_INVALID = "invalid_request_error"

# status: (message, type, code). 401, 429 and 500 as recorded or reported (assistants-api.md 5.1); for the others
# no text of these endpoints is known, theirs are the service's usual ones.
HTTP_ERRORS: Mapping[int, tuple[str, str, str | None]] = {
    400: ("The request was malformed.", _INVALID, None),
    401: (_WRONG_KEY, _INVALID, "invalid_api_key"),
    403: ("You are not allowed to make this request.", _INVALID, None),
    404: ("Not found.", _INVALID, None),
    408: ("Request timed out.", "server_error", None),
    409: ("The request conflicts with another one. Please retry.", _INVALID, None),
    429: (
        "You've exceeded the rate limit, please slow down and try again later.",
        _INVALID,
        "rate_limit_exceeded",
    ),
    500: (_SERVER_FAULT, "server_error", None),
    502: ("Bad gateway.", "server_error", None),
    503: ("The server is currently overloaded. Please try again later.", "server_error", None),
    504: ("Gateway timeout.", "server_error", None),
}


class Moment(StrEnum):
    """Whether a fault strikes before the request has its effect, or after."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpError:
    """An error answer of the service."""

    status: int
    message: str
    type: str
    param: str | None = None
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def http_error(
    status: int,
    message: str | None = None,
    *,
    type: str | None = None,
    code: str | None = None,
    param: str | None = None,
    retry_after: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpError:
    """Return an error answer with the service's body for `status`.

    Args:
        status: 400 to 599.
        message: None takes the service's text. `{request_id}` in it becomes the request's id.
        retry_after: seconds for the header `retry-after`; None leaves it out, as the service may.
        headers: further response headers.

    Raises:
        UsageError: a status that is no error, a message that is no text, or a `retry_after` that is no such number.
    """
    if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
        raise UsageError(f"http_error() takes a status from 400 to 599, not {status!r}.")
    if retry_after is not None and not _is_number(retry_after):
        raise UsageError(f"http_error(retry_after=…) is a number of seconds, zero or more, not {retry_after!r}.")
    if message is not None and not isinstance(message, str):
        raise UsageError(f"http_error() takes a text as message, not {message!r}.")
    usual = HTTP_ERRORS.get(status, HTTP_ERRORS[400 if status < 500 else 500])
    extra = {} if retry_after is None else {"retry-after": f"{retry_after:.15g}"}
    return HttpError(
        status=status,
        message=usual[0] if message is None else message,
        type=type or usual[1],
        code=code or (usual[2] if message is None else None),
        param=param,
        headers={**extra, **(headers or {})},
    )


@dataclass(slots=True)
class Planned:
    """A fault that waits: `skip` requests pass first, then `times` are struck."""

    fault: HttpError
    on: str
    times: int
    skip: int
    at: Moment
    struck: bool = False


class Faults:
    """What will go wrong.

    Args:
        operations: the names that `on` may have.
    """

    def __init__(self, operations: Iterable[str]) -> None:
        self._operations = tuple(operations)
        self._planned: list[Planned] = []

    def add(
        self, fault: HttpError, on: str = ANY_OPERATION, *, times: int = 1, skip: int = 0, at: str = Moment.BEFORE
    ) -> None:
        """Plan a fault.

        Args:
            fault: made by `http_error`.
            on: the name of an operation (`runs.retrieve`), or `*` for any. Stubs and routes that are not
                simulated are never struck.
            times: how many requests it strikes.
            skip: how many pass unharmed before the first.
            at: `before` the effect, or `after` it: the effect is made and its answer lost.

        Raises:
            UsageError: something of this cannot be meant; nothing is planned.
        """
        if not isinstance(fault, HttpError):
            raise UsageError(f"faults.add() takes a fault such as http_error(429), not {fault!r}.")
        if on != ANY_OPERATION and on not in self._operations:
            raise UsageError(f"There is no operation {on!r}.{self._hint(on)} {ANY_OPERATION!r} strikes any operation.")
        if not _is_count(times) or times < 1 or not _is_count(skip):
            raise UsageError(f"times= is one or more and skip= zero or more, not {times!r} and {skip!r}.")
        if at not in tuple(Moment):
            raise UsageError(f"at= is 'before' or 'after' the effect, not {at!r}.")
        self._planned.append(Planned(fault, on, times, skip, Moment(at)))

    def strike(self, operation: str) -> Planned | None:
        """Return the fault for this request, if one is due, and count it."""
        for planned in self._planned:
            if planned.on not in (operation, ANY_OPERATION):
                continue
            if planned.skip:
                planned.skip -= 1
                continue
            planned.struck = True
            planned.times -= 1
            if not planned.times:
                self._planned.remove(planned)
            return planned
        return None

    @property
    def unused(self) -> list[str]:
        """Those that struck nothing, as they were planned."""
        return [f"http_error({one.fault.status}) on {one.on!r}" for one in self._planned if not one.struck]

    def clear(self) -> None:
        """Forget all that is planned."""
        self._planned.clear()

    def __bool__(self) -> bool:
        return bool(self._planned)

    def __len__(self) -> int:
        return len(self._planned)

    def to_json(self) -> list[dict[str, Any]]:
        """Return what is planned as JSON values."""
        return [
            {
                "fault": {name: getattr(one.fault, name) for name in HttpError.__slots__},
                "on": one.on,
                "times": one.times,
                "skip": one.skip,
                "at": str(one.at),
                "struck": one.struck,
            }
            for one in self._planned
        ]

    def restore(self, saved: Iterable[Mapping[str, Any]]) -> None:
        """Plan what `to_json` described, instead of what is planned now."""
        self._planned = [
            Planned(HttpError(**one["fault"]), one["on"], one["times"], one["skip"], Moment(one["at"]), one["struck"])
            for one in saved
        ]

    def _hint(self, name: str) -> str:
        return suggestion(name, self._operations) or f" There are: {', '.join(self._operations)}."


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
