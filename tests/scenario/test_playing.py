import asyncio
import multiprocessing
import os
import time

import openai
import pytest

from simulator import play
from simulator.errors import ScenarioError, ScenarioFailed, UsageError
from simulator.scenario.plain_loop import PlainLoop
from simulator.scenario.playing import perform
from simulator.scenario.stage import Hung
from simulator.transport import active

HELLO = """
scenario: Hello
conversation:
  - user: Hello?
    model: [{say: Hello.}]
    expect: {reply: Hello.}
"""


def findings(played):
    return [f"{one.step}: {one.text}" for one in played.findings]


def test_an_app_is_played_as_it_is(scenario):
    seen = []

    def converse(user_id, text):
        seen.append((user_id, text))
        client = openai.OpenAI()
        assistant = client.beta.assistants.create(model="gpt-4o")
        messages = [{"role": "user", "content": text}]
        run = client.beta.threads.create_and_run(assistant_id=assistant.id, thread={"messages": messages})
        while run.status != "completed":
            time.sleep(1)
            run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        return client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value

    assert play(scenario(HELLO), converse).replies == ["Hello."]
    assert seen == [("user", "Hello?")]


def test_an_async_app_has_one_loop_for_the_whole_conversation(scenario):
    loops = set()

    async def converse(user_id, text):
        loops.add(asyncio.get_running_loop())
        await asyncio.sleep(60)
        return "ok"

    text = "scenario: x\nconversation:\n" + "  - user: Hello?\n    expect: {reply: ok}\n" * 2
    played = play(scenario(text), converse)
    assert (len(loops), played.seconds) == (1, 120)


def in_forked_child(ask):
    """Call a function in a child process, as `os.fork` makes one, and wait for its end."""
    child = os.fork()
    if child == 0:
        ask()
        os._exit(0)
    os.waitpid(child, 0)


def in_forked_process(ask):
    process = multiprocessing.get_context("fork").Process(target=ask)
    process.start()
    process.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("elsewhere", [in_forked_child, in_forked_process])
def test_of_an_app_that_asks_in_a_forked_child_it_is_told_what_to_do(scenario, elsewhere):
    def converse(user_id, text):
        if text == "Hello?":
            elsewhere(lambda: openai.OpenAI().beta.assistants.create(model="gpt-4o"))
        return text

    played = perform(scenario("scenario: x\nconversation: [{user: Hello?}, {user: And now?}]"), converse)
    (found,) = findings(played)
    assert found.startswith("1: the app asks in a child process that it has forked (multiprocessing, os.fork), and")
    assert "assistants-simulator serve --scenario FILE" in found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
def test_a_forked_child_may_do_something_else(scenario):
    def converse(user_id, text):
        in_forked_child(lambda: None)
        return text

    assert perform(scenario("scenario: x\nconversation: [{user: Hello?}]"), converse).findings == []


def test_an_app_that_streams_is_played(scenario):
    def converse(user_id, text):
        client = openai.OpenAI()
        assistant = client.beta.assistants.create(model="gpt-4o")
        thread = {"messages": [{"role": "user", "content": text}]}
        events = list(client.beta.threads.create_and_run(assistant_id=assistant.id, thread=thread, stream=True))
        return next(one.data for one in events if one.event == "thread.message.completed").content[0].text.value

    played = perform(scenario(HELLO), converse)
    assert (findings(played), played.requests) == ([], 2)


def test_a_path_and_its_parameters_are_loaded(tmp_path):
    path = tmp_path / "x.scenario.yaml"
    path.write_text('scenario: x\nparameters: {who: Ann}\nconversation:\n  - user: "{who}"\n    expect: {reply: Ben}\n')
    assert play(path, lambda _, text: text, who="Ben").passed
    with pytest.raises(ScenarioFailed, match="the reply is 'Ann', and not 'Ben'"):
        play(path, lambda _, text: text)
    with pytest.raises(ScenarioError, match="has no parameter 'whom'"):
        play(path, whom="Ben")


