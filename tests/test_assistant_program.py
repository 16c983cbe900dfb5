"""A program of the size that people have, written for the real service and run here as it is.

In process it is intercepted; through a socket it finds the simulator where OPENAI_BASE_URL says.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
import time
import warnings
from pathlib import Path

import openai
import pytest

from simulator import Simulator, call, call_tools, fail, finish, hang, http_error, incomplete, raw_call, run_code, say
from simulator.decorator import DEPRECATION
from tests.doors import DOORS, IN_PROCESS

PROGRAM = Path(__file__).parent / "programs" / "assistant_program_v2.py"


@pytest.fixture(scope="module")
def program():
    spec = importlib.util.spec_from_file_location("assistant_program_v2", PROGRAM)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # dataclasses look there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(params=DOORS)
def sim(request, monkeypatch):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", DEPRECATION, DeprecationWarning)
        if request.param == IN_PROCESS:
            with Simulator().intercept() as sim:
                yield sim
        else:
            sim = request.getfixturevalue("served_simulator")
            monkeypatch.setenv("OPENAI_BASE_URL", sim.base_url)
            monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
            yield sim


@pytest.fixture
def client(sim):
    with openai.OpenAI(max_retries=0) as client:
        yield client


@pytest.fixture
def desk(program, client):
    """The program put together: `send(text)` says something for a user and gives the answer."""
    return Desk(program, client)


class Desk:
    def __init__(self, program, client, **options):
        self.assistant = program.Assistants(client).create(program.SUPPORT)
        self.conversations = program.Conversations(client, program.functions, **{"poll_interval": 0, **options})

    def send(self, text, user_id="u-1", **overrides):
        return asyncio.run(self.conversations.send(self.assistant.id, user_id, text, **overrides))


def operations(sim):
    return [one.operation for one in sim.requests]


def test_its_main_runs_from_beginning_to_end(program, sim, capsys):
    sim.script(call("get_weather", location="Lisbon, Portugal"), say("22 °C."), say("In the portal."))
    asyncio.run(program.main(poll_interval=0))
    assert capsys.readouterr().out.splitlines() == [
        "user: What is the weather in Lisbon?",
        "assistant: 22 °C.",
        "user: And where do I ask for leave?",
        "assistant: In the portal.",
        "4 messages",
    ]
    assert json.loads(sim.calls[0].output) == {"location": "Lisbon, Portugal", "temperature": 22, "unit": "celsius"}
    sim.check()


def test_parallel_calls_are_answered_in_one_submit(sim, desk):
    sim.script(
        call_tools(
            call("get_weather", location="Oslo", unit="fahrenheit"), call("search_handbook", query="coats", limit=2)
        ),
        say("Take a coat."),
    )
    assert desk.send("What do I wear in Oslo?") == "Take a coat."
    assert operations(sim).count("runs.submit_tool_outputs") == 1
    assert [(one.name, json.loads(one.output)) for one in sim.calls] == [
        ("get_weather", {"location": "Oslo", "temperature": 72, "unit": "fahrenheit"}),
        ("search_handbook", ["coats, part 1", "coats, part 2"]),
    ]
    sim.check()


def test_calls_may_come_round_after_round(sim, desk):
    sim.script(call("search_handbook", query="leave"), call("search_handbook", query="forms"), say("Form 7."))
    assert desk.send("How do I take leave?") == "Form 7."
    assert operations(sim).count("runs.submit_tool_outputs") == 2
    assert [output.name for output in sim.views[-1].outputs] == ["search_handbook"] * 2
    (run,) = sim.runs
    assert (run["status"], run["required_action"]) == ("completed", None)


def test_the_model_sees_what_the_program_declared(program, sim, desk):
    sim.script(say("Hello."))
    desk.send("Hi", additional_instructions="Be brief.")
    (view,) = sim.views
    assert view.instructions == f"{program.SUPPORT.instructions}\nBe brief."
    assert view.model == "gpt-4o"
    assert view.functions["get_weather"]["required"] == ["location"]
    assert sorted(view.functions) == ["get_weather", "search_handbook"]
    assert view.assistant["metadata"] == {"team": "support"}


@pytest.mark.parametrize(
    "asked,error",
    [
        (call("search_handbook", query=""), "ValueError: an empty query"),
        (call("order_pizza"), "there is no function order_pizza"),
        (call("get_weather", place="Oslo"), "TypeError"),
        (raw_call("get_weather", '{"location": '), "JSONDecodeError"),
    ],
)
def test_the_model_is_told_what_went_wrong_with_its_call(sim, desk, asked, error):
    sim.script(asked, say("Sorry."))
    assert desk.send("Well?") == "Sorry."
    assert error in json.loads(sim.calls[0].output)["error"]
    sim.check()


def test_the_history_has_all_pages_in_order(sim, desk):
    for number in range(13):
        sim.script(say(f"answer {number}"))
        desk.send(f"question {number}")
    history = desk.conversations.history("u-1")
    assert history == [
        pair for number in range(13) for pair in (("user", f"question {number}"), ("assistant", f"answer {number}"))
    ]
    assert sim.requests[-2].query == "limit=20&order=asc"
    assert operations(sim)[-2:] == ["messages.list", "messages.list"]


def test_each_user_has_a_thread_and_the_model_sees_only_that(sim, desk):
    sim.script(say("for one"), when="one")
    sim.script(say("for two"), when="two")
    assert (desk.send("two", user_id="u-2"), desk.send("one", user_id="u-1")) == ("for two", "for one")
    assert [view.messages for view in sim.views] == [[("user", "two")], [("user", "one")]]
    assert desk.conversations.history("u-3") == []
    assert {run["thread_id"] for run in sim.runs} == {view.conversation for view in sim.views}


def test_conversations_at_once_do_not_mix(sim, desk):
    users = [f"u-{number}" for number in range(8)]
    for user in users:
        sim.script(call("search_handbook", query=user), say(f"found for {user}"), when=f"I am {user}.")

    async def everybody():
        sends = (desk.conversations.send(desk.assistant.id, user, f"I am {user}.") for user in users)
        return await asyncio.gather(*sends)

    assert asyncio.run(everybody()) == [f"found for {user}" for user in users]
    assert sorted(one.arguments["query"] for one in sim.calls) == users
    sim.check()


@pytest.mark.parametrize(
    "turn,told",
    [
        (fail("rate_limit_exceeded"), r"failed \(You exceeded your current quota"),
        (fail("server_error", text="So far"), r"failed \(Sorry, something went wrong\.\)$"),
        (incomplete("max_completion_tokens", "It is"), "incomplete$"),
    ],
)
def test_a_run_that_ends_badly_is_raised_and_the_thread_is_free_again(program, sim, desk, turn, told):
    sim.script(turn, say("Better now."))
    with pytest.raises(program.RunEnded, match=told):
        desk.send("Hi")
    assert desk.send("Again") == "Better now."
    sim.check()


def test_a_run_that_hangs_expires_while_it_is_polled(program, sim, desk):
    sim.script(hang())
    thread = desk.conversations.threads.create()
    desk.conversations.threads.say(thread.id, "Hi")
    run = desk.conversations.runs.start(thread.id, desk.assistant.id)
    sim.clock.advance(590)  # the last ten seconds pass by polling alone
    with pytest.raises(program.RunEnded, match=r"expired$"):
        asyncio.run(desk.conversations.runs.finish(run))
    assert operations(sim).count("runs.retrieve") > 50
    assert sim.clock.now() - run.expires_at < 1
    sim.check()


def test_a_run_that_expires_while_the_tools_work_takes_no_outputs(program, sim, desk, monkeypatch):
    sim.script(call("get_weather", location="Oslo"), say("never said"))

    def slow(location):
        sim.clock.advance(600)
        return "late"

    monkeypatch.setitem(program.functions._handlers, "get_weather", slow)
    with pytest.raises(openai.BadRequestError, match='Runs in status "expired" do not accept tool outputs'):
        desk.send("Hi")
    assert [one.output for one in sim.calls] == [None]
    sim.check()


def test_a_program_that_loses_patience_cancels_and_may_go_on_once_that_is_confirmed(program, sim, client):
    desk = Desk(program, client, patience=-1)
    sim.script(hang(), finish())
    with pytest.raises(TimeoutError, match="took more than"):
        desk.send("Hi")
    assert sim.runs[0]["status"] == "cancelling"
    with pytest.raises(openai.BadRequestError, match=r"while a run run_\w+ is active"):
        desk.send("Again")
    sim.clock.advance(1)
    assert sim.runs[0]["status"] == "cancelled"


def test_a_second_run_is_refused_while_one_is_active(sim, desk, client):
    sim.script(hang())
    thread = desk.conversations.threads.create()
    desk.conversations.threads.say(thread.id, "Hi")
    run = desk.conversations.runs.start(thread.id, desk.assistant.id)
    with pytest.raises(openai.BadRequestError, match=f"Thread {thread.id} already has an active run {run.id}"):
        desk.conversations.runs.start(thread.id, desk.assistant.id)
    sim.check(allow={"active_run"})


def test_an_answer_without_words_is_empty(sim, desk):
    sim.script(finish(), say())
    assert (desk.send("Hi"), desk.send("Hi?")) == ("", "")


def test_the_built_in_tools_do_their_work_before_the_answer(sim, desk):
    sim.script(run_code("2 ** 10", logs="1024"), say("1024"))
    assert desk.send("What is 2 to the 10th?") == "1024"
    assert "runs.submit_tool_outputs" not in operations(sim)


def test_a_fault_reaches_the_program_as_the_sdk_tells_it(sim, desk):
    sim.script(say("Hello."))
    sim.faults.add(http_error(500), on="runs.retrieve", skip=1)
    with pytest.raises(openai.InternalServerError):
        desk.send("Hi")


def test_the_managers_keep_change_and_delete(program, sim, client):
    sim.put("vector_stores", {"id": "vs_1"})
    assistants = program.Assistants(client)
    made = assistants.create(
        program.Settings("Desk", "Help.", vector_store_ids=["vs_1"], tools=[{"type": "file_search"}])
    )
    assert made.tool_resources.file_search.vector_store_ids == ["vs_1"]
    assert assistants.get(made.id) is made
    assert program.Assistants(client).get(made.id) == made
    assert assistants.update(made.id, model="gpt-4o-mini").model == "gpt-4o-mini"
    assert assistants.delete(made.id)
    with pytest.raises(openai.NotFoundError, match="No assistant found"):
        assistants.get(made.id)


def test_a_user_who_is_forgotten_starts_anew(sim, desk):
    sim.script(say("Hello."), say("Hello, stranger."))
    desk.send("I am Ann.")
    desk.conversations.forget("u-1")
    assert desk.conversations.history("u-1") == []
    assert desk.send("Who am I?") == "Hello, stranger."
    assert sim.views[-1].messages == [("user", "Who am I?")]


def test_an_attachment_stays_with_its_message(sim, desk):
    thread = desk.conversations.threads.create()
    sim.put("files", {"id": "file-1", "content": "leave: form 7"})
    message = desk.conversations.threads.say(thread.id, "Read this.", file_ids=["file-1"])
    assert sim.messages(thread.id)[0]["attachments"] == [{"file_id": "file-1", "tools": [{"type": "file_search"}]}]
    assert message.attachments[0].file_id == "file-1"


def test_the_same_seed_gives_the_same_requests_and_ids(program):
    def play():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", DEPRECATION, DeprecationWarning)
            with Simulator(seed=5).intercept() as sim:
                sim.script(call("search_handbook", query="leave"), say("Form 7."))
                Desk(program, openai.OpenAI()).send("How?")
        return [(one.at, one.operation, one.path, one.response) for one in sim.requests]

    assert play() == play()


@pytest.mark.parametrize("sim", [IN_PROCESS], indirect=True)  # a socket takes its time
def test_nothing_of_it_waits(sim, desk):
    sim.script(call("get_weather", location="Oslo"), say("Cold.", takes=30))
    begun = time.perf_counter()
    desk.send("Oslo?")
    assert sim.clock.now() - sim.runs[0]["created_at"] > 30
    assert time.perf_counter() - begun < 5
