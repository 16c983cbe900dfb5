"""How patient the client is, and what it does when things go wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .errors import ConfigurationError

Orphaned: TypeAlias = Literal["wait", "answer", "cancel"]
Expired: TypeAlias = Literal["recreate", "raise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses that grow.

    Args:
        first: the first one, in seconds.
        longest: what none is longer than, in seconds.
        growth: by what each is longer than the one before.
        jitter: by which part of itself a pause is longer or shorter, at random; 0: never.
    """

    first: float
    longest: float
    growth: float = 2.0
    jitter: float = 0.25

    def seconds(self, number: int) -> float:
        """Return the pause of a number, counted from 0."""
        pause = min(self.first * self.growth ** min(number, 64), self.longest)
        return pause * (1 + random.uniform(-self.jitter, self.jitter)) if self.jitter else pause


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPolicy:
    """How a run is seen through.

    Args:
        deadline: how long a turn of a conversation may take, in seconds, with all that is tried again. Then the run is
            cancelled.
        cancelling: how long is waited then until the thread is free, in seconds.
        polling: the pauses between polls, where the service does not say with `openai-poll-after-ms` how long to wait.
        least_pause: between polls, whatever the service says, in seconds.
        answer: how long a request of a turn may wait for its answer, in seconds, if the client of the SDK does not say
            less. Its own 600 would leave no time to look what became of it.
        silence: how long a stream may say nothing before the run is polled, in seconds.
        requests: the pauses before a request is sent again that failed with 408, 409, 429, 5xx or a lost connection.
            What the service says of when to come back counts more.
        attempts: how often a request is sent, in all; runs are looked at until the deadline. A POST is sent again only
            when the service has not done it: one looks first.
        retries: how many runs may be tried again in a turn: those that fail with `server_error` or
            `rate_limit_exceeded`, and those that expire.
        expired: `recreate` makes a new run in place of one that expired. No function is executed twice for it: the
            outputs are kept by name and arguments. `raise` gives up.
        patience: how long a run of somebody else, found on the thread, is waited for, in seconds.
        orphaned: what happens to it then: `wait` goes on waiting until the deadline; `answer` executes the functions
            that it waits for, and sees it through; `cancel` cancels it.
        rounds: how often a run may call functions.
    """

    deadline: float = 600.0
    cancelling: float = 60.0
    polling: Backoff = Backoff(first=0.5, longest=5.0, growth=1.5)
    least_pause: float = 0.0
    answer: float = 30.0
    silence: float = 30.0
    requests: Backoff = Backoff(first=0.5, longest=10.0)
    attempts: int = 5
    retries: int = 2
    expired: Expired = "recreate"
    patience: float = 60.0
    orphaned: Orphaned = "cancel"
    rounds: int = 30

    def __post_init__(self) -> None:
        for name in ("deadline", "answer", "attempts", "rounds"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"RunPolicy({name}={getattr(self, name)!r}): more than 0.")
        if self.expired not in ("recreate", "raise") or self.orphaned not in ("wait", "answer", "cancel"):
            raise ConfigurationError(
                f"RunPolicy: expired={self.expired!r} is 'recreate' or 'raise', orphaned={self.orphaned!r} is 'wait', "
                f"'answer' or 'cancel'."
            )
