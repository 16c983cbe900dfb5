"""What happens while a reply is made, as it is told to a callback or by an iterator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from .calls import Execution, FunctionCall
from .replies import Reply


@dataclass(frozen=True, slots=True)
class RunChanged:
    """A run has another status than before; `run` as the SDK has it. A run that is tried again has another id."""

    run: Any

    @property
    def status(self) -> str:
        """The new status."""
        return str(self.run.status)


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of text; without streaming, the whole of a part."""

    text: str


@dataclass(frozen=True, slots=True)
class FunctionCalled:
    """The model calls a function, which is about to be executed."""

    call: FunctionCall


@dataclass(frozen=True, slots=True)
class FunctionAnswered:
    """A function was executed; its output is about to be submitted."""

    execution: Execution


@dataclass(frozen=True, slots=True)
class Replied:
    """The reply is complete. The last event, where nothing was raised."""

    reply: Reply


Event: TypeAlias = RunChanged | TextDelta | FunctionCalled | FunctionAnswered | Replied
