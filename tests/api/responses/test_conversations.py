"""Conversations and their items, and who may work on one."""

import asyncio
import sys

import openai
import pytest

from simulator import Simulator, call, fail, hang, incomplete, say
from tests.api.responses.conftest import MODEL

USER = {"role": "user", "content": "Hello?"}


@pytest.fixture
def conversation(api):
    return api.made("/conversations", {"items": [USER], "metadata": {"a": "b"}})["id"]


def texts(api, id, query="order=asc"):
    page = api.get(f"/conversations/{id}/items", query=query).json
    return [part["text"] for item in page["data"] for part in item["content"]]


def test_a_conversation_is_made_read_changed(api, conversation):
    made = api.get(f"/conversations/{conversation}").json
    assert made == {
        "id": conversation,
        "object": "conversation",
        "created_at": made["created_at"],
        "metadata": {"a": "b"},
    }
    assert api.made(f"/conversations/{conversation}", {"metadata": {"c": "d"}})["metadata"] == {"c": "d"}
    assert api.made(f"/conversations/{conversation}", {"metadata": None})["metadata"] == {}


def test_items_are_added_listed_read_deleted(api, conversation, refused):
    added = api.made(f"/conversations/{conversation}/items", {"items": [{"role": "assistant", "content": "Hi."}, USER]})
    assert [item["content"][0]["type"] for item in added["data"]] == ["output_text", "input_text"]
    assert (added["first_id"], added["last_id"]) == (added["data"][0]["id"], added["data"][1]["id"])
    assert texts(api, conversation) == ["Hello?", "Hi.", "Hello?"]
    assert texts(api, conversation, "limit=1") == ["Hello?"]
    id = added["first_id"]
    assert api.get(f"/conversations/{conversation}/items/{id}").json == added["data"][0]
    assert api.delete(f"/conversations/{conversation}/items/{id}").json["object"] == "conversation"
    assert texts(api, conversation) == ["Hello?", "Hello?"]
    for ask in (api.get, api.delete):
        error = refused(lambda ask=ask: ask(f"/conversations/{conversation}/items/{id}"), 404)
        assert error["message"] == f"Item with id '{id}' not found."
    refused(lambda: api.get(f"/conversations/{conversation}/items", query="after=msg_0"), 404)


def test_an_empty_conversation_has_no_first_item(api):
    id = api.made("/conversations", {})["id"]
    page = api.get(f"/conversations/{id}/items").json
    assert page == {"object": "list", "data": [], "first_id": None, "has_more": False, "last_id": None}


def test_what_a_response_is_given_and_says_goes_into_the_conversation(sim, api, ask, conversation):
    sim.script("Hi.", "Fine.")
    first = ask("How are you?", conversation=conversation)
    ask("And now?", conversation=conversation)
    assert texts(api, conversation) == ["Hello?", "How are you?", "Hi.", "And now?", "Fine."]
    assert [text for _, text in sim.views[1].messages] == ["Hello?", "How are you?", "Hi.", "And now?"]
    items = api.get(f"/responses/{first['id']}/input_items").json["data"]
    assert [item["content"][0]["text"] for item in items] == ["How are you?"]


@pytest.mark.parametrize("turn, kept", [(fail("server_error", text="so"), 0), (incomplete("content_filter", "so"), 2)])
def test_a_response_that_fails_leaves_nothing_there(api, ask, conversation, turn, kept):
    api.sim.script(turn)
    ask("Go", conversation=conversation)
    assert len(texts(api, conversation)) == 1 + kept


def test_while_a_response_is_made_the_conversation_is_locked(sim, api, conversation, refused):
    sim.script("Hi.", "Fine.")
    body = {**MODEL, "input": "Go", "conversation": conversation}
    frames = api.frames("/responses", body)
    next(frames)
    for path, other in (("/responses", body), (f"/conversations/{conversation}/items", {"items": [USER]})):
        error = refused(lambda path=path, other=other: api.post(path, other), 400)
        assert error == {
            "message": "Another process is currently operating on this conversation. Please retry in a few seconds.",
            "type": "invalid_request_error",
            "param": "conversation",
            "code": "conversation_locked",
        }
    list(frames)
    api.made("/responses", body)


def test_of_two_at_once_one_is_refused():
    async def both(sim):
        client = sim.async_client(max_retries=0)
        conversation = (await client.conversations.create()).id
        asks = (client.responses.create(**MODEL, input="Go", conversation=conversation) for _ in range(2))
        return await asyncio.gather(*asks, return_exceptions=True)

    sim = Simulator()
    sim.script("Hi.")
    answer, error = asyncio.run(both(sim))
    assert answer.output_text == "Hi."
    assert isinstance(error, openai.BadRequestError)
    assert error.code == "conversation_locked"
    sim.check()


def test_a_conversation_that_is_deleted_meanwhile_takes_nothing_more(sim, api, conversation):
    sim.script("Hi.")
    frames = api.frames("/responses", {**MODEL, "input": "Go", "conversation": conversation})
    next(frames)
    api.delete(f"/conversations/{conversation}")
    assert b"response.completed" in list(frames)[-1].data


def sim_timeout(client):
    """The exception of the HTTP library, which the SDK lets through in the middle of a stream."""
    return sys.modules[type(client._client).__mro__[1].__module__.partition(".")[0]].ReadTimeout


@pytest.mark.parametrize("stream", [True, False])
def test_a_response_that_never_ends_is_given_up_with_its_client(sim, conversation, stream):
    sim.script(hang(), call("f"))
    client = sim.client(max_retries=0, timeout=30)
    start = sim.clock.now()
    with pytest.raises((openai.APITimeoutError, sim_timeout(client))):
        list(client.responses.create(**MODEL, input="Go", conversation=conversation, stream=stream))
    assert sim.clock.now() - start == pytest.approx(30.1)
    (stuck,) = [one for one in sim.journal if getattr(one, "after", None) == "cancelled"]
    assert client.responses.retrieve(stuck.id).status == "cancelled"
    assert client.responses.create(**MODEL, input="Go", conversation=conversation).output[0].type == "function_call"


def test_a_turn_that_takes_longer_than_its_client_waits_is_cut_off(sim, conversation):
    sim.script(say("late", takes=100), say("soon"))
    client = sim.client(max_retries=0, timeout=30)
    with pytest.raises((openai.APITimeoutError, sim_timeout(client))):
        list(client.responses.create(**MODEL, input="Go", conversation=conversation, stream=True))
    assert client.responses.create(**MODEL, input="Go", conversation=conversation).output_text == "soon"
