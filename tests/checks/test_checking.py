"""`check_run_loop` as people call it: what it says of loops that are sound, broken, or no loops at all."""

from __future__ import annotations

import sys

import hypothesis
import openai
import pytest
from hypothesis import settings
from hypothesis.database import InMemoryExampleDatabase

from simulator import check_run_loop, play
from simulator.checks import invariants
from simulator.checks.cases import Case, Says
from simulator.checks.checking import check_scenario
from simulator.checks.driving import Driver
from simulator.checks.replaying import replay
from simulator.errors import RunLoopFailed, ScenarioError, UsageError
from simulator.scenario.apps import app_of
from simulator.scenario.loading import load
from tests.checks.conftest import FIXED
from tests.checks.loops.asynchronous import Asynchronous
from tests.checks.loops.careful import TOOLS, Careful
from tests.checks.loops.streaming import Streaming
from tests.checks.planted.bugs import AnswersTheFirstCall, ForgetsIncomplete

FEW = settings(FIXED, max_examples=8)


@pytest.mark.parametrize("loop", [Careful, Streaming, Asynchronous])
def test_a_careful_loop_passes(loop, handlers):
    check_run_loop(lambda: loop(handlers), tools=handlers, settings=FEW)


def test_a_loop_that_lives_on_passes_too(handlers):
    """It keeps its assistant, and its users, from one conversation to the next."""
    loops = []

    def converse(user_id, text):
        if not loops:
            loops.append(Careful(handlers))
        return loops[0](user_id, text)

    check_run_loop(converse, tools=handlers, settings=FEW)
    assert len(loops) == 1


@pytest.fixture
def failure(handlers, tmp_path):
    with pytest.raises(RunLoopFailed) as caught:
        check_run_loop(lambda: AnswersTheFirstCall(handlers), tools=handlers, settings=FIXED, save_to=tmp_path)
    return str(caught.value)


def test_a_failure_says_what_why_where_and_how(failure, tmp_path):
    lines = failure.splitlines()
    assert lines[0].endswith("does not keep `every_call_is_answered_once`.")
    assert "    Otherwise the submit is refused, the run stays in `requires_action` for ten minutes," in failure
    assert (
        "What happened when anna said 'Question 1.': a submit was refused: Expected tool outputs for call_ids"
        in failure
    )
    assert "    anna: 'Question 1.'\n        the model: call_tools(call('" in failure
    assert "runs.submit_tool_outputs 400" in failure, "the timeline"
    assert "As Python: Case(steps=(Says(user='anna'" in failure
    (saved,) = tmp_path.iterdir()
    assert str(saved) in failure


def test_the_saved_scenario_plays_it_again(failure, tmp_path, handlers):
    (saved,) = tmp_path.iterdir()
    with pytest.raises(RunLoopFailed, match="every_call_is_answered_once"):
        check_scenario(saved, lambda: AnswersTheFirstCall(handlers), tools=handlers)
    check_scenario(saved, lambda: Careful(handlers), tools=handlers)
    assert replay(load(saved), app_of(lambda: Careful(handlers), "careful")).passed
    with pytest.raises(ScenarioError, match="judged by `invariants`, which are not looked at here"):
        play(saved)


def test_an_app_may_print_bytes_and_close_what_it_prints_to(handlers):
    def converse(user_id, text):
        sys.stdout.buffer.write(b"caf\xc3\xa9 \xff")
        sys.stdout.close()
        openai.OpenAI().beta.threads.create()
        return "Hello."

    with Driver(converse).on_stage() as driver:
        assert driver.drive(Case((Says("anna", "Hello?", ()),))).printed == "café \ufffd"


def test_what_it_printed_is_shown_only_where_it_failed(handlers, tmp_path, capsys):
    class Talks(AnswersTheFirstCall):
        def pause(self):
            print("still waiting")  # noqa: T201  # on purpose
            super().pause()

    with pytest.raises(RunLoopFailed, match="What it printed:\n    still waiting"):
        check_run_loop(lambda: Talks(handlers), tools=handlers, settings=FIXED, save_to=tmp_path)
    assert capsys.readouterr().out == ""


def test_only_the_invariants_that_are_named_are_looked_at(handlers):
    check_run_loop(
        lambda: ForgetsIncomplete(handlers), tools=handlers, settings=FEW, invariants=[invariants.no_busy_loop]
    )


def test_a_profile_and_a_database_of_the_user_are_as_before(handlers, tmp_path):
    database = InMemoryExampleDatabase()
    before = settings.get_current_profile_name()
    mine = settings(max_examples=30, database=database)
    for _ in range(2):
        with pytest.raises(RunLoopFailed):
            check_run_loop(lambda: AnswersTheFirstCall(handlers), settings=mine, save_to=tmp_path)
    assert database.data, "a case that failed is tried first, the next time"
    assert settings.get_current_profile_name() == before


