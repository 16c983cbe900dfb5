"""How turns, faults and their like are shown: as the shortest call that makes an equal value.

So what a failing property test prints can be pasted into a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from keyword import iskeyword
from typing import Any


def call_that_makes(
    value: object, function: Callable[..., Any], positional: Iterable[Any] = (), options: Mapping[str, Any] = {}
) -> str:
    """Return the call of `function` that gives `value`, without the options that make no difference.

    Args:
        positional: the arguments that are always shown.
        options: all that it may need, by keyword.
    """
    first = tuple(positional)
    return written_call(function.__name__, first, options_needed(value, function, first, options))


def options_needed(
    value: object, function: Callable[..., Any], positional: tuple[Any, ...], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return those of `options` without which the call of `function` does not give `value`."""
    needed = dict(options)
    for name in options:
        without = {other: one for other, one in needed.items() if other != name}
        if _makes(function, positional, without, value):
            needed = without
    return needed


def written_call(name: str, positional: Iterable[Any], options: Mapping[str, Any]) -> str:
    """Return a call as Python writes it; keywords of which one is no name are given as a mapping, in their order."""
    if all(key.isidentifier() and not iskeyword(key) for key in options):
        named = [f"{key}={one!r}" for key, one in options.items()]
    else:
        named = [f"**{dict(options)!r}"]
    return f"{name}({', '.join([*map(repr, positional), *named])})"


def _makes(function: Callable[..., Any], first: tuple[Any, ...], options: Mapping[str, Any], value: object) -> bool:
    try:
        return bool(function(*first, **options) == value)
    except TypeError:  # a missing argument, or one that does not fit without the other
        return False
