"""What the model is shown, response after response: each view of its own, and no message read twice."""

import pytest

from simulator import Simulator, say
from simulator.backend.responses import views
from tests.api.responses.conftest import MODEL


@pytest.fixture
def sim():
    return Simulator(brain=lambda view: say(str(len(view.messages))))


@pytest.mark.parametrize("in_conversation", [True, False])
def test_each_message_is_read_once(api, ask, monkeypatch, in_conversation):
    read = []

    def text_of_message(message):
        read.append(message["id"])
        return "said"

    monkeypatch.setattr(views, "text_of_message", text_of_message)
    goes_on = {"conversation": api.made("/conversations", {})["id"]} if in_conversation else {}
    for _ in range(5):
        response = ask(**MODEL, **goes_on)
        if not in_conversation:
            goes_on = {"previous_response_id": response["id"]}
    assert response["output"][0]["content"][0]["text"] == "9"
    assert len(read) == len(set(read)) == 9


def test_who_goes_two_ways_from_one_response_is_shown_his_own(sim, ask):
    first = ask("One.")["id"]
    ask("Two.", previous_response_id=first)
    ask("Or two?", previous_response_id=first)
    assert [[text for _, text in view.messages] for view in sim.views] == [
        ["One."],
        ["One.", "1", "Two."],
        ["One.", "1", "Or two?"],
    ]


def test_a_deleted_conversation_leaves_its_views(sim, api, ask):
    conversation = api.made("/conversations", {})["id"]
    ask(conversation=conversation)
    api.delete(f"/conversations/{conversation}")
    assert [list(view.messages) for view in sim.views] == [[("user", "Hello?")]]
