"""The page of the docs: its project is built as it says, and run as it says."""

import contextlib
import io
import re
import sys

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from tests.test_docs import blocks_of, is_known

from .conftest import ROOT

PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
BLOCKS = blocks_of(PAGE)


def texts(language):
    return [block.text for block in BLOCKS if block.language == language]


@pytest.fixture
def project(pytester):
    """The project of the page, to stand in."""
    pytester.mkdir("scenarios").joinpath("weather.scenario.yaml").write_text(texts("yaml")[0])
    for block in BLOCKS:
        if block.file:
            file = pytester.path / block.file
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text)
    before = set(sys.modules)
    yield pytester
    for name in set(sys.modules) - before:
        if str(pytester.path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("console", texts("console"))
def test_the_commands_print_what_the_page_shows(project, console, monkeypatch):
    monkeypatch.syspath_prepend("")
    command, _, printed = console.partition("\n")
    assert is_known(command.removeprefix("$ "))
    result = CliRunner().invoke(app, command.split()[2:], prog_name="assistants-simulator")
    assert result.output.startswith(printed)
    assert result.exit_code == ("FAILED" in printed)


def test_its_tests_do_as_the_page_says(project):
    (ini,) = texts("ini")
    (project.path / "pytest.ini").write_text(ini)
    result = project.runpytest_inprocess("-p", "assistants_simulator.pytest_entry", "-W", "ignore", "-rpf")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["PASSED tests/test_weather.py::*", "FAILED scenarios/weather.scenario.yaml::weather*"], consecutive=False
    )


def test_the_program_of_the_page_prints_what_it_says(monkeypatch):
    (block,) = [block for block in BLOCKS if block.expected]
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block.text, "scenarios.md", "exec"), {})
    assert printed.getvalue() == block.expected


def test_every_key_of_the_language_is_on_the_page():
    from simulator.scenario.schema import Assistant, Expectations, Scenario, Step, Tool

    keys = {
        field.alias or name
        for kind in (Assistant, Expectations, Scenario, Step, Tool)
        for name, field in kind.model_fields.items()
    }
    assert [key for key in sorted(keys) if not re.search(rf"`{key}\b", PAGE)] == []
