"""Answers for other routes of the same host: embeddings, chat, moderations and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..errors import UsageError
from .refusals.surprises import StubFailed
from .route_patterns import EXAMPLE, RoutePattern
from .wire import Request, Response, json_body, json_response

StubFunction: TypeAlias = Callable[[Request], Any]


@dataclass(frozen=True, slots=True)
class Stub:
    """One route and its answer."""

    route: RoutePattern
    function: StubFunction
    status: int
    headers: Mapping[str, str]

    def answer(self, request: Request) -> Response:
        """Return the answer: what the callable gives is a `Response`, or a JSON value.

        Raises:
            StubFailed: it raised, or gave something else. The test hears of it in `check()`.
        """
        try:
            value = self.function(request)
            return value if isinstance(value, Response) else json_response(self.status, value, self.headers)
        except Exception as error:  # whatever somebody's callable raises is the test's mistake
            raise StubFailed(self.route.method, self.route.path, error) from error


class Stubs:
    """The stubbed routes; the newest that fits answers."""

    def __init__(self) -> None:
        self._stubs: list[Stub] = []

    def add(
        self,
        route: str,
        function: StubFunction | None,
        json: Any,
        status: int,
        headers: Mapping[str, str] | None,
    ) -> None:
        """Stub a route such as `POST /v1/embeddings`; `*` in the path stands for anything.

        Raises:
            UsageError: the route is no method and path, or both or no answers are given.
        """
        pattern = RoutePattern.of(route, "stub()")
        if not pattern.method:
            raise UsageError(f"stub() takes a method and a path, such as {EXAMPLE}, not {route!r}.")
        if function is not None and not callable(function):
            raise UsageError(f"stub() takes json=… or a callable of the request, not {function!r}.")
        if (function is None) == (json is None):
            raise UsageError("stub() takes either json=… or a callable of the request.")
        try:
            json_body(json)
        except ValueError as error:
            raise UsageError(
                f"stub(json=…): JSON cannot hold {json!r}. A callable stands second: stub(route, function)."
            ) from error
        self._stubs.insert(0, Stub(pattern, function or (lambda _: json), status, dict(headers or {})))

    def find(self, request: Request) -> Stub | None:
        """Return the stub for a request, if there is one."""
        for stub in self._stubs:
            if stub.route.match(request.method, request.path):
                return stub
        return None

    def __bool__(self) -> bool:
        return bool(self._stubs)
