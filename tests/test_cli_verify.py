"""The command `verify`, as somebody types it."""

import json

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from tests.recording.verifying.sessions import ALL


@pytest.fixture
def run():
    """Run the command; returns what it printed, and checks its exit code."""

    def command(*arguments, code=0):
        result = CliRunner().invoke(app, ["verify", *map(str, arguments)])
        assert result.exit_code == code, result.output
        return result.output

    return command


@pytest.fixture
def folder(tmp_path):
    for name, make in ALL.items():
        make().cassette(tmp_path, name)
    return tmp_path


def rewrite(path, change):
    file = json.loads(path.read_bytes())
    change(file)
    path.write_text(json.dumps(file))


def test_sessions_that_are_answered_as_recorded_end_with_0(run, folder):
    printed = run(folder)
    assert printed.startswith("By operation\n")
    assert "Parity over 4 recorded sessions, 4 of them without a difference, and 33 exchanges" in printed
    assert printed.endswith("values 100 %, headers 100 %\n")


def test_a_difference_is_shown_with_both_sides_and_ends_with_1(run, folder):
    rewrite(folder / "cancelled.json", lambda file: file["exchanges"][0]["response_body"].update(model="gpt-5"))
    lines = [line.strip() for line in run(folder, code=1).splitlines()]
    at = next(number for number, line in enumerate(lines) if line.startswith("assistants.create: values, model"))
    assert lines[at + 1 : at + 3] == ['recorded   "gpt-5"', 'simulated  "gpt-4o"']


def test_json_has_each_difference(run, folder):
    rewrite(folder / "cancelled.json", lambda file: file["exchanges"][0]["response_body"].update(model="gpt-5"))
    printed = json.loads(run(folder, "--json", code=1))
    (session,) = [one for one in printed["sessions"] if one["differences"]]
    (difference,) = session["differences"]
    assert (difference["path"], difference["recorded"], difference["simulated"]) == ("model", "gpt-5", "gpt-4o")
    assert printed["parity"]["status"] == {"compared": 33, "differ": 0, "share": 1.0}
    assert [one["rule"] for one in printed["tolerated"]] == ["one query", "padding", "scrubbed key", "second crossed"]


def test_a_request_that_was_not_recorded_is_listed(run, folder):
    def forget(file):
        file["exchanges"][0]["request_body"] = None

    rewrite(folder / "cancelled.json", forget)
    printed = run(folder)
    assert "exchange 1: POST /v1/assistants" in printed
    assert "32 exchanges (1 more whose request was not recorded)" in printed


def test_documented_sessions_are_not_scored(run, folder):
    rewrite(folder / "cancelled.json", lambda file: file.update(kind="documented"))
    printed = run(folder)
    assert "1 sessions, 1 as documented" in printed
    assert "Parity over 3 recorded sessions" in printed


def test_sessions_that_use_what_is_refused_by_name_are_passed_over(run, folder):
    background = {"path": "/v1/responses", "request_body": {"model": "gpt-4o", "input": "x", "background": True}}
    rewrite(folder / "cancelled.json", lambda file: file["exchanges"][0].update(background))
    assert "1 sessions are passed over: they use what is refused by name" in run(folder)


def test_a_file_that_cannot_be_read_ends_with_2_and_the_others_are_verified(run, folder):
    (folder / "broken.json").write_text('{"exchanges": [{"method": 5}]}')
    printed = run(folder, code=2)
    assert "broken.json" in printed
    assert "Parity over 4 recorded sessions" in printed


def test_answers_that_are_none_of_the_api_are_said_to_be_so(run, folder):
    rewrite(folder / "cancelled.json", lambda file: file["exchanges"][1]["response_body"].update(required_action=5))
    assert "cancelled.json: its answers are not formed as the API's are" in run(folder, code=2)


def test_where_nothing_is_recorded_nothing_is_verified(run, tmp_path):
    assert "No recorded session is there." in run(tmp_path, code=2)
    assert "there is no such file" in run(tmp_path / "nothing", code=2)


def test_a_named_file_that_is_no_session_is_said_to_be_so_once(run, tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1}')
    said = run(tmp_path / "a.json", code=2)
    assert "this is no cassette" in said
    assert "No recorded session" not in said
