"""`--assistants-baseline` writes what came of each test, `--assistants-compare` compares it with what is written."""

from __future__ import annotations

import pytest

pytest.importorskip("xdist")

SUITE = """
    import openai, pytest
    from weather import ask
    from simulator import say

    @pytest.fixture(scope="session")
    def simulator_options():
        return {"api_keys": ["sk-not-a-secret-anybody-knows-0123456789"]}

    def test_one(simulator, openai_client):
        simulator.script(say("Sunny."))
        assert ask(openai_client) == "Sunny."

    @pytest.mark.parametrize("city", ["Paris", "a/b:c", "paris"])
    def test_many(simulator, openai_client, city):
        simulator.script(say("Cold."))
        ask(openai_client, f"In {city}?")

    def test_silent(simulator):
        pass

    def test_without():
        pass
"""
# The same program, whose author thought that a date does no harm.
CHANGED = 'def ask(client, text="What is the weather?"):\n    text = text.replace("In", "On Monday in")\n'


@pytest.fixture
def change(project):
    def write(old, new):
        path = project.path / "weather.py"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return write


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))


def test_each_test_that_asked_has_a_file_of_its_own(project):
    result = project.test(SUITE, "--assistants-baseline=base")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines("assistants-simulator: baseline *base: 4 written")
    found = files_in(project.path / "base")
    assert found[-1] == "test_it/test_one.yaml"
    assert len(found) == len({name.lower() for name in found}) == 4
    assert "user: In a/b:c?" in "".join((project.path / "base" / name).read_text("utf-8") for name in found)


def test_another_process_writes_the_same_bytes(project):
    project.test(SUITE, "--assistants-baseline=one")
    result = project.test(SUITE, "--assistants-baseline=two", "-n", "1")
    result.stdout.fnmatch_lines("*: 4 written")
    assert files_in(project.path / "one") == files_in(project.path / "two")
    for name in files_in(project.path / "one"):
        assert (project.path / "one" / name).read_bytes() == (project.path / "two" / name).read_bytes()


def test_the_same_code_is_the_same(project):
    project.test(SUITE, "--assistants-baseline=base")
    result = project.test(SUITE, "--assistants-compare=base")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines("assistants-simulator: baseline *base: 4 the same")


def test_other_code_fails_with_both_sides_and_why(project, change):
    project.test(SUITE, "--assistants-baseline=base")
    change('def ask(client, text="What is the weather?"):\n', CHANGED)
    result = project.test(SUITE, "--assistants-compare=base")
    result.assert_outcomes(passed=3, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*::test_many[[]Paris]: 1 difference: history_changed",
            "history_changed in turn 1 ('In Paris?')",
            "    old: user: In Paris?",
            "    new: user: On Monday in Paris?",
        ]
    )
    result.stdout.fnmatch_lines("assistants-simulator: baseline *base: 1 the same, 3 with differences")
    assert "Traceback" not in result.stdout.str()


def test_a_difference_that_is_meant_is_tolerated(project, change):
    project.test(SUITE, "--assistants-baseline=base")
    change('def ask(client, text="What is the weather?"):\n', CHANGED)
    tolerated = project.path / "base" / "tolerated.yaml"
    tolerated.write_text(
        "tolerated:\n"
        "  - {kind: history_changed, in: '*::test_many*', reason: the day is said}\n"
        "  - {kind: model_changed, reason: never}\n",
        encoding="utf-8",
    )
    result = project.test(SUITE, "--assistants-compare=base")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(
        ["*: 4 the same", "*: 3 differences tolerated", "*: never needed, of tolerated.yaml: kind: model_changed"]
    )


def test_a_failing_test_shows_what_differs_and_is_not_written(project, change):
    project.test(SUITE, "--assistants-baseline=base")
    before = {name: (project.path / "base" / name).read_bytes() for name in files_in(project.path / "base")}
    change('name="weather"', 'name="weather", instructions="Be rude."')
    failing = SUITE.replace('== "Sunny."', '== "Rainy."')
    result = project.test(failing, "--assistants-compare=base", "-k", "test_one")
    result.stdout.fnmatch_lines(["*AssertionError*", "*compared with the baseline*", "instructions_changed in turn 1*"])
    result = project.test(failing, "--assistants-baseline=base", "-k", "test_one or Paris")
    result.stdout.fnmatch_lines(["*: 2 written", "*: not written: 1 that failed; what is written of them is as before"])
    assert (project.path / "base" / "test_it/test_one.yaml").read_bytes() == before["test_it/test_one.yaml"]


