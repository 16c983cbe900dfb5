"""A client for the Assistants API, made for production. It needs the extra `client`, and knows no simulator.

    from simulator.client import FunctionRegistry

    registry = FunctionRegistry()

The names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assistants import AssistantConfig, AssistantManager
    from .audit import AuditLog, Redaction
    from .budgets import Budgets, Limit
    from .calls import Execution, FunctionCall
    from .context import FunctionContext
    from .conversations import ConversationHandler, Entry
    from .errors import (
        AssistantGone,
        BudgetExceeded,
        ClientError,
        ConfigurationError,
        FunctionError,
        RegistryError,
        ReplyInvalid,
        RunCancelled,
        RunError,
        RunExpired,
        RunFailed,
        RunIncomplete,
        RunTimedOut,
        ServiceError,
        StoreError,
        StoreLocked,
        StoreVersionError,
        ThreadBusy,
        ThreadGone,
        TooManyRounds,
    )
    from .events import Event, FunctionAnswered, FunctionCalled, Replied, RunChanged, TextDelta
    from .files import FileManager
    from .functions import Breaker, FunctionOptions, Retry
    from .policies import Backoff, RunPolicy
    from .registry import FunctionRegistry
    from .replies import Image, Part, Refusal, Reply, Text
    from .retention import Retention, Retired
    from .runs import RunManager
    from .stores import MemoryStore, SQLiteStore, ThreadStore, UserRecord
    from .threads import ThreadManager
    from .usage import Price, Usage

_HOMES = {
    "AssistantConfig": ".assistants",
    "AssistantGone": ".errors",
    "AssistantManager": ".assistants",
    "AuditLog": ".audit",
    "Backoff": ".policies",
    "Breaker": ".functions",
    "BudgetExceeded": ".errors",
    "Budgets": ".budgets",
    "ClientError": ".errors",
    "ConfigurationError": ".errors",
    "ConversationHandler": ".conversations",
    "Entry": ".conversations",
    "Event": ".events",
    "Execution": ".calls",
    "FileManager": ".files",
    "FunctionAnswered": ".events",
    "FunctionCall": ".calls",
    "FunctionCalled": ".events",
    "FunctionContext": ".context",
    "FunctionError": ".errors",
    "FunctionOptions": ".functions",
    "FunctionRegistry": ".registry",
    "Image": ".replies",
    "Limit": ".budgets",
    "MemoryStore": ".stores",
    "Part": ".replies",
    "Price": ".usage",
    "Redaction": ".audit",
    "Refusal": ".replies",
    "RegistryError": ".errors",
    "Replied": ".events",
    "Reply": ".replies",
    "ReplyInvalid": ".errors",
    "Retention": ".retention",
    "Retired": ".retention",
    "Retry": ".functions",
    "RunCancelled": ".errors",
    "RunChanged": ".events",
    "RunError": ".errors",
    "RunExpired": ".errors",
    "RunFailed": ".errors",
    "RunIncomplete": ".errors",
    "RunManager": ".runs",
    "RunPolicy": ".policies",
    "RunTimedOut": ".errors",
    "SQLiteStore": ".stores",
    "ServiceError": ".errors",
    "StoreError": ".errors",
    "StoreLocked": ".errors",
    "StoreVersionError": ".errors",
    "Text": ".replies",
    "TextDelta": ".events",
    "ThreadBusy": ".errors",
    "ThreadGone": ".errors",
    "ThreadManager": ".threads",
    "ThreadStore": ".stores",
    "TooManyRounds": ".errors",
    "Usage": ".usage",
    "UserRecord": ".stores",
}

__all__ = [
    "AssistantConfig",
    "AssistantGone",
    "AssistantManager",
    "AuditLog",
    "Backoff",
    "Breaker",
    "BudgetExceeded",
    "Budgets",
    "ClientError",
    "ConfigurationError",
    "ConversationHandler",
    "Entry",
    "Event",
    "Execution",
    "FileManager",
    "FunctionAnswered",
    "FunctionCall",
    "FunctionCalled",
    "FunctionContext",
    "FunctionError",
    "FunctionOptions",
    "FunctionRegistry",
    "Image",
    "Limit",
    "MemoryStore",
    "Part",
    "Price",
    "Redaction",
    "Refusal",
    "RegistryError",
    "Replied",
    "Reply",
    "ReplyInvalid",
    "Retention",
    "Retired",
    "Retry",
    "RunCancelled",
    "RunChanged",
    "RunError",
    "RunExpired",
    "RunFailed",
    "RunIncomplete",
    "RunManager",
    "RunPolicy",
    "RunTimedOut",
    "SQLiteStore",
    "ServiceError",
    "StoreError",
    "StoreLocked",
    "StoreVersionError",
    "Text",
    "TextDelta",
    "ThreadBusy",
    "ThreadGone",
    "ThreadManager",
    "ThreadStore",
    "TooManyRounds",
    "Usage",
    "UserRecord",
]

# What the extra brings.
_EXTRA = ("anyio", "docstring_parser", "pybreaker", "structlog", "tenacity")


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(home, __name__), name)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        from ..errors import MissingExtra

        raise MissingExtra(f"{__name__}.{name}", "client", error.name) from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
