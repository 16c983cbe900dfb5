"""What `docs/cassettes.md` shows is done as it is shown, the test with the program of the README three ways."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest

from simulator import Simulator, call, call_tools, say
from simulator.recording.using import OPTIONS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "cassettes.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block_of(page, name):
    return re.search(rf"`{name}`:\n\n```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)[1]


def brain(view):
    if view.outputs:
        return say("It is sunny in both, at 72 °F.")
    return call_tools(call("get_weather", location="Paris"), call("get_weather", location="London"))


@pytest.fixture
def pages(project, serving, monkeypatch):
    project.write(weather=block_of(README, "weather.py"), test_weather=block_of(PAGE, "test_weather.py"))
    project.pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    simulator = Simulator(brain)
    monkeypatch.setattr(time, "sleep", simulator.clock.advance)  # the program's pauses pass at the service at once
    with serving(simulator) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        yield project


def test_its_commands_do_what_it_says(pages):
    commands = re.findall(r"^\$ python -m pytest(.*?)(?:  #.*)?$", PAGE, re.MULTILINE)
    assert [command.strip() for command in commands] == ["--assistants=simulate", "--assistants=record", ""]
    for command in commands:
        pages.test(*command.split()).assert_outcomes(passed=1)
    assert pages.files() == ["cassettes/weather.yaml"]


def test_its_example_without_pytest_runs(pages, monkeypatch, capsys):
    monkeypatch.chdir(pages.path)
    monkeypatch.syspath_prepend(pages.path)
    monkeypatch.delitem(sys.modules, "weather", raising=False)
    example = PAGE.partition("## Without pytest")[2].partition("```python\n")[2].partition("```")[0]
    for _ in range(2):  # recorded, then replayed
        exec("from weather import reply\n" + example + "\ncheck()\n", {})
    del sys.modules["weather"]
    assert capsys.readouterr().out == "It is sunny in both, at 72 °F.\n" * 2


def test_it_names_every_option():
    table = PAGE.partition("| option | |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)(?:=[^`]*)?`", table)) >= set(OPTIONS) - {"mode"}
