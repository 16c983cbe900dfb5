"""What an audit finds in one file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.errors import CassetteError
from simulator.recording.examining.auditing import audit
from simulator.recording.examining.concerns import Concern
from simulator.recording.examining.finding_files import cassette_files
from simulator.recording.examining.orphans import orphans

KEY = "sk-canary0123456789abcdefghij"


def with_secrets(cassette):
    """The same session as its client sent it: with its key, and an address in a message."""
    first, *rest = cassette.interactions
    headers = {**first.request.headers, "authorization": f"Bearer {KEY}"}
    told = rest[1].request.body.replace(b"How is Paris?", b"I am jane.doe@corp.de")
    return replace(
        cassette,
        interactions=[
            replace(first, request=replace(first.request, headers=headers)),
            rest[0],
            replace(rest[1], request=replace(rest[1].request, body=told)),
            *rest[2:],
        ],
    )


@pytest.mark.parametrize("form", ["vcrpy", "ruby", "vcrpy-json", "corpus"])
def test_secrets_are_found_with_their_line_and_never_shown(weather, saved, form):
    path = saved(with_secrets(weather), form=form)
    lines = path.read_text().split("\n")
    found = audit(path, [Concern.SECRETS]).secrets
    assert [(one.kind, one.place) for one in found] == [
        ("authorization_header", "request header authorization"),
        ("email", "request body.content"),
    ]
    assert "authorization" in lines[found[0].line - 1].lower()
    assert "jane.doe" in lines[found[1].line - 1]
    assert KEY not in repr(found)
    assert "jane" not in repr(found)


def test_a_secret_in_an_answer_is_found_in_the_answer(weather, saved):
    last = weather.interactions[-1]
    headers = {**last.response.headers, "set-cookie": "__cf_bm=abcdef0123456789"}
    marked = replace(last, response=replace(last.response, headers=headers))
    path = saved(replace(weather, interactions=[*weather.interactions[:-1], marked]))
    (found,) = audit(path, [Concern.SECRETS]).secrets
    assert (found.kind, found.place) == ("cookie", "response header set-cookie")
    assert path.read_text().split("\n")[found.line - 1].strip() == "set-cookie:"


def test_a_session_without_secrets_has_none(weather, saved):
    assert audit(saved(weather), [Concern.SECRETS]).secrets == []


def test_false_greens_are_counted_for_files_that_are_replayed_by_order(weather, saved):
    assert audit(saved(weather)).count(Concern.REPLAY) == 12
    assert audit(saved(weather, "own.yaml", form="own")).count(Concern.REPLAY) == 0


def test_what_nobody_looked_for_is_not_found(weather, saved):
    found = audit(saved(with_secrets(weather)), [Concern.CALLS])
    assert [found.count(concern) for concern in Concern] == [0, 0, 0, 0]


def test_calls_that_were_never_answered_are_named(weather, saved):
    found = audit(saved(replace(weather, interactions=weather.interactions[:6])), [Concern.CALLS])
    assert [(run.id, call.name) for run, call in found.unanswered] == [("run_1", "get_weather"), ("run_1", "get_time")]


# Which files.


def test_a_folder_is_searched_for_what_may_be_a_cassette(tmp_path):
    for name in ("b.yaml", "a.yml", "deep/c.json", ".venv/x.yaml", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [one.relative_to(tmp_path).as_posix() for one in cassette_files(tmp_path)] == [
        *("a.yml", "b.yaml", "deep/c.json"),
    ]
    assert cassette_files(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]


def test_a_path_that_leads_nowhere_is_refused(tmp_path):
    with pytest.raises(CassetteError, match="no such file or folder"):
        cassette_files(tmp_path / "none")


@pytest.mark.parametrize(
    "cassette,test",
    [
        ("weather.yaml", 'with use_cassette("weather.yaml"): ...'),
        ("weather.yaml", '@pytest.mark.cassette("weather")'),
        ("test_weather.yaml", "def test_weather(): ..."),
        ("test_weather[paris-1].yaml", "def test_weather(city, n): ..."),
        ("TestCity.test_weather.yaml", "class TestCity:\n    def test_weather(self): ..."),
        ("runs_list.yml", 'VCR.use_cassette("runs list")'),
    ],
)
def test_a_cassette_that_a_test_names_is_none_of_the_orphans(tmp_path, cassette, test):
    (tmp_path / "test_it.py").write_text(test)
    assert orphans([tmp_path / "cassettes" / cassette], tmp_path) == []


@pytest.mark.parametrize("test", ["def test_weather_of_today(): ...", "get_weather()", "# another-weather", ""])
def test_a_cassette_that_only_part_of_a_name_names_is_an_orphan(tmp_path, test):
    (tmp_path / "test_it.py").write_text(test)
    (tmp_path / "weather.yaml").write_text("weather: it does not name itself")
    assert orphans([tmp_path / "weather.yaml"], tmp_path) == [tmp_path / "weather.yaml"]


def test_without_tests_there_is_nothing_to_ask(tmp_path):
    with pytest.raises(CassetteError, match="no such folder of tests"):
        orphans([], tmp_path / "none")
