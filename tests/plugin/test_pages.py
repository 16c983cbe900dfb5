"""`--assistants-report=DIR`: a page for each failing test, and an index."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FAILING = """
    import pytest
    from simulator import say
    from weather import ask

    def test_passes(simulator, openai_client):
        simulator.script(say("It is sunny."))
        assert ask(openai_client) == "It is sunny."

    def test_without():
        assert False

    def test_plain(simulator, openai_client):
        simulator.script(say("It is sunny."), say("It is still sunny."))
        assert ask(openai_client) == "It rains."

    @pytest.mark.parametrize("city", ["a/../b", "</h1><img src=x>", "ü" * 90])
    def test_cities(simulator, openai_client, city):
        simulator.script(say("It is sunny."))
        ask(openai_client, city)
        raise ValueError("sk-proj-abcdefghijklmnopqrstuvwx1234567890")

    @pytest.mark.xfail
    def test_expected(simulator, openai_client):
        simulator.script(say("never"))
"""


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)[1])


def pages_in(folder):
    return {data_of(page)["title"]: page for page in folder.glob("*.html") if page.name != "index.html"}


def index_of(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    return re.findall(r'<li><a href="([^"]+)">', text), re.search("<h1>(.*?)</h1>", text)[1]


def test_each_failing_test_has_a_page(project):
    result = project.test(FAILING, "--assistants-report=out")
    result.assert_outcomes(passed=1, failed=5, xfailed=1)
    pages = pages_in(project.path / "out")
    assert sorted(name.partition("[")[0] for name in pages) == ["test_it.py::test_cities"] * 3 + [
        "test_it.py::test_plain"
    ]
    linked, heading = index_of(project.path / "out")
    assert sorted(linked) == sorted(page.name for page in pages.values())
    assert heading == "4 failing tests"
    result.stdout.fnmatch_lines(
        [f"assistants-simulator: timelines of 4 failing tests: *{project.path.name}/out/index.html"]
    )


def test_the_page_says_what_failed_and_what_was_found_beside_it(project):
    result = project.test(FAILING, "--assistants-report=out", "-k", "plain")
    page = pages_in(project.path / "out")["test_it.py::test_plain"]
    first, second = data_of(page)["findings"]
    assert first.startswith("AssertionError: assert 'It is sunny.' == 'It rains.'")
    assert "test_it.py:14: AssertionError" in first
    assert second == "Never used: script(say('It is still sunny.'))"
    assert {"runs.create", "messages.list"} <= {row["what"] for row in data_of(page)["rows"]}
    result.stdout.fnmatch_lines(["*- assistants-simulator: page -*", str(page)])


def test_no_name_of_a_test_leads_out_of_the_folder_or_into_the_html(project):
    project.test(FAILING, "--assistants-report=out", "-k", "cities")
    names = [one.name for one in (project.path / "out").iterdir()]
    assert len(names) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,100}\.html", name) for name in names)
    assert [one.name for one in project.path.glob("*.html")] == []
    assert all("<img" not in (project.path / "out" / name).read_text(encoding="utf-8") for name in names)


def test_no_key_reaches_a_page_or_the_index(project):
    project.test(FAILING, "--assistants-report=out", "-k", "cities")
    for page in (project.path / "out").iterdir():
        assert "sk-proj-" not in page.read_text(encoding="utf-8")
        assert "scrubbed-openai-key" in page.read_text(encoding="utf-8")


def test_where_nothing_fails_the_index_says_so(project):
    result = project.test(FAILING, "--assistants-report=out", "-k", "passes")
    assert [one.name for one in (project.path / "out").iterdir()] == ["index.html"]
    assert index_of(project.path / "out") == ([], "No test failed")
    result.stdout.fnmatch_lines(["assistants-simulator: timelines of 0 failing tests: *"])


def test_without_the_option_nothing_is_written(project):
    project.test(FAILING)
    assert list(project.path.rglob("*.html")) == []


def test_the_workers_of_xdist_write_and_one_lists(project):
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    done = project.test_apart(FAILING, "-n", "1", "--assistants-report=out")
    assert "5 failed" in done.stdout
    linked, heading = index_of(project.path / "out")
    assert sorted(linked) == sorted(page.name for page in pages_in(project.path / "out").values())
    assert heading == "4 failing tests"
    assert done.stdout.count("timelines of 4 failing tests") == 1


def test_the_same_tests_give_the_same_bytes(project):
    for folder in ("one", "two"):
        project.test(FAILING, f"--assistants-report={folder}")
    one, two = ({page.name: page.read_bytes() for page in (project.path / name).iterdir()} for name in ("one", "two"))
    assert len(one) == 5
    assert one == two


def test_a_set_up_that_fails_has_a_page_too(project):
    project.test(
        """
        import pytest

        @pytest.fixture
        def broken(simulator, openai_client):
            openai_client.beta.assistants.create(model="gpt-4o")
            raise ValueError("no")

        def test_it(broken):
            pass
        """,
        "--assistants-report=out",
    )
    (page,) = pages_in(project.path / "out").values()
    assert data_of(page)["findings"][0].startswith("ValueError: no")
    assert [row["what"] for row in data_of(page)["rows"]] == ["assistants.create"]


def test_a_folder_that_is_a_file_is_refused(project):
    (project.path / "out").write_text("mine")
    result = project.test(FAILING, "--assistants-report=out")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --assistants-report names a folder, and */out is a file."])
    assert (project.path / "out").read_text() == "mine"


def test_a_page_that_cannot_be_written_ends_no_session(project, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("simulator.report.page.write_whole", full)
    monkeypatch.setattr("simulator.report.pages.write_whole", full)
    result = project.test(FAILING, "--assistants-report=out", "-k", "plain or passes")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "It cannot be written: OSError: [[]Errno 28] No space left on device",
            "assistants-simulator: the index of the timelines cannot be written: [[]Errno 28] No space left on device",
        ]
    )


def test_a_test_with_a_cassette_shows_what_went_by(project):
    cassette = ROOT / "cassettes" / "two_rounds.yaml"
    project.pytester.mkdir("cassettes")
    (project.path / "cassettes" / "two_rounds.yaml").write_bytes(cassette.read_bytes())
    project.test(
        """
        import pytest

        @pytest.mark.cassette("two_rounds")
        def test_it(openai_client):
            openai_client.beta.threads.runs.retrieve("run_x", thread_id="thread_x")
        """,
        "--assistants-report=out",
    )
    (page,) = pages_in(project.path / "out").values()
    assert [(row["what"], row["status"]) for row in data_of(page)["rows"]] == [("runs.retrieve", "422")]
