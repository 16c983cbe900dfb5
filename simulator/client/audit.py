"""The audit log: what was executed, for whom, with which arguments, and what came of it. Secrets are left out."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import structlog

from .calls import Execution
from .context import FunctionContext

REDACTED = "[redacted]"
_NAMES = (
    r"pass(word|wd|phrase)?|secret|token|api_?key|authorization|credential\w*|private_?key|cookie|session_?id|ssn|iban"
    r"|card_?number|cvc|cvv|pin"
)
_TEXTS = (
    r"\bsk-[A-Za-z0-9_-]{8,}",  # keys of the API
    r"\bBearer\s+[A-Za-z0-9._~+/-]{8,}=*",
    r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",  # JSON web tokens
    r"\b(?:\d[ -]?){13,19}\b",  # numbers of cards
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
)
_LONGEST = 2_000
_STANDARD = logging.getLogger("assistants.audit")
_STANDARD.addHandler(logging.NullHandler())  # else `logging` would print warnings of a program that configured nothing


class Redaction:
    """What the audit log leaves out.

    Args:
        names: of arguments and keys whose values are left out, beside those that mean a secret in themselves.
        patterns: regular expressions of texts that are left out wherever they stand, beside the usual keys and tokens.
    """

    def __init__(self, names: Iterable[str] = (), patterns: Iterable[str] = ()) -> None:
        named = "|".join(map(re.escape, names))
        self._names = re.compile(rf"(?i)(?:^|.*[_.-])(?:{_NAMES})s?$" + (rf"|(?i:{named})$" if named else ""))
        self._texts = re.compile("|".join([*_TEXTS, *patterns]))

    def of(self, value: Any) -> Any:
        """Return a JSON value without what is secret in it."""
        if isinstance(value, Mapping):
            return {key: REDACTED if self._names.match(str(key)) else self.of(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(one) for one in value]
        return self._texts.sub(REDACTED, value) if isinstance(value, str) else value

    def of_text(self, text: str) -> Any:
        """Return what a text of JSON holds, without secrets; a text that is no JSON stays text. Long texts are cut."""
        try:
            value = self.of(json.loads(text))
        except (ValueError, RecursionError):
            value = self.of(text)
        if len(text) <= _LONGEST:
            return value
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return f"{shown[:_LONGEST]}… ({len(text):,} characters)"


class AuditLogger(Protocol):
    """What the audit log is written to: any logger of structlog will do."""

    def info(self, event: str, /, **values: Any) -> Any:
        """Write one line of what went well."""
        ...

    def warning(self, event: str, /, **values: Any) -> Any:
        """Write one line of what did not."""
        ...


class AuditLog:
    """Writes a line for each function that is executed: `function_executed`, with structured values.

    Args:
        logger: where to; None: JSON lines to the logger "assistants.audit" of `logging`, which shows none of them until
            it is told to.
        redaction: what is left out.
    """

    def __init__(self, logger: AuditLogger | None = None, redaction: Redaction | None = None) -> None:
        self._logger: AuditLogger = logger or _standard_logger()
        self._is_standard = logger is None
        self._redaction = redaction or Redaction()

    def write(self, execution: Execution, context: FunctionContext) -> None:
        """Write down an execution, and those that it was made of. A logger that fails does not stop a run."""
        if self._is_standard and not _STANDARD.isEnabledFor(logging.WARNING if not execution.is_ok else logging.INFO):
            return  # most of the work is to leave out secrets
        for part in execution.parts or (execution,):
            write = self._logger.info if part.is_ok else self._logger.warning
            try:
                write("function_executed", **self._values(part, context))
            except Exception:
                logging.getLogger("assistants").exception("The audit log could not be written.")

    def _values(self, execution: Execution, context: FunctionContext) -> dict[str, Any]:
        return {
            "function": execution.call.name,
            "call_id": execution.call.id,
            "run_id": context.run_id,
            "thread_id": context.thread_id,
            "assistant_id": context.assistant_id,
            "user_id": context.user_id,
            "arguments": self._redaction.of_text(execution.call.arguments),
            "output": self._redaction.of_text(execution.output),
            "output_bytes": len(execution.output.encode()),
            "outcome": execution.outcome,
            "attempts": execution.attempts,
            "seconds": round(execution.seconds, 6),
            "is_kept": execution.is_kept,
        }


def _standard_logger() -> AuditLogger:
    logger: AuditLogger = structlog.wrap_logger(
        _STANDARD,
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
    )
    return logger
