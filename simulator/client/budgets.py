"""What may be spent: how much of it a run may use, so that no budget is passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import BudgetExceeded, ConfigurationError
from .usage import Price, Usage

# What the specification says of both limits of a run.
_LEAST_TOKENS = 256
_COMPLETION_SHARE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What may be spent in all: tokens, or money in the currency of the prices; None: any amount."""

    tokens: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What a run, the thread of a user, and a user over all threads may spend.

    A run is told how many tokens it may use, and the service keeps to that; a run for which too little is left is not
    started. So a budget stops before it is passed.
    """

    run: Limit = field(default_factory=Limit)
    thread: Limit = field(default_factory=Limit)
    user: Limit = field(default_factory=Limit)


def allowance(
    budgets: Budgets, spent: Mapping[str, Usage], model: str | None, prices: Mapping[str, Price]
) -> dict[str, Any]:
    """Return the options that keep a run within all budgets; none where nothing is limited.

    A quarter of what is left is for what the model writes, the rest for what it reads.

    Args:
        budgets: what may be spent.
        spent: what has been, by scope: `run`, `thread`, `user`.
        model: that will be used.
        prices: of models.

    Raises:
        BudgetExceeded: what is left is too little for a run.
        ConfigurationError: money is limited, and the price of the model is not known.
    """
    shares = []
    for scope in ("run", "thread", "user"):
        limit, used = getattr(budgets, scope), spent.get(scope, Usage())
        for unit, most, gone in (("tokens", limit.tokens, used.total_tokens), ("cost", limit.cost, used.cost)):
            if most is None:
                continue
            share = _tokens(most - gone) if unit == "tokens" else _tokens_for(most - gone, _price(model, prices))
            if min(share) < _LEAST_TOKENS:
                raise BudgetExceeded(scope, unit, most, gone)
            shares.append(share)
    if not shares:
        return {}
    return {
        "max_prompt_tokens": min(prompt for prompt, _ in shares),
        "max_completion_tokens": min(completion for _, completion in shares),
    }


def _tokens(left: float) -> tuple[int, int]:
    completion = int(left) // _COMPLETION_SHARE
    return int(left) - completion, completion


def _tokens_for(left: float, price: Price) -> tuple[int, int]:
    """Return what can be bought; a price of nothing buys as much as anybody could use."""
    for_completion = left / _COMPLETION_SHARE
    prompt = (left - for_completion) * 1e6 / max(price.prompt, price.cached or 0.0, 1e-9)
    completion = for_completion * 1e6 / max(price.completion, 1e-9)
    return int(min(prompt, 1e9)), int(min(completion, 1e9))


def _price(model: str | None, prices: Mapping[str, Price]) -> Price:
    if model is None or model not in prices:
        known = ", ".join(prices) or "none"
        raise ConfigurationError(f"A budget of money needs the price of {model!r} in `prices`; there are: {known}.")
    return prices[model]
