"""What the tests of the client have in common."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from simulator.client import AuditLog, Execution, FunctionCall, FunctionRegistry


@dataclass(frozen=True)
class Answer:
    """An execution, with its output read."""

    execution: Execution

    @property
    def value(self) -> Any:
        return json.loads(self.execution.output)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.execution, name)


class Lines:
    """A logger that keeps its lines."""

    def __init__(self):
        self.lines = []

    def info(self, event, /, **values):
        self.lines.append(("info", event, values))

    def warning(self, event, /, **values):
        self.lines.append(("warning", event, values))


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def lines():
    return Lines()


@pytest.fixture
def registry(lines):
    """An empty registry that writes to `lines`."""
    return FunctionRegistry(audit=AuditLog(lines))


@pytest.fixture
def execute():
    """Register one handler, call it once, and return the answer."""

    async def run(handler, arguments, **options):
        registry = FunctionRegistry()
        registry.register(handler, **options)
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        return Answer(await registry.execute(FunctionCall("call_1", next(iter(registry)), text)))

    return run
