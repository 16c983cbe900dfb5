"""`@simulated`: a simulator around functions and test classes, whoever calls them."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import unittest
import warnings
from pathlib import Path

import openai
import pytest

from simulator import CheckFailed, Simulator, SimulatorError, call, say, simulated
from simulator.decorator import option_names
from simulator.errors import UsageError
from simulator.transport import active

ROOT = Path(__file__).parents[1]


def ask(client, text="Hello"):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    return client.beta.threads.messages.list(thread.id).data[0].content[0].text.value if run else None


def outcome_of(case, name):
    """Run one test of a `unittest.TestCase`."""
    result = unittest.TestResult()
    case(name).run(result)
    return result


@pytest.fixture(autouse=True)
def _nothing_is_left():
    before = warnings.filters[:]
    yield
    assert not active.some()
    assert "OPENAI_API_KEY" not in os.environ
    assert warnings.filters == before


# Functions.


def test_a_function_runs_against_a_simulator():
    @simulated(brain="auto")
    def function(text):
        assert active.some()
        return ask(openai.OpenAI(), text)

    assert function("Hello")


def test_a_function_with_that_parameter_is_given_it():
    @simulated(seed=7)
    def function(first, simulator, *, second):
        assert type(simulator) is Simulator
        simulator.script(say(f"{first} {second}"))
        return ask(openai.OpenAI())

    assert function("one", second="two") == "one two"


def test_each_call_has_a_simulator_of_its_own():
    seen = []

    @simulated
    def function(simulator):
        assert simulator.runs == []
        seen.append(simulator)

    function()
    function()
    assert seen[0] is not seen[1]


def test_options_reach_the_simulator():
    @simulated(seed=7)
    def first():
        return openai.OpenAI().beta.assistants.create(model="gpt-4o").id

    @simulated(seed=8)
    def second():
        return openai.OpenAI().beta.assistants.create(model="gpt-4o").id

    assert first() == first() != second()


def test_an_async_function():
    @simulated(brain="auto")
    async def function(text, simulator):
        client = openai.AsyncOpenAI()
        await client.beta.assistants.create(model=text)
        return simulator.requests[0].json["model"]

    assert inspect.iscoroutinefunction(function)
    assert asyncio.run(function("gpt-4o")) == "gpt-4o"


def test_the_check_of_an_async_function():
    @simulated
    async def function(simulator):
        simulator.script(say("never"))

    with pytest.raises(CheckFailed, match="Never used"):
        asyncio.run(function())


def test_it_checks_after_the_function():
    @simulated
    def function(simulator):
        simulator.script(say("never"))

    with pytest.raises(CheckFailed, match=r"Never used: script\(say\('never'\)\)"):
        function()


def test_the_failure_of_the_function_is_kept_and_the_findings_are_noted():
    @simulated
    def function(simulator):
        simulator.script(say("never"))
        raise ValueError("the body")

    with pytest.raises(ValueError, match="the body") as caught:
        function()
    assert caught.value.__notes__ == ["Simulator.check() found as well:\nNever used: script(say('never'))"]


def test_a_failure_without_findings_has_no_note():
    @simulated
    def function():
        raise ValueError("the body")

    with pytest.raises(ValueError, match="the body") as caught:
        function()
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("error", [KeyboardInterrupt, pytest.skip.Exception, unittest.SkipTest])
def test_what_is_no_failure_passes_unchanged(error):
    @simulated
    def function(simulator):
        simulator.script(say("never"))
        raise error

    with pytest.raises(error):
        function()


def test_it_keeps_name_doc_and_signature_but_for_the_parameter():
    @simulated
    def function(first, simulator, second=2) -> int:
        """Does it."""

    assert (function.__name__, function.__doc__) == ("function", "Does it.")
    assert str(inspect.signature(function)) == "(first, second=2) -> 'int'"


def test_the_sdks_deprecations_are_silent_inside_only():
    @simulated(brain="auto")
    def function():
        return ask(openai.OpenAI())

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert function()
        with pytest.raises(DeprecationWarning):
            openai.OpenAI(api_key="sk-x").beta.threads.create()  # of assistants, 1.109 does not say it


def test_the_innermost_of_nested_simulators_takes_the_requests():
    @simulated
    def inner(simulator):
        simulator.script(say("inner"))
        return ask(openai.OpenAI())

    @simulated
    def outer(simulator):
        simulator.script(say("outer"))
        return inner(), ask(openai.OpenAI())

    assert outer() == ("inner", "outer")


def test_routes_may_pass_through():
    @simulated(passthrough=["POST /v1/embeddings"])
    def function():
        (interceptor,) = active._now.active
        return [interceptor.passthrough.match("POST", path) for path in ("/v1/embeddings", "/v1/threads")]

    assert function() == [True, False]


# Test classes.


def test_each_test_method_of_a_plain_class_runs_against_one():
    class Base:
        def test_inherited(self):
            return self.simulator

    @simulated(brain="auto")
    class TestIt(Base):
        helper = 1

        def test_method(self):
            assert ask(openai.OpenAI())
            return self.simulator

        def test_parameter(self, simulator):
            assert simulator is self.simulator
            return simulator

        async def test_async(self):
            await openai.AsyncOpenAI().beta.assistants.list()
            return self.simulator

        @staticmethod
        def test_static(simulator):
            return simulator

        @classmethod
        def test_of_class(cls, simulator):
            assert cls is TestIt
            return simulator

        def other(self):
            return active.some()

    it = TestIt()
    seen = [it.test_method(), it.test_parameter(), it.test_inherited(), it.test_static(), it.test_of_class()]
    seen.append(asyncio.run(it.test_async()))
    assert {type(each) for each in seen} == {Simulator}
    assert len({*map(id, seen)}) == 6
    assert not hasattr(it, "simulator")
    assert not it.other()
    assert not hasattr(Base().__class__.test_inherited, "__wrapped__")


def test_a_method_that_fails_its_check():
    @simulated
    class TestIt:
        def test_it(self):
            self.simulator.script(say("never"))

    with pytest.raises(CheckFailed):
        TestIt().test_it()


def unittest_class():
    @simulated(seed=3)
    class TestIt(unittest.TestCase):
        def setUp(self):
            self.client = openai.OpenAI()
            self.assistant = self.client.beta.assistants.create(model="gpt-4o")

        def tearDown(self):
            assert self.client.beta.assistants.delete(self.assistant.id).deleted

        def test_passes(self):
            self.simulator.script(say("one"))
            assert ask(self.client) == "one"

        def test_leaves_a_script(self):
            self.simulator.script(say("never"))

        def test_leaves_a_run(self):
            self.simulator.script(call("get_weather"))
            thread = self.client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
            self.client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=self.assistant.id)

        def test_fails(self):
            self.simulator.script(say("never"))
            self.fail("the body")

        def test_skips(self):
            self.simulator.script(say("never"))
            self.skipTest("today")

        @unittest.expectedFailure
        def test_is_expected_to_fail(self):
            self.simulator.script(say("never"))

    return TestIt


def test_a_unittest_case_has_it_from_set_up_to_tear_down():
    assert outcome_of(unittest_class(), "test_passes").wasSuccessful()


@pytest.mark.parametrize(
    "name,text", [("test_leaves_a_script", "Never used"), ("test_leaves_a_run", "Still active: run run_")]
)
def test_a_unittest_case_fails_by_the_check_and_does_not_err(name, text):
    result = outcome_of(unittest_class(), name)
    assert result.errors == []
    assert len(result.failures) == 1
    assert text in result.failures[0][1]


def test_a_unittest_case_that_fails_by_itself_is_not_failed_twice():
    result = outcome_of(unittest_class(), "test_fails")
    ((_, text),) = result.failures
    assert text.endswith(
        "AssertionError: the body\nSimulator.check() found as well:\nNever used: script(say('never'))\n"
    )
    assert result.errors == []


def test_a_unittest_case_is_as_before_when_it_has_run():
    case = unittest_class()("test_passes")
    before = {*vars(case)}
    assert case.run().wasSuccessful()
    assert {"simulator", "test_passes"}.isdisjoint(before)
    assert {"simulator", "test_passes"}.isdisjoint(vars(case))


def test_a_method_of_a_unittest_case_may_have_the_parameter():
    @simulated(brain="auto")
    class TestIt(unittest.TestCase):
        def test_it(self, simulator):
            assert simulator is self.simulator

    assert outcome_of(TestIt, "test_it").wasSuccessful()


def test_a_unittest_case_that_skips_or_is_expected_to_fail():
    skipped = outcome_of(unittest_class(), "test_skips")
    assert (len(skipped.skipped), skipped.failures) == (1, [])
    expected = outcome_of(unittest_class(), "test_is_expected_to_fail")
    assert (len(expected.expectedFailures), expected.failures) == (1, [])


def test_subclasses_of_a_unittest_case_are_simulated_whatever_they_override():
    class TestMore(unittest_class()):
        def setUp(self):
            self.made = openai.OpenAI().beta.assistants.create(model="gpt-4o")

        def tearDown(self):
            pass

        def test_more(self):
            assert self.made
            self.simulator.script(say("never"))

    result = outcome_of(TestMore, "test_more")
    assert len(result.failures) == 1
    assert "Never used" in result.failures[0][1]


def test_an_async_unittest_case():
    @simulated(brain="auto")
    class TestIt(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self):
            self.assistant = await openai.AsyncOpenAI().beta.assistants.create(model="gpt-4o")

        async def test_it(self):
            assert len(self.simulator.requests) == 1

        async def test_fails(self):
            self.simulator.script(say("never"))

    assert outcome_of(TestIt, "test_it").wasSuccessful()
    assert len(outcome_of(TestIt, "test_fails").failures) == 1


def test_a_method_of_a_unittest_case_may_be_decorated_alone():
    class TestIt(unittest.TestCase):
        @simulated(brain="auto")
        def test_it(self, simulator):
            assert ask(openai.OpenAI())
            assert len(simulator.runs) == 1

    assert outcome_of(TestIt, "test_it").wasSuccessful()


# Without pytest; with it: tests/plugin/test_decorated.py.


def test_it_needs_no_pytest(tmp_path):
    (tmp_path / "test_it.py").write_text("""
