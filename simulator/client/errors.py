"""Every exception of the client.

    Exception
    └─ ClientError
       ├─ RegistryError             a function cannot be registered as it is            (also a ValueError)
       ├─ ConfigurationError        an argument or option that cannot be meant          (also a ValueError)
       ├─ StoreError                the file of a store cannot be used                  (also an OSError)
       │  ├─ StoreVersionError      it was written by another version
       │  └─ StoreLocked            another process holds it
       ├─ ServiceError              the service refused, or could not be reached within the budget of retries
       │  ├─ AssistantGone          the assistant does not exist (any more)
       │  └─ ThreadGone             nor does the thread
       ├─ BudgetExceeded            a run was not started, because it might have passed a budget
       ├─ ReplyInvalid              a reply does not fit the model it was to be parsed into
       └─ RunError                  a run did not complete; carries all that is known of it
          ├─ RunFailed              `failed`
          ├─ RunIncomplete          `incomplete`: a token limit, or a content filter
          ├─ RunExpired             `expired`
          ├─ RunCancelled           `cancelled`, by somebody else
          ├─ RunTimedOut            the deadline passed, and the run was cancelled
          ├─ TooManyRounds          the model called functions again and again, and the run was cancelled
          └─ ThreadBusy             somebody else's run held the thread for longer than one waits

`FunctionError` stands apart: a handler raises it to say something to the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .calls import Execution
    from .usage import Usage


class ClientError(Exception):
    """Base of all errors that the client raises."""


class RegistryError(ClientError, ValueError):
    """A function cannot be registered as it is; the registry is as before."""


class ConfigurationError(ClientError, ValueError):
    """An argument or an option that cannot be meant; nothing was sent."""


class StoreError(ClientError, OSError):
    """The file of a store cannot be used; it was not changed."""


class StoreVersionError(StoreError):
    """The file was written by another version of the client."""


class StoreLocked(StoreError):
    """Another process holds the file for longer than we wait."""


class ServiceError(ClientError):
    """The service refused a request, or could not be reached; `__cause__` is the SDK's error."""


class AssistantGone(ServiceError):
    """There is no such assistant: it was deleted, or belongs to another project."""


class ThreadGone(ServiceError):
    """There is no such thread: it was deleted, or belongs to another project."""


class BudgetExceeded(ClientError):
    """A run was not started, because it might have passed a budget.

    Args:
        scope: whose budget: `run`, `thread` or `user`.
        unit: `tokens`, or `cost` in the currency of the prices.
        limit: what may be spent in all.
        spent: what has been spent.
    """

    def __init__(self, scope: str, unit: str, limit: float, spent: float) -> None:
        self.scope, self.unit, self.limit, self.spent = scope, unit, limit, spent
        super().__init__(
            f"The {unit} of this {scope} are limited to {limit:g}, and {spent:g} are spent: what is left is too little "
            f"for a run. No run was started. Raise the budget, or begin anew with `ConversationHandler.reset_usage`."
        )


class ReplyInvalid(ClientError):
    """A reply does not fit the model it was to be parsed into; `text` is what the assistant said."""

    def __init__(self, message: str, text: str) -> None:
        self.text = text
        super().__init__(message)


class RunError(ClientError):
    """A run did not complete.

    Args:
        run: the run as it was last seen; None where the service never showed one.
        thread_id: the thread that it ran on.
        executions: the functions that were executed for it, in order.
        usage: the tokens of this run and of those that it replaced.
    """

    def __init__(
        self,
        message: str,
        *,
        run: Any,
        thread_id: str,
        executions: Sequence[Execution] = (),
        usage: Usage | None = None,
    ) -> None:
        self.run, self.thread_id, self.executions, self.usage = run, thread_id, tuple(executions), usage
        super().__init__(message)

    @property
    def run_id(self) -> str | None:
        """The id of the run."""
        return None if self.run is None else str(self.run.id)

    @property
    def status(self) -> str | None:
        """The status of the run as it was last seen."""
        return None if self.run is None else str(self.run.status)

    @property
    def last_error(self) -> Any:
        """What the service said of a failed run: an object with `code` and `message`, or None."""
        return getattr(self.run, "last_error", None)


class RunFailed(RunError):
    """The run ended as `failed`; `last_error` says why."""


class RunIncomplete(RunError):
    """The run ended as `incomplete`; `reply` is what was said until then."""

    reply: Any = None


class RunExpired(RunError):
    """The run ended as `expired`: it was not done within the ten minutes that the service gives."""


class RunCancelled(RunError):
    """The run was cancelled, and not by this client."""


class RunTimedOut(RunError):
    """The deadline passed. The run was cancelled; the thread is free unless the message says otherwise."""


class TooManyRounds(RunError):
    """The model called functions again and again. The run was cancelled."""


class ThreadBusy(RunError):
    """A run of somebody else held the thread; nothing was added to it."""


class FunctionError(Exception):
    """What a handler raises to say something to the model, in these words.

    Args:
        message: for the model, under "error".
        details: beside it, as JSON.
    """

    def __init__(self, message: str, **details: Any) -> None:
        self.message, self.details = message, details
        super().__init__(message)
