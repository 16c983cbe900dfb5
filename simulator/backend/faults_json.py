"""Planned faults as people write them, in scenarios and over the server's admin route.

    {"http_error": 429, "retry_after": 2, "on": "runs.retrieve", "times": 2}
    {"cut_stream": "thread.message.delta", "nth": 3}   {"no_answer": "reset", "at": "after"}
    {"stay": "queued", "seconds": 30}

The key of the fault holds its first argument; what else it takes, and what `Faults.add` takes, stands beside.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..errors import UsageError, suggestion
from . import fault_kinds
from .fault_kinds import FAULT_TYPES, Fault, call_of
from .faults import Faults

MAKERS: Mapping[str, Callable[..., Fault]] = {name: getattr(fault_kinds, name) for name in FAULT_TYPES}
PLAN_OPTIONS = tuple(name for name in inspect.signature(Faults.add).parameters if name not in ("self", "fault"))


class Plan(NamedTuple):
    """A fault, and the arguments of `Faults.add` beside it."""

    fault: Fault
    options: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.fault!r}{''.join(f', {name}={value!r}' for name, value in self.options.items())}"


def plan_from_json(value: object) -> Plan:
    """Return what a mapping describes.

    Raises:
        UsageError: it describes no fault, or has keys that mean nothing; names the nearest that does.
    """
    kinds = [name for name in MAKERS if isinstance(value, Mapping) and name in value]
    if not isinstance(value, Mapping) or len(kinds) != 1:
        raise UsageError(f"{value!r} is not a fault. One of its keys is {', '.join(MAKERS)}.")
    kind = kinds[0]
    first, *others = options_of(kind)
    unknown = [str(key) for key in value if key not in (kind, *others, *PLAN_OPTIONS)]
    if unknown:
        known = (*others, *PLAN_OPTIONS)
        hint = suggestion(unknown[0], known) or f" There are: {', '.join(known)}."
        raise UsageError(f"{kind} knows no {unknown[0]!r}.{hint}")
    given = {key: value[key] for key in others if key in value}
    return Plan(
        MAKERS[kind](**{first: value[kind]}, **given), {key: value[key] for key in PLAN_OPTIONS if key in value}
    )


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Return a planned fault as a mapping; `plan_from_json` gives an equal one back."""
    function, first, options = call_of(plan.fault)
    return {function.__name__: first, **{name: _json(value) for name, value in options.items()}, **plan.options}


def _json(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def options_of(kind: str) -> list[str]:
    """Return what the function that makes a kind of fault takes, its first argument first."""
    return list(inspect.signature(MAKERS[kind]).parameters)
