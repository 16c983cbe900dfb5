"""The app that plays: a callable, or what makes one for each scenario."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..decorator import without_deprecations
from ..errors import RequestBlocked, UsageError, told
from ..importing import callable_named
from ..simulator import Simulator
from .stage import Converse, Hung
from .staying import staying
from .watchdog import watched

_SHAPE = "An app is a callable (user_id, text) -> reply, or a class or function without arguments that makes one."


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app by its name. What it keeps in its modules it keeps from one scenario to the next.

    Args:
        name: `MODULE:CALLABLE`.
        target: the callable that is named.
        makes_one: whether it makes the app, anew for each scenario; else it is the app.
    """

    name: str
    target: Callable[..., Any]
    makes_one: bool

    def made(self) -> Converse:
        """Return the app for one scenario.

        Raises:
            UsageError: it cannot be made.
        """
        if not self.makes_one:
            return self.target
        try:
            app = self.target()
        except (Exception, SystemExit, RequestBlocked) as error:
            raise UsageError(f"{self.name}() failed: {told(error)}") from error
        if inspect.iscoroutine(app):
            app.close()  # nobody will await it
        if not callable(app) or not _takes(app, 2):
            raise UsageError(f"{self.name}() returned {app!r:.200}, which is no app. {_SHAPE}")
        made: Converse = app
        return made


AnApp: TypeAlias = Converse | App | Callable[[], Converse]
"""An app, wherever one is given: the callable itself, or a class or function without arguments that makes one."""


def app_from(given: AnApp) -> App:
    """Return what a caller gives as an app; it is called as its code names it.

    Raises:
        UsageError: as `app_of`.
    """
    if isinstance(given, App):
        return given
    return app_of(given, name_of(given) if callable(given) else "what was given")


def name_of(app: Any) -> str:
    """Return what the code of an app calls it, with its module."""
    name = getattr(app, "__qualname__", type(app).__qualname__)
    module = getattr(app, "__module__", type(app).__module__)
    return f"{module}.{name}".replace(".<locals>", "").removesuffix(".<lambda>")


def app_named(name: str, folders: Iterable[str] = ("",), *, patience: float | None = None) -> App:
    """Return the app that `MODULE:CALLABLE` names.

    The module is imported where a simulator takes the requests: if it asks something meanwhile, it is refused.

    Args:
        folders: where to look first; the current folder.
        patience: how long its import may take, in real seconds.

    Raises:
        UsageError: there is none, or it cannot be called as one.
    """
    return app_of(_imported(name, folders, patience), name)


def app_of(target: Any, name: str) -> App:
    """Return a callable as an app, or as what makes one.

    Raises:
        UsageError: it can be called as neither.
    """
    if not callable(target):
        raise UsageError(f"{name} is {target!r:.100}. {_SHAPE}")
    if _takes(target, 2) and not isinstance(target, type):
        return App(name=name, target=target, makes_one=False)
    if _takes(target, 0):
        _refuse_async(target, name)
        return App(name=name, target=target, makes_one=True)
    raise UsageError(f"{name} takes {_parameters(target)}. {_SHAPE}")


def _refuse_async(maker: Callable[..., Any], name: str) -> None:
    """Refuse what would have to be awaited before there is an app; an app itself may be async."""
    if inspect.iscoroutinefunction(maker) or inspect.isasyncgenfunction(maker):
        raise UsageError(
            f"{name} is async, and would make the app only when it is awaited. Make the app in a plain function, or in "
            "a class; it may be async itself, and await what it needs when it is first called."
        )


def _imported(name: str, folders: Iterable[str], patience: float | None) -> Callable[..., Any]:
    nobody = Simulator(time="real")
    try:
        with without_deprecations(), nobody.intercept(), staying(), watched(patience):
            target: Callable[..., Any] = callable_named(name, folders)
    except (Hung, RequestBlocked) as error:
        raise UsageError(f"{name}: its module cannot be imported: {error}") from None
    if asked := nobody.requests:
        request = f"{asked[0].method} {asked[0].path}"
        raise UsageError(
            f"{name}: its module asks {request} while it is imported, before there is a scenario. Let the app do that, "
            "or name a factory that does."
        )
    return target


def _takes(target: Any, count: int) -> bool:
    try:
        inspect.signature(target).bind(*[""] * count)
    except TypeError:
        return False
    except ValueError:  # a builtin that does not say
        return count > 0
    return True


def _parameters(target: Any) -> str:
    return f"{inspect.signature(target)}".split(" -> ", maxsplit=1)[0]
