"""What a run costs, in tokens: a documented estimate.

A token is taken to be four characters, and a message to cost four tokens beside its text. That is
the rule of thumb of the service's own documentation; exact counts need a tokenizer.
"""

from __future__ import annotations

from typing import NamedTuple

from .brain import View

CHARACTERS_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 4


class Tokens(NamedTuple):
    """What a step or a run cost, in the order of `objects.usage`."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0

    def plus(self, other: Tokens) -> Tokens:
        """Return what both cost together."""
        return Tokens(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def estimate(text: str) -> int:
    """Return how many tokens `text` may have."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def estimate_prompt(view: View) -> int:
    """Return how many tokens the model is shown: instructions, messages, functions, outputs."""
    messages = sum([estimate(text) + TOKENS_PER_MESSAGE for _, text in view.messages])
    functions = sum([estimate(name) + estimate(str(schema)) for name, schema in view.functions.items()])
    outputs = sum([estimate(arguments) + estimate(output) for _, arguments, output in view.outputs])
    return estimate(view.instructions) + messages + functions + outputs