OWN = """
    import unittest
    import openai, pytest
    from weather import ask
    from simulator import Simulator, say, simulated

    pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

    def asked(simulator, text="Hello?"):
        simulator.script(say("Sunny."))
        assert ask(simulator.client(), text) == "Sunny."

    @simulated
    def test_decorated(simulator):
        asked(simulator)

    @simulated
    class TestCase(unittest.TestCase):
        def test_method(self):
            asked(self.simulator)

        def test_that_fails(self):
            asked(self.simulator)
            self.fail()

    @pytest.fixture
    def mine():
        with Simulator().intercept() as simulator:
            yield simulator

    def test_fixture_of_its_own(mine):
        asked(mine)

    def test_two():
        Simulator()
        asked(Simulator(), "First?")
        asked(Simulator(), "Second?")

    def test_without_a_journal():
        asked(Simulator(journal=False))

    def test_crowd():
        for _ in range(10):
            asked(Simulator())
"""


def test_simulators_that_tests_make_for_themselves_have_records_too(project, change):
    """By `@simulated`, in a fixture of the project's, or in the test; of several each has its own."""
    result = project.test(OWN, "--assistants-baseline=base")
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines("*base: 5 written, 1 with more simulators than are kept apart (9)")
    method, *others = files_in(project.path / "base")
    assert method.startswith("test_it/TestCase.test_method")
    names = ["test_decorated", "test_fixture_of_its_own", "test_two-2", "test_two"]
    assert others == [f"test_it/{name}.yaml" for name in names]
    assert "user: Second?" in (project.path / "base/test_it/test_two-2.yaml").read_text("utf-8")
    change('name="weather"', 'name="weather", instructions="Be rude."')
    result = project.test(OWN, "--assistants-compare=base", "-k", "test_two")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*::test_two: *instructions_changed*", "*::test_two-2: *instructions_changed*"])


def test_a_scenario_that_a_test_plays_has_a_record_too(project):
    (project.path / "hello.scenario.yaml").write_text(
        "scenario: Hello\nconversation:\n  - user: Hello?\n    model: [{say: Hi.}]\n", encoding="utf-8"
    )
    suite = """
        import pytest

        @pytest.mark.scenario("hello")
        def test_played(scenario):
            scenario.play()
    """
    result = project.test(suite, "--assistants-baseline=base")
    result.assert_outcomes(passed=2)  # the file is a test too
    assert files_in(project.path / "base") == ["hello/hello.yaml", "test_it/test_played.yaml"]


def test_what_was_not_compared_is_said(project):
    project.test(SUITE, "--assistants-baseline=base")
    result = project.test(SUITE, "--assistants-compare=base", "-k", "test_many")
    result.stdout.fnmatch_lines("*: not compared, for their tests did not run to their end: test_it/test_one.yaml")
    (project.path / "base" / "test_it" / "test_one.yaml").unlink()
    result = project.test(SUITE, "--assistants-compare=base")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines("assistants-simulator: baseline *base: 3 the same, 1 without a record")


