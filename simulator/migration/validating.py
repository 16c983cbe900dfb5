"""Reads a YAML file into a model, or says with file and line why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import BaselineError
from ..recording import safe_yaml
from ..scenario.mistakes import line_in, mistakes

M = TypeVar("M", bound=BaseModel)


def validated(
    path: Path, model: type[M], key: str, prepare: Callable[[dict[Any, Any]], Any] = lambda value: value
) -> M:
    """Return what a file holds.

    Args:
        key: that such a file has at its top.
        prepare: from what is written to what is validated; the places of both are the same.

    Raises:
        BaselineError: it cannot be read, or holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BaselineError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise BaselineError(f"{path} cannot be read: it is not UTF-8: {error}.") from None
    value = safe_yaml.load(text, path, BaselineError, safe_yaml.PlainLoader).value
    safe_yaml.refuse_bombs(value, path, BaselineError)
    if not isinstance(value, dict) or key not in value:
        raise BaselineError(f"{path}:1: this has no `{key}` at its top: it is another file, or was cut off.")
    try:
        return model.model_validate(prepare(value))
    except ValidationError as problem:
        raise BaselineError(mistakes(problem, value, model, partial(line_in, text, path))) from None
