"""Calls of functions as the model made them, and how they were answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A call as the model made it; `arguments` is its text, whatever that is."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A call and its answer.

    Args:
        output: what the model is told.
        outcome: `ok`; `said`, if the handler raised a `FunctionError`; else what went wrong: `unknown_function`,
            `malformed_arguments`, `invalid_arguments`, `exception`, `timeout`, `out_of_order`, `unserialisable_output`,
            `output_too_large`, `invalid_output`.
        seconds: how long it took, waiting for a place included.
        attempts: how often the handler was called.
        error: what the handler raised last.
        is_kept: the output is that of an earlier call, whose side effects must not happen twice.
        parts: the executions of which one call was made by `multi_tool_use.parallel`.
    """

    call: FunctionCall
    output: str
    outcome: str = "ok"
    seconds: float = 0.0
    attempts: int = 0
    error: BaseException | None = None
    is_kept: bool = False
    parts: tuple[Execution, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether the handler returned, and its result could be used."""
        return self.outcome == "ok"
