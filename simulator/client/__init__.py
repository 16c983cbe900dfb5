"""A client for the Assistants API, made for production. It needs the extra `client`, and knows no simulator.

    from simulator.client import FunctionRegistry

    registry = FunctionRegistry()

The names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .audit import AuditLog, Redaction
    from .calls import Execution, FunctionCall
    from .context import FunctionContext
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
    from .functions import Breaker, Retry
    from .registry import FunctionRegistry
    from .usage import Price, Usage

_HOMES = {
    "AssistantGone": ".errors",
    "AuditLog": ".audit",
    "Breaker": ".functions",
    "BudgetExceeded": ".errors",
    "ClientError": ".errors",
    "ConfigurationError": ".errors",
    "Execution": ".calls",
    "FunctionCall": ".calls",
    "FunctionContext": ".context",
    "FunctionError": ".errors",
    "FunctionRegistry": ".registry",
    "Price": ".usage",
    "Redaction": ".audit",
    "RegistryError": ".errors",
    "ReplyInvalid": ".errors",
    "Retry": ".functions",
    "RunCancelled": ".errors",
    "RunError": ".errors",
    "RunExpired": ".errors",
    "RunFailed": ".errors",
    "RunIncomplete": ".errors",
    "RunTimedOut": ".errors",
    "ServiceError": ".errors",
    "StoreError": ".errors",
    "StoreLocked": ".errors",
    "StoreVersionError": ".errors",
    "ThreadBusy": ".errors",
    "ThreadGone": ".errors",
    "TooManyRounds": ".errors",
    "Usage": ".usage",
}

__all__ = [
    "AssistantGone",
    "AuditLog",
    "Breaker",
    "BudgetExceeded",
    "ClientError",
    "ConfigurationError",
    "Execution",
    "FunctionCall",
    "FunctionContext",
    "FunctionError",
    "FunctionRegistry",
    "Price",
    "Redaction",
    "RegistryError",
    "ReplyInvalid",
    "Retry",
    "RunCancelled",
    "RunError",
    "RunExpired",
    "RunFailed",
    "RunIncomplete",
    "RunTimedOut",
    "ServiceError",
    "StoreError",
    "StoreLocked",
    "StoreVersionError",
    "ThreadBusy",
    "ThreadGone",
    "TooManyRounds",
    "Usage",
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
