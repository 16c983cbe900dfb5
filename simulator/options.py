"""The options of a simulator: which there are, what each may be, and what of them a saved state keeps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Self, TypedDict, TypeVar, Unpack

from .api.dialects.key_sets import FIRST_DAY
from .api.service import ServiceMode, ServiceSettings
from .backend.objects import JsonDict
from .backend.state import START
from .backend.tokens import CountTokens, estimate
from .errors import UsageError, refuse_text
from .exact_tokens import exact_counter
from .findings import known_problems
from .transport.pace import TimeMode


class TokenCount(StrEnum):
    """How tokens are counted."""

    ESTIMATE = "estimate"
    EXACT = "exact"


_Choice = TypeVar("_Choice", bound=StrEnum)


class Given(TypedDict):
    """The options as somebody gives them."""

    seed: int
    time: str
    hosts: Iterable[str]
    poll_after_ms: int | None
    service: str
    strict: bool
    allow: Collection[str]
    journal: bool
    max_upload_bytes: int
    api_keys: Collection[str]
    tokens: str
    as_of: str | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All but the brain, as `checked` returns them; `Simulator` says what each means."""

    seed: int
    time: TimeMode
    hosts: tuple[str, ...]
    poll_after_ms: int | None
    service: ServiceMode
    strict: bool
    allow: frozenset[str]
    journal: bool
    max_upload_bytes: int
    api_keys: tuple[str, ...] = field(repr=False)
    tokens: TokenCount
    as_of: str | None

    @classmethod
    def checked(cls, **given: Unpack[Given]) -> Self:
        """Return the options as they were given, checked.

        Raises:
            UsageError: a value that an option cannot have.
        """
        return cls(**_checked(given))

    def changed(self, *, seed: int | None, as_of: str | date | None) -> Self:
        """Return the same options with another seed, another day, or both; None leaves one as it is.

        Raises:
            UsageError: a value that it cannot have.
        """
        changes = {"seed": seed, "as_of": as_of}
        return replace(self, **_checked({name: value for name, value in changes.items() if value is not None}))

    def service_settings(self) -> ServiceSettings:
        """Return those that are the service's."""
        return ServiceSettings(
            mode=self.service,
            api_keys=self.api_keys,
            poll_after_ms=self.poll_after_ms,
            max_upload_bytes=self.max_upload_bytes,
            as_of=self.as_of,
        )

    @property
    def start(self) -> float:
        """Where the clock stands at first: midnight UTC."""
        if self.as_of is None:
            return START
        return datetime.fromisoformat(self.as_of).replace(tzinfo=UTC).timestamp()

    def count_tokens(self) -> CountTokens:
        """Return what counts tokens.

        Raises:
            UsageError: it is to be exact, and the extra is not installed.
        """
        return exact_counter() if self.tokens is TokenCount.EXACT else estimate

    def to_json(self) -> JsonDict:
        """Return what a saved state keeps: all but the keys, which are nobody's to read."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "api_keys"}
        return {**kept, "allow": sorted(self.allow)}


# In the order of the signature.
NAMES = ("brain", *(one.name for one in fields(Options)))


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"seed= is an integer, not {value!r}.")
    return value


def _poll_after_ms(value: Any) -> int | None:
    if value is not None and (type(value) is not int or value < 0):
        raise UsageError(f"poll_after_ms= is a number of milliseconds, zero or more, or None, not {value!r}.")
    return value


def _max_upload_bytes(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise UsageError(f"max_upload_bytes= is a number of bytes, zero or more, not {value!r}.")
    return value


def _hosts(value: Iterable[str]) -> tuple[str, ...]:
    refuse_text("hosts", value)
    return tuple(value)


def _api_keys(value: Collection[str]) -> tuple[str, ...]:
    refuse_text("api_keys", value, shown="…")
    return tuple(value)


def _day(value: object) -> str | None:
    """Return a day as an ISO date."""
    if value is None:
        return None
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        day = None
    if not isinstance(day, date) or isinstance(day, datetime):
        raise UsageError(f"as_of= is a date such as '2024-04-29', or None for the last generation, not {value!r}.")
    if day.isoformat() < FIRST_DAY:
        raise UsageError(f"as_of= is {FIRST_DAY} or later: the Assistants API was opened on that day, not {value!r}.")
    return day.isoformat()


def _one_of(known: type[_Choice], value: object, name: str) -> _Choice:
    for one in known:
        if one == value:
            return one
    raise UsageError(f"{name}= is one of {', '.join(known)}, not {value!r}.")


# By option: what makes of a given value the one that is kept, or raises. What is not here is kept as it is.
_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "seed": _seed,
    "time": partial(_one_of, TimeMode, name="time"),
    "hosts": _hosts,
    "poll_after_ms": _poll_after_ms,
    "service": partial(_one_of, ServiceMode, name="service"),
    "allow": known_problems,
    "max_upload_bytes": _max_upload_bytes,
    "api_keys": _api_keys,
    "tokens": partial(_one_of, TokenCount, name="tokens"),
    "as_of": _day,
}


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _CHECKS[name](value) if name in _CHECKS else value for name, value in given.items()}
