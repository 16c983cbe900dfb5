"""What a run costs, in tokens: the texts by whatever counts them, and what stands around them.

By default a token is taken to be four characters: the rule of thumb of the service's documentation, the
same on every machine. `Simulator(tokens="exact")` hands in the models' own tokenizers instead.

What an answer costs beside its text is recorded: counted exactly, 21 of 22 recorded messages have 2 tokens
more than their text (one of those, if they were cut short), all 20 pieces of code 6 more, and both
single function calls 8 more than name and arguments. A prompt cannot be counted to the token: the
service added text of its own, which no recording shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from .brain import View
from .objects import message_text
from .transcripts import Stretch
from .turns import CallTools, RunCode, SearchFiles

CountTokens: TypeAlias = Callable[[str, str], int]
"""From a text and the name of a model to a number of tokens."""

CHARACTERS_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 4  # of a prompt: who speaks, and where it begins and ends
BEFORE_ANSWER = 1
AFTER_ANSWER = 1
# Beside what the call says. File searches are taken to be like functions: their queries are not recorded.
TOKENS_PER_CALL: Mapping[str, int] = {"function": 8, "code_interpreter": 6, "file_search": 8}


class Tokens(NamedTuple):
    """What a step or a run cost, in the order of `objects.usage`."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0

    def plus(self, other: Tokens) -> Tokens:
        """Return what both cost together."""
        return Tokens(
            self.prompt + other.prompt,
            self.completion + other.completion,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
        )


def estimate(text: str, model: str = "") -> int:
    """Return how many tokens `text` may have, with any model."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def tokens_of_messages(view: View, count: CountTokens) -> list[int]:
    """Return what each message of a view costs."""
    messages, model = view.messages, view.model
    if isinstance(messages, Stretch):  # earlier views of the conversation counted most of it
        return [cost + TOKENS_PER_MESSAGE for cost in messages.costs(model, count)]
    return [count(text, model) + TOKENS_PER_MESSAGE for _, text in messages]


def tokens_beside_messages(view: View, count: CountTokens) -> int:
    """Return what the model is shown beside the messages: instructions, functions, outputs."""
    model = view.model
    tokens = count(view.instructions, model)
    for name, schema in view.functions.items():
        tokens += count(name, model) + count(str(schema), model)
    for _, arguments, output in view.outputs:
        tokens += count(arguments, model) + count(output, model)
    return tokens


def tokens_of_message(content: Sequence[Mapping[str, Any]], model: str, count: CountTokens) -> int:
    """Return what it cost to say the content of a message, without an end."""
    refused = "".join([part["refusal"] for part in content if part["type"] == "refusal"])
    return count(message_text({"content": content}) + refused, model) + BEFORE_ANSWER


def tokens_of_turn(turn: CallTools | RunCode | SearchFiles, model: str, count: CountTokens) -> int:
    """Return what it cost to call the tools of a turn."""
    return sum([tokens_of_call(kind, texts, model, count) for kind, texts in _called(turn)])


def tokens_of_call(kind: str, texts: Iterable[str], model: str, count: CountTokens) -> int:
    """Return what a call of a `kind` of tool cost; `texts` are what the model said in it."""
    return sum([count(text, model) for text in texts]) + TOKENS_PER_CALL[kind]


def _called(turn: CallTools | RunCode | SearchFiles) -> Sequence[tuple[str, Sequence[str]]]:
    if isinstance(turn, CallTools):
        return [("function", (call.name, call.text)) for call in turn.calls]
    if isinstance(turn, RunCode):
        return [("code_interpreter", (turn.input,))]
    return [("file_search", (turn.query,))]
