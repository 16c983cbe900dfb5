"""What is wrong in a file that people write, and where: from pydantic's errors to words, with line and nearest key."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ..errors import suggestion
from ..recording import safe_yaml

Place: TypeAlias = tuple[str | int, ...]
"""The way to a part of a file: keys and indices."""


def line_in(text: str, file: Path, place: Place) -> str:
    """Return file and line of a part of a file, to begin a message with."""
    return f"{file}:{safe_yaml.line_of(text, place)}: "


def mistakes(
    problem: ValidationError, value: Any, model: type[BaseModel], line: Callable[[Place], str] = lambda place: ""
) -> str:
    """Return what is wrong, each with its `line`: of the branches of a union, that which was understood furthest.

    Args:
        value: what was validated.
        model: what it should have been.
    """
    errors = [(_written(error["loc"], value), error) for error in problem.errors(include_url=False)]
    places = [place for place, _ in errors]
    own = {place for place, error in errors if error["type"] == "value_error"}
    deepest = [
        (place, error)
        for place, error in errors
        if not any(_is_within(other, place) for other in places)
        and (place not in own or error["type"] == "value_error")
    ]
    return "\n".join(dict.fromkeys(line(place) + _worded(place, error, model) for place, error in deepest))


def _is_within(inner: Place, outer: Place) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _worded(place: Place, error: ErrorDetails, model: type[BaseModel]) -> str:
    where, message = (
        _place(place) or f"the {model.__name__.lower()}",
        error["msg"].removeprefix("Value error, ").rstrip("."),
    )
    if error["type"] == "extra_forbidden" and place[-1] == "<<":
        return f"{where}: merge keys are not read. Write the keys out."
    if error["type"] == "extra_forbidden":
        keys = _keys_of(model, place[:-1])
        hint = suggestion(str(place[-1]), keys) or f" There are: {', '.join(keys)}."
        return f"{where}: there is no such key.{hint}"
    if error["type"] == "missing":
        return f"{where}: `{error['loc'][-1]}` is missing."
    if error["type"] == "value_error":
        return f"{where}: {message}{'' if message.endswith('?') else '.'}"
    return f"{where}: {message}, not {error['input']!r:.100}."


def _written(loc: Sequence[str | int], value: Any) -> Place:
    """Return the steps that stand in the file: pydantic puts the kinds of a union between them."""
    place: list[str | int] = []
    for step in loc:
        inner = _part_of(value, step)
        if inner is not _NOTHING:
            place.append(step)
            value = inner
    return tuple(place)


_NOTHING = object()


def _part_of(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step, _NOTHING)
    return value[step] if isinstance(value, list) and isinstance(step, int) else _NOTHING


def _keys_of(model: type[BaseModel], place: Place) -> list[str]:
    """Return the keys that a part of a file may have."""
    kind = model
    for step in place:
        if isinstance(step, str) and step in _fields(kind):
            kind = next(_models_in(_fields(kind)[step].annotation), kind)
    return list(_fields(kind))


def _fields(kind: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in kind.model_fields.items()}


def _models_in(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for one in typing.get_args(kind):
        yield from _models_in(one)


def _place(steps: Sequence[str | int]) -> str:
    place = ""
    for step in steps:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else step
    return place
