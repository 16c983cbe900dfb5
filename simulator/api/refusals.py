"""Every error that the API gives, as a class with its status, texts and codes.

Texts, `param` and `code` are those of assistants-api.md 5 and 1.3 to 1.5. Where a docstring says
"chosen", no text of the service is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from traceback import walk_tb
from typing import Any, ClassVar

from .. import errors

INVALID_REQUEST = "invalid_request_error"
LATEST_BETA = "assistants=v2"


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


# Who asks, and with which header.


class NoApiKey(Refusal):
    """The request has no key."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer"
            " auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're"
            " accessing the API from your browser and are prompted for a username and password. You can obtain an API"
            " key from https://platform.openai.com/account/api-keys."
        )


class WrongApiKey(Refusal):
    """The key is none of those the simulator was told of."""

    status = 401
    code = "invalid_api_key"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Incorrect API key provided: {_masked(key)}."
            " You can find your API key at https://platform.openai.com/account/api-keys."
        )


class BetaRefusal(Refusal):
    """The header `OpenAI-Beta` is missing or cannot be served."""

    code = "invalid_beta"


def missing_beta() -> BetaRefusal:
    """Return the refusal of a request without the header."""
    return BetaRefusal(
        "You must provide the 'OpenAI-Beta' header to access the Assistants API."
        f" Please try again by setting the header 'OpenAI-Beta: {LATEST_BETA}'."
    )


def v1_refused() -> BetaRefusal:
    """Return the refusal of v1 as of 18 December 2024."""
    return BetaRefusal(
        "The v1 Assistants API has been deprecated."
        f" Please try again by setting the header 'OpenAI-Beta: {LATEST_BETA}'."
        " See the migration guide for more information: https://platform.openai.com/docs/assistants/migration."
    )


def v1_route_refused() -> BetaRefusal:
    """Return the refusal of v1 as of 18 December 2024, on a route that v2 does not have."""
    return BetaRefusal(
        "The v1 Assistants API has been deprecated."
        " See the migration guide for more information: https://platform.openai.com/docs/assistants/migration."
    )


def malformed_beta(value: str) -> BetaRefusal:
    """Return the refusal of a header that is no `name=version`."""
    return BetaRefusal(
        f"Invalid beta header provided: '{value}'. The header should be in the format 'OpenAI-Beta: example_beta=v1'."
    )


def unknown_beta(name: str) -> BetaRefusal:
    """Return the refusal of a beta that there never was."""
    return BetaRefusal(f"Unknown beta requested: '{name}'.")


# Where it goes.


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


class NotSimulated(Surprise):
    """A route of the same host that is not simulated: the test must stub it or let it through."""

    code = "not_simulated"

    def __init__(self, method: str, path: str) -> None:
        super().__init__(
            f"assistants-simulator: {method} {path} is not simulated."
            f" Answer it with sim.stub('{method} {path}', json=…), or let it reach the network:"
            f" passthrough=['{method} {path}'], an option of intercept() and @pytest.mark.simulator."
        )


class StubFailed(Surprise):
    """Somebody's callable raised, or gave what JSON cannot hold. Raised through the SDK it would be retried."""

    code = "stub_failed"

    def __init__(self, method: str, path: str, error: Exception) -> None:
        super().__init__(f"assistants-simulator: the stub of {method} {path} failed: {errors.told(error)}")


class Reentered(Surprise):
    """A brain, a stub or a `when=` made a request to the simulator that waits for its answer."""

    code = "reentered"

    def __init__(self, method: str, path: str) -> None:
        super().__init__(
            f"assistants-simulator: {method} {path} was made while this simulator asks a brain, a stub or a when=,"
            " by these or by a thread they wait for. What they need is in their argument; do the rest before or after."
        )


class SimulatorFailed(Surprise):
    """Something in the simulator itself broke, most likely over an object that was placed. Please report it."""

    code = "simulator_failed"

    def __init__(self, method: str, path: str, error: Exception) -> None:
        super().__init__(f"assistants-simulator: {method} {path} broke in {_place(error)}: {errors.told(error)}")


