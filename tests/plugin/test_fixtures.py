"""What a test gets that names a fixture of the plugin."""

from __future__ import annotations

import pytest


def test_a_test_runs_against_the_simulator(project):
    result = project.test("""
        import openai
        from simulator import Simulator, say
        from weather import ask

        def test_it(simulator):
            assert type(simulator) is Simulator
            simulator.script(say("It is sunny."))
            assert ask(openai.OpenAI()) == "It is sunny."
            assert simulator.runs[0]["status"] == "completed"
    """)
    result.assert_outcomes(passed=1)


def test_each_test_has_a_simulator_of_its_own(project):
    result = project.test("""
        import pytest

        seen = []

        @pytest.mark.parametrize("city", ["Paris", "Rome"])
        def test_it(simulator, openai_client, city):
            assert simulator not in seen
            seen.append(simulator)
            assert openai_client.beta.assistants.list().data == []
            openai_client.beta.assistants.create(model="gpt-4o", name=city)
    """)
    result.assert_outcomes(passed=2)


def test_the_clients_are_plain_clients_of_the_sdk_that_reach_it(project):
    result = project.test("""
        import asyncio, openai
        from simulator import say
        from weather import aask, ask

        def test_it(openai_client, async_openai_client, simulator):
            assert type(openai_client) is openai.OpenAI
            assert type(async_openai_client) is openai.AsyncOpenAI
            simulator.script(say("one"), say("two"))
            assert ask(openai_client) == "one"
            assert asyncio.run(aask(async_openai_client)) == "two"
            assert simulator.requests
    """)
    result.assert_outcomes(passed=1)


def test_a_client_needs_no_other_fixture(project):
    result = project.test("""
        def test_it(openai_client):
            assert openai_client.beta.assistants.list().data == []
    """)
    result.assert_outcomes(passed=1)