@pytest.mark.parametrize(
    "arguments,text",
    [
        (["--assistants-baseline=a", "--assistants-compare=a"], "*writes and --assistants-compare compares: give one*"),
        (["--assistants-compare=nowhere"], "*nowhere is no folder: write it with --assistants-baseline=nowhere*"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(project, arguments, text):
    result = project.test(SUITE, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(text)


def test_a_broken_record_is_named_with_its_line(project):
    project.test(SUITE, "--assistants-baseline=base")
    file = project.path / "base" / "test_it" / "test_one.yaml"
    file.write_text(file.read_text("utf-8").replace("  user:", "  userr:"), encoding="utf-8")
    result = project.test(SUITE, "--assistants-compare=base", "-k", "test_one")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("*test_one.yaml:6: turns[[]0].userr: there is no such key. Did you mean 'user'?")


def test_a_simulator_without_a_journal_is_named(project):
    result = project.test(
        """
        import pytest

        @pytest.mark.simulator(journal=False)
        def test_it():
            pass
        """,
        "--assistants-baseline=base",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("*nothing to write down or to compare: its simulator keeps no journal (journal=False).")


def test_the_key_of_the_test_does_not_reach_the_file(project):
    project.test(
        SUITE.replace('"In {city}?"', '"In {city} with {openai_client.api_key}?"'), "--assistants-baseline=base"
    )
    texts = [path.read_text("utf-8") for path in (project.path / "base").rglob("*.yaml")]
    assert len(texts) == 4
    assert not any("0123456789" in text for text in texts)
    assert sum("In Paris with " in text for text in texts) == 1


TWO_TURNS = """
    import pytest
    from bot import Bot
    from simulator import call, call_tools, say

    def test_two_people(simulator):
        both = call_tools(call("get_weather", city="Paris"), call("get_weather", city="Rome"))
        simulator.script(both, say("Sunny."), say("Hi."), say("Cold."))
        bot = Bot()
        assert bot("anna", "Paris or Rome?") == "Sunny."
        assert bot("bert", "Hello?") == "Hi."
        assert bot("anna", "And tomorrow?") == "Cold."
"""
FUNCTION = '"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}'
OLD_BOT = f"""
    import time
    import openai

    class Bot:
        def __init__(self):
            self.client, self.threads = openai.OpenAI(), {{}}
            tool = {{"type": "function", "function": {{{FUNCTION}}}}}
            self.assistant = self.client.beta.assistants.create(model="gpt-4o", instructions="Be kind.", tools=[tool])

        def __call__(self, user, text):
            runs = self.client.beta.threads.runs
            thread = self.threads.setdefault(user, self.client.beta.threads.create().id)
            self.client.beta.threads.messages.create(thread, role="user", content=text)
            run = runs.create(thread, assistant_id=self.assistant.id)
            while run.status != "completed":
                time.sleep(1)
                run = runs.retrieve(run.id, thread_id=thread)
                if run.status == "requires_action":
                    calls = run.required_action.submit_tool_outputs.tool_calls
                    outputs = [{{"tool_call_id": one.id, "output": "blue"}} for one in calls]
                    runs.submit_tool_outputs(run.id, thread_id=thread, tool_outputs=outputs)
            return self.client.beta.threads.messages.list(thread).data[0].content[0].text.value
"""
NEW_BOT = f"""
    import openai

    class Bot:
        def __init__(self):
            self.client, self.newest = openai.OpenAI(), {{}}

        def __call__(self, user, text):
            response = self.ask(user, text)
            while calls := [one.call_id for one in response.output if one.type == "function_call"]:
                answer = {{"type": "function_call_output", "output": "blue"}}
                outputs = [{{**answer, "call_id": one}} for one in reversed(calls)]
                response = self.ask(user, outputs)
            return response.output_text

        def ask(self, user, given):
            response = self.client.responses.create(
                model="gpt-4o",
                input=given,
                instructions="Be kind.",
                tools=[{{"type": "function", "strict": False, {FUNCTION}}}],
                previous_response_id=self.newest.get(user),
            )
            self.newest[user] = response.id
            return response
"""


def test_a_suite_proves_a_move_to_the_responses_api(project):
    project.write(bot=OLD_BOT)
    project.test(TWO_TURNS, "--assistants-baseline=base").assert_outcomes(passed=1)
    project.write(bot=NEW_BOT)
    result = project.test(TWO_TURNS, "--assistants-compare=base")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*: 1 the same", "*: 3 differences tolerated"])

    project.write(
        bot=NEW_BOT.replace('instructions="Be kind."', 'instructions=None if user in self.newest else "Be kind."')
    )
    result = project.test(TWO_TURNS, "--assistants-compare=base")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*::test_two_people: 2 differences (assistants → responses): instructions_lost",
            "1     Paris or Rome?       ≠  *",
            "2     Hello?               =  *",
            "3     And tomorrow?        ≠  *",
            "instructions_lost in turn 1 ('Paris or Rome?')",
            "    old: Be kind.",
            "    new: (nothing)",
        ]
    )