import sys, unittest
from simulator import say, simulated

@simulated
class TestIt(unittest.TestCase):
    def test_passes(self):
        assert "pytest" not in sys.modules and "_pytest" not in sys.modules

    def test_fails(self):
        self.simulator.script(say("never"))
""")
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "test_it"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.fspath(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "FAILED (failures=1)" in done.stderr, done.stderr
    assert "Never used: script(say('never'))" in done.stderr


# What cannot be meant.


@pytest.mark.parametrize(
    "decorate,message",
    [
        (
            lambda: simulated(sed=1)(ask),
            r"@simulated of ask has no option 'sed'\. Did you mean 'seed'\? The options are brain, .*passthrough\.",
        ),
        (lambda: simulated(simulator=1)(ask), r"no option 'simulator'\. The options are"),
        (lambda: simulated("auto"), r"takes options by name, such as @simulated\(seed=1\)"),
        (lambda: simulated(ask, seed=1), r"takes options by name"),
        (lambda: simulated()(3), r"stands over a function or a test class, not over 3\."),
        (lambda: simulated()(type("Empty", (), {})), r"@simulated of Empty: it has no method whose name starts with"),
        (
            lambda: simulated()(generator),
            r"cannot stand over generator, which is a generator: in a fixture, write `with",
        ),
        (lambda: simulated()(async_generator), r"cannot stand over async_generator"),
    ],
)
def test_what_cannot_be_decorated_is_refused_at_once(decorate, message):
    with pytest.raises(SimulatorError, match=message) as caught:
        decorate()
    assert isinstance(caught.value, TypeError)


def test_a_value_that_an_option_cannot_have_is_refused_when_called():
    @simulated(service="v3")
    def function():
        raise AssertionError("was run")

    with pytest.raises(SimulatorError, match="service= is one of normal"):
        function()


def test_a_second_simulator_for_the_parameter_is_pythons_own_error():
    @simulated
    def function(simulator):
        raise AssertionError("was run")

    with pytest.raises(TypeError, match="multiple values for keyword argument 'simulator'"):
        function(simulator=Simulator())


def test_the_options_are_those_of_the_simulator_and_of_intercept():
    intercept = list(inspect.signature(Simulator().intercept).parameters)
    assert list(option_names())[: -len(intercept)] == [
        name for name, each in inspect.signature(Simulator).parameters.items() if each.kind is not each.VAR_KEYWORD
    ]
    assert list(option_names())[-len(intercept) :] == intercept


def generator():
    yield


async def async_generator():
    yield


def test_a_function_that_gives_a_coroutine_is_refused_since_it_would_run_outside():
    async def inner():
        raise AssertionError

    @simulated
    def outer():
        return inner()

    with pytest.raises(UsageError, match=r"outer, which gives a coroutine but is no async function"):
        outer()


def test_a_static_method_under_the_decorator():
    class Holder:
        @simulated
        @staticmethod
        def reply(simulator):
            return simulator

    assert isinstance(Holder().reply(), Simulator)
