"""What the service says in its refusals, and what that means. Its texts are all that there is to go by."""

from __future__ import annotations

import re
from collections.abc import Sequence

import openai

from .errors import AssistantGone, ServiceError, ThreadGone

_LOCKED = re.compile(r"while a run (\S+) is active|already has an active run (\w+)")
_LATE_OUTPUTS = "do not accept tool outputs"
_LATE_CANCEL = "Cannot cancel run with status"
_QUOTA = "exceeded your current quota"
_TRY_AGAIN = re.compile(r"try again in ([\d.]+)\s*(ms|s|m)\b")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}

_GONE: Sequence[tuple[re.Pattern[str], type[ServiceError], str]] = (
    (
        re.compile(r"No assistant found with id|'assistant_id'"),
        AssistantGone,
        "Make it anew, with `AssistantManager.ensure`, and give its id.",
    ),
    (
        re.compile(r"No thread found with id|'thread_id'"),
        ThreadGone,
        "Begin a new one; `ConversationHandler.forget` makes that of a user be forgotten.",
    ),
)


def locking_run(error: openai.APIError) -> str | None:
    """Return the id of the run that locks the thread, if that is what a refusal says."""
    found = _LOCKED.search(str(error))
    return (found[1] or found[2]) if found else None


def came_too_late(error: openai.APIError) -> bool:
    """Whether outputs were refused because the run waits for none: they came before, or it has ended."""
    return _LATE_OUTPUTS in str(error)


def has_ended_already(error: openai.APIError) -> bool:
    """Whether a run cannot be cancelled because it has ended, or is being cancelled."""
    return _LATE_CANCEL in str(error)


def seconds_to_wait(text: str) -> float | None:
    """Return what a text says of when to try again."""
    found = _TRY_AGAIN.search(text)
    return float(found[1]) * _SECONDS[found[2]] if found else None


def is_quota(text: str) -> bool:
    """Whether trying again helps as little as waiting does."""
    return _QUOTA in text


def typed_error(error: openai.OpenAIError) -> ServiceError:
    """Return the client's error for one of the SDK's."""
    text = str(error)
    if isinstance(error, openai.NotFoundError | openai.BadRequestError):
        for pattern, kind, advice in _GONE:
            if pattern.search(text):
                return kind(f"{text} {advice}")
    if isinstance(error, openai.APITimeoutError | openai.APIConnectionError):
        return ServiceError(
            f"The service could not be reached: {text} It is not known whether it did what it was asked."
        )
    return ServiceError(f"The service refused: {text}")
