"""`@pytest.mark.simulator(**options)`: brings the fixture, and options."""

from __future__ import annotations

import pytest


def test_the_marker_alone_activates_the_simulator(project):
    result = project.test("""
        import openai, pytest
        from weather import ask

        @pytest.mark.simulator(brain="auto")
        def test_it():
            assert ask(openai.OpenAI())
    """)
    result.assert_outcomes(passed=1)


def test_a_test_without_the_marker_is_let_alone(project):
    result = project.test("""
        import os, pytest

        @pytest.mark.simulator
        def test_with():
            assert "OPENAI_API_KEY" in os.environ

        def test_without(request):
            assert "OPENAI_API_KEY" not in os.environ
            assert "simulator" not in request.fixturenames
    """)
    result.assert_outcomes(passed=2)


def test_what_a_marked_test_left_undone_fails_it(project):
    result = project.test("""
        import openai, pytest
        from weather import ask

        @pytest.mark.simulator
        def test_it():
            with pytest.raises(openai.BadRequestError):
                ask(openai.OpenAI())
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_it - CheckFailed: Unexpected: *"])


def test_the_closest_marker_wins_option_by_option_and_over_the_fixture(project):
    result = project.test("""
        import pytest

        pytestmark = pytest.mark.simulator(seed=2, journal=False)

        @pytest.fixture
        def simulator_options():
            return {"seed": 1, "strict": False, "api_keys": ["sk-a"]}

        @pytest.fixture
        def options(request, simulator_options):
            from simulator.pytest_plugin import options_of
            return options_of(request.node, simulator_options)

        def test_module(options):
            assert options == {"seed": 2, "journal": False, "strict": False, "api_keys": ["sk-a"]}

        @pytest.mark.simulator(seed=3)
        class TestClass:
            def test_class(self, options):
                assert options == {"seed": 3, "journal": False, "strict": False, "api_keys": ["sk-a"]}

            @pytest.mark.simulator(seed=4, api_keys=["sk-b"])
            def test_function(self, options, openai_client):
                assert options == {"seed": 4, "journal": False, "strict": False, "api_keys": ["sk-b"]}
                assert openai_client.api_key == "sk-b"
    """)
    result.assert_outcomes(passed=3)


def test_the_options_reach_the_simulator(project):
    result = project.test("""
        import pytest

        ids = []

        @pytest.mark.parametrize("name", [
            pytest.param("a", marks=pytest.mark.simulator(seed=1)),
            pytest.param("b", marks=pytest.mark.simulator(seed=1)),
            pytest.param("c", marks=pytest.mark.simulator(seed=2)),
        ])
        def test_it(openai_client, name):
            ids.append(openai_client.beta.assistants.create(model="gpt-4o").id)

        def test_then():
            assert ids[0] == ids[1] != ids[2]
    """)
    result.assert_outcomes(passed=4)


def test_a_marked_case_does_not_mark_its_siblings(project):
    result = project.test("""
        import os, pytest

        @pytest.mark.parametrize("marked", [False, pytest.param(True, marks=pytest.mark.simulator), False])
        def test_it(marked):
            assert ("OPENAI_API_KEY" in os.environ) is marked
    """)
    result.assert_outcomes(passed=3)


def test_a_marker_that_a_hook_added_counts(project):
    project.write(
        conftest="""
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.simulator(seed=1))
        """
    )
    result = project.test("import os\ndef test_it(): assert 'OPENAI_API_KEY' in os.environ")
    result.assert_outcomes(passed=1)


def test_marked_tests_have_it_before_whatever_else_is_made_for_each_test(project):
    result = project.test("""
        import openai, pytest

        @pytest.mark.simulator
        class TestIt:
            def setup_method(self):
                self.assistant = openai.OpenAI().beta.assistants.create(model="gpt-4o")

            def teardown_method(self):
                assert openai.OpenAI().beta.assistants.delete(self.assistant.id).deleted

            @pytest.fixture
            def listed(self):
                return openai.OpenAI().beta.assistants.list().data

            def test_it(self, listed):
                assert listed == [self.assistant]
    """)
    result.assert_outcomes(passed=1)


def test_wider_fixtures_are_made_outside_it(project):
    result = project.test("""
        import os, pytest

        @pytest.fixture(scope="session")
        def outside():
            return "OPENAI_API_KEY" not in os.environ

        @pytest.mark.simulator
        class TestIt:
            @classmethod
            def setup_class(cls):
                assert "OPENAI_API_KEY" not in os.environ

            def test_it(self, outside):
                assert outside and "OPENAI_API_KEY" in os.environ
    """)
    result.assert_outcomes(passed=1)


def test_a_unittest_case_has_it_as_attribute(project):
    result = project.test("""
        import openai, pytest, unittest
        from simulator import Simulator, say
        from weather import aask, ask

        @pytest.mark.simulator(seed=3)
        class TestIt(unittest.TestCase):
            def setUp(self):
                self.simulator.script(say("from setUp"))

            def test_passes(self):
                assert type(self.simulator) is Simulator
                assert ask(openai.OpenAI()) == "from setUp"

            def test_fails(self):
                pass

            def test_fails_by_itself(self):
                self.fail("the body")

            def test_skips(self):
                self.skipTest("today")

        @pytest.mark.simulator
        class TestAsync(unittest.IsolatedAsyncioTestCase):
            async def test_passes(self):
                self.simulator.script(say("async"))
                self.assertEqual(await aask(openai.AsyncOpenAI()), "async")

        class TestOther(unittest.TestCase):
            def test_is_let_alone(self):
                assert not hasattr(self, "simulator")
    """)
    result.assert_outcomes(passed=3, failed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "FAILED test_it.py::TestIt::test_fails - CheckFailed: Never used: script(say('from setUp'))",
            "FAILED test_it.py::TestIt::test_fails_by_itself - AssertionError: the body",
        ]
    )


@pytest.mark.parametrize(
    "marker,message",
    [
        (
            "simulator(pol_after_ms=1)",
            "test_it.py::test_it: @pytest.mark.simulator has no option 'pol_after_ms'. Did you mean 'poll_after_ms'? *",
        ),
        (
            "simulator(xyz=1)",
            "test_it.py::test_it: @pytest.mark.simulator has no option 'xyz'. The options are brain, seed, *",
        ),
        ("simulator('auto')", "test_it.py::test_it: @pytest.mark.simulator takes options by name, *, not 'auto'."),
        ("simulator(service='v3')", "test_it.py::test_it: service= is one of normal, *, not 'v3'."),
        ("simulator(passthrough=['x y z'])", "test_it.py::test_it: passthrough= takes routes such as *, not 'x y z'.*"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name_of_the_test(project, marker, message):
    result = project.test(f"import pytest\n@pytest.mark.{marker}\ndef test_it():\n    assert False, 'was run'")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*in refuse_unknown*")  # the text is the whole report
    result.stdout.fnmatch_lines(["ERROR test_it.py::test_it - UsageError: test_it.py::test_it*"])


def test_the_marker_is_declared(project):
    result = project.test("def test_it(): pass", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.simulator(*): run the test against a simulator of the Assistants API*"])
