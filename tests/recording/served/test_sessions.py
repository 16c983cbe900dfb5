"""The project's own cassettes: the programs that were recorded get the same answers from them."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from simulator import use_cassette
from simulator.cli import app
from simulator.errors import CheckFailed
from simulator.recording import forms
from simulator.recording.scrubbing import Scrubber
from simulator.recording.witness import messages_in, runs_in, tool_calls_in


@pytest.fixture
def sessions(load_module):
    return load_module("sessions")


def test_each_cassette_is_the_session_of_a_program(sessions):
    assert {path.stem for path in sessions.CASSETTES.glob("*.yaml")} == set(sessions.SESSIONS)


@pytest.mark.parametrize("name", ["parallel_tools", "stream", "two_rounds"])
def test_the_program_gets_from_its_cassette_what_it_got_from_the_service(name, sessions):
    program, answer = sessions.SESSIONS[name]
    with use_cassette(sessions.CASSETTES / name, mode="replay") as session:
        assert program() == answer
        assert tool_calls_in(session.seen()) == tool_calls_in(forms.load(session.path).interactions)


@pytest.mark.parametrize("name", ["parallel_tools", "stream", "two_rounds"])
def test_a_handler_that_changed_is_found(name, sessions, monkeypatch):
    monkeypatch.setitem(sessions.WEATHER, "Paris", {"temperature": 50})
    program, _ = sessions.SESSIONS[name]
    use = use_cassette(sessions.CASSETTES / name, mode="replay")
    with pytest.raises(CheckFailed, match="temperature"), use, pytest.raises(Exception, match="temperature"):
        program()


def test_the_simulator_answers_as_the_cassettes_say(sessions):
    result = CliRunner().invoke(app, ["verify", str(sessions.CASSETTES)])
    assert (result.exit_code, "3 recorded sessions, 3 of them without a difference" in result.output) == (0, True)


def test_no_cassette_has_a_secret(sessions):
    for path in sessions.CASSETTES.glob("*.yaml"):
        assert [Scrubber().secrets(one) for one in forms.load(path).interactions if Scrubber().secrets(one)] == []


def test_calls_runs_and_messages_are_read_off_a_session(sessions):
    interactions = forms.load(sessions.CASSETTES / "two_rounds.yaml").interactions
    calls = tool_calls_in(interactions)
    assert [(one.name, one.arguments) for one in calls] == [
        ("get_weather", {"location": "Paris"}),
        ("get_weather", {"location": "London"}),
        ("book_table", {"location": "Paris", "time": "19:00"}),
    ]
    assert calls[2].output == '{"booked": true, "location": "Paris", "time": "19:00"}'
    runs = runs_in(interactions)
    assert [run["status"] for run in runs] == ["completed", "completed"]
    messages = messages_in(interactions, runs[0]["thread_id"])
    assert [one["role"] for one in messages] == ["user", "assistant", "user", "assistant"]
    assert messages_in(interactions, "thread_other") == []
