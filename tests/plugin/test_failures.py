"""`check()` fails the test, in its call phase; a failure shows what happened, in virtual time."""

from __future__ import annotations

import pytest

UNUSED = """
    from simulator import say
    from weather import ask

    def test_it(simulator, openai_client):
        simulator.script(say("It is sunny."), say("It is still sunny."))
        assert ask(openai_client) == "It is sunny."
"""


def section(result, title="assistants-simulator"):
    """The lines of a section of the report, without its title."""
    lines = result.stdout.lines
    start = next(number for number, line in enumerate(lines) if line.strip("-") == f" {title} ")
    ends = (number for number in range(start + 1, len(lines)) if lines[number].startswith(("---", "===", "___")))
    return lines[start + 1 : next(ends)]


def test_an_unused_script_fails_the_test_and_does_not_make_it_an_error(project):
    result = project.test(UNUSED)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*= FAILURES =*",
            "Never used: script(say('It is still sunny.'))",
            "*- assistants-simulator -*",
            "FAILED test_it.py::test_it - CheckFailed: Never used: script(say('It is still sunny.'))",
        ]
    )


def test_the_failure_is_in_the_call_phase(project):
    project.write(
        conftest="""
        def pytest_runtest_logreport(report):
            print("PHASE", report.when, report.outcome)
        """
    )
    result = project.test(UNUSED, "-s")
    result.stdout.fnmatch_lines(["*PHASE setup passed", "*PHASE call failed", "*PHASE teardown passed"])


def test_the_failure_can_be_expected_by_its_class(project):
    result = project.test("""
        import pytest
        from simulator import CheckFailed, say

        @pytest.mark.xfail(raises=CheckFailed, strict=True)
        def test_it(simulator):
            simulator.script(say("never"))
    """)
    result.assert_outcomes(xfailed=1)


def test_the_report_shows_the_timeline(project):
    result = project.test(UNUSED)
    text = "\n".join(section(result))
    for what in ("assistants.create", "runs.create", "queued → in_progress", "in_progress → completed", "It is sunny."):
        assert what in text


def test_a_test_that_passes_shows_nothing(project):
    result = project.test(UNUSED.replace(', say("It is still sunny.")', ""), "-rA")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*- assistants-simulator*-*")


def test_the_timeline_has_at_most_forty_lines(project):
    result = project.test("""
        def test_it(openai_client):
            for number in range(50):
                openai_client.beta.assistants.create(model="gpt-4o", name=str(number))
            assert False
    """)
    assert len(section(result)) == 40


def test_a_body_that_fails_is_told_first_and_the_findings_beside_it(project):
    result = project.test(UNUSED.replace('== "It is sunny."', '== "It rains."'))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *It is sunny.*", "FAILED test_it.py::test_it - AssertionError: *"])
    assert section(result, "assistants-simulator: check() found as well") == [
        "Never used: script(say('It is still sunny.'))"
    ]
    assert "in_progress → completed" in "\n".join(section(result))


def test_a_body_that_fails_without_findings_shows_no_findings(project):
    result = project.test(UNUSED.replace(', say("It is still sunny.")', "").replace('== "It is', '!= "It is'))
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*found as well*")
    assert section(result)


def test_findings_that_the_body_has_raised_itself_are_told_once(project):
    result = project.test(UNUSED + "        simulator.check()")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*found as well*")


def test_findings_that_were_allowed_for_are_the_bodys_affair_not_the_plugins(project):
    # check(allow=…) in the body is one more check; what the plugin's own check passes over, strict says.
    result = project.test(
        UNUSED.replace("from simulator", "import pytest\n    from simulator", 1).replace(
            "    def test_it", "    @pytest.mark.simulator(strict=False)\n    def test_it"
        )
    )
    result.assert_outcomes(passed=1)


def test_a_skip_in_the_body_stays_a_skip(project):
    result = project.test("""
        import pytest
        from simulator import say

        def test_it(simulator):
            simulator.script(say("never"))
            pytest.skip("today")
    """)
    result.assert_outcomes(skipped=1)


def test_a_surprise_that_the_program_swallowed_fails_the_test(project):
    result = project.test("""
        import contextlib, openai
        from weather import ask

        def test_it(openai_client):
            with contextlib.suppress(openai.APIError):
                ask(openai_client, "Paris or Rome?")
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Unexpected: *Paris or Rome?*"])


def test_a_run_that_still_goes_on_fails_the_test(project):
    result = project.test("""
        from simulator import call

        def test_it(simulator, openai_client):
            simulator.script(call("get_weather"))
            assistant = openai_client.beta.assistants.create(model="gpt-4o")
            thread = openai_client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
            openai_client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
            simulator.clock.advance(60)
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Still active: run run_* of thread_* is requires_action.*"])


def test_a_set_up_that_fails_shows_the_timeline_and_no_findings(project):
    result = project.test("""
        import pytest
        from simulator import say

        @pytest.fixture
        def broken(simulator, openai_client):
            simulator.script(say("never"))
            openai_client.beta.assistants.create(model="gpt-4o")
            raise ValueError("broken")

        def test_it(broken):
            pass
    """)
    result.assert_outcomes(errors=1)
    assert "assistants.create" in "\n".join(section(result))
    result.stdout.no_fnmatch_line("*found as well*")


def test_without_a_journal_the_section_says_so(project):
    result = project.test("""
        import pytest

        @pytest.mark.simulator(journal=False)
        def test_it(openai_client):
            openai_client.beta.assistants.list()
            assert False
    """)
    assert section(result) == ["The journal is switched off."]


@pytest.mark.parametrize(
    "mistake", ["simulator.script(42)", "simulator.put('assistant', {})", "urlopen('https://api.openai.com')"]
)
def test_a_mistake_before_the_first_request_explains_itself(project, mistake):
    result = project.test(f"""
        from urllib.request import urlopen

        def test_it(simulator):
            {mistake}
    """)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*Nothing has happened*")


def test_a_script_that_nobody_asked_for_is_shown_with_the_hosts_that_are_answered(project):
    result = project.test("""
        def test_it(simulator):
            simulator.script("never")
    """)
    result.stdout.fnmatch_lines(["Never used*", "Nothing has happened: no request came.*"])


def test_a_timeline_that_cannot_be_drawn_ends_nothing(project, monkeypatch):
    import simulator.report.timeline

    def broken(*args, **kwargs):
        raise KeyError("no_such_thing")

    monkeypatch.setattr(simulator.report.timeline, "render", broken)
    result = project.test(UNUSED + "\n    def test_after(simulator): pass")
    result.assert_outcomes(failed=1, passed=1)
    assert section(result) == ["The timeline cannot be shown: KeyError: 'no_such_thing'"]


def test_a_failure_without_simulator_has_no_section(project):
    result = project.test("def test_it(): assert False")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*assistants-simulator -*")


def test_no_simulator_outlives_its_test(project):
    result = project.test("""
        from simulator import Simulator

        def test_one(simulator, request):
            assert Simulator in {type(value) for value in request.node.stash._storage.values()}

        def test_two(simulator): pass

        def test_three(request):
            kinds = {type(value) for item in request.session.items for value in item.stash._storage.values()}
            assert kinds and Simulator not in kinds
    """)
    result.assert_outcomes(passed=3)
