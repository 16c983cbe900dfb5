"""Projects of strangers, and a pytest that runs in them with the plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio._backends._asyncio  # noqa: F401  # see `_warm`
import pytest

from simulator.decorator import simulating

ROOT = Path(__file__).parents[2]
PLUGIN = "assistants_simulator.pytest_entry"

# The program under test: one question, polled to the end of its run. It runs on every SDK, so it polls by hand.
WEATHER = """
def ask(client, text="What is the weather?"):
    assistant = client.beta.assistants.create(model="gpt-4o", name="weather")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
    while run.status in ("queued", "in_progress"):
        run = client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    if run.status != "completed":
        return run.status
    return client.beta.threads.messages.list(thread.id).data[0].content[0].text.value


async def aask(client, text="What is the weather?"):
    assistant = await client.beta.assistants.create(model="gpt-4o", name="weather")
    thread = await client.beta.threads.create(messages=[{"role": "user", "content": text}])
    run = await client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
    while run.status in ("queued", "in_progress"):
        run = await client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    if run.status != "completed":
        return run.status
    return (await client.beta.threads.messages.list(thread.id)).data[0].content[0].text.value
"""


class Project:
    """A folder with `weather.py` and tests; warnings are errors in it, so the SDK's deprecations would show."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        pytester.makeini(
            "[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
            "addopts = --strict-markers"
        )
        pytester.makepyfile(weather=WEATHER)

    def write(self, **files: str) -> None:
        self.pytester.makepyfile(**files)

    def test(self, source: str, *args: str) -> pytest.RunResult:
        """Run a test module in this process."""
        self.write(test_it=source)
        return self.pytester.runpytest_inprocess("-p", PLUGIN, *args)

    def test_apart(self, source: str, *args: str) -> subprocess.CompletedProcess[str]:
        """Run a test module in a fresh process, by `python -m pytest`."""
        self.write(test_it=source)
        return self.python("-m", "pytest", "-p", PLUGIN, *args)

    def python(self, *args: str) -> subprocess.CompletedProcess[str]:
        # The package stands behind the project, as what is installed does.
        environment = {**os.environ, "PYTHONPATH": os.fspath(ROOT)}
        command = [sys.executable, *args]
        return subprocess.run(
            command, cwd=self.path, env=environment, capture_output=True, text=True, check=False, timeout=120
        )


@pytest.fixture(scope="session")
def _warm():
    """Import what a pytest inside this process would take along with it at its end, and load again at the next."""
    import assistants_simulator.pytest_plugin
    import assistants_simulator.pytest_scenarios

    import assistants_simulator.pytest_entry
    import simulator.migration.suite  # PyYAML's C code knows the classes of the first import only
    import simulator.report.pages
    import simulator.report.timeline

    with simulating({}) as sim:
        for client in (sim.client(), sim.async_client()):
            assert client.beta.threads.runs
        assert sim.client().beta.assistants.list().data == []
    assert simulator.report.pages
    assert simulator.report.timeline
    assert simulator.migration.suite
    assert assistants_simulator.pytest_entry


@pytest.fixture
def project(_warm, pytester, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")  # pytest cuts the lines of its summary
    return Project(pytester)
