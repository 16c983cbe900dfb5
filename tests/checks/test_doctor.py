"""What the doctor says of loops that are played in this process; of those that end or block it, see test_cli_doctor."""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path

import openai
import pytest

from simulator.checks.doctor import Doctor, ReportCard, examine
from simulator.checks.doctor.lines import lines_of
from simulator.errors import UsageError
from simulator.scenario.plain_loop import PlainLoop
from simulator.scenario.schema import Scenario
from tests.checks.loops.careful import Careful, functions
from tests.checks.planted.bugs import AnswersTheFirstCall

EXAMPLES = Path(__file__).parents[2] / "examples"


def careful():
    return Careful(functions())


class Leaves(Careful):
    """Makes a client for each message, and keeps it."""

    def __call__(self, user_id, text):
        self.client = openai.OpenAI()
        self.kept = [*getattr(self, "kept", ()), self.client]
        return super().__call__(user_id, text)


class Closes(Careful):
    def __call__(self, user_id, text):
        with openai.OpenAI() as self.client:
            return super().__call__(user_id, text)


class Threaded(Careful):
    """Starts a thread for each message, and leaves another behind, until `over`."""

    over: threading.Event

    def __call__(self, user_id, text):
        reply = super().__call__(user_id, text)
        helper = threading.Thread(target=str, name="helper-3")
        helper.start()
        helper.join()
        threading.Thread(target=self.over.wait, name="janitor-7", daemon=True).start()
        return reply


class Deaf(Careful):
    """Declares functions, and takes no notice of calls."""

    def answered(self, run):
        self.cancel(run.id, run.thread_id)
        return self.runs.retrieve(run.id, thread_id=run.thread_id)


def card_of(loop, *ids, **options):
    return examine(lambda: loop(functions()), hazards=ids, **{"examples": 0, **options})


def told(card, id):
    return next(one for one in card.results if one.id == id)


def test_each_hazard_is_on_the_card_with_what_came_of_it():
    card = card_of(AnswersTheFirstCall, "parallel-calls", "failed", "stream-ends-early")
    assert [(one.id, str(one.outcome)) for one in card.results] == [
        ("failed", "survived"),
        ("parallel-calls", "misbehaved"),
        ("stream-ends-early", "not applicable"),
        ("leaked-clients", "survived"),
    ]
    assert {str(outcome): count for outcome, count in card.summary.items()} == {
        "survived": 2,
        "misbehaved": 1,
        "hung": 0,
        "not applicable": 1,
    }
    assert card.functions == ("get_weather", "book")
    assert not card.streams
    assert told(card, "stream-ends-early").why == "the loop does not stream"
    wrong = told(card, "parallel-calls")
    assert wrong.findings[0].invariant == "every_call_is_answered_once"
    assert wrong.docs == "docs/hazards.md#parallel-calls"
    assert wrong.repair


def test_a_card_is_the_same_twice_and_its_json_gives_it_back():
    first, second = (card_of(AnswersTheFirstCall, "parallel-calls", examples=3).model_dump_json() for _ in range(2))
    assert first == second
    assert ReportCard.model_validate_json(first).model_dump_json() == first


def test_drawn_conversations_find_one_thing_after_the_other():
    card = card_of(AnswersTheFirstCall, "failed", examples=10)
    drawn = [one for one in card.results if one.kind == "drawn"]
    assert drawn[0].id == "every_call_is_answered_once"
    assert len({one.id for one in drawn}) == len(drawn)
    sound = card_of(Careful, "failed", examples=5)
    assert [(one.id, str(one.outcome)) for one in sound.results if one.kind == "drawn"] == [
        ("drawn-conversations", "survived")
    ]


@pytest.mark.parametrize("streams", [False, True])
def test_the_plain_loop_survives_all_that_is_applicable(streams):
    tools = {"get_weather": {"parameters": {"location": "string"}, "returns": "sunny"}}
    loop = {"loop": {"stream": True}} if streams else {}
    scenario = Scenario.model_validate({"scenario": "plain", "tools": tools, **loop, "conversation": [{"user": "x"}]})
    card = examine(lambda: PlainLoop(scenario), examples=0)
    assert [f"{one.id}: {one.findings[0].text}" for one in card.findings] == []
    assert card.summary["survived"] > 65


