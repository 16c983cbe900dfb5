"""What is in a body or a query: parameters that do not fit, alone or together."""

from __future__ import annotations

from collections.abc import Sequence

from .refusal import Refusal


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
