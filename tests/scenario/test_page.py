"""The page of the docs: what it shows is played."""

import contextlib
import io
import re

from simulator import play

from .conftest import ROOT

PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_scenario_of_the_page_passes(scenario):
    (text,) = blocks("yaml")
    assert play(scenario(text)).passed


def test_the_program_of_the_page_prints_what_it_says(monkeypatch):
    (source,), (expected,) = blocks("python"), blocks("text")
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "scenarios.md", "exec"), {})
    assert printed.getvalue() == expected
