"""Calls as the model means them: `multi_tool_use.parallel` is several calls, `functions.f` is `f`.

Seen in the field: a call named `multi_tool_use.parallel`, or only `parallel`, that nobody declared, with the arguments
`{"tool_uses": [{"recipient_name": "functions.f", "parameters": {…}}]}`.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from typing import Any

from .calls import Execution, FunctionCall

_WRAPPERS = ("multi_tool_use.parallel", "multi_tool_use_parallel", "parallel")
_PREFIX = "functions."


def plain_name(name: str, known: Container[str]) -> str:
    """Return the name of the function that a call means."""
    return name if name in known else name.removeprefix(_PREFIX)


def unpacked(call: FunctionCall, known: Container[str]) -> list[FunctionCall] | None:
    """Return the calls that are wrapped in one; None where it is a call like any other, or no such wrapping."""
    if call.name in known or plain_name(call.name, known) not in _WRAPPERS:
        return None
    try:
        uses = json.loads(call.arguments)["tool_uses"]
        return [_use(call, number, use) for number, use in enumerate(uses)]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def packed(call: FunctionCall, parts: Sequence[Execution]) -> Execution:
    """Return the one answer to a call that was several."""
    outputs = [{"recipient_name": one.call.name, "output": _value(one.output)} for one in parts]
    return Execution(
        call=call,
        output=json.dumps(outputs, ensure_ascii=False),
        outcome="ok" if all(one.is_ok for one in parts) else "partly_failed",
        seconds=max((one.seconds for one in parts), default=0.0),
        attempts=sum(one.attempts for one in parts),
        is_kept=bool(parts) and all(one.is_kept for one in parts),
        parts=tuple(parts),
    )


def _use(call: FunctionCall, number: int, use: Any) -> FunctionCall:
    arguments = use.get("parameters", {})
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return FunctionCall(f"{call.id}.{number}", str(use["recipient_name"]), text)


def _value(output: str) -> Any:
    try:
        return json.loads(output)
    except ValueError:
        return output
