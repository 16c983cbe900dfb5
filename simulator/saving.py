"""The state of a simulator as one JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Never

from .backend.objects import JsonDict
from .backend.shapes import check_saved
from .errors import StateError, told

VERSION = 1


def encoded(state: Mapping[str, Any]) -> bytes:
    """Return the contents of a file with this state.

    Raises:
        StateError: something in it is no JSON value.
    """
    try:
        return json.dumps({"version": VERSION, **state}, indent=1, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise StateError(f"The state cannot be saved, JSON cannot hold it: {told(error)}") from error


def decoded(content: bytes) -> JsonDict:
    """Return the state that `encoded` made this of."""
    state: JsonDict = json.loads(content)
    return state


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[JsonDict]:
    """Have the state that a file holds. It may hold anything: what it leads to inside the block is its fault.

    Raises:
        StateError: it cannot be read, or is none that `Simulator.save` wrote.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        state: JsonDict = json.loads(text, parse_constant=_refuse_constant)
        _check_version(path, state["version"])
        check_saved(text)
        yield state
    except StateError:
        raise
    except OSError as error:
        reason = error.strerror or told(error)
        raise StateError(f"{path} cannot be read: {reason}. Name a file that Simulator.save wrote.") from error
    except Exception as error:
        raise StateError(f"{path} is no state that Simulator.save wrote: {told(error)}") from error


def _check_version(path: str | os.PathLike[str], version: object) -> None:
    if version != VERSION:
        raise StateError(f"{path} has version {version!r}, this simulator reads {VERSION}.")


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON value.")
