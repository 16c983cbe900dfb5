"""Bodies that cannot be read."""

from __future__ import annotations

from .lookups import FilesRefusal
from .refusal import Refusal


class InvalidBody(Refusal):
    """The body is not JSON, or not UTF-8. The service's usual text, not recorded on these endpoints."""

    def __init__(self) -> None:
        super().__init__(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP"
            " library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you"
            " have trouble figuring out how to fix this, please contact us through our help center at"
            " help.openai.com.)"
        )


class BodyTooLarge(Refusal):
    """The body is larger than is taken. The limit is chosen: the service's own is not known."""

    status = 413
    code = "request_too_large"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"The request body has {size} bytes. The limit is {limit}.")


class InvalidForm(Refusal):
    """A body that is no `multipart/form-data`, or not all of one. Chosen: the service's text is not known."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"Could not parse the multipart form: {problem}.")


class InvalidField(FilesRefusal):
    """A field of a form that does not fit, in the words of Python's `jsonschema` (recorded: a purpose)."""

    def __init__(self, message: str, param: str | None) -> None:
        super().__init__(message if param is None else f"{message} - '{param}'", param)


class UnsupportedContentType(Refusal):
    """The body is not JSON by its content type. The service's usual text, not recorded on these endpoints."""

    code = "unsupported_content_type"

    def __init__(self, given: str) -> None:
        super().__init__(
            f"Unsupported content type: '{given}'. This API method only accepts 'application/json' requests, but you"
            f" specified the header 'Content-Type: {given}'. Please try again with a supported content type."
        )
