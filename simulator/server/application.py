"""The ASGI application: the admin routes under their prefix, and the API everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount

from .admin import ADMIN, admin_routes
from .answers import refused_by_starlette
from .door import Door
from .pages import NoPages
from .workers import Inline, OneThread

if TYPE_CHECKING:
    from ..simulator import Simulator


def application(simulator: Simulator, *, threads: bool, host: str) -> Starlette:
    """Return the application; see `server.app`. Its `state.door` is what answers the API."""
    work = OneThread() if threads else Inline()
    door = Door(simulator, work)
    admin = Mount(ADMIN, routes=admin_routes(simulator, work), middleware=[Middleware(NoPages, host=host)])
    app = Starlette(routes=[admin], exception_handlers={HTTPException: refused_by_starlette})
    app.router.redirect_slashes = False
    # Not a route: its pattern would have to match whatever a path can hold, line breaks too.
    app.router.default = door
    app.state.door = door
    return app
