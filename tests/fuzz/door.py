"""A door for WSGI clients, as schemathesis has one: no socket, the simulator answers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http.client import responses
from typing import Any, cast

from simulator import Request, Response
from tests.fuzz.world import World

SPEC_PATH = "/openapi.json"


class Door:
    """A WSGI application that takes requests to the world that there is at present, and counts them.

    Args:
        spec: the specification, as JSON, which schemathesis asks for first.
    """

    def __init__(self, spec: bytes) -> None:
        self.spec, self.count = spec, 0
        self.world: World

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        if environ["PATH_INFO"] == SPEC_PATH:
            start_response("200 OK", [("content-type", "application/json")])
            return [self.spec]
        self.count += 1
        answer = cast("Response", self.world.simulator.handle(_request(environ)))  # nobody has planned a fault
        start_response(f"{answer.status} {responses[answer.status]}", [*answer.headers.items()])
        return [answer.body] if isinstance(answer.body, bytes) else [frame.data for frame in answer.body]


def _request(environ: dict[str, Any]) -> Request:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value)
    }
    # The path as it was sent: what a server makes of it would tell an id with a slash from two segments no more.
    path = environ["REQUEST_URI"].partition("?")[0]
    body = environ["wsgi.input"].read()
    return Request(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, body)
