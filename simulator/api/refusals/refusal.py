"""What every refusal is: an error answer, and the four keys of its body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ... import errors

INVALID_REQUEST = "invalid_request_error"


class Refusal(errors.Refusal):
    """An error answer.

    Args:
        message: the text.
        param: the parameter it is about, as a path (`tools[0].type`).
    """

    status: ClassVar[int] = 400
    type: ClassVar[str] = INVALID_REQUEST
    code: ClassVar[str | None] = None
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param

    def envelope(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return envelope(self.message, self.type, self.param, self.code)


class Surprise(Refusal):
    """What the test did not foresee, so that `check()` reports it.

    A 4xx with `x-should-retry: false`, since the SDKs retry what a transport raises, with real sleeps.
    """

    headers: ClassVar[Mapping[str, str]] = {"x-should-retry": "false"}


def envelope(message: str, type: str, param: str | None, code: str | None) -> dict[str, Any]:
    """Return the body of an error; all four keys are always there."""
    return {"error": {"message": message, "type": type, "param": param, "code": code}}
