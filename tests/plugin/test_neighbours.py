"""The plugin beside pytest-xdist, pytest-asyncio and anyio, and what it costs where it is not used."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ASYNC = """
    import openai, pytest
    from simulator import say
    from weather import aask

    MARK

    async def test_fixture(simulator, async_openai_client):
        simulator.script(say("sunny"))
        assert await aask(async_openai_client) == "sunny"

    @pytest.mark.simulator(brain="auto")
    async def test_marker():
        assert await aask(openai.AsyncOpenAI())

    class TestIt:
        async def test_streams(self, simulator):
            simulator.script(say("rain"))
            client = openai.AsyncOpenAI()
            assistant = await client.beta.assistants.create(model="gpt-4o")
            thread = await client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
            stream = client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id)
            async with stream as events:
                assert "".join([text async for text in events.text_deltas]) == "rain"

    async def test_fails(simulator):
        simulator.script(say("never"))
"""


@pytest.mark.parametrize(
    "mark,args",
    [
        ("pytestmark = pytest.mark.asyncio", ["-o", "asyncio_mode=strict", "-p", "no:anyio"]),
        ("", ["-o", "asyncio_mode=auto"]),
        ("pytestmark = pytest.mark.anyio\n    anyio_backend = pytest.fixture(lambda: 'asyncio')", ["-p", "no:asyncio"]),
        ("pytestmark = pytest.mark.anyio\n    anyio_backend = pytest.fixture(lambda: 'asyncio')", []),
    ],
    ids=["asyncio-strict", "asyncio-auto", "anyio-alone", "anyio-beside-asyncio"],
)
def test_async_tests(project, mark, args):
    if "no:asyncio" in args:
        project.pytester.makeini("[pytest]\nfilterwarnings = error")
    result = project.test(ASYNC.replace("MARK", mark), *args)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_fails - CheckFailed: Never used: script(say('never'))"])


def test_async_fixtures_build_on_it(project):
    result = project.test(
        """
        import pytest
        from weather import aask

        @pytest.fixture
        async def assistant(async_openai_client):
            made = await async_openai_client.beta.assistants.create(model="gpt-4o")
            yield made
            assert (await async_openai_client.beta.assistants.delete(made.id)).deleted

        @pytest.mark.simulator(brain="auto")
        async def test_it(assistant, async_openai_client):
            assert await async_openai_client.beta.assistants.retrieve(assistant.id) == assistant
        """,
        "-o",
        "asyncio_mode=auto",
    )
    result.assert_outcomes(passed=1)


def test_under_xdist(project):
    done = project.test_apart(
        """
        import pytest
        from simulator import say
        from weather import ask

        @pytest.mark.parametrize("number", range(6))
        def test_passes(simulator, openai_client, number):
            simulator.script(say(str(number)))
            assert ask(openai_client) == str(number)
            assert len(simulator.runs) == 1

        def test_fails(simulator, openai_client):
            simulator.script(say("rain"), say("never"))
            assert ask(openai_client) == "rain"
        """,
        "-n",
        "2",
    )
    assert "1 failed, 6 passed" in done.stdout, done.stdout + done.stderr
    assert "FAILED test_it.py::test_fails - CheckFailed: Never used: script(say('never'))" in done.stdout
    assert "in_progress → completed" in done.stdout.partition("- assistants-simulator -")[2]


# Tests that do not use it.

UNUSED = """
    import json, sys

    def test_one(): pass
    def test_two(tmp_path): pass

    def test_what_is_loaded():
        print("LOADED", json.dumps([name for name in sys.modules]))
"""


def test_unused_it_has_loaded_nothing_of_the_package(project):
    bare = ("-s", "-p", "no:asyncio", "-p", "no:anyio", "-p", "no:respx", "-p", "no:hypothesispytest", "-p", "no:xdist")
    project.pytester.makeini("[pytest]")
    done = project.test_apart(UNUSED, *bare)
    assert "3 passed" in done.stdout, done.stdout + done.stderr
    loaded = set(json.loads(done.stdout.partition("LOADED ")[2].splitlines()[0]))
    ours = {name for name in loaded if name.partition(".")[0] in {"simulator", "assistants_simulator"}}
    assert ours == {"assistants_simulator", "assistants_simulator.pytest_entry"}
    assert not loaded & {"asyncio", "httpx", "httpx2", "jsonschema", "openai", "pydantic", "pydantic_core", "ssl"}


def test_the_plugin_can_be_registered_by_hand_under_either_name(project):
    project.write(conftest='pytest_plugins = ["assistants_simulator.pytest_entry", "simulator.pytest_plugin"]')
    project.write(
        test_it="""
        from simulator import say

        def test_passes(simulator): pass

        def test_fails(simulator):
            simulator.script(say("never"))
        """
    )
    for plugins in ([], ["-p", "simulator.pytest_plugin"], ["-p", "assistants_simulator.pytest_entry"]):
        done = project.python("-m", "pytest", *plugins)
        assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
        assert done.stdout.count("- assistants-simulator -") == 1


def test_the_entry_point_has_the_name_of_its_module():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"][
        "pytest11"
    ]
    assert declared == {"assistants_simulator.pytest_entry": "assistants_simulator.pytest_entry"}
