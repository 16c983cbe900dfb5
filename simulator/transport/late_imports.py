"""Notice when a module is imported, so that a library which arrives late is patched like the others.

Importing it ourselves, just in case, would cost what the program may never need, and would spoil
`httpx2.alias_httpx()`, which must come before the first import of httpx.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class ImportWatch(MetaPathFinder):
    """Calls `notice` after the import of each of some modules, while it is on.

    Args:
        names: full names of modules.
        notice: called in the importing thread, which holds the module's import lock: it must not
            import what another thread may be importing.
    """

    def __init__(self, names: Collection[str], notice: Callable[[], None]) -> None:
        self._names = frozenset(names)
        self._notice = notice
        self._thread = threading.local()

    def on(self) -> None:
        """Look at imports from now on."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def off(self) -> None:
        """Look at imports no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find what the other finders find, and have its end noticed."""
        if fullname not in self._names or getattr(self._thread, "asks_others", False):
            return None
        self._thread.asks_others = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._thread.asks_others = False
        if spec is not None and spec.loader is not None:
            spec.loader = _NoticingLoader(spec.loader, self._notice)
        return spec


class _NoticingLoader(Loader):
    def __init__(self, loader: Loader, notice: Callable[[], None]) -> None:
        self._loader = loader
        self._notice = notice

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # From here on the module looks as if we had never been there.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._notice()