def test_a_failure_says_in_which_step(scenario):
    with pytest.raises(ScenarioFailed) as raised:
        play(scenario(HELLO), lambda *_: "Good day.")
    assert str(raised.value).splitlines() == [
        "Scenario 'Hello' failed.",
        "step 1, user: 'Hello?': the reply is 'Good day.', and not 'Hello.'",
        "step 1, user: 'Hello?': the model was never asked for script(say('Hello.'))",
    ]


def test_answers_that_nobody_asked_for_do_not_reach_the_next_step(scenario):
    text = HELLO + "  - user: Again?\n    model: [{say: Again.}]\n    expect: {reply: Again.}\n"
    loaded = scenario(text)
    loop = PlainLoop(loaded)
    played = perform(loaded, lambda user, text: "" if text == "Hello?" else loop(user, text))
    assert played.replies == ["", "Again."]


def test_an_app_that_raises_is_told_with_its_place(scenario):
    def converse(user_id, text):
        raise LookupError("no such thing")

    (finding,) = [one for one in perform(scenario(HELLO), converse).findings if "failed" in one.text]
    assert finding.text.startswith("the app failed: LookupError: no such thing. It is in converse, ")
    assert "test_playing.py:" in finding.text


def test_an_app_that_returns_nothing_is_told(scenario):
    (first, _) = findings(perform(scenario(HELLO), lambda *_: None))
    assert first == "1: the reply is None, and not a text"


def _yields(user_id, text):
    yield text


async def _yields_later(user_id, text):
    yield text


@pytest.mark.parametrize("converse", [_yields, _yields_later])
def test_of_an_app_that_yields_pieces_it_is_told_what_to_do(scenario, converse):
    (first, _) = findings(perform(scenario(HELLO), converse))
    assert first.endswith("and not a text: an app that yields pieces needs a callable around it that joins them")


@pytest.mark.parametrize(
    "converse, told",
    [
        (5, "what was given is 5. An app is a callable (user_id, text) -> reply"),
        ("app:weather", "what was given is 'app:weather'. An app is"),
        (lambda text: text, "test_playing takes (text). An app is"),
        (PlainLoop, "plain_loop.PlainLoop takes (scenario: 'Scenario'). An app is"),
    ],
)
def test_what_cannot_be_called_as_an_app_is_refused(scenario, converse, told):
    with pytest.raises(UsageError) as error:
        play(scenario(HELLO), converse)
    assert told in str(error.value)


@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_a_limit_is_a_time(scenario, limit):
    with pytest.raises(UsageError, match="limit= is how many virtual seconds a step may take, more than 0, not"):
        play(scenario(HELLO), limit=limit)


def test_an_app_that_lets_a_generator_s_exit_out_fails_as_any_other(scenario):
    def converse(user_id, text):
        raise GeneratorExit

    (finding,) = [one for one in findings(perform(scenario(HELLO), converse)) if "failed" in one]
    assert finding.startswith("1: the app failed: GeneratorExit. It is in converse, ")


def test_an_app_that_never_returns_ends_with_its_place(scenario):
    def converse(user_id, text):
        client = openai.OpenAI()
        while True:
            try:
                client.beta.assistants.list()
            except Exception:  # noqa: BLE001  # as many loops do
                continue

    played = perform(scenario(HELLO + "  - user: Again?\n"), converse, limit=100)
    first = played.findings[0].text
    assert first.startswith("the app goes on after 100 virtual seconds: GET /v1/assistants. It is in converse, ")
    assert played.replies == [], "the conversation ends there"


def test_further_runs_of_a_step_get_what_is_said_otherwise(scenario):
    text = (
        "scenario: x\nconversation:\n  - user: Hello?\n    model: {fail: {code: server_error}}\n"
        "    otherwise: {say: Yes.}\n"
        "  - user: And?\n    otherwise: {say: No.}\n"
    )

    def converse(user_id, text):
        client = openai.OpenAI()
        assistant = client.beta.assistants.create(model="gpt-4o")
        thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
        for _ in range(3):
            run = client.beta.threads.runs.create_and_poll(assistant_id=assistant.id, thread_id=thread.id)
        return f"{run.status}: {client.beta.threads.messages.list(thread.id).data[0].content[0].text.value}"

    assert perform(scenario(text), converse).replies == ["completed: Yes.", "completed: No."]


