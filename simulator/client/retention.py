"""How long threads are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .errors import ConfigurationError
from .stores import UserRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long threads are kept; None: as long as one likes.

    Args:
        max_age: since the thread was begun, in seconds.
        max_idle: since it was used last, in seconds.
        max_count: so many threads, those that were used last.
    """

    max_age: float | None = None
    max_idle: float | None = None
    max_count: int | None = None

    def __post_init__(self) -> None:
        for name in ("max_age", "max_idle", "max_count"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ConfigurationError(f"Retention({name}={value!r}): 0 or more.")


@dataclass(frozen=True, slots=True)
class Retired:
    """A thread that is not kept; `reason` is `age`, `idle` or `count`."""

    user_id: str
    thread_id: str
    reason: str


def retired(records: Sequence[UserRecord], retention: Retention, now: float) -> list[Retired]:
    """Return the threads that a retention does not keep, by user."""
    with_thread = [one for one in records if one.thread_id is not None]
    newest = sorted(with_thread, key=lambda one: one.used_at, reverse=True)
    kept = {one.user_id for one in newest[: retention.max_count]}
    reasons = {one.user_id: next(_reasons(one, retention, now, is_counted=one.user_id in kept), None) for one in newest}
    return [Retired(one.user_id, str(one.thread_id), why) for one in with_thread if (why := reasons[one.user_id])]


def _reasons(record: UserRecord, retention: Retention, now: float, *, is_counted: bool) -> Iterator[str]:
    if retention.max_age is not None and now - record.created_at > retention.max_age:
        yield "age"
    if retention.max_idle is not None and now - record.used_at > retention.max_idle:
        yield "idle"
    if not is_counted:
        yield "count"
