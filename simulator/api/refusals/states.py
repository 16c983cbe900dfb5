"""In which state: requests that would fit at another time."""

from __future__ import annotations

from collections.abc import Sequence

from .refusal import Refusal


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
