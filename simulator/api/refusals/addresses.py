"""Where a request goes: routes that there are not, or not for its method."""

from __future__ import annotations

from collections.abc import Sequence

from .refusal import Refusal


class UnknownUrl(Refusal):
    """No such route. The text is the service's usual one, not recorded on these endpoints."""

    status = 404

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"Invalid URL ({method} {path})")


class MethodNotAllowed(Refusal):
    """The route exists for other methods. Chosen."""

    status = 405
    code = "method_not_supported"

    def __init__(self, method: str, path: str, allowed: Sequence[str]) -> None:
        super().__init__(f"Not allowed to {method} on {path}. This route takes {', '.join(allowed)}.")
        self.headers = {"allow": ", ".join(allowed)}  # type: ignore[misc]  # RFC 9110 wants it; known late
