"""What the admin routes answer: JSON, and errors in the API's envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from ..api.wire import JSON_TYPE, json_body

if TYPE_CHECKING:
    from starlette.exceptions import HTTPException
    from starlette.requests import Request


class Refused(Exception):
    """A request to an admin route that is not done; the state is as before.

    Args:
        status: 4xx.
        message: what is wrong, where, and what to do.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def answer(value: object, status: int = 200) -> Response:
    """Return a JSON answer, indented as the API's."""
    return Response(json_body(value), status, media_type=JSON_TYPE)


def refused(status: int, message: str) -> Response:
    """Return an error answer."""
    return answer({"error": {"message": message, "type": "simulator_error", "param": None, "code": None}}, status)


async def refused_by_starlette(request: Request, error: Exception) -> Response:
    """Answer a path or a method that there is not."""
    found: HTTPException = error  # type: ignore[assignment]  # it is registered for these only
    path = request.url.path
    reasons = {
        404: f"There is no {path}. The routes are listed in docs/server.md of assistants-simulator.",
        405: f"Not allowed to {request.method} {path}. It takes {(found.headers or {}).get('Allow')}.",
    }
    response = refused(found.status_code, reasons.get(found.status_code, found.detail))
    response.headers.update(found.headers or {})
    return response
