"""A program as its author left it, written for openai 1.14.3 and version 1 of the API: not a line of it is changed.

It builds its own clients, sleeps a second between two looks at a run, and prints what it was told. It lies beside the
repository and not in it. `make sdks` runs this in the environment that has that SDK.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import sys
from pathlib import Path

import openai
import pytest

from simulator import call, say

PROGRAM = Path(__file__).resolve().parents[1].parent / "shared" / "seed" / "assistant_program.py"
# For those who have not installed the package; the installed one has it registered by this very name.
pytest_plugins = ["assistants_simulator.pytest_entry"]
pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason=f"{PROGRAM.parent} is not there")

QUESTION = "What's the weather like in San Francisco?"
ANSWER = "It is 72 degrees (fahrenheit) and sunny in San Francisco, CA."


@pytest.fixture(scope="module")
def program():
    spec = importlib.util.spec_from_file_location("assistant_program", PROGRAM)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # dataclasses look there
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("logging.basicConfig", lambda **options: None)  # that is pytest's
            spec.loader.exec_module(module)
        _needs_version_1()
        yield module
    except ImportError as error:
        pytest.skip(f"it is written for openai 1.14.3; with {openai.__version__}: {error}")
    finally:
        del sys.modules[spec.name]


def _needs_version_1():
    create = openai.resources.beta.assistants.Assistants.create
    if "file_ids" not in inspect.signature(create).parameters:
        raise ImportError("assistants.create has no file_ids=")


def forecaster(view):
    """Ask for the weather, and say nothing but what the function returned."""
    if not view.outputs:
        return call("get_weather", location="San Francisco, CA")
    told = json.loads(view.outputs[-1].output)
    return say("It is {temperature} degrees ({unit}) and {conditions} in {location}.".format(**told))


@pytest.mark.simulator(brain=forecaster)
def test_its_main_answers_from_what_its_function_returned(program, simulator, capsys):
    asyncio.run(program.main())
    assert capsys.readouterr().out.splitlines() == [f"Assistant: {ANSWER}", "Conversation history: 2 messages"]
    (made,) = simulator.calls
    assert made.name == "get_weather"
    assert json.loads(made.output) == program.get_weather("San Francisco, CA")
    assert {one.headers["openai-beta"] for one in simulator.requests} == {"assistants=v1"}
    assert [one.status for one in simulator.requests] == [200] * len(simulator.requests)


@pytest.mark.simulator(brain=forecaster)
def test_its_sleeps_move_the_clock_of_the_service(program, simulator):
    asyncio.run(program.main())
    looks = [one.at for one in simulator.requests if one.operation == "runs.retrieve"]
    assert 2 <= len(looks) < 10, "a second passes from one look to the next; without it there are hundreds"


@pytest.mark.simulator(brain=forecaster)
def test_it_reports_its_history_in_order(program, simulator):
    manager = program.AssistantManager()
    definitions = program.registry.get_tool_definitions()
    assistant = manager.create_assistant(program.AssistantConfig("Desk", "Help.", tools=definitions))
    handler = program.ConversationHandler(manager, program.registry)
    for user in ("user_1", "user_2", "user_1"):
        assert asyncio.run(handler.send_message(assistant.id, user, QUESTION)) == ANSWER
    history = handler.get_conversation_history("user_1")
    assert [(one["role"], one["content"]) for one in history] == [("user", QUESTION), ("assistant", ANSWER)] * 2
    assert [one["created_at"] for one in history] == sorted(one["created_at"] for one in history)
    assert len(handler.get_conversation_history("user_2")) == 2
    assert handler.get_conversation_history("user_3") == []
