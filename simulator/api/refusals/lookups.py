"""Which object: ids that nothing has, or nothing can have."""

from __future__ import annotations

from typing import Any

from .refusal import Refusal


class NotFound(Refusal):
    """An id that nothing has."""

    status = 404

    def __init__(self, noun: str, id: str) -> None:
        super().__init__(f"No {noun} found with id '{id}'.")


# Errors of files had no `detail` in 2025 and had one in 2026; on which day between is not known.
FILES_DETAIL_SINCE = "2026-01-01"


class FilesRefusal(Refusal):
    """A refusal of the files' own service, which says it twice."""

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
