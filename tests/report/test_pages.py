"""Many pages in one folder."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.report.pages import ListedPage, file_name, index_of, write_index

KEY = "sk-proj-abcdefghijklmnopqrstuvwx1234567890"


@given(st.text(max_size=300))
def test_every_name_is_one_that_file_systems_take(title):
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.html", file_name(title))


@pytest.mark.parametrize("title", ["..", "../../etc/passwd", "con", "a\0b", "\ud800", ".hidden", "a/b\\c:d|e?f*g"])
def test_no_name_leads_elsewhere(title):
    name = file_name(title)
    assert not set(name) & set('/\\:*?"<>|\0')
    assert not name.startswith(".")


def test_names_that_differ_in_case_or_in_what_is_cut_are_two():
    titles = ["test_a", "test_A", "x" * 200 + "a" * 80, "y" * 200 + "a" * 80, "a-b", "a/b"]
    assert len({file_name(title).lower() for title in titles}) == len(titles)


def test_a_name_can_be_read():
    assert file_name("tests/test_weather.py::TestCities::test_paris[18 °C]").startswith(
        "tests-test_weather.py-TestCities-test_paris-18-C-"
    )


def test_a_name_holds_no_secret():
    assert "abcdefghijklmn" not in file_name(f"test_it.py::test_keys[{KEY}]")


def test_the_index_lists_each_page_once_in_order():
    pages = [ListedPage("b", "b.html", "no"), ListedPage("a", "a.html", "no"), ListedPage("b", "b.html", "no")]
    assert re.findall('href="(.*?)"', index_of(pages, heading="2 failing tests")) == ["a.html", "b.html"]


def test_the_index_escapes_and_scrubs():
    page = index_of([ListedPage("<b>", "b.html", f"<img src=x> {KEY}")], heading="<i>")
    assert "<b>" not in page
    assert "<img" not in page
    assert "<i>" not in page
    assert KEY not in page


def test_the_index_is_written_into_a_folder_that_is_made(tmp_path):
    path = write_index(tmp_path / "a" / "b", [], heading="No test failed")
    assert path == tmp_path / "a" / "b" / "index.html"
    assert "<h1>No test failed</h1>" in path.read_text(encoding="utf-8")
    assert "script-src" not in path.read_text(encoding="utf-8")