class NoTurnLeft(Surprise):
    """The run would have nothing to say: the script is used up, or the brain failed."""

    code = "no_turn_left"

    def __init__(self, message: str) -> None:
        super().__init__(f"assistants-simulator: {message}")


# Which object.


class NotFound(Refusal):
    """An id that nothing has."""

    status = 404

    def __init__(self, noun: str, id: str) -> None:
        super().__init__(f"No {noun} found with id '{id}'.")


class FilesRefusal(Refusal):
    """A refusal of the files' own service, which says it twice (recorded in 2026; in 2025 without `detail`)."""

    def envelope(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {**super().envelope(), "detail": {"message": self.message, "code": self.code}}


class NoSuchFile(FilesRefusal):
    """There is no such file."""

    status = 404

    def __init__(self, file_id: str) -> None:
        super().__init__(f"No such File object: {file_id}", "id")


class WrongPrefix(Refusal):
    """An id that cannot be one of its kind, such as the text `undefined`."""

    code = "invalid_value"

    def __init__(self, param: str, value: str, prefix: str) -> None:
        super().__init__(f"Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'.", param)
        self.value = value


class NoFileInStore(Refusal):
    """A file that is not in this vector store (reported 2025-10)."""

    status = 404

    def __init__(self, file_id: str, vector_store_id: str) -> None:
        super().__init__(f"No file found with id '{file_id}' in vector store '{vector_store_id}'.")


# What is in it.


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


class InvalidParameter(Refusal):
    """A parameter that does not fit; `api/validation.py` has the table of texts and codes."""

    def __init__(self, message: str, param: str | None, code: str) -> None:
        super().__init__(message, param)
        self.code = code  # type: ignore[misc]  # the class variable is the default, this one is known late


class UnsupportedModel(Refusal):
    """A model that the API never served."""

    code = "unsupported_model"

    def __init__(self, model: str) -> None:
        super().__init__(f"The requested model '{model}' cannot be used with the Assistants API.", "model")


class UnsupportedInV1(Refusal):
    """A model that version 1 did not serve: gpt-4o and what came after it."""

    code = "unsupported_model"

    def __init__(self, model: str) -> None:
        super().__init__(
            f"The requested model '{model}' cannot be used with the Assistants API in v1. Follow the migration guide to"
            " upgrade to v2: https://platform.openai.com/docs/assistants/migration.",
            "model",
        )


class DuplicateFunction(Refusal):
    """Two functions have one name (reported in dotnet/extensions#6743)."""

    def __init__(self, index: int) -> None:
        super().__init__("Function tools must have unique names.", f"tools[{index}]")


class UndeclaredFunction(Refusal):
    """The function that must be called is none of the tools. Chosen: the text is that of chats."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Invalid value for 'tool_choice': no function named {name} was specified in the 'tools' parameter.",
            "tool_choice",
        )


class InvalidSchema(Refusal):
    """A strict schema is not as strict ones must be. `param` and `code` of functions are those recorded of chats.

    Args:
        of: what it is the schema of, as in `function 'f'`.
        context: where in it, as Python prints a tuple of keys.
    """

    def __init__(self, of: str, context: tuple[str, ...], problem: str, param: str, code: str | None) -> None:
        super().__init__(f"Invalid schema for {of}: In context={context}, {problem}", param)
        self.code = code  # type: ignore[misc]  # as above


class InvalidV1Request(Refusal):
    """What does not fit, in the words of version 1: pydantic's own, all problems at once (reported 2023-11 to 2024-02).

    Args:
        problems: `body -> tools -> 0 -> type`, a line break, and what is wrong there.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        errors = "1 validation error" if len(problems) == 1 else f"{len(problems)} validation errors"
        super().__init__("\n".join((f"{errors} for Request", *problems)))


class TooManyFiles(Refusal):
    """An assistant of version 1 has as many files as it can. Chosen."""

    code = "array_above_max_length"

    def __init__(self, assistant_id: str, limit: int) -> None:
        super().__init__(f"Assistant {assistant_id} has {limit} files, which is the maximum.", "file_id")


class NotForRetrieval(Refusal):
    """Files of kinds that file search does not take; a name without extension counts as `none`."""

    code = "unsupported_file"

    def __init__(self, extensions: Sequence[str]) -> None:
        super().__init__(
            f"Files with extensions [{', '.join(extensions)}] are not supported for retrieval."
            " See https://platform.openai.com/docs/assistants/tools/file-search/supported-files",
            "file_ids",
        )


class FilesTwice(Refusal):
    """A batch has both `file_ids` and `files`, or neither (the spec: exactly one). Chosen."""

    code = "invalid_value"

    def __init__(self) -> None:
        super().__init__("Provide either 'file_ids' or 'files', and not both.", "file_ids")


class BuiltinToolWithSchema(Refusal):
    """The answer is to follow a JSON schema, and a tool is no function. `param` and `code` are not known."""

    def __init__(self) -> None:
        super().__init__(
            "Invalid tools: all tools must be of type `function` when `response_format` is of type `json_schema`."
        )


# In which state.


class ThreadLocked(Refusal):
    """A message was sent while a run is active. Libraries fish the run's id out of the text."""

    def __init__(self, thread_id: str, run_id: str) -> None:
        super().__init__(f"Can't add messages to {thread_id} while a run {run_id} is active.")


class RunActive(Refusal):
    """A second run was asked for on a thread."""

    def __init__(self, thread_id: str, run_id: str) -> None:
        super().__init__(f"Thread {thread_id} already has an active run {run_id}.")


class OutputsNotAwaited(Refusal):
    """The run is not in `requires_action`. Double quotes, where cancel has single ones: as recorded."""

    def __init__(self, status: str) -> None:
        super().__init__(f'Runs in status "{status}" do not accept tool outputs.')
        self.run_status = status


class CannotCancel(Refusal):
    """The run is finished, or is being cancelled."""

    def __init__(self, status: str) -> None:
        super().__init__(f"Cannot cancel run with status '{status}'.")
        self.run_status = status


class CannotUpdate(Refusal):
    """The run is active."""

    def __init__(self, status: str) -> None:
        super().__init__(f"Cannot update run with status '{status}'.")


class WrongOutputs(Refusal):
    """Outputs are missing, or answer calls that nobody made (for those the text is inferred)."""

    def __init__(self, expected: Sequence[str], got: Sequence[str]) -> None:
        super().__init__(f"Expected tool outputs for call_ids {list(expected)!r}, got {list(got)!r}")


class VectorStoreExpired(Refusal):
    """A vector store that has expired is to be searched, by a run or directly, or to take more files.

    That of a run is reported, its end is chosen; for the others the same text is chosen.
    """

    code = "vector_store_expired"

    def __init__(self, vector_store_id: str) -> None:
        super().__init__(f"Vector store '{vector_store_id}' has expired.")


class UploadNotPending(Refusal):
    """An upload that takes no more: it is completed, cancelled or expired. Chosen: no text is known."""

    def __init__(self, upload_id: str, status: str) -> None:
        super().__init__(f"Upload {upload_id} is {status}: only a pending one takes parts and can be ended.")


class NothingToAnswer(Refusal):
    """A run on an empty thread whose assistant has no instructions."""

    code = "invalid_thread"

    def __init__(self) -> None:
        super().__init__("Run creation requires a Thread with a user message or an assistant with instructions.")


def _place(error: BaseException) -> str:
    places = [f"{frame.f_code.co_qualname}, line {line}" for frame, line in walk_tb(error.__traceback__)]
    return next(reversed(places), "an unknown place")


def _masked(key: str) -> str:
    # The service shows the first and last characters (assistants-api.md 5.1); a short key it hides whole.
    return f"{key[:5]}***{key[-3:]}" if len(key) > 11 else "***"
