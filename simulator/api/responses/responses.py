"""Responses: create (plain and streamed), retrieve, delete, cancel, and the items that went in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ...backend.objects import NOTHING, JsonDict
from ...backend.responses import objects
from ...backend.responses.chains import (
    call_without_output,
    calls_in,
    chain_to,
    output_without_call,
    task_of,
    turn_of,
)
from ...backend.responses.engine import PromptTooLong
from ...backend.responses.items import PREFIXES, Item, from_input
from ...backend.responses.work import ResponseStream, Work
from ...errors import NoTurn
from ..call import Call, Later, Reply, deleted
from ..refusals.lookups import NotFound
from ..refusals.parameters import InvalidParameter
from ..refusals.refusal import Refusal
from ..refusals.responses import (
    CannotCancel,
    ConversationLocked,
    NoSuchResponse,
    NothingGiven,
    NoToolCall,
    NoToolOutput,
    TooLong,
    TwoHistories,
    UnknownPreviousResponse,
)
from ..refusals.surprises import NoTurnLeft
from ..wire import EVENT_STREAM_TYPE, JSON_TYPE
from . import streams, tools
from .beyond import refuse_beyond, refuse_included
from .conversations import conversation_of, page_of


class _History(NamedTuple):
    """What a request stands on.

    Args:
        items: the oldest first.
        previous: the id of the response before it.
        conversation: the id of the conversation that it is in.
        key: what tells this conversation from others: its id, or that of the first response; None: it is new.
    """

    items: Sequence[Item] = ()
    previous: str | None = None
    conversation: str | None = None
    key: str | None = None


def create(call: Call) -> Reply:
    """Make a response.

    Raises:
        Refusal: see the classes; nothing has happened.
    """
    body = _checked(call.body)
    history = _history(call, body)
    ids = call.backend.ids
    counts = ids.counts
    try:
        work = _work(call, body, history)
        work.stream = ResponseStream() if work.streamed else None
        call.backend.responses.create(work)
    except (NoTurn, PromptTooLong, Refusal) as problem:
        ids.rewind(counts)
        raise _refusal_of(problem) from None
    if work.stream is None:
        return Later(JSON_TYPE, partial(streams.whole, work, call.backend))
    obfuscated = body.get("stream_options", {}).get("include_obfuscation", True)
    return Later(EVENT_STREAM_TYPE, partial(streams.frames, work, work.stream, call.backend, obfuscated=obfuscated))


def _refusal_of(problem: NoTurn | PromptTooLong | Refusal) -> Refusal:
    if isinstance(problem, NoTurn):
        return NoTurnLeft(str(problem))
    return TooLong() if isinstance(problem, PromptTooLong) else problem


def _checked(body: JsonDict) -> JsonDict:
    """Return the body with its tools as they are shown, if all in it goes together."""
    refuse_beyond(body)
    if "model" not in body:
        raise InvalidParameter("Missing required parameter: 'model'.", "model", "missing_required_parameter")
    if "conversation" in body and "previous_response_id" in body:
        raise TwoHistories
    if not body.get("input") and "conversation" not in body and "previous_response_id" not in body:
        raise NothingGiven
    shown_tools = tools.as_shown(body.get("tools", NOTHING))
    tools.check_choice(body.get("tool_choice"), shown_tools)
    tools.check_format(body.get("text", {}))
    return {**body, "tools": shown_tools}


def _history(call: Call, body: Mapping[str, Any]) -> _History:
    store = call.backend.store
    for index, tool in enumerate(body["tools"]):
        for id in tool.get("vector_store_ids", ()):
            if store.vector_stores.get(id) is None:
                raise _NoSuchVectorStore(id, index)
    previous = body.get("previous_response_id")
    if previous is not None:
        if store.responses.get(previous) is None:
            raise UnknownPreviousResponse(previous)
        chain = chain_to(store, previous)
        return _History(chain.items, previous, None, chain.first)
    if "conversation" not in body:
        return _History()
    wanted = body["conversation"]
    id = wanted if isinstance(wanted, str) else wanted["id"]
    conversation_of(call, id)
    if call.backend.responses.locked(id):
        raise ConversationLocked
    return _History(list(store.conversation_items[id]), None, id, id)


class _NoSuchVectorStore(NotFound):
    """A vector store that file search is to search is not there; the service's text here is not known: chosen."""

    def __init__(self, id: str, index: int) -> None:
        super().__init__("vector store", id)
        self.param = f"tools[{index}].vector_store_ids"


def _work(call: Call, body: JsonDict, history: _History) -> Work:
    responses, at = call.backend.responses, call.backend.clock.now()
    chain = responses.names.chain(history.previous, history.conversation)
    id = responses.names.response(chain, at, kept=body.get("store", True))
    given = _given(call, body, chain)
    _check_outputs([*history.items, *given])
    fields = {key: value for key, value in body.items() if key not in ("model", "conversation")}
    if history.conversation is not None:
        fields["conversation"] = {"id": history.conversation}
    return Work(
        objects.response(id, int(at), body["model"], **fields),
        history.items,
        given,
        task=task_of(call.backend.store, given) or id,
        model=body["model"],
        conversation=history.key or id,
        include=body.get("include", ()),
        chain=chain,
        streamed=body.get("stream", False),
    )


def _given(call: Call, body: Mapping[str, Any], chain: str) -> list[Item]:
    given = body.get("input", ())
    if isinstance(given, str):
        given = [{"type": "message", "role": "user", "content": given}]
    names, at = call.backend.responses.names, call.backend.clock.now()
    return [from_input(one, names.item(PREFIXES[one.get("type", "message")], chain, at)) for one in given]


def _check_outputs(items: Sequence[Item]) -> None:
    calls = calls_in(items)
    orphan = output_without_call(calls)
    if orphan is not None:
        raise NoToolCall(orphan)
    unanswered = call_without_output(calls)
    if unanswered is not None:
        raise NoToolOutput(unanswered)


def retrieve(call: Call) -> Reply:
    """Return a response, or its events once more."""
    include = call.query.get("include", ())
    refuse_included(include)
    response = _response(call)
    if not call.query.get("stream"):
        return call.backend.responses.as_sent(response, include)
    after = call.query.get("starting_after", -1)
    obfuscated = call.query.get("include_obfuscation", True)
    again = partial(streams.replayed, response["id"], call.backend, after=after)
    return Later(EVENT_STREAM_TYPE, partial(again, obfuscated=obfuscated))


def delete(call: Call) -> JsonDict:
    """Delete a response; what stands on it stays."""
    response = _response(call)
    call.backend.responses.forget(response["id"])
    call.backend.store.responses.remove(response["id"])
    return deleted(response)


def cancel(call: Call) -> JsonDict:
    """Refuse to cancel: only background responses can be, and there are none.

    Raises:
        NoSuchResponse: there is no such response at all.
        CannotCancel: there is.
    """
    _response(call)
    raise CannotCancel


def list_input_items(call: Call) -> JsonDict:
    """List what a response was given, all before it included (recorded); in a conversation, what came with it."""
    refuse_included(call.query.get("include", ()))
    response, store = _response(call), call.backend.store
    turn = turn_of(store, response["id"])
    return page_of([*chain_to(store, turn.previous).items, *turn.input], call)


def _response(call: Call) -> JsonDict:
    response = call.backend.store.responses.get(call.ids[0])
    if response is None:
        raise NoSuchResponse(call.ids[0])
    return response
