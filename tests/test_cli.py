from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator import SimulatorError, fail
from simulator.cli import STARTER, app, main
from simulator.report import demo

ROOT = Path(__file__).parents[1]
# pytest-asyncio warns where it is not configured, which is not ours to do.
PYTEST_OPTIONS = ("-W", "error", "-p", "no:asyncio", "-p", "assistants_simulator.pytest_entry")


@pytest.fixture
def run():
    """Run a command in this process; gives exit code, and output of both streams."""
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments], prog_name="assistants-simulator")


def spawn(*arguments, **environment):
    command = [sys.executable, "-m", "simulator", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, check=False, timeout=60
    )
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


# demo


def test_the_demo_plays_two_turns_and_shows_the_timeline(run):
    result = run("demo")
    assert result.exit_code == 0
    talk, _, timeline = result.output.partition("\n\n")
    assert talk.splitlines() == [
        f"user: {demo.FIRST_QUESTION}",
        "assistant: It is 72 °F and sunny in San Francisco, where it is 10:15 in the morning.",
        f"user: {demo.SECOND_QUESTION}",
        "assistant: No | . |  There |  is |  not |  a |  cloud |  in |  the |  sky | .",
    ]
    assert re.search(r"runs.submit_tool_outputs 200 .*\n +get_weather\(.*72.*\n +get_local_time\(.*10:15", timeline)
    assert re.search(r"runs.create +200  run_….*: 21 events, 11 deltas, to run.completed", timeline)
    assert re.search(r"runs.retrieve ×\d+ +200  run_….* in_progress", timeline)
    assert max(map(len, result.output.splitlines())) <= 100


def test_the_demo_plays_the_same_each_time(run):
    assert run("demo").output == run("demo").output


def test_the_demo_says_which_sdk_it_needs(run, monkeypatch):
    monkeypatch.setattr(demo, "_speaks_v2", lambda client: False)
    result = run("demo")
    assert result.exit_code == 1
    assert "openai 1.21 or newer" in result.output
    assert "Traceback" not in result.output


def test_the_demo_checks_that_its_script_was_used(monkeypatch):
    monkeypatch.setattr(demo, "_converse", lambda client, show: None)
    with pytest.raises(SimulatorError, match="Never used"):
        demo.play(lambda line: None)


def test_the_demo_does_not_hide_a_run_that_fails(monkeypatch):
    monkeypatch.setattr(demo, "_write_script", lambda sim: sim.script(fail("server_error")))
    with pytest.raises(RuntimeError, match="ended as failed"):
        demo.play(lambda line: None)


def test_the_demo_fits_any_terminal():
    code, printed, errors = spawn("demo", PYTHONIOENCODING="ascii", COLUMNS="20")
    assert (code, errors) == (0, "")
    assert any(len(line) > 90 for line in printed.splitlines())  # cut at 100 columns, wrapped nowhere
    assert "runs.submit_tool_outputs 200  run_?" in printed


def test_the_demo_colours_where_it_is_told_to():
    code, printed, _ = spawn("demo", FORCE_COLOR="1", TERM="xterm-256color")
    assert code == 0
    assert "\x1b[1muser:\x1b[0m" in printed


# init


def test_init_writes_a_test_that_passes(run, pytester):
    result = run("init", pytester.path)
    assert result.exit_code == 0
    assert f"python -m pytest {pytester.path / STARTER}" in result.output
    pytester.runpytest_subprocess(*PYTEST_OPTIONS, STARTER).assert_outcomes(passed=2)


def test_init_makes_the_folder(run, tmp_path):
    assert run("init", tmp_path / "new" / "deep").exit_code == 0
    assert (tmp_path / "new" / "deep" / STARTER).is_file()


def test_init_without_a_folder_writes_where_it_stands(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert f"python -m pytest {STARTER}" in run("init").output
    assert [one.name for one in tmp_path.iterdir()] == [STARTER]


def test_init_overwrites_nothing(run, tmp_path):
    (tmp_path / STARTER).write_text("mine")
    result = run("init", tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path / STARTER} is there already" in result.output
    assert (tmp_path / STARTER).read_text() == "mine"


def test_init_says_when_the_folder_is_a_file(run, tmp_path):
    (tmp_path / "file").write_text("")
    result = run("init", tmp_path / "file")
    assert result.exit_code == 1
    assert f"{tmp_path / 'file'} is a file" in result.output


def test_init_says_why_it_cannot_write(run, tmp_path, monkeypatch):
    opened = Path.open

    def refuse(self, *args, **kwargs):
        if self.parent == tmp_path:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    result = run("init", tmp_path)
    assert result.exit_code == 1
    assert "cannot be written: Permission denied" in result.output


@pytest.mark.parametrize("own", ["simulator/app.py", "simulator.py"])
def test_init_beside_a_module_of_that_name_imports_ours_under_the_other(run, tmp_path, own):
    (tmp_path / own).parent.mkdir(exist_ok=True)
    (tmp_path / own).write_text("")
    assert run("init", tmp_path).exit_code == 0
    assert "from assistants_simulator import" in (tmp_path / STARTER).read_text()


def test_what_init_writes_there_passes(run, pytester):
    pytester.mkpydir("simulator")
    assert run("init", pytester.path).exit_code == 0
    pytester.runpytest_subprocess(*PYTEST_OPTIONS, STARTER).assert_outcomes(passed=2)


def test_the_starter_is_a_test_file_under_another_name():
    names = {one.name for one in resources.files("simulator").joinpath("starter").iterdir()}
    assert names - {"__pycache__"} == {f"{STARTER}.txt"}


# The command itself.


def test_the_version_is_that_of_the_distribution(run, monkeypatch):
    monkeypatch.setattr(metadata, "version", {"assistants-simulator": "1.2.3"}.__getitem__)
    assert run("--version").output == "assistants-simulator 1.2.3\n"


def test_the_version_of_bare_sources_is_said_to_be_none(run, monkeypatch):
    def unknown(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", unknown)
    result = run("--version")
    assert (result.exit_code, result.output) == (0, "assistants-simulator, from its sources and not installed\n")


def test_without_a_command_it_shows_which_there_are(run):
    output = run().output
    assert "demo" in output
    assert "init" in output


@pytest.mark.parametrize(
    "arguments,complaint",
    [
        (["docter"], "No such command 'docter'"),
        (["demo", "fast"], "unexpected extra argument"),
        (["init", "a", "b"], "unexpected extra argument"),
        (["--loud"], "No such option"),
    ],
)
def test_what_cannot_be_meant_is_named(run, tmp_path, monkeypatch, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert complaint in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_module_is_the_command():
    code, printed, _ = spawn("--help")
    assert code == 0
    assert "Usage: assistants-simulator" in printed


def test_streams_that_cannot_be_configured_are_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["x", "--version"])
    monkeypatch.setattr(sys, "stderr", object())
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
