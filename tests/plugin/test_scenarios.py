"""Scenarios in somebody's project: files as tests, and tests that play one against their own app."""

from __future__ import annotations

import pytest

HELLO = """\
# A comment.
scenario: Somebody greets
parameters: {word: Hello}
conversation:
  - user: "{word}?"
    model: [{say: "{word}."}]
    expect: {reply: "{word}."}
"""
# An app of the project, on the run loop of `weather.py`, with what it was asked.
APP = """
import openai
from weather import aask, ask

asked = []

def app(user_id, text):
    print("chatty")
    asked.append(text)
    return ask(openai.OpenAI(), text)

async def app_async(user_id, text):
    return await aask(openai.AsyncOpenAI(), text)

def rude(user_id, text):
    return "No."
"""
OPTIONS = ("-p", "no:cacheprovider")


@pytest.fixture
def folder(project):
    """The project, with a scenario in it and an app."""
    project.write(apps=APP)
    (project.path / "scenarios").mkdir()
    (project.path / "scenarios" / "hello.scenario.yaml").write_text(HELLO)
    return project


def run(folder, *arguments):
    return folder.pytester.runpytest_inprocess("-p", "assistants_simulator.pytest_entry", *arguments)


def ini(folder, text):
    path = folder.path / "tox.ini"
    path.write_text(path.read_text().rstrip() + f"\n{text}\n")


# Files.


def test_a_file_is_a_test_of_the_plain_loop(folder):
    (folder.path / "scenarios" / "other.yaml").write_text("- of another tool")
    result = run(folder, "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["scenarios/hello.scenario.yaml::hello PASSED*"])


@pytest.mark.parametrize("name", ["apps:app", "apps:app_async"])
def test_the_ini_key_names_who_is_played(folder, name):
    ini(folder, f"assistants_app = {name}\npythonpath = .")
    run(folder).assert_outcomes(passed=1)
    ini(folder, "")
    run(folder, "--assistants-app", "apps:rude").assert_outcomes(failed=1)


def test_an_app_is_found_from_the_folder_of_the_ini_file(folder, monkeypatch):
    ini(folder, "assistants_app = apps:app")
    (folder.path / "deep").mkdir()
    (folder.path / "deep" / "a.scenario.yaml").write_text(HELLO)
    monkeypatch.chdir(folder.path / "deep")
    run(folder).assert_outcomes(passed=1)


def test_a_failure_shows_the_step_with_its_line_and_the_timeline_and_no_code_of_ours(folder):
    result = run(folder, "--assistants-app", "apps:rude")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ scenario hello _*",
            "Scenario 'Somebody greets' failed.",
            "scenarios/hello.scenario.yaml:5: step 1, user: 'Hello?'",
            "    the reply is 'No.', and not 'Hello.'",
            "    the model was never asked for script(say('Hello.'))",
            "Nothing has happened: no request came.*",
            "FAILED scenarios/hello.scenario.yaml::hello*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_scenarios*")
    result.stdout.no_fnmatch_line("*Error*")


def test_what_the_app_prints_is_shown_where_it_fails(folder):
    (folder.path / "scenarios" / "hello.scenario.yaml").write_text(HELLO.replace('reply: "{word}."', "reply: Bye."))
    result = run(folder, "--assistants-app", "apps:app")
    result.stdout.fnmatch_lines(["*runs.create *200*", "*Captured stdout call*", "chatty"])


def test_a_failure_has_its_page(folder):
    (folder.path / "scenarios" / "hello.scenario.yaml").write_text(HELLO.replace('reply: "{word}."', "reply: Bye."))
    folder.write(test_it=PLAYS.format(app="rude"))
    result = run(folder, "--assistants-app", "apps:app", "--assistants-report", "pages")
    result.assert_outcomes(failed=2)
    pages = {path.name: path.read_text() for path in (folder.path / "pages").iterdir() if path.name != "index.html"}
    assert len(pages) == 2
    (of_file,) = [text for name, text in pages.items() if "hello" in name]
    assert "and not 'Bye.'" in of_file
    assert "runs.create" in of_file


def test_a_file_that_is_none_fails_alone(folder):
    (folder.path / "scenarios" / "bad.scenario.yaml").write_text("scenario: x\nconversation: []\nabuot: y\n")
    result = run(folder)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*_ scenario bad _*", "*bad.scenario.yaml:3: abuot: there is no such key. Did you mean 'about'?"]
    )
    result.stdout.no_fnmatch_line("*pytest_scenarios*")


@pytest.mark.parametrize(
    "name, told",
    [
        ("apps:ap", "assistants_app = apps:ap: 'apps' has no 'ap'. Did you mean 'app'?"),
        ("apps:asked", "assistants_app = apps:asked: it is no callable, but ?*"),
    ],
)
def test_an_app_that_is_none_is_told(folder, name, told):
    result = run(folder, "--assistants-app", name)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([told])


def test_a_call_that_no_tool_declares_is_a_warning(folder):
    text = HELLO.replace('[{say: "{word}."}]', '[{call: {f: {}}}, {say: "{word}."}]') + "tools: {g: {}}\n"
    (folder.path / "scenarios" / "hello.scenario.yaml").write_text(text)
    result = run(folder, "-W", "default")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*hello.scenario.yaml:2: PytestWarning: 'f' is called, and no tool declares it."])


