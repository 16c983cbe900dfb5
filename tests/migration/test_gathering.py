"""From a journal to a record, with real programs: what belongs together, and what is left out."""

from __future__ import annotations

import pytest

from simulator import Simulator, call, call_tools, fail, http_error, say
from simulator.migration.gathering import record_of
from simulator.migration.settings import RESPONSES, resolved

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather.",
        "parameters": {"type": "object", "properties": {}},
    },
}


@pytest.fixture
def sim():
    return Simulator()


@pytest.fixture
def client(sim):
    return sim.client(max_retries=0)


@pytest.fixture
def ask(client):
    """Ask in a thread and see the run through; return the thread."""

    def ask(text, thread=None, answer=lambda call: '{"sky": "blue"}', **options):
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be kind.", tools=[WEATHER])
        thread = thread or client.beta.threads.create().id
        client.beta.threads.messages.create(thread, role="user", content=text)
        run = client.beta.threads.runs.create(thread, assistant_id=assistant.id, **options)
        while run.status in ("queued", "in_progress", "requires_action"):
            run = client.beta.threads.runs.retrieve(run.id, thread_id=thread)
            if run.status == "requires_action":
                calls = run.required_action.submit_tool_outputs.tool_calls
                outputs = [{"tool_call_id": one.id, "output": answer(one)} for one in calls]
                run = client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=thread, tool_outputs=outputs)
        return thread

    return ask


def test_a_turn_of_the_user_holds_all_turns_of_the_model(sim, ask):
    sim.script(
        call_tools(call("get_weather", city="Paris"), call("get_weather", city="Rome")),
        call("get_weather"),
        say("Sunny."),
    )
    ask("Weather?")
    (turn,) = record_of(sim.journal, "test").turns
    assert [one.answers for one in turn.model] == [
        {"calls": [{"get_weather": {"city": "Paris"}}, {"get_weather": {"city": "Rome"}}]},
        {"calls": [{"get_weather": {}}]},
        {"say": "Sunny."},
    ]
    assert [[one.arguments for one in asked.outputs] for asked in turn.model] == [
        [],
        [{"city": "Paris"}, {"city": "Rome"}],
        [{}],
    ]
    assert turn.model[0].shown.tools["get_weather"].model_dump() == {
        "description": "The weather.",
        "parameters": {"type": "object", "properties": {}},
        "strict": False,
    }
    assert turn.model[0].shown.instructions == "Be kind."
    assert turn.model[0].shown.settings == {"truncation": "auto"}


def test_conversations_are_numbered_as_they_come(sim, ask):
    sim.script(say("1"), say("2"), say("3"))
    first = ask("a")
    ask("b")
    ask("c", first)
    record = record_of(sim.journal, "test")
    assert [(one.conversation, one.user) for one in record.turns] == [("1", "a"), ("2", "b"), ("1", "c")]
    assert record.turns[2].model[0].shown.messages == [{"user": "a"}, {"assistant": "1"}, {"user": "c"}]
    assert record.surface == "assistants"


def test_a_run_that_failed_and_the_next_are_two_turns(sim, ask):
    sim.script(fail("server_error"), say("Now."))
    thread = ask("a")
    ask("b", thread)
    assert [len(one.model) for one in record_of(sim.journal, "test").turns] == [1, 1]


def test_refusals_stand_with_their_turn_and_without_ids_and_those_of_faults_do_not(sim, client, ask):
    sim.script(say("Yes."))
    thread = ask("Hello?")
    client.beta.threads.messages.create(thread, role="user", content="More.")
    with pytest.raises(Exception, match="No thread found"):
        client.beta.threads.retrieve("thread_doesnotexist0000000000")
    sim.faults.add(http_error(500), on="threads.retrieve")
    with pytest.raises(Exception, match="500"):
        client.beta.threads.retrieve(thread)
    (turn,) = record_of(sim.journal, "test").turns
    assert [(one.request, one.status, one.message) for one in turn.refused] == [
        ("threads.retrieve", 404, "No thread found with id 'thread_…'.")
    ]


def test_a_test_that_is_only_refused_has_a_turn_nevertheless(sim, client):
    with pytest.raises(Exception, match="No thread found"):
        client.beta.threads.retrieve("thread_doesnotexist0000000000")
    (turn,) = record_of(sim.journal, "test").turns
    assert (turn.user, turn.model, len(turn.refused)) == ("", [], 1)


def test_what_is_watched_is_written_with_its_turn(sim, ask):
    def answers(one):
        raise KeyError(one.id)

    sim.script(call("get_weather"), say("Sunny."))
    app = sim.watch(lambda text: object() if ask(text) else None)
    app("Weather?")
    broken = sim.watch(answers)
    with pytest.raises(KeyError):
        broken(type("Call", (), {"id": "call_0123456789"}))
    (turn,) = record_of(sim.journal, "test").turns
    assert [(one.call, one.returned, one.raised) for one in turn.watched] == [
        ("<lambda>", "<object>", None),
        ("answers", None, "KeyError: 'call_…'"),
    ]


def test_nothing_was_asked_and_nothing_is_written(sim):
    assert record_of(sim.journal, "test").turns == []


@pytest.mark.parametrize(
    "settings,found",
    [
        ({}, {"truncation": "disabled"}),
        ({"truncation": "auto", "temperature": 1, "top_p": 1.0, "tool_choice": "auto"}, {"truncation": "auto"}),
        ({"truncation_strategy": {"type": "last_messages", "last_messages": 3}}, {"truncation": {"last_messages": 3}}),
        ({"max_output_tokens": 9}, {"max_output_tokens": 9, "truncation": "disabled"}),
        (
            {"max_completion_tokens": 9, "max_prompt_tokens": 8},
            {"max_prompt_tokens": 8, "max_output_tokens": 9, "truncation": "disabled"},
        ),
        ({"response_format": {"type": "json_object"}}, {"response_format": "json_object", "truncation": "disabled"}),
        (
            {"tool_choice": {"type": "function", "name": "f"}},
            {"tool_choice": {"function": "f"}, "truncation": "disabled"},
        ),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            {"tool_choice": {"function": "f"}, "truncation": "disabled"},
        ),
        ({"tool_choice": {"type": "file_search"}}, {"tool_choice": "file_search", "truncation": "disabled"}),
    ],
)
def test_settings_have_one_form(settings, found):
    assert resolved(settings, RESPONSES) == found


@pytest.mark.parametrize(
    "given",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}},
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": False}}},
    ],
)
def test_a_format_is_the_same_on_both_surfaces(given):
    wanted = {"name": "n", "schema": {"type": "object"}, "strict": False}
    assert resolved(given, RESPONSES)["response_format"] == wanted
