"""What a handler may know of the call that it answers."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionContext:
    """For whom, in which run, and until when a function is executed.

    A handler gets it in the parameter that is annotated so; the model does not see that parameter.

    Args:
        call_id: of this call; the same when a call is answered again after a lost answer.
        run_id: the run that asks; None where a registry is used without one.
        thread_id: its thread.
        assistant_id: its assistant.
        user_id: whose conversation it is.
        deadline: when the answer comes too late, by `time.monotonic()`; None: never.
    """

    call_id: str
    run_id: str | None = None
    thread_id: str | None = None
    assistant_id: str | None = None
    user_id: str | None = None
    deadline: float | None = None

    def remaining(self) -> float | None:
        """Return the seconds that are left; 0.0 where none are, None where there is no deadline."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
