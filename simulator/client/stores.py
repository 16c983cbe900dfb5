"""Which thread is whose, and what was used: kept in memory, or in a file that survives the process."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from .errors import StoreError, StoreLocked, StoreVersionError
from .usage import Usage

T = TypeVar("T")

VERSION = 1
_APPLICATION = 0x41735468  # "AsTh", in the header of the file
_TABLE = """
CREATE TABLE IF NOT EXISTS users (user_id TEXT PRIMARY KEY, thread_id TEXT, record TEXT NOT NULL) WITHOUT ROWID
"""
_CLAIM = """
INSERT INTO users (user_id, thread_id, record) VALUES (?, ?, ?)
ON CONFLICT (user_id) DO UPDATE SET thread_id = excluded.thread_id, record = excluded.record
WHERE users.thread_id IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRecord:
    """What is known of a user.

    Args:
        thread_id: of the present conversation; None where there is none.
        created_at: when the thread was made, in seconds since the epoch.
        used_at: when it was used last.
        usage: what the user has used in all.
        thread_usage: what was used on the present thread.
    """

    user_id: str
    thread_id: str | None = None
    created_at: float = 0.0
    used_at: float = 0.0
    usage: Usage = field(default_factory=Usage)
    thread_usage: Usage = field(default_factory=Usage)

    def without_thread(self) -> UserRecord:
        """Return the record of a user whose conversation is over; what was used stays known."""
        return replace(self, thread_id=None, created_at=0.0, thread_usage=Usage())


class ThreadStore(Protocol):
    """Where records are kept. A method is done, or raises and has done nothing; any thread may call it."""

    def get(self, user_id: str) -> UserRecord | None:
        """Return the record of a user."""
        ...

    def claim(self, record: UserRecord) -> UserRecord:
        """Keep the record of a user who has no thread; return what is kept then, which somebody else may have made."""
        ...

    def put(self, record: UserRecord) -> None:
        """Keep a record in place of the one before."""
        ...

    def delete(self, user_id: str) -> None:
        """Forget a user."""
        ...

    def all(self) -> list[UserRecord]:
        """Return all records, by user."""
        ...


class MemoryStore:
    """Keeps records as long as the process lives."""

    def __init__(self) -> None:
        self._records: dict[str, UserRecord] = {}
        self._lock = threading.Lock()

    def get(self, user_id: str) -> UserRecord | None:
        """Return the record of a user."""
        return self._records.get(user_id)

    def claim(self, record: UserRecord) -> UserRecord:
        """Keep the record of a user who has no thread; return what is kept then."""
        with self._lock:
            kept = self._records.get(record.user_id)
            if kept is None or kept.thread_id is None:
                kept = self._records[record.user_id] = record
            return kept

    def put(self, record: UserRecord) -> None:
        """Keep a record in place of the one before."""
        self._records[record.user_id] = record

    def delete(self, user_id: str) -> None:
        """Forget a user."""
        self._records.pop(user_id, None)

    def all(self) -> list[UserRecord]:
        """Return all records, by user."""
        return [self._records[key] for key in sorted(self._records)]


class SQLiteStore:
    """Keeps records in a file, which several processes may use.

    A record is written within a fraction of a millisecond, and not waited for until it is on the disk: after a crash of
    the machine the last ones may be missing, after one of the process none.

    Args:
        path: of the file; it is made where there is none.

    Raises:
        StoreError: the file is none of ours, or cannot be opened; it was not changed.
        StoreVersionError: it was written by another version.
        StoreLocked: another process holds it; so from each method. Try again.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._database = self._told(self._connected)
        self._told(self._prepare)

    def get(self, user_id: str) -> UserRecord | None:
        """Return the record of a user."""
        rows = self._ask("SELECT record FROM users WHERE user_id = ?", user_id)
        return _read(rows[0]) if rows else None

    def claim(self, record: UserRecord) -> UserRecord:
        """Keep the record of a user who has no thread; return what is kept then."""
        self._ask(_CLAIM, record.user_id, record.thread_id, _written(record))
        return self.get(record.user_id) or record

    def put(self, record: UserRecord) -> None:
        """Keep a record in place of the one before."""
        self._ask("INSERT OR REPLACE INTO users VALUES (?, ?, ?)", record.user_id, record.thread_id, _written(record))

    def delete(self, user_id: str) -> None:
        """Forget a user."""
        self._ask("DELETE FROM users WHERE user_id = ?", user_id)

    def all(self) -> list[UserRecord]:
        """Return all records, by user."""
        return [_read(row) for row in self._ask("SELECT record FROM users ORDER BY user_id")]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _ask(self, statement: str, *values: str | None) -> list[Any]:
        return self._told(lambda: self._database.execute(statement, values).fetchall())

    def _connected(self) -> sqlite3.Connection:
        # timeout=0: who waits for another process decides how; here it would hold up an event loop.
        return sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)

    def _prepare(self) -> None:
        (application,) = self._database.execute("PRAGMA application_id").fetchone()
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        (tables,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables:
            self._make()
        elif application != _APPLICATION:
            raise StoreError(f"{self._path} is a database of something else. Give another file.")
        elif version != VERSION:
            raise StoreVersionError(
                f"{self._path} was written by version {version} of the store, and this is version {VERSION}. Use the "
                f"assistants-simulator that wrote it, or give another file. It was not changed."
            )
        self._database.execute("PRAGMA synchronous = NORMAL")

    def _make(self) -> None:
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute(_TABLE)
        self._database.execute(f"PRAGMA application_id = {_APPLICATION}")
        self._database.execute(f"PRAGMA user_version = {VERSION}")
        self._database.execute("COMMIT")

    def _told(self, work: Callable[[], T]) -> T:
        with self._lock:
            try:
                return work()
            except sqlite3.OperationalError as error:
                if "locked" in str(error):
                    raise StoreLocked(f"{self._path} is locked by another process. Close it there, or wait.") from error
                raise StoreError(f"{self._path} cannot be used: {error}.") from error
            except sqlite3.DatabaseError as error:
                raise StoreError(f"{self._path} is no file of a store: {error}. Give another file.") from error


def _written(record: UserRecord) -> str:
    return json.dumps(asdict(record))


def _read(row: tuple[str]) -> UserRecord:
    values: dict[str, Any] = json.loads(row[0])
    return UserRecord(**{**values, **{name: Usage(**values[name]) for name in ("usage", "thread_usage")}})
