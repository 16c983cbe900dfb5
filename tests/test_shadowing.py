"""Somebody's own `simulator` comes first: it stays theirs, and ours works as `assistants_simulator`."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLUGIN = "assistants_simulator.pytest_entry"
THEIRS = "PLANES = ['A320']\ndef fly(): return 'flying'\n"
# The program, its own tests and those with our simulator, which imports nothing by the contested name.
TESTS = """
import openai
import pytest
import assistants_simulator
from assistants_simulator import CheckFailed, Simulator, call, say, simulated
from assistants_simulator.backend import turns


def test_theirs():
    import simulator
    assert simulator.fly() == "flying" and not hasattr(simulator, "Simulator")

def ask(client):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
    while run.status in ("queued", "in_progress"):
        run = client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    return run.status

def test_fixture(simulator, openai_client):
    assert type(simulator) is Simulator is assistants_simulator.simulator.Simulator
    assert Simulator.__module__ == "assistants_simulator.simulator"
    assert turns.say is say
    simulator.script(say("one"), say("two"))
    assert [ask(openai_client), ask(openai.OpenAI())] == ["completed", "completed"]

@pytest.mark.simulator(brain="auto")
def test_marker():
    assert ask(openai.OpenAI()) == "completed"

@simulated(brain="auto")
def test_decorator(simulator):
    assert ask(openai.OpenAI()) == "completed"

@pytest.mark.xfail(raises=CheckFailed, strict=True)
def test_check(simulator):
    simulator.script(say("never"))
