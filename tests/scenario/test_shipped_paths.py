"""A path that begins with `scenarios/` and is not there means what is shipped: by the command `run`, and in Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator import play
from simulator.cli import app
from simulator.errors import ScenarioError
from simulator.scenario.finding_files import scenario_files
from simulator.scenario.loading import load
from simulator.scenario.shipped import SHIPPED

TOOL = "scenarios/shapes/tool.scenario.yaml"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, ["run", *arguments])


def test_what_is_shipped_is_played_from_any_folder():
    assert play(Path(TOOL), city="Rome").replies == ["It is 72 °F and sunny in Rome."]


def test_the_command_plays_it_and_says_so():
    result = run("scenarios/shapes", "-k", "plain")
    assert (result.exit_code, result.stdout.splitlines()[1]) == (0, "1 passed."), result.output
    assert result.stdout.startswith("passed      scenarios/shapes/plain.scenario.yaml: Somebody asks")
    assert result.stderr == (
        "assistants-simulator: scenarios/shapes is not here; "
        f"played is what assistants-simulator ships: {SHIPPED / 'shapes'}\n"
    )


def test_a_finding_has_its_line(elsewhere):
    (elsewhere / "mute_app.py").write_text("def reply(user_id, text):\n    return 'No.'\n", encoding="utf-8")
    result = run("scenarios/shapes/plain.scenario.yaml", "--app", "mute_app:reply")
    assert result.exit_code == 1
    assert "scenarios/shapes/plain.scenario.yaml:4: step 1" in result.stdout


def test_what_is_there_goes_first(elsewhere):
    own = elsewhere / TOOL
    own.parent.mkdir(parents=True)
    own.write_text("scenario: Mine\nconversation:\n  - {user: Hello?, model: {say: Hi.}}\n", encoding="utf-8")
    assert load(TOOL).scenario == "Mine"
    assert scenario_files(Path("scenarios/shapes")) == [Path(TOOL)]
    result = run("scenarios")
    assert (result.stdout.endswith("1 passed.\n"), result.stderr) == (True, "")


@pytest.mark.parametrize(
    "path, near",
    [
        ("scenarios/shapes/tol.scenario.yaml", f" Did you mean '{TOOL}'?"),
        ("scenarios/fautls", " Did you mean 'scenarios/faults'?"),
        ("scenarios/zzzzzzzzz", ""),
        ("elsewhere/tool.scenario.yaml", ""),
        ("scenarios/../shapes", ""),
    ],
)
def test_what_is_nowhere_is_refused_with_the_nearest(path, near):
    with pytest.raises(ScenarioError) as refused:
        scenario_files(Path(path))
    assert str(refused.value) == f"{path}: there is no such file or folder.{near}"
    with pytest.raises(ScenarioError) as refused:
        load(path)
    assert str(refused.value) == f"{path} cannot be read: No such file or directory.{near}"
