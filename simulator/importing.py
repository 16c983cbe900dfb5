"""From a name, `MODULE:CALLABLE`, to what it names; looked for in the current folder first."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .errors import UsageError, suggestion, told

_HERE = ""  # the current folder, whichever that is when something is imported


def imported(name: str, folders: Iterable[str] = (_HERE,)) -> Any:
    """Return what a name names. The folders stay on `sys.path`: what is imported may import more, later.

    Args:
        name: `my_tests.brains:weather`, or a path of attributes, `weather:Bot.reply`.
        folders: where to look first.

    Raises:
        UsageError: it names nothing; the message says which part is wrong.
    """
    module_name, _, path = name.partition(":")
    if not module_name or not path or "/" in module_name:
        raise UsageError(f"write MODULE:CALLABLE, such as my_tests.brains:weather, not {name!r}.")
    sys.path[:0] = [folder for folder in folders if folder not in sys.path]
    value = _module(module_name)
    for part in path.split("."):
        if not hasattr(value, part):
            raise UsageError(f"{module_name!r} has no {path!r}.{suggestion(part, dir(value))}")
        value = getattr(value, part)
    return value


def callable_named(name: str, folders: Iterable[str] = (_HERE,)) -> Any:
    """Return the callable that a name names.

    Raises:
        UsageError: as `imported`; or it is no callable.
    """
    value = imported(name, folders)
    if not callable(value):
        raise UsageError(f"it is no callable, but of type {type(value).__name__}.")
    return value


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # SystemExit: a script without `if __name__ == "__main__"`
        hint = suggestion(name, _modules_here()) if _is_missing(error, name) else _place_in(error)
        raise UsageError(f"the module {name!r} cannot be imported: {told(error)}{hint}") from error


def _is_missing(error: BaseException, name: str) -> bool:
    return isinstance(error, ModuleNotFoundError) and error.name is not None and f"{name}.".startswith(f"{error.name}.")


def _modules_here() -> list[str]:
    return [path.stem for path in Path().glob("*.py")]


def _place_in(error: BaseException) -> str:
    """Return where the module failed: the last line that is not of the import system."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if not one.filename.startswith("<frozen") and one.filename != __file__]
    places = [one for one in own if one.filename != importlib.__file__]
    return f" ({places[-1].filename}:{places[-1].lineno})" if places else ""
