"""From a file to a scenario, and back.

A mistake is told with file, line, the path of the key, and the nearest key that there is.
"""

from __future__ import annotations

import os
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ..errors import ScenarioError, suggestion
from ..recording import safe_yaml
from ..whole_files import write_whole
from .schema import Scenario

MAX_BYTES = 4 << 20
Place: TypeAlias = tuple[str | int, ...]
"""The way to a part of a file: keys and indices."""

SCHEMA_LINE = "# yaml-language-server: $schema={path}\n"


def load(path: str | os.PathLike[str], parameters: Mapping[str, Any] | None = None) -> Scenario:
    """Return the scenario of a file, with its parameters filled in.

    Args:
        parameters: go over those that the file gives.

    Raises:
        ScenarioError: the file cannot be read, or is no scenario; says file and line.
    """
    return filled(read(path), parameters or {}, os.fspath(path))


def read(path: str | os.PathLike[str]) -> Scenario:
    """Return the scenario of a file as it is written.

    Raises:
        ScenarioError: as `load`.
    """
    file = Path(path)
    return parse(_text_of(file), file)


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ScenarioError(f"{file} cannot be read: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise ScenarioError(f"{file} has more than {MAX_BYTES >> 20} MiB, as no conversation has: it is not read.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise ScenarioError(f"{file}:{line}: this is not UTF-8: byte {byte:#04x}. Save it as UTF-8.") from None


def parse(text: str, file: Path) -> Scenario:
    """Return the scenario in a text; `file` is named in errors.

    Raises:
        ScenarioError: it is none.
    """
    value = safe_yaml.load(text, file, ScenarioError, safe_yaml.PlainLoader).value
    safe_yaml.refuse_bombs(value, file, ScenarioError)
    if not isinstance(value, dict):
        raise ScenarioError(f"{file}:1: a scenario is a mapping that begins with `scenario: what it is about`.")
    try:
        return Scenario.model_validate(value)
    except ValidationError as problem:
        lines = partial(_line_in, text, file)
        raise ScenarioError(_told(problem, value, lines)) from None


def _line_in(text: str, file: Path, place: Place) -> str:
    return f"{file}:{safe_yaml.line_of(text, place)}: "


def write(scenario: Scenario, path: str | os.PathLike[str]) -> None:
    """Write a scenario into a file, whole or not at all; `read` gives an equal one back.

    Raises:
        OSError: the file cannot be written; what was there is as before.
    """
    write_whole(path, text_of(scenario).encode())


def text_of(scenario: Scenario) -> str:
    """Return a scenario as YAML, with what was given and nothing else."""
    return safe_yaml.dump(scenario.model_dump(mode="json", by_alias=True, exclude_unset=True))


def line_of_step(path: str | os.PathLike[str], step: int | None) -> int:
    """Return the line on which a step begins, from 1; of the whole, where its title stands.

    Args:
        step: its number, from 1; None: the whole.
    """
    place: Place = ("scenario",) if step is None else ("conversation", step - 1)
    return safe_yaml.line_of(_text_of(Path(path)), place)


def filled(scenario: Scenario, parameters: Mapping[str, Any], where: str) -> Scenario:
    """Return a scenario with `{name}` replaced in every text; one that is nothing else becomes the value itself.

    Raises:
        ScenarioError: a parameter that the scenario does not have, or a value that does not fit where it stands.
    """
    for name in parameters:
        if name not in scenario.parameters:
            hint = suggestion(name, scenario.parameters) or f" It has: {', '.join(scenario.parameters) or 'none'}."
            raise ScenarioError(f"{where}: the scenario has no parameter {name!r}.{hint}")
    values = {**scenario.parameters, **parameters}
    if not values:
        return scenario
    written = scenario.model_dump(mode="json", by_alias=True, exclude_unset=True)
    del written["parameters"]
    value = {**_filled(written, values), "parameters": values}
    try:
        return Scenario.model_validate(value)
    except ValidationError as problem:
        raise ScenarioError(f"{where}: with {values!r}: {_told(problem, value)}") from None


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {_filled_text(str(key), values): _filled(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    if not isinstance(value, str):
        return value
    whole = next((name for name in values if value == f"{{{name}}}"), None)
    return _filled_text(value, values) if whole is None else values[whole]


def _filled_text(text: str, values: Mapping[str, Any]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


# What is wrong, and where.


def _told(problem: ValidationError, value: Any, line: Callable[[Place], str] = lambda place: "") -> str:
    """Return what is wrong, each with its `line`: of the branches of a union, that which was understood furthest."""
    errors = [(_written(error["loc"], value), error) for error in problem.errors(include_url=False)]
    places = [place for place, _ in errors]
    deepest = [(place, error) for place, error in errors if not any(_is_within(other, place) for other in places)]
    return "\n".join(dict.fromkeys(line(place) + _worded(place, error) for place, error in deepest))


def _is_within(inner: Place, outer: Place) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _worded(place: Place, error: ErrorDetails) -> str:
    where, message = _place(place), error["msg"].removeprefix("Value error, ").rstrip(".")
    if error["type"] == "extra_forbidden":
        keys = _keys_of(place[:-1])
        hint = suggestion(str(place[-1]), keys) or f" There are: {', '.join(keys)}."
        return f"{where}: there is no such key.{hint}"
    if error["type"] == "missing":
        return f"{where}: `{error['loc'][-1]}` is missing."
    if error["type"] == "value_error":
        return f"{where}: {message}."
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


def _keys_of(place: Place) -> list[str]:
    """Return the keys that a part of a scenario may have."""
    kind: type[BaseModel] = Scenario
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
    return place or "the scenario"