def test_scenarios_are_selected_as_all_tests(folder):
    for number in range(4):
        (folder.path / "scenarios" / f"n{number}.scenario.yaml").write_text(HELLO)
    run(folder, "-k", "n1 or n2").assert_outcomes(passed=2, deselected=3)
    run(folder, "scenarios/n1.scenario.yaml::n1").assert_outcomes(passed=1)
    (folder.path / "scenarios" / "n3.scenario.yaml").write_text(HELLO.replace('reply: "{word}."', "reply: Bye."))
    run(folder).assert_outcomes(passed=4, failed=1)
    run(folder, "--lf").assert_outcomes(failed=1)


# Tests that play one.

PLAYS = """
import pytest
from apps import app, app_async, asked, rude

@pytest.mark.scenario("hello", word="Good day")
def test_it(scenario):
    played = scenario.play({app})
    assert played.replies == ["Good day."]
    assert (scenario.path.name, scenario.played) == ("hello.scenario.yaml", played)
"""


@pytest.mark.parametrize("app", ["app", "app_async", ""])
def test_a_marked_test_plays_its_scenario_against_its_own_app(folder, app):
    folder.write(test_it=PLAYS.format(app=app))
    run(folder, "test_it.py").assert_outcomes(passed=1)


def test_without_an_app_of_its_own_that_of_the_project_is_played(folder):
    folder.write(test_it=PLAYS.format(app=""))
    result = run(folder, "test_it.py", "--assistants-app", "apps:rude")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["scenarios/hello.scenario.yaml:5: step 1, user: 'Good day?'", "    the reply is 'No.'*"]
    )
    result.stdout.no_fnmatch_line("*pytest_scenarios*")


def test_what_only_runs_have_is_passed_over_and_said(folder):
    """An app on the Responses API makes none: its test passes, and its report names what was not looked at."""
    (folder.path / "polled.scenario.yaml").write_text(HELLO + "faults: [{http_error: 429, on: runs.retrieve}]\n")
    folder.write(
        test_it="""
        import openai, pytest

        def app(user, text):
            return openai.OpenAI().responses.create(model="gpt-4o", input=text).output_text

        @pytest.mark.scenario("polled")
        def test_it(scenario):
            scenario.play(app)
        """
    )
    result = run(folder, "test_it.py", "-rP")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines("passed over: the fault http_error(429) on 'runs.retrieve'*")


def test_the_simulator_of_the_test_is_another_one(folder):
    folder.write(
        test_it="""
        import pytest
        from apps import app

        @pytest.mark.scenario("hello")
        def test_it(scenario, simulator, openai_client):
            scenario.play(app)
            assert openai_client.beta.assistants.list().data == []
            assert len(simulator.requests) == 1
        """
    )
    run(folder, "test_it.py").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "marker, told",
    [
        ('"helo"', "*There is no scenario 'helo'. Did you mean 'hello'? Looked in: *"),
        ('"hello", wrd="x"', "*the scenario has no parameter 'wrd'. Did you mean 'word'?"),
        ("", '*the fixture takes its scenario from @pytest.mark.scenario("weather", city="Paris").'),
        ("5", '*the fixture takes its scenario from @pytest.mark.scenario("weather", city="Paris").'),
    ],
)
def test_a_marker_that_names_none_is_told(folder, marker, told):
    folder.write(test_it=f"import pytest\n@pytest.mark.scenario({marker})\ndef test_it(scenario): pass\n")
    result = run(folder, "test_it.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])
    result.stdout.no_fnmatch_line("*pytest_scenarios.py*")


def test_a_scenario_that_is_never_played_fails_its_test(folder):
    folder.write(test_it='import pytest\n@pytest.mark.scenario("hello")\ndef test_it(): pass\n')
    result = run(folder, "test_it.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["test_it.py::test_it: the scenario was never played. Call scenario.play(app)."])


def test_two_markers_at_one_place_are_refused_and_that_of_a_test_goes_over_that_of_its_class(folder):
    folder.write(
        test_it="""
        import pytest
        from apps import app

        @pytest.mark.scenario("hello", word="Good day")
        @pytest.mark.scenario("hello")
        def test_two(scenario): scenario.play(app)

        @pytest.mark.scenario("hello")
        class TestIt:
            @pytest.mark.scenario("hello", word="Good day")
            def test_over(self, scenario): assert scenario.play(app).replies == ["Good day."]
        """
    )
    result = run(folder, "test_it.py")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["test_it.py::test_two: it is marked with several scenarios. A test plays one:*"])


def test_a_test_case_of_unittest_has_its_scenario_as_an_attribute(folder):
    folder.write(
        test_it="""
        import unittest
        import pytest
        from apps import app

        @pytest.mark.scenario("hello")
        class TestIt(unittest.TestCase):
            def test_it(self): self.assertTrue(self.scenario.play(app).passed)
        """
    )
    run(folder, "test_it.py").assert_outcomes(passed=1)


def test_an_async_app_wants_a_test_that_is_not_async(folder):
    folder.write(
        test_it="""
        import asyncio, pytest
        from apps import app_async

        @pytest.mark.scenario("hello")
        def test_it(scenario):
            async def inside():
                scenario.play(app_async)
            asyncio.run(inside())
        """
    )
    result = run(folder, "test_it.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["scenario.play(…) runs an async app itself: call it from a test that is not async."])


def test_where_there_is_no_scenario_nothing_of_the_package_is_loaded(folder):
    source = """
    import sys

    def test_it():
        print("loaded:", [name for name in sys.modules if name.partition(".")[0] == "simulator"])
    """
    done = folder.test_apart(source, "-s", "test_it.py")
    assert "loaded: []" in done.stdout