def test_the_same_settings_find_the_same(handlers, tmp_path):
    said = []
    for _ in range(2):
        with pytest.raises(RunLoopFailed) as caught:
            check_run_loop(lambda: AnswersTheFirstCall(handlers), settings=FIXED, save_to=tmp_path)
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_tools_may_be_told_as_the_api_takes_them(tmp_path):
    """A loop that declares nothing, and is called all the same."""
    names = []

    class Undeclared(Careful):
        def __init__(self):
            super().__init__({})
            self.assistant_id = self.client.beta.assistants.create(model="gpt-4o").id

        def output(self, call):
            names.append(call.function.name)
            return super().output(call)

    check_run_loop(Undeclared, tools=TOOLS, settings=FEW)
    assert {"get_weather", "book"} <= set(names)


# What is no run loop.


def refused(converse, **options):
    with pytest.raises(UsageError) as caught:
        check_run_loop(converse, settings=FEW, **options)
    return str(caught.value)


def test_what_cannot_be_called_is_told():
    assert "is 5. An app is a callable (user_id, text) -> reply" in refused(5)


def test_a_callable_of_another_shape_is_told():
    assert "takes (a, b, c). An app is a callable" in refused(lambda a, b, c: "")


def test_a_loop_without_requests_is_told():
    assert "made no request to the API when a user said 'Hello?'" in refused(lambda user, text: "Hello.")


def test_a_loop_that_fails_at_once_is_told_with_its_place():
    def converse(user, text):
        openai.OpenAI().beta.assistants.retrieve("asst_known")

    text = refused(converse)
    assert "converse was told 'Hello?', with nothing wrong, and failed: NotFoundError" in text
    assert "It is in converse, " in text
    assert "prepare= may place what it expects" in text


def test_what_a_loop_expects_may_be_placed(handlers):
    class Known(Careful):
        def __init__(self):
            super().__init__(handlers)
            self.assistant_id = self.client.beta.assistants.retrieve("asst_known").id

    def prepare(sim):
        sim.put("assistants", {"id": "asst_known", "model": "gpt-4o", "tools": TOOLS})

    check_run_loop(Known, tools=handlers, prepare=prepare, settings=FEW)


def test_a_reply_that_is_no_text_is_told(handlers):
    class Returns(Careful):
        def reply_of(self, run):
            return run

    assert "returns the reply as a text, not Run(" in refused(lambda: Returns(handlers))


@pytest.mark.parametrize(
    "tools,problem",
    [
        ((5,), "tools= is a dict of functions by name, or a list of tools as the API takes them"),
        ({"book": 5}, "tools= maps the name of a function to the function; 'book' is 5."),
    ],
)
def test_tools_that_are_none_are_told(tools, problem, handlers):
    assert problem in refused(lambda: Careful(handlers), tools=tools)


def test_functions_that_the_loop_does_not_declare_are_told(handlers):
    class Silent(Careful):
        def __init__(self):
            super().__init__({})
            self.assistant_id = self.client.beta.assistants.create(model="gpt-4o").id

    assert "the loop declares none" in refused(Silent, tools=handlers)


def test_a_loop_that_is_never_twice_the_same_is_told(handlers):
    turns = []

    class Moody(Careful):
        def reply_of(self, run):
            turns.append(1)
            return super().reply_of(run) if len(turns) != 6 else ""

    assert "does not do the same when the same conversation is played again" in refused(lambda: Moody(handlers))


def test_a_loop_that_ends_the_process_is_found(handlers, tmp_path):
    class Exits(Careful):
        def check(self, run):
            if run.status != "completed":
                raise SystemExit(1)

    with pytest.raises(RunLoopFailed, match="it broke with SystemExit: 1"):
        check_run_loop(lambda: Exits(handlers), tools=handlers, settings=FIXED, save_to=tmp_path)


def test_a_loop_that_neither_asks_nor_waits_is_stopped(handlers, tmp_path):
    class Spins(Careful):
        def check(self, run):
            while run.status != "completed":
                pass

    with pytest.raises(RunLoopFailed, match=r"neither asks nor sleeps: 1 seconds of processor time are spent"):
        check_run_loop(lambda: Spins(handlers), tools=handlers, settings=FIXED, save_to=tmp_path, real_limit=1)


def test_hypothesis_reports_nothing_itself(failure, capsys):
    assert capsys.readouterr().out == ""
    assert hypothesis.settings().verbosity == hypothesis.Verbosity.normal
