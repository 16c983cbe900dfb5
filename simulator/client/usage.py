"""What runs cost: tokens, and money where prices are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a model costs, in any currency, for a million tokens.

    Args:
        prompt: tokens that the model reads.
        completion: tokens that it writes.
        cached: tokens that it reads again; None: as much as others.
    """

    prompt: float
    completion: float
    cached: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, and what they cost; `cost` is 0.0 where no price is known."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cost: float = 0.0

    @property
    def total_tokens(self) -> int:
        """Tokens read and written."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.cost + other.cost,
        )


def usage_of(run: Any, prices: Mapping[str, Price]) -> Usage:
    """Return what a run has used; nothing where it does not say so yet."""
    used = getattr(run, "usage", None)
    if used is None:
        return Usage()
    cached = _cached(used)
    prompt, completion = int(used.prompt_tokens or 0), int(used.completion_tokens or 0)
    return Usage(prompt, completion, cached, _cost(prices.get(run.model), prompt, completion, cached))


def _cached(used: Any) -> int:
    # The service writes `prompt_token_details`; its specification says `prompt_tokens_details`.
    for name in ("prompt_token_details", "prompt_tokens_details"):
        details = getattr(used, name, None)
        if details is not None:
            value = (
                details.get("cached_tokens") if isinstance(details, Mapping) else getattr(details, "cached_tokens", 0)
            )
            return int(value or 0)
    return 0


def _cost(price: Price | None, prompt: int, completion: int, cached: int) -> float:
    if price is None:
        return 0.0
    again = price.prompt if price.cached is None else price.cached
    return ((prompt - cached) * price.prompt + cached * again + completion * price.completion) / _MILLION
