"""What differs in what the model was shown: one function for each thing that a view has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .kinds import Found, Kind
from .record import Shown, Tool, UserTurn, canonical, pairs
from .settings import COMMON

# Roles under which a program may say what `instructions` say too.
_INSTRUCTING = ("system", "developer")


def differences_of_views(before: UserTurn, after: UserTurn) -> Iterator[Found]:
    """Yield what differs between the views of a turn, the first with the first, and so on."""
    for old, new in zip(before.model, after.model, strict=False):
        for finder in _OF_VIEWS:
            yield from finder(old.shown, new.shown)


def _instructions(old: Shown, new: Shown) -> Iterator[Found]:
    before, after = _told_to(old), _told_to(new)
    if before and not after:
        yield Found(Kind.INSTRUCTIONS_LOST, "", before, after)
    elif before != after:
        yield Found(Kind.INSTRUCTIONS_CHANGED, "", before, after)


def _told_to(shown: Shown) -> str:
    """Return the instructions, whether they came as such or as the first messages."""
    return "\n".join(filter(None, [shown.instructions, *(text for _, text in _split(shown)[0])]))


def _split(shown: Shown) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the messages that instruct, as far as they come first, and all others."""
    messages = pairs(shown)
    first = next((place for place, (role, _) in enumerate(messages) if role not in _INSTRUCTING), len(messages))
    return messages[:first], messages[first:]


def _model(old: Shown, new: Shown) -> Iterator[Found]:
    if old.model != new.model:
        yield Found(Kind.MODEL_CHANGED, "", old.model, new.model)


def _history(old: Shown, new: Shown) -> Iterator[Found]:
    before, after = _split(old)[1], _split(new)[1]
    if before == after:
        return
    lost, added = _left_over(before, after), _left_over(after, before)
    if lost and not added:
        yield Found(Kind.HISTORY_LOST, "", lost, None)
    elif added and not lost:
        known = {tuple(one) for one in before}
        kind = Kind.HISTORY_REPEATED if all(one in known for one in added) else Kind.HISTORY_ADDED
        yield Found(kind, "", None, added)
    else:
        yield Found(Kind.HISTORY_CHANGED, "", lost or before, added or after)


def _left_over(messages: Sequence[tuple[str, str]], others: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the messages that the others do not have, or not as often."""
    counts, left = Counter(others), []
    for one in messages:
        if counts[one]:
            counts[one] -= 1
        else:
            left.append(one)
    return left


def _tools(old: Shown, new: Shown) -> Iterator[Found]:
    for name in dict.fromkeys([*old.tools, *new.tools]):
        before, after = old.tools.get(name), new.tools.get(name)
        if before is None or after is None:
            kind = Kind.TOOL_ADDED if before is None else Kind.TOOL_LOST
            yield Found(kind, name, before and before.parameters, after and after.parameters)
        else:
            yield from _tool(name, before, after)
    for name in sorted({*old.hosted, *new.hosted}):
        if (name in old.hosted) != (name in new.hosted):
            yield Found(Kind.TOOL_LOST if name in old.hosted else Kind.TOOL_ADDED, name)
    if old.files != new.files:
        yield Found(Kind.FILES_CHANGED, "", old.files, new.files)


def _tool(name: str, old: Tool, new: Tool) -> Iterator[Found]:
    if old.description != new.description:
        yield Found(Kind.TOOL_DESCRIPTION, name, old.description, new.description)
    before = strict_form(old.parameters) if new.strict and not old.strict else old.parameters
    if _schema(old.parameters) != _schema(new.parameters) != _schema(before):
        yield Found(Kind.TOOL_SCHEMA, name, old.parameters, new.parameters)
    if old.strict != new.strict:
        yield Found(Kind.TOOL_STRICTNESS, name, old.strict, new.strict)


def strict_form(value: Any) -> Any:
    """Return a JSON Schema as it must be where a function is strict: all is required, and nothing else may come."""
    if isinstance(value, list):
        return [strict_form(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    strict = {name: strict_form(one) for name, one in value.items()}
    if isinstance(value.get("properties"), Mapping):
        strict |= {"required": list(value["properties"]), "additionalProperties": False}
    return strict


def _schema(value: Any, key: str = "") -> Any:
    """Return a JSON Schema in which nothing depends on an order that means nothing."""
    if isinstance(value, Mapping):
        return {name: _schema(one, name) for name, one in value.items() if (name, one) != ("required", [])}
    if isinstance(value, list):
        found = [_schema(one) for one in value]
        return sorted(found, key=canonical) if key in ("required", "enum", "type") else found
    return value


_SETTINGS: Mapping[str, Kind] = {
    "response_format": Kind.FORMAT_CHANGED,
    "tool_choice": Kind.TOOL_CHOICE_CHANGED,
    "parallel_tool_calls": Kind.PARALLEL_CALLS_CHANGED,
    "temperature": Kind.SAMPLING_CHANGED,
    "top_p": Kind.SAMPLING_CHANGED,
    "max_prompt_tokens": Kind.BUDGET_CHANGED,
    "max_output_tokens": Kind.BUDGET_CHANGED,
    "truncation": Kind.TRUNCATION_CHANGED,
}


def _settings(old: Shown, new: Shown) -> Iterator[Found]:
    for name, kind in _SETTINGS.items():
        before, after = (shown.settings.get(name, COMMON.get(name)) for shown in (old, new))
        if before != after:
            lost = kind == Kind.BUDGET_CHANGED and after is None
            yield Found(Kind.BUDGET_LOST if lost else kind, name, before, after)


_OF_VIEWS: Sequence[Callable[[Shown, Shown], Iterator[Found]]] = (_instructions, _model, _history, _tools, _settings)
