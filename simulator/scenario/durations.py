"""How long a scenario waits: `3 days`, `90 s`, or a number of seconds."""

from __future__ import annotations

import re

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_SHORT = {"s": "second", "sec": "second", "min": "minute", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_ONE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*(?:,|and)?\s*")


def seconds_of(value: float | str) -> float:
    """Return a duration in seconds.

    Raises:
        ValueError: it is none, or negative.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(_problem(value))
    total, place, text = 0.0, 0, value.lower()
    while place < len(text):
        found = _ONE.match(text, place)
        if found is None:
            raise ValueError(_problem(value))
        total += float(found[1]) * _unit(found[2], value)
        place = found.end()
    return total


def _unit(name: str, value: str) -> int:
    seconds = SECONDS.get(_SHORT.get(name, name.removesuffix("s")))
    if seconds is None:
        raise ValueError(_problem(value))
    return seconds


def _problem(value: object) -> str:
    return f"a duration is a number of seconds, or such as '3 days' or '1 hour 30 min', not {value!r}"
