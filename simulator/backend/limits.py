"""What does not fit: messages that are left out of the prompt, and answers that are cut short.

`max_prompt_tokens` and `max_completion_tokens` hold for a run, over all its turns: what the first turn
used the second has not, and a run that reaches one of them ends `incomplete`. So does a run whose
newest message alone is more than the model takes in (reported in openai-python#1407). Whatever the
`truncation_strategy` is, messages are dropped until the rest fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, NamedTuple

from .brain import View
from .models import context_window
from .tokens import (
    AFTER_ANSWER,
    BEFORE_ANSWER,
    CountTokens,
    Tokens,
    tokens_beside_messages,
    tokens_of_messages,
    tokens_of_turn,
)
from .turn_checks import Chunks
from .turns import CallTools, Incomplete, RunCode, Say, SearchFiles, Turn
from .views import newest_of_user

# A limit of completion tokens is kept free in the window, up to this share: no model says more.
MOST_FOR_ANSWER = 0.5

PROMPT_LIMIT = "max_prompt_tokens"
# The two recorded runs of this kind, of April 2024, name `max_prompt_tokens` though 16 completion tokens
# was the limit that they had reached: taken to be a fault of that month (assistants-api.md 1.6).
COMPLETION_LIMIT = "max_completion_tokens"


class Prompt(NamedTuple):
    """What the model is shown, and its tokens."""

    view: View
    tokens: int


class Answer(NamedTuple):
    """What the model answers, how many tokens it was shown, and the limit that a shortened answer runs into."""

    turn: Turn
    prompt_tokens: int = 0
    stopped_by: str | None = None


def fitted(view: View, spent: Tokens, count: CountTokens) -> Prompt | None:
    """Return a view without the messages that are too many; None if not even the newest one fits.

    The spec drops "messages in the middle of the thread": the first stays as long as it can, and
    of the others the oldest go first.
    """
    costs = tokens_of_messages(view, count)
    tokens = tokens_beside_messages(view, count) + sum(costs)
    room = _room(view, spent)
    if tokens <= room:
        return Prompt(view, tokens)
    kept = _kept(costs, tokens - room)
    if kept is None:
        return None
    messages = [view.messages[index] for index in kept]
    shown = replace(view, messages=messages, user=newest_of_user(messages))
    return Prompt(shown, tokens - sum(costs) + sum(costs[index] for index in kept))


def answered(turn: Turn, prompt: Prompt, spent: Tokens, count: CountTokens) -> Answer:
    """Return what comes of a turn that the model gives: all of it, or what the limit lets it say."""
    if prompt.view.settings.get(COMPLETION_LIMIT) is None:
        return Answer(turn, prompt.tokens)
    said = _cut(turn, prompt.view, spent, count)
    if said is None:
        return Answer(Incomplete(reason=COMPLETION_LIMIT), prompt.tokens)
    return Answer(said, prompt.tokens, None if said is turn else COMPLETION_LIMIT)


def _cut(turn: Turn, view: View, spent: Tokens, count: CountTokens) -> Turn | None:
    """Return a turn as far as it gets: itself, or the beginning of its message, or None for nothing at all."""
    left = view.settings[COMPLETION_LIMIT] - spent.completion
    if isinstance(turn, CallTools | RunCode | SearchFiles):
        return turn if tokens_of_turn(turn, view.model, count) <= left else None
    return _cut_message(turn, left, lambda text: count(text, view.model)) if isinstance(turn, Say) else turn


def _room(view: View, spent: Tokens) -> float:
    window = context_window(view.model)
    wanted = view.settings.get(COMPLETION_LIMIT)
    answer = 0 if wanted is None else min(wanted - spent.completion, window * MOST_FOR_ANSWER)
    limit = view.settings.get(PROMPT_LIMIT)
    return window - answer if limit is None else min(window - answer, limit - spent.prompt)


def _kept(costs: Sequence[int], excess: float) -> Sequence[int] | None:
    """Return the places of the messages that stay, once they cost less by `excess`."""
    last = len(costs) - 1
    dropped = list(accumulate(costs[1:last], initial=0))
    for count, saved in enumerate(dropped):
        if saved >= excess:
            return [0, *range(1 + count, last + 1)]
    return [last] if last > 0 and dropped[-1] + costs[0] >= excess else None


def _cut_message(turn: Say, left: int, count: Callable[[str], int]) -> Say | None:
    room = left - BEFORE_ANSWER
    if sum(count(part) for part in _texts(turn)) <= room - AFTER_ANSWER:
        return turn
    parts: list[Any] = []
    for part in turn.parts:
        if not isinstance(part, str):
            parts.append(part)
            continue
        begun = _beginning(part, room, count)
        parts += [begun] if begun else []
        room -= count(begun)
        if begun != part:
            break
    return _shortened(turn, parts) if any(isinstance(part, str) for part in parts) else None


def _beginning(text: str, room: int, count: Callable[[str], int]) -> str:
    """Return as much of a text as has so many tokens. Found by halving: a counter need not be able to split."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(text[:middle]) <= room else (low, middle - 1)
    return text[:low]


def _shortened(turn: Say, parts: Sequence[Any]) -> Say:
    said = replace(turn, parts=tuple(parts))
    first = next(iter(_texts(said)))
    annotations = tuple(one for one in turn.annotations if _ends_by(one, len(first)))
    return replace(said, annotations=annotations, chunks=_first_chunks(turn.chunks, len(first)))


def _ends_by(annotation: Mapping[str, Any], end: int) -> bool:
    return bool(annotation["end_index"] <= end)


def _first_chunks(chunks: Chunks, length: int) -> Chunks:
    if chunks is None or isinstance(chunks, int):
        return chunks
    ends = accumulate(map(len, chunks))
    return tuple(
        piece[: len(piece) - max(0, end - length)]
        for piece, end in zip(chunks, ends, strict=True)
        if end - len(piece) < length
    )


def _texts(turn: Say) -> Sequence[str]:
    return [part for part in turn.parts if isinstance(part, str)]