def test_the_clients_do_not_depend_on_the_environment(project, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.example:8000/v9")
    result = project.test("""
        def test_it(openai_client, async_openai_client):
            assert str(openai_client.base_url) == "https://api.openai.com/v1/"
            assert str(async_openai_client.base_url) == "https://api.openai.com/v1/"
            assert openai_client.api_key
    """)
    result.assert_outcomes(passed=1)


def test_a_client_that_may_pass_through_keeps_the_key_of_the_environment(project, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-somebody")
    result = project.test("def test_it(openai_client): assert openai_client.api_key == 'sk-somebody'")
    result.assert_outcomes(passed=1)


def test_the_clients_have_the_first_of_the_keys_that_are_taken(project):
    result = project.test("""
        import openai, pytest

        @pytest.mark.simulator(api_keys=["sk-a", "sk-b"])
        def test_it(openai_client, async_openai_client):
            assert (openai_client.api_key, async_openai_client.api_key) == ("sk-a", "sk-a")
            openai_client.beta.assistants.list()
            with pytest.raises(openai.AuthenticationError):
                openai.OpenAI(api_key="sk-c").beta.assistants.list()
    """)
    result.assert_outcomes(passed=1)


def test_the_client_is_closed_after_the_test(project):
    result = project.test("""
        clients = []

        def test_one(openai_client):
            clients.append(openai_client)
            assert not openai_client.is_closed()

        def test_two():
            assert clients[0].is_closed()
    """)
    result.assert_outcomes(passed=2)


def test_clients_of_wider_fixtures_are_taken_too(project):
    result = project.test("""
        import openai, pytest
        from simulator import say
        from weather import ask

        @pytest.fixture(scope="session")
        def session_client():
            return openai.OpenAI(api_key="sk-session")

        @pytest.fixture(scope="module")
        def module_client():
            return openai.OpenAI(api_key="sk-module")

        def test_it(session_client, module_client, simulator):
            simulator.script(say("one"), say("two"))
            assert [ask(session_client), ask(module_client)] == ["one", "two"]

        def test_again(simulator, session_client):
            simulator.script(say("three"))
            assert ask(session_client) == "three"
    """)
    result.assert_outcomes(passed=2)


def test_fixtures_of_the_project_build_on_it(project):
    result = project.test("""
        import pytest
        from simulator import say
        from weather import ask

        @pytest.fixture
        def sunny(simulator):
            simulator.script(say("sunny"))
            yield simulator
            assert len(simulator.runs) == 1

        @pytest.fixture
        def assistant(openai_client):
            return openai_client.beta.assistants.create(model="gpt-4o")

        def test_it(assistant, sunny, openai_client):
            assert ask(openai_client) == "sunny"
            assert openai_client.beta.assistants.retrieve(assistant.id) == assistant
    """)
    result.assert_outcomes(passed=1)


def test_it_can_be_asked_for_while_the_test_runs(project):
    result = project.test("""
        from weather import ask
        from simulator import say

        def test_passes(request):
            sim = request.getfixturevalue("simulator")
            sim.script(say("late"))
            assert ask(request.getfixturevalue("openai_client")) == "late"

        def test_fails(request):
            request.getfixturevalue("simulator").script(say("never"))
    """)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_fails - CheckFailed: Never used: script(say('never'))"])


def test_methods_and_usefixtures(project):
    result = project.test("""
        import openai, pytest

        class TestIt:
            def test_method(self, simulator):
                assert openai.OpenAI().beta.assistants.list().data == []

        @pytest.mark.usefixtures("simulator")
        class TestThat:
            def test_method(self):
                assert openai.OpenAI().beta.assistants.list().data == []
    """)
    result.assert_outcomes(passed=2)


def test_it_does_not_meet_a_simulator_of_the_test(project):
    result = project.test("""
        import openai
        from simulator import Simulator, say
        from weather import ask

        def test_it(simulator, openai_client):
            simulator.script(say("outer"))
            with Simulator(seed=1).intercept() as own:
                own.script(say("inner"))
                assert ask(openai.OpenAI()) == "inner"
            assert ask(openai.OpenAI()) == "outer"
            third = Simulator(seed=2)
            third.script(say("third"))
            assert ask(third.client()) == "third"
            assert [len(each.runs) for each in (simulator, own, third)] == [1, 1, 1]
    """)
    result.assert_outcomes(passed=1)


def test_a_fixture_of_that_name_in_the_project_is_the_projects(project):
    result = project.test("""
        import pytest

        @pytest.fixture
        def simulator():
            return "a flight simulator"

        def test_it(simulator):
            assert simulator == "a flight simulator"
    """)
    result.assert_outcomes(passed=1)


def test_after_the_test_nothing_is_left(project):
    result = project.test("""
        import os, openai, pytest, warnings

        def state():
            transport_for = openai.OpenAI(api_key="sk-x")._client._transport_for_url.__func__
            return transport_for, os.environ.get("OPENAI_API_KEY"), warnings.filters[:]

        def test_before(request):
            request.config.before = state()

        def test_with(simulator, request):
            assert all(now != before for now, before in zip(state(), request.config.before))

        def test_after(request):
            assert state() == request.config.before
    """)
    result.assert_outcomes(passed=3)


# Options.


def test_simulator_options_are_the_simulators(project):
    result = project.test("""
        import pytest
        from weather import ask

        @pytest.fixture
        def simulator_options():
            return {"brain": "auto", "seed": 7}

        def test_it(openai_client):
            assert ask(openai_client)
    """)
    result.assert_outcomes(passed=1)


def test_simulator_options_can_be_overridden_at_every_level(project):
    (project.path / "sub").mkdir()
    (project.path / "sub" / "conftest.py").write_text(
        "import pytest\n"
        "@pytest.fixture(scope='package')\n"
        "def simulator_options(simulator_options):\n"
        "    return {**simulator_options, 'strict': False}\n"
    )
    project.write(
        conftest="""
        import pytest

        @pytest.fixture(scope="session")
        def simulator_options(simulator_options):
            assert simulator_options == {}
            return {"brain": "auto"}
        """
    )
    test = "def test_it(openai_client, simulator_options, simulator): assert simulator_options == {}"
    (project.path / "sub" / "test_sub.py").write_text(test.format({"brain": "auto", "strict": False}))
    result = project.test(f"""
        import pytest

        {test.format({"brain": "auto"})}

        class TestClass:
            @pytest.fixture
            def simulator_options(self):
                return {{"journal": False}}

            def test_method(self, simulator, openai_client):
                openai_client.beta.assistants.list()
                assert simulator.requests == []
    """)
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize("scope", ["function", "class", "module", "session"])
def test_simulator_options_may_have_any_scope(project, scope):
    result = project.test(f"""
        import pytest

        @pytest.fixture(scope="{scope}")
        def simulator_options():
            return {{"journal": False}}

        def test_it(openai_client, simulator):
            openai_client.beta.assistants.list()
            assert simulator.requests == []
    """)
    result.assert_outcomes(passed=1)


def test_simulator_options_may_be_parametrised(project):
    result = project.test("""
        import pytest

        @pytest.fixture(params=[1, 2])
        def simulator_options(request):
            return {"seed": request.param}

        ids = set()

        def test_it(openai_client):
            ids.add(openai_client.beta.assistants.create(model="gpt-4o").id)

        def test_then():
            assert len(ids) == 2
    """)
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    "returned,message",
    [
        (
            "{'sed': 1}",
            "*test_it.py::test_it: simulator_options has no option 'sed'. Did you mean 'seed'?*",
        ),
        ("{'seed': 'x'}", "*test_it.py::test_it: seed= is an integer, not 'x'.*"),
        ("{'passthrough': 'x'}", "*test_it.py::test_it: passthrough must be a list*"),
        ("[1]", "*test_it.py::test_it: simulator_options must return a dict of options, not [[]1].*"),
        ("None", "*test_it.py::test_it: simulator_options must return a dict of options, not None.*"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name_of_the_test(project, returned, message):
    result = project.test(f"""
        import pytest

        @pytest.fixture
        def simulator_options():
            return {returned}

        def test_it(simulator):
            pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_routes_may_pass_through(project):
    result = project.test("""
        import importlib.util
        import pytest

        @pytest.fixture
        def simulator_options():
            return {"passthrough": ["POST /v1/embeddings"]}

        def test_it(simulator, openai_client, monkeypatch):
            class Network(BaseException):
                pass

            def network(*args, **kwargs):
                raise Network

            for name in filter(importlib.util.find_spec, ("httpcore", "httpcore2")):
                core = importlib.import_module(name)
                monkeypatch.setattr(core.ConnectionPool, "handle_request", network)
            with pytest.raises(Network):
                openai_client.embeddings.create(model="text-embedding-3-small", input="x")
            assert openai_client.beta.assistants.list().data == []
    """)
    result.assert_outcomes(passed=1)


def test_a_key_that_a_monkeypatch_puts_back_is_gone_in_the_next_test(project):
    project.test(
        """
        import os

        def test_first(monkeypatch, simulator):
            monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")

        def test_second():
            assert "OPENAI_API_KEY" not in os.environ
        """
    ).assert_outcomes(passed=2)
