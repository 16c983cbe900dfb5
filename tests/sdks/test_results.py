"""How a run is read and kept, and that what was kept is of this suite and these SDKs."""

from __future__ import annotations

import ast

import pytest

from tests.sdks.environments import environments
from tests.sdks.pins import ROOT
from tests.sdks.results import Result, read, read_report, rows, write

REPORT = """<testsuites><testsuite>
<testcase classname="test_smoke" name="test_poll_loop[sync]"/>
<testcase classname="test_smoke" name="test_poll_loop[async]"><failure message="no"/></testcase>
<testcase classname="tests.sdks.test_smoke" name="test_stream[sync]"><error message="no"/></testcase>
<testcase classname="test_smoke" name="test_stream[async]">
  <skipped type="pytest.skip" message="not offered: openai 1.3.9 has no stream"/></testcase>
<testcase classname="test_smoke" name="test_module_client"><skipped message="for another reason"/></testcase>
<testcase classname="test_seed_program" name="test_its_main"><skipped message="for another SDK"/></testcase>
</testsuite></testsuites>"""
VERSIONS = {"python": "3.11.7", "openai": "1.3.9", "httpx": "0.27.2", "pydantic": "2.8"}


def result(others=None, **checks):
    return Result(name="1.3.9", versions=VERSIONS, checks=checks, others=others or {})


def test_a_report_gives_the_outcomes_by_check_and_client():
    checks, others = read_report(REPORT)
    assert checks == {
        "poll loop": {"sync": "ran", "async": "failed"},
        "stream": {"sync": "failed", "async": "not offered"},
        "module client": {"": "skipped"},
    }
    assert others == {"test_its_main": "skipped"}


@pytest.mark.parametrize(
    "outcomes,passed",
    [
        (["ran", "ran"], True),
        (["ran", "not offered"], True),
        (["not offered", "not offered"], False),
        (["ran", "skipped"], False),
        (["ran", "failed"], False),
        ([], False),
    ],
)
def test_an_sdk_passes_when_all_that_it_offers_has_run(outcomes, passed):
    assert result(loop=dict(enumerate(outcomes))).passed is passed


@pytest.mark.parametrize("outcome,passed", [("ran", True), ("skipped", True), ("failed", False)])
def test_a_program_that_fails_beside_the_suite_fails_the_sdk(outcome, passed):
    assert result({"main": outcome}, loop={"sync": "ran"}).passed is passed


def test_a_run_is_kept_and_shown(tmp_path):
    kept = result(loop={"sync": "ran", "async": "ran"}, stream={"sync": "not offered"}, odd={"": "failed"})
    write([kept], tmp_path / "sdks.json")
    assert read(tmp_path / "sdks.json") == [kept]
    heads, (row,) = rows([kept])
    assert heads == ["openai", "runs on", "pydantic", "loop", "stream", "odd"]
    assert row == ["1.3.9", "httpx 0.27.2", "2.8", "✓", "–", "failed"]


def test_a_check_that_ran_in_part_is_told_in_full():
    _, (row,) = rows([result(loop={"sync": "ran", "async": "not offered"})])
    assert row[-1] == "sync ran, async not offered"


def test_the_row_of_the_lowest_versions_tells_its_sdk():
    _, (row,) = rows([Result(name="lowest", versions=VERSIONS, checks={}, others={})])
    assert row[0] == "lowest (1.3.9)"


# What the last whole run kept. When one of these fails, run `make sdks`.


def test_the_record_is_of_the_sdks_that_we_promise():
    assert [one.name for one in read()] == list(environments())
    for one in read():
        assert f"openai=={one.versions['openai']}\n" in environments()[one.name].constraints


def test_the_record_is_of_the_suite_as_it_is():
    source = ast.parse((ROOT / "tests" / "sdks" / "test_smoke.py").read_text("utf-8"))
    names = [one.name for one in source.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")]
    titles = [name.removeprefix("test_").replace("_", " ") for name in names]
    assert {tuple(one.checks) for one in read()} == {tuple(titles)}


def test_all_seven_passed():
    assert [one.name for one in read() if not one.passed] == []


def test_each_check_ran_somewhere():
    columns = read()[0].checks
    assert [name for name in columns if all("ran" not in one.checks[name].values() for one in read())] == []