"""


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("pytest.ini", "[pytest]\nasyncio_default_fixture_loop_scope = function\n")

    def write(self, name: str, text: str) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(textwrap.dedent(text), encoding="utf-8")

    def python(self, *args: str) -> subprocess.CompletedProcess[str]:
        # As installed: our package comes after whatever Python puts first.
        environment = {**os.environ, "PYTHONPATH": os.fspath(ROOT), "COLUMNS": "250"}
        command = [sys.executable, *args]
        return subprocess.run(
            command, cwd=self.path, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    def pytest(self, *args: str) -> str:
        """`python -m pytest`, with the folder first in sys.path."""
        done = self.python("-m", "pytest", "-p", PLUGIN, *args)
        return done.stdout + done.stderr

    def says(self, code: str) -> str:
        """What a program prints that runs in the folder."""
        done = self.python("-c", textwrap.dedent(code))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.mark.parametrize(
    "theirs,args", [("simulator/__init__.py", ["-W", "error"]), ("simulator.py", [])], ids=["package", "module"]
)
def test_everything_works_under_the_other_name_and_the_header_says_so(folder, theirs, args):
    folder.write(theirs, THEIRS)
    folder.write("test_it.py", TESTS)
    output = folder.pytest(*args)
    assert "4 passed, 1 xfailed" in output, output
    line = (
        f"assistants-simulator: `import simulator` finds {folder.path / theirs}, not this package: "
        "import it as `assistants_simulator` (fixtures and marker work as they are)"
    )
    assert output.splitlines().count(line) == 1


def test_a_session_that_fails_says_it_at_its_end_too(folder):
    folder.write("simulator.py", THEIRS)
    folder.write("test_it.py", "from simulator import say")
    output = folder.pytest("-q")
    assert "ImportError: cannot import name 'say'" in output
    assert output.count("import it as `assistants_simulator`") == 1


def test_where_nothing_hides_ours_nothing_is_said(folder):
    folder.write("test_it.py", "from simulator import Simulator\ndef test_it(simulator): assert 0")
    output = folder.pytest()
    assert "1 failed" in output
    assert "import it as" not in output


def test_a_folder_that_pytest_puts_first_later_hides_ours_as_well(folder):
    # `pytest` alone: the folder is no part of sys.path until its conftest has been found.
    folder.write("conftest.py", "")
    folder.write("simulator/__init__.py", THEIRS)
    folder.write("test_it.py", TESTS)
    done = folder.python("-P", "-m", "pytest", "-p", PLUGIN)
    assert "4 passed, 1 xfailed" in done.stdout, done.stdout + done.stderr
    assert f"finds {folder.path / 'simulator' / '__init__.py'}" in done.stdout


def test_a_folder_of_data_does_not_hide_ours(folder):
    folder.write("simulator/settings.json", "{}")
    folder.write(
        "test_it.py",
        """
        import assistants_simulator, simulator

        def test_it(simulator):
            assert type(simulator) is assistants_simulator.Simulator
            assert assistants_simulator.Simulator.__module__ == "simulator.simulator"
        """,
    )
    output = folder.pytest()
    assert "1 passed" in output, output
    assert "import it as" not in output


def test_the_plugin_does_not_import_ours_in_front_of_theirs(folder):
    folder.write("later/simulator.py", THEIRS)
    folder.write(
        "test_it.py",
        """
        import sys

        def test_unused():
            assert "simulator" not in sys.modules
            sys.path.insert(0, "later")

        def test_theirs():
            from simulator import fly
            assert fly() == "flying"

        def test_ours(simulator):
            assert type(simulator).__module__ == "assistants_simulator.simulator"
        """,
    )
    output = folder.pytest()
    assert "3 passed" in output, output


@pytest.mark.parametrize(
    "before,place",
    [
        ("sys.modules['simulator'] = types.ModuleType('simulator')", "<module 'simulator'>"),
        ("sys.modules['simulator'] = None", None),
        ("import simulator", None),
        ("", None),
    ],
)
def test_what_hides_ours_is_found_however_it_came_there(folder, before, place):
    said = folder.says(f"""
        import sys, types
        {before}
        import assistants_simulator as ours
        print(repr(ours.shadow()), ours.Simulator().runs)
    """)
    assert said == f"{place!r} []"


# Where nothing hides ours, both names mean the same.


@pytest.mark.parametrize("first", ["simulator", "assistants_simulator"])
def test_every_submodule_is_one_module_under_both_names(folder, first):
    second = "assistants_simulator" if first == "simulator" else "simulator"
    said = folder.says(f"""
        import importlib, pkgutil, sys
        import simulator
        names = [each.name for each in pkgutil.walk_packages(simulator.__path__, "simulator.")]
        names = [name.partition(".")[2] for name in names if not name.endswith("__main__")]
        for name in names:
            one = importlib.import_module("{first}." + name)
            other = importlib.import_module("{second}." + name)
            assert one is other and one.__name__ == one.__spec__.name == "simulator." + name, name
        print(len(names) > 40, "backend.turns" in names, "pytest_plugin" in names)
    """)
    assert said == "True True True"


def test_every_public_name_is_one_thing_under_both_names(folder):
    said = folder.says("""
        import assistants_simulator, simulator
        assert assistants_simulator.__all__ == simulator.__all__
        for name in simulator.__all__:
            assert getattr(assistants_simulator, name) is getattr(simulator, name), name
        names = {}
        exec("from assistants_simulator import *", names)
        assert {*simulator.__all__} < {*names}
        print("same")
    """)
    assert said == "same"


def test_a_submodule_that_has_one_name_is_an_attribute_under_the_other(folder):
    said = folder.says("""
        import assistants_simulator
        import simulator.backend.turns
        print(assistants_simulator.backend.turns is simulator.backend.turns)
    """)
    assert said == "True"


def test_an_object_is_pickled_under_the_first_name(folder):
    said = folder.says("""
        import pickle
        from assistants_simulator import say
        print(pickle.loads(pickle.dumps(say("hello"))) == say("hello"), type(say("hello")).__module__)
    """)
    assert said == "True simulator.backend.turns"


@pytest.mark.parametrize("theirs", ["", THEIRS], ids=["ours", "theirs"])
@pytest.mark.parametrize(
    "statement,error",
    [
        ("assistants_simulator.nothing", "AttributeError: module 'assistants_simulator' has no attribute 'nothing'"),
        ("from assistants_simulator import nothing", "ImportError: cannot import name 'nothing' *"),
        ("import assistants_simulator.nothing", "ModuleNotFoundError: No module named 'assistants_simulator.nothing'"),
        ("import assistants_simulator.backend.nothing", "ModuleNotFoundError: No module named '*.backend.nothing'"),
    ],
)
def test_what_is_not_there_is_missed_in_pythons_own_words(folder, theirs, statement, error):
    if theirs:
        folder.write("simulator.py", theirs)
    said = folder.says(f"""
        import fnmatch, assistants_simulator
        try:
            {statement}
        except Exception as error:
            text = type(error).__name__ + ": " + str(error)
        print(fnmatch.fnmatch(text, {error!r}) or text)
    """)
    assert said == "True"


@pytest.mark.parametrize("theirs", ["", THEIRS], ids=["ours", "theirs"])
def test_the_command_runs_under_the_other_name(folder, theirs):
    if theirs:
        folder.write("simulator.py", theirs)
    done = folder.python("-m", "assistants_simulator", "--help")
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout


def test_importing_the_other_name_loads_nothing_of_the_package(folder):
    said = folder.says("""
        import sys, assistants_simulator
        dir(assistants_simulator), assistants_simulator.__all__, assistants_simulator.shadow()
        late = {"asyncio", "httpx", "httpx2", "openai", "pydantic", "pytest"}
        print(sorted(name for name in sys.modules if "simulator" in name or name in late))
    """)
    assert said == "['assistants_simulator']"
