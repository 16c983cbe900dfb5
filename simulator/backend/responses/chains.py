"""What a request stands on: the items before it, which calls wait for outputs, and whose piece of a script goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..brain import Output
from ..objects import EMPTY
from ..store import Store
from .items import CALLS_AND_OUTPUTS, Item, text_of


class Turn(NamedTuple):
    """What a response was given and what it said; kept when the response is deleted, for those that stand on it."""

    previous: str | None
    input: Sequence[Item]
    output: Sequence[Item]


def turn_of(store: Store, response_id: str) -> Turn:
    """Return what a response was given and what it said."""
    kept = store.response_turns[response_id]
    return Turn(kept["previous"], kept["input"], kept["output"])


class Chain(NamedTuple):
    """All items up to a response, its own included, the oldest first; and the id of the first response."""

    items: Sequence[Item] = ()
    first: str | None = None


def chain_to(store: Store, response_id: str | None) -> Chain:
    """Return what a request stands on that names this response as the previous one; None: nothing."""
    parts: list[Sequence[Item]] = []
    first = None
    while response_id is not None:
        turn, first = store.response_turns[response_id], response_id
        parts += turn["output"], turn["input"]
        response_id = turn["previous"]
    return Chain([item for part in reversed(parts) for item in part], first)


def calls_in(items: Iterable[Item]) -> list[Item]:
    """Return the calls of functions among items, and the outputs; in a long chain they are few."""
    return [item for item in items if item["type"] in CALLS_AND_OUTPUTS]


def call_without_output(calls: Iterable[Item]) -> str | None:
    """Return the id of the first call that nothing answers, if there is one; `calls` are those of `calls_in`."""
    waiting: dict[str, None] = {}
    for item in calls:
        if item["type"] == "function_call":
            waiting[item["call_id"]] = None
        else:
            waiting.pop(item["call_id"], None)
    return next(iter(waiting), None)


def output_without_call(calls: Iterable[Item]) -> str | None:
    """Return the id that the first output names which answers no call before it, if there is one; `calls` as above."""
    called = set()
    for item in calls:
        if item["type"] == "function_call":
            called.add(item["call_id"])
        elif item["call_id"] not in called:
            return str(item["call_id"])
    return None


def answered_calls(given: Iterable[Item]) -> list[str]:
    """Return the ids of the calls that a request answers: those after the last message of the model in it.

    Who sends the whole history anew sends old outputs too.
    """
    answered: list[str] = []
    for item in given:
        if item["type"] == "function_call_output":
            answered.append(item["call_id"])
        elif item["type"] == "message" and item["role"] == "assistant":
            answered.clear()
    return answered


def task_of(store: Store, given: Iterable[Item]) -> str | None:
    """Return the task that a request goes on with, as it answers calls of it; None: it begins another."""
    calls = (store.function_calls.get(call_id) for call_id in reversed(answered_calls(given)))
    return next((call["task"] for call in calls if call is not None), None)


def outputs_of(store: Store, items: Sequence[Item], given: Sequence[Item], task: str) -> Iterator[Output]:
    """Yield the calls of a task that were answered, in order; of a new one, those that this request answers."""
    calls = calls_in(items)
    outputs = {item["call_id"]: item["output"] for item in calls if item["type"] == "function_call_output"}
    answered = set(answered_calls(given))
    for item in calls:
        if item["type"] != "function_call" or item["call_id"] not in outputs:
            continue
        made_for = store.function_calls.get(item["call_id"], EMPTY).get("task")
        if made_for == task or (made_for is None and item["call_id"] in answered):
            yield Output(item["name"], item["arguments"], text_of(outputs[item["call_id"]]))


def note_outputs(store: Store, given: Iterable[Item]) -> None:
    """Remember the outputs of a request with the calls that they answer, for `Simulator.calls`."""
    for item in given:
        if item["type"] == "function_call_output" and item["call_id"] in store.function_calls:
            store.function_calls[item["call_id"]]["output"] = text_of(item["output"])


def messages_in(items: Iterable[Item]) -> list[Item]:
    """Return the messages among items."""
    return [item for item in items if item["type"] == "message"]


def file_ids_in(messages: Iterable[Item]) -> list[str]:
    """Return the ids of the files that messages have."""
    return [part["file_id"] for message in messages for part in message["content"] if part.get("file_id")]


def containers_in(items: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the containers that code ran in."""
    return [item["container_id"] for item in items if item["type"] == "code_interpreter_call"]
