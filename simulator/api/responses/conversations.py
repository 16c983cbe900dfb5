"""Conversations, and the items in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...backend.objects import EMPTY, JsonDict
from ...backend.responses import objects
from ...backend.responses.items import PREFIXES, Item, from_input, shown
from ...backend.store import Listing, PageRequest, UnknownCursor
from ..call import Call, deleted
from ..refusals.responses import ConversationLocked, NoSuchConversation, NoSuchItem
from .beyond import refuse_included, refuse_items


def create(call: Call) -> JsonDict:
    """Begin a conversation, perhaps with items."""
    backend, given = call.backend, call.body.get("items", ())
    refuse_items(given, "items")
    names, at = backend.responses.names, backend.clock.now()
    chain = names.chain()
    conversation = objects.conversation(names.of_conversation("conv_", chain, at), int(at), **call.body)
    backend.store.conversations.add(conversation)
    backend.store.conversation_items[conversation["id"]] = _new_items(call, given, chain)
    return conversation


def retrieve(call: Call) -> JsonDict:
    """Return a conversation."""
    return conversation_of(call, call.ids[0])


def update(call: Call) -> JsonDict:
    """Replace the metadata."""
    conversation = conversation_of(call, call.ids[0])
    conversation["metadata"] = call.body.get("metadata", EMPTY)
    return conversation


def delete(call: Call) -> JsonDict:
    """Delete a conversation; its items go with it. Responses that were made in it stay."""
    conversation = conversation_of(call, call.ids[0])
    call.backend.store.conversations.remove(conversation["id"])
    call.backend.store.drop_items(conversation["id"])
    return deleted(conversation)


def create_items(call: Call) -> JsonDict:
    """Put items at the end of a conversation.

    Raises:
        ConversationLocked: a response is being made in it.
    """
    id = conversation_of(call, call.ids[0])["id"]
    refuse_items(call.body["items"], "items")
    refuse_included(call.query.get("include", ()))
    if call.backend.responses.locked(id):
        raise ConversationLocked
    added = _new_items(call, call.body["items"], call.backend.responses.names.chain(id))
    call.backend.store.conversation_items[id] += added
    return _envelope(added, call, has_more=False)


def list_items(call: Call) -> JsonDict:
    """List the items of a conversation, the newest first."""
    refuse_included(call.query.get("include", ()))
    conversation = conversation_of(call, call.ids[0])
    return page_of(call.backend.store.conversation_items[conversation["id"]], call)


def retrieve_item(call: Call) -> JsonDict:
    """Return an item of a conversation."""
    refuse_included(call.query.get("include", ()))
    return shown(_item(call), call.query.get("include", ()))


def delete_item(call: Call) -> JsonDict:
    """Delete an item; the answer is the conversation."""
    item = _item(call)
    call.backend.store.conversation_items[call.ids[0]].remove(item)
    return conversation_of(call, call.ids[0])


def conversation_of(call: Call, id: str) -> JsonDict:
    """Return a conversation.

    Raises:
        NoSuchConversation: there is none.
    """
    conversation = call.backend.store.conversations.get(id)
    if conversation is None:
        raise NoSuchConversation(id)
    return conversation


def page_of(items: Sequence[Item], call: Call) -> JsonDict:
    """Return the stretch of items that the query asks for, in the envelope of this surface.

    Raises:
        NoSuchItem: a cursor that is not among them (chosen).
    """
    listing = Listing()
    for place, item in enumerate({one["id"]: one for one in items}.values(), start=1):
        listing.add(place, item)
    query = call.query
    wanted = PageRequest(
        limit=query.get("limit", 20),
        descending=query.get("order", "desc") == "desc",
        after=query.get("after"),
        before=query.get("before"),
    )
    try:
        page = listing.page(wanted)
    except UnknownCursor as unknown:
        raise NoSuchItem(unknown.args[0]) from None
    return _envelope(page.data, call, has_more=page.has_more)


def _envelope(items: Sequence[Item], call: Call, *, has_more: bool) -> JsonDict:
    data = [shown(item, call.query.get("include", ())) for item in items]
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "has_more": has_more, "last_id": last}


def _new_items(call: Call, given: Sequence[Mapping[str, Any]], chain: str) -> list[Item]:
    names, at = call.backend.responses.names, call.backend.clock.now()
    return [from_input(one, names.of_conversation(PREFIXES[one.get("type", "message")], chain, at)) for one in given]


def _item(call: Call) -> Item:
    conversation = conversation_of(call, call.ids[0])
    items = call.backend.store.conversation_items[conversation["id"]]
    found = next((item for item in items if item["id"] == call.ids[1]), None)
    if found is None:
        raise NoSuchItem(call.ids[1])
    return found
