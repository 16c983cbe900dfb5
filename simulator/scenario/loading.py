"""From a file to a scenario, and back.

A mistake is told with file, line, the path of the key, and the nearest key that there is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import ScenarioError, suggestion
from ..recording import safe_yaml
from ..whole_files import write_whole
from .mistakes import Place, line_in, mistakes
from .schema import Scenario
from .shipped import nearest_shipped, on_disk

MAX_BYTES = 4 << 20
_BRACES = re.compile(r"\{([^{}]*)\}")


def load(path: str | os.PathLike[str], parameters: Mapping[str, Any] | None = None) -> Scenario:
    """Return the scenario of a file, with its parameters filled in.

    Where there is none, a path that begins with `scenarios/` means one that is shipped.

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
        with on_disk(file).open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ScenarioError(f"{file} cannot be read: {error.strerror}.{nearest_shipped(file)}") from None
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
        lines = partial(line_in, text, file)
        raise ScenarioError(mistakes(problem, value, Scenario, lines)) from None


def of_value(value: Any, where: str) -> Scenario:
    """Return the scenario that a JSON value is; `where` begins what is said of it.

    Raises:
        ScenarioError: it is none.
    """
    try:
        return Scenario.model_validate(value)
    except ValidationError as problem:
        raise ScenarioError(f"{where}: {mistakes(problem, value, Scenario)}") from None


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
        raise ScenarioError(f"{where}: with {values!r}: {mistakes(problem, value, Scenario)}") from None


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
    """Return a text with its parameters filled in, in one pass: braces in a value are the value's own."""
    return _BRACES.sub(lambda found: str(values.get(found[1], found[0])), text)
