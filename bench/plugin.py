"""What the pytest plugin costs: each measurement is a pytest, or a Python, of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from .sizes import Sizes
from .timing import Spread

ENTRY = "assistants_simulator.pytest_entry"
ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2

# Half of the tests use the fixture and half do not, by turns; all do nothing.
_FIXTURE_TESTS = """\
import pytest

@pytest.mark.parametrize("number", range({count}))
class TestByTurns:
    def test_with(self, number, simulator):
        pass

    def test_without(self, number):
        pass
"""
# Writes the seconds that each test took in its three phases: set-up, call (where the check is), teardown.
_DURATIONS = """\
import collections, json, pathlib

took = collections.defaultdict(float)

def pytest_runtest_logreport(report):
    took[report.nodeid] += report.duration

def pytest_sessionfinish():
    pathlib.Path("durations.json").write_text(json.dumps(took))
"""
_SIX_REQUESTS = """\
import pytest
from simulator import say

@pytest.mark.parametrize("number", range({count}))
def test_answer(simulator, openai_client, number):
    simulator.script(say(f"Answer {{number}}."))
    beta = openai_client.beta
    assistant = beta.assistants.create(model="gpt-4o", instructions="Be brief.")
    thread = beta.threads.create()
    beta.threads.messages.create(thread.id, role="user", content="A question?")
    run = beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    simulator.clock.advance(30)
    assert beta.threads.runs.retrieve(run.id, thread_id=thread.id).status == "completed"
    newest = beta.threads.messages.list(thread.id).data[0]
    assert newest.content[0].text.value == f"Answer {{number}}."
"""


def fixture(sizes: Sizes) -> Spread:
    """Return the milliseconds that the fixture `simulator` adds to a test, in all its phases."""
    with tempfile.TemporaryDirectory() as folder:
        _write(folder, {"conftest.py": _DURATIONS, "test_fixture.py": _FIXTURE_TESTS.format(count=sizes.fixtures)})
        _pytest(folder)
        took: Mapping[str, float] = json.loads((Path(folder) / "durations.json").read_text())
    plain = median(seconds for test, seconds in took.items() if "test_without" in test)
    # The first one imports what all use: the process is warm after it.
    warm = [seconds for test, seconds in took.items() if "test_with[" in test][1:]
    return Spread.of((seconds - plain) * 1000 for seconds in warm)


def suite(sizes: Sizes) -> Spread:
    """Return the seconds of `pytest -n 2` on many tests, from its start to its exit."""
    with tempfile.TemporaryDirectory() as folder:
        _write(folder, {"test_suite.py": _SIX_REQUESTS.format(count=sizes.tests)})
        start = perf_counter()
        _pytest(folder, "-n", str(WORKERS))
        seconds = perf_counter() - start
    return Spread(seconds, seconds, seconds)


def imports(sizes: Sizes) -> Spread:
    """Return the milliseconds that the plugin's entry module takes to import where pytest is imported; the best."""
    seconds = [_import_once() for _ in range(sizes.imports)]
    return Spread(min(seconds), min(seconds), max(seconds))


def _import_once() -> float:
    ran = _python("-X", "importtime", "-c", f"import pytest\nimport {ENTRY}")
    return sum(_cumulative(ran.stderr.splitlines())) / 1000


def _cumulative(lines: Iterable[str]) -> list[int]:
    """Return the cumulative microseconds of what was imported outermost (`time: self | cumulative | name`) for us."""
    rows = [line.split("|") for line in lines if line.startswith("import time:")]
    ours = {ENTRY, ENTRY.partition(".")[0]}
    found = [int(row[1]) for row in rows if row[2].startswith(" ") and row[2][1:] in ours]
    assert found, f"{ENTRY} was not imported"
    return found


def _write(folder: str, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (Path(folder) / name).write_text(text)


def _pytest(folder: str, *arguments: str) -> None:
    options = ("-q", "-p", ENTRY, "-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning", *arguments)
    _python("-m", "pytest", *options, cwd=folder)


def _python(*arguments: str, cwd: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python, and say what it said if it fails."""
    command: Sequence[str] = (sys.executable, *arguments)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{ran.stdout}{ran.stderr}")
    return ran