def sleeps(user_id, text):
    while True:
        time.sleep(1)


async def sleeps_async(user_id, text):
    while True:  # noqa: ASYNC110  # what nobody should write
        await asyncio.sleep(1)


@pytest.mark.parametrize("converse", [sleeps, sleeps_async])
def test_an_app_that_only_waits_ends_too(scenario, converse):
    played = perform(scenario(HELLO), converse, limit=100)
    expected = f"the app goes on after 100 virtual seconds: it waits. It is in {converse.__name__}, "
    assert played.findings[0].text.startswith(expected)
    assert 100 < played.seconds < 102


def test_that_it_is_over_is_swallowed_by_no_except_exception():
    assert not issubclass(Hung, Exception)


def test_a_run_that_is_left_active_is_found(scenario):
    def converse(user_id, text):
        client = openai.OpenAI()
        assistant = client.beta.assistants.create(model="gpt-4o")
        messages = [{"role": "user", "content": text}]
        client.beta.threads.create_and_run(assistant_id=assistant.id, thread={"messages": messages})
        return "Hello."

    (finding,) = findings(perform(scenario(HELLO), converse))
    assert finding.startswith("None: Still active: run run_")


def test_what_no_scenario_exercises_is_known(scenario):
    text = HELLO + "tools:\n  f:\n  g: {returns: 1}\n"
    assert perform(scenario(text)).unused == ["f", "g"]


def test_a_call_that_no_tool_declares_is_doubted(scenario):
    text = (
        "scenario: x\ntools: {get_weather: {}}\nconversation:\n  - user: Hello?\n"
        "    model: [{call: {get_wether: {}}}, {call: {get_weather: {}}}, {say: x}]\n"
    )
    assert perform(scenario(text)).warnings == [
        "'get_wether' is called, and no tool declares it. Did you mean 'get_weather'?"
    ]


WHOLE = [
    ("at_most_requests: 3", "None: 7 requests, and at most 3 were expected"),
    ("at_most_tokens: 0", "None: "),
    ("reply: Bye.", "None: the reply is 'Hello.', and not 'Bye.'"),
    ("calls: [f]", "None: f was not called"),
    ("assistants: {statuses: [queued]}", "None: the runs were queued → in_progress → completed, and not queued"),
]


@pytest.mark.parametrize("expected, finding", WHOLE)
def test_something_may_be_expected_of_the_whole(scenario, expected, finding):
    (found,) = findings(perform(scenario(f"{HELLO}expect: {{{expected}}}\n")))
    assert found.startswith(finding)


def test_the_simulator_of_a_scenario_leaves_no_trace(scenario):
    perform(scenario(HELLO))
    assert not active.some()


def test_an_app_that_streams_plays_in_virtual_time(scenario):
    def converse(user_id, text):
        client = openai.OpenAI()
        assistant = client.beta.assistants.create(model="gpt-4o")
        thread = {"messages": [{"role": "user", "content": text}]}
        stream = client.beta.threads.create_and_run(assistant_id=assistant.id, thread=thread, stream=True)
        return "".join(one.data.delta.content[0].text.value for one in stream if one.event == "thread.message.delta")

    played = perform(scenario(HELLO), converse, limit=100)
    assert played.replies == ["Hello."]
    assert 0 < played.seconds < 5


class Echoing:
    """An app that knows, of each instance, how often it was asked."""

    def __init__(self):
        self.count = 0

    def __call__(self, user_id, text):
        self.count += 1
        return f"{self.count}: {text}"


def made_echoing():
    return Echoing()


COUNTS = """
scenario: Counts
conversation:
  - {user: Hello?, expect: {reply: "1: Hello?"}}
  - {user: Again?, expect: {reply: "2: Again?"}}
"""


@pytest.mark.parametrize("app", [Echoing, made_echoing, Echoing()], ids=["class", "factory", "app"])
def test_an_app_may_be_given_by_what_makes_it(scenario, app):
    assert play(scenario(COUNTS), app).replies == ["1: Hello?", "2: Again?"]
