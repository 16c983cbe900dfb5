"""What differs in what came of the model's answers: outputs, refusals, replies, failures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from .kinds import Found, Kind
from .record import ModelTurn, Refused, UserTurn, answered_calls, canonical, pairs, parsed


def differences_of_answers(before: UserTurn, after: UserTurn) -> Iterator[Found]:
    """Yield what differs in the model's answers, and in what it was told in return."""
    waiting = Counter(name for name, _ in _unanswered(after)) - Counter(name for name, _ in _unanswered(before))
    answered = Counter(name for name, _ in _unanswered(before)) - Counter(name for name, _ in _unanswered(after))
    reached = len(after.model) >= len(before.model)
    for name in waiting:
        yield Found(Kind.CALL_UNANSWERED, name, _outputs_of(before, name), None)
    for name in answered if reached else ():
        yield Found(Kind.CALL_ADDED, name, None, _outputs_of(after, name))
    for old, new in zip(before.model, after.model, strict=False):
        yield from _turn(old, new)
    if len(after.model) > len(before.model):
        yield Found(Kind.ASKED_MORE, "", len(before.model), len(after.model))
    elif not reached and not waiting:
        yield Found(Kind.ASKED_LESS, "", len(before.model), len(after.model))


def _unanswered(turn: UserTurn) -> list[tuple[str, Any]]:
    """Return the calls of a turn that the model was never told the outputs of."""
    made = [call for asked in turn.model for call in answered_calls(asked.answers)]
    for output in (output for asked in turn.model for output in asked.outputs):
        exact = next((one for one in made if one[0] == output.call and _same(one[1], output.arguments)), None)
        near = next((one for one in made if one[0] == output.call), None)
        if (found := exact or near) is not None:
            made.remove(found)
    return made


def _outputs_of(turn: UserTurn, name: str) -> list[Any]:
    return [parsed(one.output) for asked in turn.model for one in asked.outputs if one.call == name]


def _turn(old: ModelTurn, new: ModelTurn) -> Iterator[Found]:
    if unordered(old.answers) != unordered(new.answers):
        yield Found(Kind.ANSWER_CHANGED, "", old.answers, new.answers)
    for name in dict.fromkeys(one.call for one in [*old.outputs, *new.outputs]):
        before, after = (
            sorted([canonical([one.arguments, parsed(one.output)]) for one in turn.outputs if one.call == name])
            for turn in (old, new)
        )
        if before != after and len(before) == len(after):  # else calls are unanswered
            yield Found(Kind.OUTPUT_CHANGED, name, _outputs(old, name), _outputs(new, name))


def _outputs(turn: ModelTurn, name: str) -> list[Any]:
    return [parsed(one.output) for one in turn.outputs if one.call == name]


def unordered(answer: Any) -> Any:
    """Return an answer in which parallel calls have no order."""
    calls = answered_calls(answer)
    return sorted(map(canonical, calls)) if calls else answer


# What came of it.

# Refusals that say what went wrong, by a part of their code or text.
_REFUSALS: Mapping[str, Kind] = {
    "No tool output found for function call": Kind.CALL_UNANSWERED,
    "No tool call found for function call output": Kind.OUTPUT_ORPHANED,
    "conversation_locked": Kind.CONVERSATION_LOCKED,
    "Another process is currently operating": Kind.CONVERSATION_LOCKED,
    "previous_response_not_found": Kind.CHAIN_BROKEN,
    "Previous response with id": Kind.CHAIN_BROKEN,
    "Response with id": Kind.CHAIN_BROKEN,
    "Conversation with id": Kind.CHAIN_BROKEN,
}


def differences_of_outcomes(before: UserTurn, after: UserTurn) -> Iterator[Found]:
    """Yield what differs in what came of a turn."""
    yield from _refusals(before, after)
    yield from _replies(before, after)
    old, new = (Counter(canonical(one.model_dump()) for one in turn.watched) for turn in (before, after))
    for text in (old - new) | (new - old):
        name = json.loads(text)["call"]
        yield Found(Kind.WATCHED_CHANGED, name, _results(before, name), _results(after, name))


def _refusals(before: UserTurn, after: UserTurn) -> Iterator[Found]:
    known = Counter((one.request, one.message) for one in before.refused)
    for one in after.refused:
        if known[one.request, one.message]:
            known[one.request, one.message] -= 1
            continue
        kind = _kind_of(one)
        about = "" if kind == Kind.CALL_UNANSWERED else one.request
        yield Found(kind, about, None, f"{one.status} {one.message}")


def _kind_of(refused: Refused) -> Kind:
    said = f"{refused.code} {refused.message}"
    return next((kind for part, kind in _REFUSALS.items() if part in said), Kind.REQUEST_REFUSED)


def _replies(before: UserTurn, after: UserTurn) -> Iterator[Found]:
    if before.error is not None and after.error is None:
        yield Found(Kind.FAILURE_SWALLOWED, "", before.error, after.reply)
    elif before.error is None and after.error is not None:
        yield Found(Kind.FAILURE_ADDED, "", before.reply, after.error)
    elif before.error != after.error:
        yield Found(Kind.FAILURE_CHANGED, "", before.error, after.error)
    elif before.reply != after.reply:
        yield Found(Kind.REPLY_MISREAD if _is_misread(after) else Kind.REPLY_CHANGED, "", before.reply, after.reply)


def _is_misread(turn: UserTurn) -> bool:
    """Tell whether a reply is nothing, a part of what was said, or something else that the turn holds."""
    reply = turn.reply
    if reply in (None, ""):
        return True
    held = [text for asked in turn.model for text in _held(asked)]
    return isinstance(reply, str) and any(reply in text for text in held)


def _held(asked: ModelTurn) -> Iterator[str]:
    """Yield the texts that a turn of the model holds: those before it, the outputs, what it answered."""
    yield from (text for _, text in pairs(asked.shown))
    yield from (one.output for one in asked.outputs)
    yield from _texts_in(asked.answers)
    for name, arguments in answered_calls(asked.answers):
        yield from (name, canonical(arguments))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_in(one)


def _results(turn: UserTurn, name: str) -> list[Any]:
    return [one.raised or one.returned for one in turn.watched if one.call == name]


def _same(one: Any, other: Any) -> bool:
    """Tell whether arguments are those of a call: of one or both only the text may be known."""
    return canonical(parsed(one) if isinstance(one, str) else one) == canonical(
        parsed(other) if isinstance(other, str) else other
    )
