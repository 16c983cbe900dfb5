"""The SDK says at every call that these endpoints are deprecated: not in tests that use the simulator.

That it does is shown by `threads.create`: 1.109 says it of threads, 3.54 of assistants too.
"""

from __future__ import annotations

LOOP = """
    import openai, pytest, warnings
    from simulator import say
    from weather import ask

    def all_of(client):
        assistant = client.beta.assistants.create(model="gpt-4o")
        client.beta.assistants.list()
        client.beta.assistants.update(assistant.id, name="x")
        client.beta.assistants.delete(assistant.id)
        return ask(client)

    @pytest.fixture
    def prepared(simulator, openai_client):
        openai_client.beta.assistants.create(model="gpt-4o")
        yield
        openai_client.beta.assistants.list()

    def test_fixture(prepared, simulator):
        simulator.script(say("ok"))
        assert all_of(openai.OpenAI()) == "ok"

    @pytest.mark.simulator(brain="auto")
    def test_marker():
        assert all_of(openai.OpenAI())

    def test_late(request):
        request.getfixturevalue("simulator").script(say("ok"))
        assert all_of(openai.OpenAI()) == "ok"
"""
THAT_IT_WARNS = """
    def test_without_the_fixture():
        with pytest.raises(DeprecationWarning):
            openai.OpenAI(api_key="sk-x").beta.threads.create()
"""


def test_warnings_may_be_errors_by_the_ini_file(project):
    assert "filterwarnings = error" in (project.path / "tox.ini").read_text()
    project.test(LOOP + THAT_IT_WARNS).assert_outcomes(passed=4)


def test_warnings_may_be_errors_by_the_command_line(project):
    project.pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    # In a process of its own: under -W error everything is imported and drawn anew.
    done = project.test_apart(LOOP + THAT_IT_WARNS, "-W", "error")
    assert "4 passed" in done.stdout, done.stdout + done.stderr


def test_python_itself_may_be_told_so(project):
    project.write(test_it=LOOP + THAT_IT_WARNS)
    done = project.python("-W", "error", "-m", "pytest", "-p", "assistants_simulator.pytest_entry")
    assert "4 passed" in done.stdout, done.stdout + done.stderr


def test_a_filter_of_the_test_does_not_bring_it_back(project):
    result = project.test(LOOP.replace("def test_marker", "@pytest.mark.filterwarnings('error')\n    def test_marker"))
    result.assert_outcomes(passed=3)


def test_other_warnings_are_as_they_were(project):
    result = project.test("""
        import pytest, warnings

        @pytest.mark.parametrize("text", ["this is deprecated", "deprecated: use that", "The X API is deprecated"])
        def test_it(simulator, text):
            with pytest.raises(DeprecationWarning):
                warnings.warn(text, DeprecationWarning)

        def test_category(simulator):
            with pytest.raises(UserWarning):
                warnings.warn("The Assistants API is deprecated", UserWarning)
    """)
    result.assert_outcomes(passed=4)


def test_who_wants_to_see_it_can(project):
    result = project.test("""
        import pytest

        def test_it(openai_client):
            with pytest.warns(DeprecationWarning):
                openai_client.beta.threads.create()
    """)
    result.assert_outcomes(passed=1)


def test_it_is_restored_after_the_test_and_between_tests(project):
    result = project.test("""
        import openai, pytest

        def warned():
            with pytest.raises(DeprecationWarning):
                openai.OpenAI(api_key="sk-x").beta.threads.create()

        def test_before(): warned()
        def test_with(openai_client): openai_client.beta.threads.create()
        def test_after(): warned()
    """)
    result.assert_outcomes(passed=3)