def test_a_clean_card_is_attainable_with_the_sdk_alone(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    bot = import_module("thorough_bot")
    card = examine(bot.Bot, tools=bot.FUNCTIONS, examples=3)
    assert [f"{one.id}: {one.findings[0].text}" for one in card.findings] == []
    passed_over = {one.why: one.id for one in card.results if one.outcome == "not applicable" and one.kind != "streams"}
    assert passed_over == {"no request of the loop met the fault (runs.cancel)": "cancel-loses-the-race"}
    assert card.summary["survived"] >= 69


def test_a_hang_is_told_with_its_place_and_the_last_request():
    class Polls(Careful):
        def goes_on(self, run):
            return run.status != "completed"

    card = card_of(Polls, "failed")
    (hung,) = card.findings
    assert str(hung.outcome) == "hung"
    assert "loops/careful.py:" in hung.hang.place
    assert hung.hang.function in {"followed", "pause"}
    assert hung.hang.request.endswith(", answered 200")


@pytest.mark.parametrize("loop, outcome", [(Leaves, "misbehaved"), (Closes, "survived"), (Careful, "survived")])
def test_a_client_for_each_message_is_a_leak_unless_it_is_closed(loop, outcome):
    card = card_of(loop, "failed", "incomplete")
    assert told(card, "leaked-clients").outcome == outcome


@pytest.fixture
def threaded(monkeypatch):
    """The loop with threads, of which none is left to the tests that come next."""
    monkeypatch.setattr(Threaded, "over", threading.Event(), raising=False)
    yield Threaded
    Threaded.over.set()
    for thread in threading.enumerate():
        if thread.name == "janitor-7":
            thread.join(30)
            assert not thread.is_alive()


def test_threads_and_deafness_are_told(threaded):
    card = card_of(threaded, "failed", time="threads")
    assert "It starts threads: helper, janitor." in card.notes
    assert "Threads run on after it has answered: janitor." in card.notes
    assert card_of(Deaf, "parallel-calls").notes == (
        "It declares functions, and never submitted an output: whatever the model calls is ignored.",
    )
    assert card_of(Careful, "parallel-calls").notes == ()


def test_the_lines_say_how_to_mend_it():
    lines = list(lines_of(card_of(AnswersTheFirstCall, "parallel-calls", "failed")))
    assert "  survived        failed: A run fails, and the app says so" in lines
    at = lines.index("  MISBEHAVED      parallel-calls: Two functions are called at once")
    below = "\n".join(lines[at + 1 : at + 8])
    assert "every_call_is_answered_once" in below
    assert "to do: " in below
    assert "more: docs/hazards.md#parallel-calls" in below
    assert lines[-1].endswith(": 2 survived, 1 misbehaved, 0 hung, 0 not applicable.")


@pytest.mark.parametrize(
    "app, said",
    [
        (lambda user, text: "Hello.", "made no request to the API when a user said 'Hello?'"),
        (lambda text: text, "takes (text). An app is a callable (user_id, text) -> reply"),
        (7, "is 7. An app is a callable"),
        (type("Needy", (), {"__init__": lambda self, key: None}), "takes (key)"),
    ],
)
def test_what_is_no_app_is_told(app, said):
    with pytest.raises(UsageError) as refused:
        examine(app)
    assert said in str(refused.value)


def test_a_generator_is_no_reply():
    def words(user_id, text):
        yield "Hello."

    with pytest.raises(UsageError, match="returns the reply as a text, not a generator"):
        examine(words)


def test_options_that_cannot_be_meant_are_refused_before_anything_is_played():
    with pytest.raises(UsageError, match=r"There is no hazard 'fialed'\. Did you mean 'failed'\?"):
        Doctor(careful, hazards=["fialed"])
    with pytest.raises(UsageError, match="name tools= and prepare= too"):
        Doctor("my_bot:reply", tools={})
