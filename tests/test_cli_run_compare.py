"""`run --against`, `--baseline` and `--compare`: what differs is said, whatever else is written is whole."""

from __future__ import annotations

import json
import sys

import pytest
from typer.testing import CliRunner

from simulator.cli import app

SCENARIO = """\
scenario: {title}
tools: {{get_weather: {{returns: sunny}}}}
conversation:
  - {{user: Hello?, model: [{{say: Hello.}}], expect: {{reply: Hello.}}}}
"""
APPS = """\
import time
import openai


class Old:
    options = {"instructions": "Be kind."}

    def __init__(self):
        self.client = openai.OpenAI()
        self.assistant = self.client.beta.assistants.create(model="gpt-4o", **self.options)

    def __call__(self, user_id, text):
        messages = [{"role": "user", "content": text}]
        run = self.client.beta.threads.create_and_run(assistant_id=self.assistant.id, thread={"messages": messages})
        while run.status != "completed":
            time.sleep(1)
            run = self.client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        return self.client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value


class New(Old):
    options = {}


class Mute(Old):
    def __call__(self, user_id, text):
        return super().__call__(user_id, text) and ""
"""
LOST = "instructions_lost in turn 1 ('Hello?')"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "loops.py").write_text(APPS, encoding="utf-8")
    (tmp_path / "scenarios").mkdir()
    for name in ("one", "two"):
        path = tmp_path / "scenarios" / f"{name}.scenario.yaml"
        path.write_text(SCENARIO.format(title=f"Scenario {name}"), encoding="utf-8")
    yield lambda *arguments: CliRunner().invoke(app, ["run", "scenarios", *arguments])
    sys.modules.pop("loops", None)


def test_an_app_against_itself_is_its_twin(run):
    result = run("--app", "loops:Old", "--against", "loops:Old")
    assert (result.exit_code, "2 passed." in result.output) == (0, True), result.output
    assert "difference" not in result.output


def test_what_differs_from_another_app_is_said_and_fails(run):
    result = run("--app", "loops:Old", "--against", "loops:New", "-k", "one")
    assert result.exit_code == 1
    lines = [line.strip() for line in result.output.splitlines()]
    assert "scenarios/one: 1 difference: instructions_lost" in lines
    place = lines.index(LOST)
    assert lines[place + 1 : place + 3] == ["old: Be kind.", "new: (nothing)"]
    assert lines[place + 3].startswith("why: An assistant's instructions held in every run.")


def test_what_the_scenario_expects_of_the_other_app_is_said(run):
    result = run("--app", "loops:Old", "--against", "loops:Mute", "-k", "one")
    assert result.exit_code == 1
    assert "reply_misread in turn 1" in result.output
    assert "the new side does not do what is expected: step 1, user: 'Hello?': the reply is ''" in result.output


def test_differences_that_are_meant_pass_and_those_never_needed_are_said(run, tmp_path):
    (tmp_path / "meant.yaml").write_text(
        "tolerated:\n- {kind: instructions_lost, in: '*/one', reason: it is kind anyway}\n"
        "- {kind: instructions_lost, in: '*/two', reason: likewise}\n- {kind: model_changed, reason: never}\n",
        encoding="utf-8",
    )
    result = run("--app", "loops:Old", "--against", "loops:New", "--tolerated", "meant.yaml")
    assert result.exit_code == 0, result.output
    assert "meant: instructions_lost: it is kind anyway (turn 1)" in result.output
    assert "Never needed: kind: model_changed." in result.output
    part = run("--app", "loops:Old", "--against", "loops:New", "--tolerated", "meant.yaml", "-k", "one")
    assert (part.exit_code, "Never needed" in part.output) == (0, False), part.output


def test_differences_as_json(run):
    result = run("--app", "loops:Old", "--against", "loops:New", "--json", "-k", "one")
    assert result.exit_code == 1
    (scenario,) = json.loads(result.stdout)["scenarios"]
    (difference,) = scenario["comparison"]["differences"]
    assert (difference["kind"], difference["turn"], difference["old"], difference["new"]) == (
        ("instructions_lost", 1, "Be kind.", "")
    )
    assert (scenario["passed"], scenario["comparison"]["passed"]) == (False, False)


def test_a_baseline_is_written_and_other_code_compared_with_it(run, tmp_path):
    result = run("--app", "loops:Old", "--baseline", "base")
    assert (result.exit_code, "Wrote 2 records into base." in result.output) == (0, True), result.output
    files = sorted(path.relative_to(tmp_path / "base").as_posix() for path in (tmp_path / "base").rglob("*.*"))
    assert files == ["scenarios/one.yaml", "scenarios/two.yaml"]
    before = (tmp_path / "base" / files[0]).read_bytes()
    run("--app", "loops:Old", "--baseline", "base")
    assert (tmp_path / "base" / files[0]).read_bytes() == before

    assert run("--app", "loops:Old", "--compare", "base").exit_code == 0
    result = run("--app", "loops:New", "--compare", "base")
    assert (result.exit_code, result.output.count(LOST)) == (1, 2)

    (tmp_path / "base" / "tolerated.yaml").write_text(
        "tolerated: [{kind: instructions_lost, reason: kind anyway}]", encoding="utf-8"
    )
    (tmp_path / "base" / "scenarios" / "two.yaml").unlink()
    result = run("--app", "loops:New", "--compare", "base")
    assert result.exit_code == 0, result.output
    assert "Without a record in base: scenarios/two.scenario.yaml." in result.output


def test_what_failed_is_not_written(run, tmp_path):
    result = run("--app", "loops:Mute", "--baseline", "base")
    assert (result.exit_code, "Wrote 0 records" in result.output) == (1, True)
    assert not (tmp_path / "base").exists()


def test_pages_show_both_sides(run, tmp_path):
    result = run("--app", "loops:Old", "--against", "loops:New", "--html", "pages", "-k", "one")
    assert result.exit_code == 1
    old, new = sorted(path for path in (tmp_path / "pages").iterdir() if path.name != "index.html")
    assert (LOST in old.read_text("utf-8").replace("&#x27;", "'"), "new-side" in new.name) == (True, True)
    assert len((tmp_path / "pages" / "index.html").read_text("utf-8").split(new.name)) > 1


@pytest.mark.parametrize(
    "arguments,told",
    [
        (["--against", "loops:New", "--baseline", "base"], "Of --against, --baseline and --compare give one."),
        (["--compare", "base"], "--compare: base is no folder: write it with --baseline base and the old app."),
        (["--baseline", "base", "--tolerated", "x"], "--tolerated is for --against; a baseline has its tolerated.yaml"),
        (["--against", "loops:Nw"], "--against loops:Nw: "),
        (["--against", "loops:New", "--tolerated", "nowhere.yaml"], "nowhere.yaml cannot be read: No such file"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(run, arguments, told):
    result = run("--app", "loops:Old", *arguments)
    assert result.exit_code == 2
    assert told in result.output


def test_two_scripts_are_no_comparison(run, tmp_path):
    run("--app", "loops:Old", "--baseline", "base")
    path = tmp_path / "scenarios" / "one.scenario.yaml"
    path.write_text(SCENARIO.format(title="Scenario one").replace("Hello.", "Hi."), encoding="utf-8")
    result = run("--app", "loops:Old", "--compare", "base")
    assert result.exit_code == 2
    assert "The two sides had different scripts. In turn 1 ('Hello?')" in result.output
