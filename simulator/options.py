"""The options of a simulator: which there are, what each may be, and what of them a saved state keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Self, TypeVar

from .api.dialects.key_sets import FIRST_DAY
from .api.service import ServiceMode, ServiceSettings
from .backend.objects import JsonDict
from .backend.state import START
from .backend.tokens import CountTokens, estimate
from .errors import UsageError
from .exact_tokens import exact_counter
from .transport.pace import TimeMode


class TokenCount(StrEnum):
    """How tokens are counted."""

    ESTIMATE = "estimate"
    EXACT = "exact"


# What `Simulator.check` may find.
PROBLEMS = ("unused_script", "unused_fault", "unexpected_request", "active_run", "blocked_request")
_Choice = TypeVar("_Choice", bound=StrEnum)


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
    def checked(
        cls,
        *,
        seed: int,
        time: str,
        hosts: Iterable[str],
        poll_after_ms: int | None,
        service: str,
        strict: bool,
        allow: Collection[str],
        journal: bool,
        max_upload_bytes: int,
        api_keys: Collection[str],
        tokens: str,
        as_of: str | date | None,
    ) -> Self:
        """Return the options as they were given, checked.

        Raises:
            UsageError: a value that an option cannot have.
        """
        _check_numbers(seed, poll_after_ms, max_upload_bytes)
        _refuse_texts(hosts=hosts, api_keys=api_keys)
        return cls(
            seed=seed,
            time=_one_of(TimeMode, time, "time"),
            hosts=tuple(hosts),
            poll_after_ms=poll_after_ms,
            service=_one_of(ServiceMode, service, "service"),
            strict=strict,
            allow=known_problems(allow),
            journal=journal,
            max_upload_bytes=max_upload_bytes,
            api_keys=tuple(api_keys),
            tokens=_one_of(TokenCount, tokens, "tokens"),
            as_of=_day(as_of),
        )

    def changed(self, *, seed: int | None, as_of: str | date | None) -> Self:
        """Return the same options with another seed, another day, or both; None leaves one as it is.

        Raises:
            UsageError: a value that it cannot have.
        """
        _check_numbers(self.seed if seed is None else seed, None, 0)
        return replace(
            self,
            seed=self.seed if seed is None else seed,
            as_of=self.as_of if as_of is None else _day(as_of),
        )

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


def known_problems(allow: Collection[str]) -> frozenset[str]:
    """Return the findings that `allow=` names.

    Raises:
        UsageError: there is no such finding.
    """
    _refuse_texts(allow=allow)
    wrong = set(allow).difference(PROBLEMS)
    if wrong:
        raise UsageError(f"allow= knows {', '.join(PROBLEMS)}, not {', '.join(map(repr, sorted(wrong, key=str)))}.")
    return frozenset(allow)


def _check_numbers(seed: int, poll_after_ms: int | None, max_upload_bytes: int) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise UsageError(f"seed= is an integer, not {seed!r}.")
    if poll_after_ms is not None and (type(poll_after_ms) is not int or poll_after_ms < 0):
        raise UsageError(f"poll_after_ms= is a number of milliseconds, zero or more, or None, not {poll_after_ms!r}.")
    if type(max_upload_bytes) is not int or max_upload_bytes < 0:
        raise UsageError(f"max_upload_bytes= is a number of bytes, zero or more, not {max_upload_bytes!r}.")


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


def _refuse_texts(**lists: Iterable[str]) -> None:
    for name, value in lists.items():
        if isinstance(value, str):
            shown = "…" if name == "api_keys" else value
            raise UsageError(f"{name}= is a list, not one text: write [{shown!r}].")
