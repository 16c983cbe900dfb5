"""`@simulated` under pytest, with the plugin and without."""

from __future__ import annotations

import pytest

TESTS = """
    import pytest, unittest
    from simulator import say, simulated

    @pytest.fixture
    def simulator():
        raise ValueError("was asked for")

    @pytest.mark.parametrize("text", ["a", "b"])
    @simulated
    def test_function(text, simulator, tmp_path):
        assert simulator.runs == []

    @simulated
    class TestIt:
        def test_method(self, simulator, tmp_path):
            assert simulator is self.simulator

        def test_fails(self):
            self.simulator.script(say("never"))

    @simulated
    class TestCase(unittest.TestCase):
        def test_method(self):
            assert self.simulator.runs == []

        def test_fails(self):
            self.simulator.script(say("never"))

        def test_skips(self):
            self.skipTest("today")

        @unittest.expectedFailure
        def test_is_expected_to_fail(self):
            self.simulator.script(say("never"))
"""


@pytest.mark.parametrize("plugin", [True, False], ids=["with-plugin", "without"])
def test_the_parameter_is_no_fixture_and_the_check_fails_the_test(project, plugin):
    # With `no:` behind it, the plugin that the project asked for is left out.
    result = project.test(TESTS, *([] if plugin else ["-p", "no:assistants_simulator.pytest_entry"]))
    result.assert_outcomes(passed=4, failed=2, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines_random(
        [
            "FAILED test_it.py::TestIt::test_fails - *CheckFailed: Never used: script(say('never'))",
            "FAILED test_it.py::TestCase::test_fails - *CheckFailed: Never used: script(say('never'))",
        ]
    )


def test_async_functions(project):
    result = project.test(
        """
        import openai, pytest
        from simulator import simulated
        from weather import aask

        @pytest.mark.asyncio
        @simulated(brain="auto")
        async def test_it(simulator, tmp_path):
            assert await aask(openai.AsyncOpenAI())
            assert len(simulator.runs) == 1
        """
    )
    result.assert_outcomes(passed=1)


def test_beside_the_fixture_the_innermost_takes_the_requests(project):
    result = project.test("""
        import openai
        from simulator import say, simulated
        from weather import ask

        @simulated
        def inner(simulator):
            simulator.script(say("inner"))
            return ask(openai.OpenAI())

        def test_it(simulator):
            simulator.script(say("outer"))
            assert (inner(), ask(openai.OpenAI())) == ("inner", "outer")
    """)
    result.assert_outcomes(passed=1)
