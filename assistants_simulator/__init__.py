"""The package `simulator` under a name that nobody else has.

Where `import simulator` finds our package, `assistants_simulator.x` is `simulator.x`, for submodules too.
Where somebody's own `simulator` comes first, the same files are loaded under this name, and theirs is let alone.
Which of the two it is shows when the first submodule is imported: by then pytest and the project have
settled `sys.path`. Before that, nothing of `simulator` is imported: ours in `sys.modules` would hide theirs.

PYTEST_DONT_REWRITE: there is no assert here, and pytest would warn where this was imported before it starts.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from simulator import *  # noqa: F403  # for type checkers
    from simulator import __all__ as __all__

PACKAGE = "simulator"
HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / PACKAGE  # in a wheel and in a checkout
# Known under this name only: the one must not import the package, the other must run as what it is.
OWN_MODULES = ("pytest_entry", "__main__")

_is_alias: bool | None = None  # not settled yet


def shadow() -> str | None:
    """Return the place to which `import simulator` leads, where that is not our package; else None."""
    place = _place()
    return None if place is None or _is_ours(place) else place


def _place() -> str | None:
    """Return the file or folder that `simulator` is, or would be if it were imported now; None: there is none."""
    if (module := sys.modules.get(PACKAGE)) is not None:
        places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
        return next(filter(None, places), repr(module))
    from importlib.util import find_spec

    spec = find_spec(PACKAGE)
    if spec is None:
        return None
    places = [spec.origin if spec.has_location else None, *(spec.submodule_search_locations or ())]
    return next(filter(None, places), repr(spec))


def _is_ours(place: str) -> bool:
    return Path(place).resolve() == FOLDER / "__init__.py"


def _settle() -> bool:
    """Say, once and for all, whether this is `simulator` under another name."""
    global _is_alias  # noqa: PLW0603  # the process has one `sys.modules`
    if _is_alias is None:
        place = _place()
        _is_alias = place is not None and _is_ours(place)
    return _is_alias


def home() -> str:
    """Return the name under which the package's modules are to be imported.

    Where both names are one, only `simulator` is safe: a pytest that starts in this process later puts its own
    finder before ours, which would load the files a second time, under this name.
    """
    return PACKAGE if _settle() else __name__


class _Alias:
    """Finds `assistants_simulator.x` as `simulator.x`, and is the loader too."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, rest = name.partition(".")
        if package != __name__ or rest in OWN_MODULES or not _settle():
            return None
        from importlib.util import find_spec

        known = find_spec(f"{PACKAGE}.{rest}") is not None
        return ModuleSpec(name, self) if known else None  # type: ignore[arg-type]  # a loader by its methods

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make an empty module; that of `simulator` must not be given another name and spec."""

    def exec_module(self, module: ModuleType) -> None:
        """Put the module of `simulator` where the import system will take it from: `sys.modules`."""
        sys.modules[module.__name__] = import_module(PACKAGE + module.__name__.removeprefix(__name__))


__path__ = [str(HERE), str(FOLDER)]
sys.meta_path.insert(0, _Alias())  # before what looks into __path__
# The public names are those of `simulator`, loaded lazily as there, through the submodules of this name.
_doc = __doc__
SourceFileLoader(__name__, str(FOLDER / "__init__.py")).exec_module(sys.modules[__name__])
__doc__ = _doc
_public: Callable[[str], Any] = globals()["__getattr__"]


if not TYPE_CHECKING:  # a type checker would take every name for one that there is

    def __getattr__(name: str) -> Any:
        if f"{PACKAGE}.{name}" in sys.modules and _settle():
            return import_module(f".{name}", __name__)  # a submodule that was imported under its first name
        return _public(name)
