"""Parameters that come as text, from a command line: each read as what the scenario's file gives for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from ..errors import UsageError
from .schema import Scenario

Value: TypeAlias = str | int | float | bool
_TRUTHS = {"true": True, "false": False}
_KINDS = {bool: "true or false", int: "a whole number", float: "a number"}


def values_of(texts: Mapping[str, str], scenario: Scenario) -> Mapping[str, Value]:
    """Return the values for the parameters that a scenario has; others are passed over.

    Raises:
        UsageError: a text is not of the kind that the scenario gives.
    """
    return {
        name: _read(name, text, scenario.parameters[name])
        for name, text in texts.items()
        if name in scenario.parameters
    }


def _read(name: str, text: str, default: Value) -> Value:
    kind = type(default)
    try:
        return _TRUTHS[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        raise UsageError(f"{name}={text}: it is {_KINDS[kind]}, such as {default!r}.") from None
