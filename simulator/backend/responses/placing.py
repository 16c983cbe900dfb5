"""Puts responses and conversations in their place without the API: what is given is kept, what is missing is filled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..objects import JsonDict
from ..store import Store
from . import objects
from .engine import Responses
from .items import PREFIXES, Item, from_input


def place_response(responses: Responses, given: JsonDict, now: float) -> JsonDict:
    """Place a response that has ended; a request may build on it, and answer the calls that it made.

    Args:
        given: fields as on the wire, and `input`, the items that it was given.
    """
    store, names = responses.store, responses.names
    previous = given.get("previous_response_id")
    chain = names.chain(given.get("id"), previous)
    id = given.pop("id", None) or names.response(chain, now, kept=True)
    taken = _items(responses, given.pop("input", ()), chain, now)
    said = _items(responses, given.pop("output", ()), chain, now)
    usual = objects.response(id, int(now), given.get("model") or "gpt-4o")
    ended: JsonDict = {"status": "completed", "completed_at": int(now), "output": said}
    known = store.responses.get(previous) if previous else None
    response = store.responses.replace({**usual, **ended, **given, "id": id})
    store.response_turns[id] = {
        "previous": known and known["id"],
        "input": taken,
        "output": response["output"],
    }
    _note_calls(store, response)
    return response


def place_conversation(responses: Responses, given: JsonDict, now: float) -> JsonDict:
    """Place a conversation, with its `items` if it has any."""
    store, names = responses.store, responses.names
    chain = names.chain(given.get("id"))
    id = given.pop("id", None) or names.of_conversation("conv_", chain, now)
    items = _items(responses, given.pop("items", ()), chain, now)
    conversation = store.conversations.replace({**objects.conversation(id, int(now)), **given, "id": id})
    store.conversation_items[id] = items
    return conversation


def place_item(responses: Responses, given: JsonDict, conversation_id: str, now: float) -> Item:
    """Put an item at the end of a conversation, in the place of the one with its id; the conversation is made too."""
    store = responses.store
    if store.conversations.get(conversation_id) is None:
        place_conversation(responses, {"id": conversation_id}, now)
    (item,) = _items(responses, [given], responses.names.chain(conversation_id), now)
    items = store.conversation_items[conversation_id]
    for index, one in enumerate(items):
        if one["id"] == item["id"]:
            items[index] = item
            return item
    items.append(item)
    return item


def _items(responses: Responses, given: Iterable[Mapping[str, Any]], chain: str, now: float) -> list[Item]:
    names = responses.names
    return [from_input(one, names.item(PREFIXES[one.get("type", "message")], chain, now)) for one in given]


def _note_calls(store: Store, response: Mapping[str, Any]) -> None:
    conversation = response.get("conversation") or {"id": response["id"]}
    for item in response["output"]:
        if item["type"] == "function_call":
            store.note_call(item, response["id"], response["id"], conversation["id"])
