"""The commands that examine cassettes, as somebody types them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.cli.cassettes import FormName
from simulator.recording import forms

ROOT = Path(__file__).parents[1]
KEY = "sk-canary0123456789abcdefghij"
RUN = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "assistant_id": "asst_1", "created_at": 100}
SAID = {"type": "text", "text": {"value": "It is 18 °C.", "annotations": []}}
MESSAGE = {"id": "msg_1", "object": "thread.message", "thread_id": "thread_1", "run_id": "run_1", "role": "assistant"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
ASKED = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [CALL]}}


def exchange(method, path, answer, body=None, **headers):
    return {
        "method": method,
        "path": f"/v1{path}",
        "request_headers": {"openai-beta": "assistants=v2", **headers},
        "request_body": body,
        "status": 200,
        "response_headers": {"content-type": "application/json"},
        "response_body": answer,
    }


def loop(said="It is 18 °C.", **headers):
    """A recorded run loop, as a file."""
    posted = {
        **MESSAGE,
        "id": "msg_0",
        "run_id": None,
        "role": "user",
        "content": [{**SAID, "text": {"value": "How is Paris?"}}],
    }
    answered = {**MESSAGE, "content": [{**SAID, "text": {"value": said}}]}
    run = "/threads/thread_1/runs/run_1"
    outputs = {"tool_outputs": [{"tool_call_id": "call_1", "output": "18"}]}
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
    exchanges = [
        exchange("POST", "/threads", {"id": "thread_1", "object": "thread"}, {}, **headers),
        exchange("POST", "/threads/thread_1/messages", posted, {"role": "user", "content": "How is Paris?"}),
        exchange("POST", "/threads/thread_1/runs", {**RUN, "status": "queued"}, {"assistant_id": "asst_1"}),
        exchange("GET", run, {**RUN, "status": "requires_action", "required_action": ASKED}),
        exchange("POST", f"{run}/submit_tool_outputs", {**RUN, "status": "queued"}, outputs),
        exchange("GET", run, {**RUN, "status": "completed", "completed_at": 104, "usage": usage, "model": "gpt-4o"}),
        exchange("GET", "/threads/thread_1/messages", {"object": "list", "data": [answered, posted]}),
    ]
    return json.dumps({"exchanges": exchanges}, indent=1, ensure_ascii=False)


@pytest.fixture
def run(monkeypatch):
    """Run a command in this process; a terminal of 120 columns."""
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments], prog_name="assistants-simulator")


@pytest.fixture
def weather(tmp_path):
    path = tmp_path / "weather.json"
    path.write_text(loop(), encoding="utf-8")
    return path


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("interactions:\n- request: [\n")
    return path


# audit


def test_audit_says_on_one_screen_which_tests_lie(run, weather):
    result = run("audit", weather)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == f"{weather}: corpus, v2, 7 requests"
    assert "  run run_1: queued → requires_action → queued → completed, 1 tool call" in lines
    assert "Replayed by order, a test of run_1 stays green for a program that …" in lines
    assert '  ✗ never submits the tool outputs                             reads "It is 18 °C."' in lines
    assert '  ✗ submits other outputs*                                     reads "It is 18 °C."' in lines
    assert "With allow_playback_repeats a right program polls for ever." in lines
    assert "And it turns red for a right program that polls once more than the recorded one did." in lines
    assert lines[-1].startswith("Replayed by state, such programs turn red: pytest --assistants=replay")
    assert len(lines) <= 30


def test_audit_of_a_folder_has_a_line_for_each_that_needs_one(run, weather, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "clean.json").write_text('{"exchanges": []}')
    (tmp_path / "deep" / "settings.yaml").write_text("color: red\n")
    (tmp_path / "deep" / "again.json").write_text(loop(authorization=f"Bearer {KEY}"), encoding="utf-8")
    result = run("audit", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:4] == [
        "deep/again.json  7 requests, 1 run     12 false greens, 1 secret",
        "weather.json     7 requests, 1 run     12 false greens",
        "",
        "3 cassettes: 2 with tests that stay green for a wrong program, 1 with secrets.",
    ]


def test_audit_names_secrets_and_never_shows_them(run, tmp_path):
    path = tmp_path / "weather.json"
    path.write_text(loop(authorization=f"Bearer {KEY}"), encoding="utf-8")
    result = run("audit", path, "--only", "secrets")
    assert result.exit_code == 1
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if KEY in text)
    assert f"  {path}:{line}: authorization_header in request header authorization" in result.stdout.splitlines()
    assert "canary" not in result.output


def test_audit_of_what_is_clean_exits_with_0(run, weather, tmp_path):
    result = run("audit", weather, "--only", "secrets")
    assert result.exit_code == 0
    assert "Secrets" not in result.output


def test_audit_with_tests_names_orphans(run, weather, tmp_path):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_it.py").write_text('use_cassette("weather")')
    (tmp_path / "lost.json").write_text(loop(), encoding="utf-8")
    result = run("audit", tmp_path, "--only", "orphans", "--tests", tests)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "lost.json  7 requests, 1 run     named by no test".replace("lost.json", str(tmp_path / "lost.json")),
        "",
        "2 cassettes: 1 that no test names.",
    ]
    assert run("audit", weather, "--only", "orphans", "--tests", tests).exit_code == 0


def test_audit_without_tests_cannot_look_for_orphans(run, weather):
    result = run("audit", weather, "--only", "orphans")
    assert (result.exit_code, result.stderr) == (2, "assistants-simulator: --only orphans needs --tests FOLDER.\n")


def test_audit_as_json_is_for_programs(run, weather):
    (found,) = json.loads(run("audit", weather, "--json").stdout)
    assert found["findings"] == {"calls": 0, "replay": 12, "secrets": 0, "orphans": 0}
    assert found["ended"] == {"completed": 1}
    (tried,) = found["replay_by_order"]
    assert tried["false_greens"][0] == {
        "a_program_that": "never submits the tool outputs",
        "passes_by": ["default", "body"],
        "sees": "completed",
        "reads": "It is 18 °C.",
    }
    assert tried["caught"] == [
        *(f"polls {pace} as often, and so is never asked for outputs" for pace in ("a third", "a quarter")),
        *("submits twice", "cancels instead of submitting"),
    ]


def test_audit_tells_of_calls_that_nobody_answered(run, tmp_path):
    half = json.loads(loop())
    half["exchanges"] = half["exchanges"][:4]
    (tmp_path / "half.json").write_text(json.dumps(half))
    result = run("audit", tmp_path / "half.json")
    assert result.exit_code == 1
    assert 'never answered: get_weather({"city": "Paris"})' in result.stdout
    assert "no wrong program was tried: the session ends while it is requires_action" in result.stdout


def test_audit_goes_on_after_a_file_that_cannot_be_read(run, weather, broken, tmp_path):
    result = run("audit", tmp_path)
    assert result.exit_code == 2
    assert str(weather) in result.stdout
    assert result.stderr.startswith(f"assistants-simulator: {broken}:3: this is no YAML: ")


def test_audit_of_nothing_that_can_be_read_does_not_say_that_nothing_was_found(run, broken):
    result = run("audit", broken)
    assert (result.exit_code, result.stdout) == (2, "")


def test_audit_of_a_folder_without_cassettes_says_that_it_is_one(run, tmp_path):
    result = run("audit", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "No cassette is there.\n")


def test_audit_of_our_own_form_has_nothing_to_let_pass(run, weather, tmp_path):
    assert run("convert", weather).exit_code == 0
    result = run("audit", tmp_path / "weather.yaml")
    assert result.exit_code == 0
    assert "Replayed by state: what a run was not asked for, or not yet, is not answered." in result.stdout


# show and diff


def test_show_prints_the_conversation(run, weather):
    result = run("show", weather)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "v2, 7 requests",
        "assistant asst_1, model unknown",
        "thread thread_1",
        "  user: How is Paris?",
        "  run run_1, gpt-4o",
        "    queued → requires_action → queued → completed +4 s",
        '    get_weather({"city": "Paris"})',
        "      → 18",
        "    assistant: It is 18 °C.",
        "    tokens: 10 in, 2 out",
    ]


@pytest.mark.parametrize("form", forms.NAMES)
def test_show_prints_the_same_whatever_the_form(run, weather, tmp_path, form):
    assert run("convert", weather, "--to", form, "-o", tmp_path / "other").exit_code == 0
    assert run("show", tmp_path / "other").stdout == run("show", weather).stdout


def test_show_as_json_is_for_programs(run, weather):
    (thread,) = json.loads(run("show", weather, "--json").stdout)["threads"]
    message, loop = thread["entries"]
    assert message == {"type": "message", "id": "msg_0", "role": "user", "text": "How is Paris?"}
    assert [one["status"] for one in loop["statuses"]] == ["queued", "requires_action", "queued", "completed"]
    assert loop["acts"][0]["calls"][0]["output"] == "18"
    assert loop["tokens"] == {"in": 10, "out": 2}


def test_show_keeps_control_characters_from_the_terminal(run, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(loop(said="\x1b[31mred\a"), encoding="utf-8")
    result = run("show", path)
    assert result.exit_code == 0
    assert "assistant: �[31mred�" in result.stdout


def test_show_says_when_there_is_no_conversation(run, tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"exchanges": []}')
    result = run("show", path)
    assert (result.exit_code, result.stdout) == (0, "0 requests\n(neither a thread nor a run is in it)\n")


def test_git_shows_conversations_by_the_documented_lines(weather, tmp_path):
    """`.gitattributes` and one setting: a diff of a cassette is one of its conversation."""

    def git(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "GIT_CONFIG_GLOBAL": os.devnull}
        command = ["git", "-C", tmp_path, "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout.decode()

    git("init", "-q")
    (tmp_path / ".gitattributes").write_text("*.json diff=cassette\n")
    git("config", "diff.cassette.textconv", f"'{sys.executable}' -m simulator show")
    git("add", ".")
    git("commit", "-qm", "x")
    weather.write_text(loop(said="It is 31 °C."), encoding="utf-8")
    shown = git("diff")
    assert "-    assistant: It is 18 °C.\n+    assistant: It is 31 °C.\n" in shown
    assert "exchanges" not in shown


def test_diff_passes_over_ids_and_times(run, weather, tmp_path):
    other = tmp_path / "other.json"
    renamed = loop().replace("run_1", "run_abcdef").replace('"completed_at": 104', '"completed_at": 199')
    other.write_text(renamed.replace("thread_1", "thread_xyzxyz"), encoding="utf-8")
    result = run("diff", weather, other)
    assert (result.exit_code, result.output) == (0, "")


def test_diff_prints_what_changed(run, weather, tmp_path):
    other = tmp_path / "other.json"
    other.write_text(loop(said="It is 31 °C."), encoding="utf-8")
    result = run("diff", weather, other)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [f"--- {weather}", f"+++ {other}"]
    assert result.stdout.splitlines()[-3:] == [
        "-    assistant: It is 18 °C.",
        "+    assistant: It is 31 °C.",
        "     tokens: 10 in, 2 out",
    ]


# convert


def test_convert_writes_beside_its_source(run, weather, tmp_path):
    target = tmp_path / "weather.yaml"
    result = run("convert", weather)
    assert (result.exit_code, result.stdout) == (0, f"{weather} → {target}\n")
    assert forms.load(target).form == "own"


def test_convert_twice_writes_once(run, weather, tmp_path):
    run("convert", weather)
    before = (tmp_path / "weather.yaml").stat().st_mtime_ns
    assert run("convert", weather).stdout == f"{weather} → {tmp_path / 'weather.yaml'} (there already, the same)\n"
    assert (tmp_path / "weather.yaml").stat().st_mtime_ns == before


def test_convert_overwrites_nothing(run, weather, tmp_path):
    (tmp_path / "weather.yaml").write_text("mine")
    result = run("convert", weather)
    assert result.exit_code == 2
    assert "weather.yaml: this is there already and holds something else" in result.stderr
    assert (tmp_path / "weather.yaml").read_text() == "mine"


def test_convert_over_its_source_must_be_asked_for(run, weather, tmp_path):
    run("convert", weather, "--to", "vcrpy")
    source = tmp_path / "weather.yaml"
    before = source.read_bytes()
    result = run("convert", source)
    assert (result.exit_code, source.read_bytes()) == (2, before)
    assert "Say --in-place" in result.stderr
    assert run("convert", source, "--in-place").exit_code == 0
    assert forms.load(source).form == "own"
    assert run("convert", source, "--in-place").stdout.endswith("(there already, the same)\n")


def test_convert_scrubs(run, tmp_path):
    path = tmp_path / "weather.json"
    path.write_text(loop(authorization=f"Bearer {KEY}"), encoding="utf-8")
    for form in forms.NAMES:
        assert run("convert", path, "--to", form, "-o", tmp_path / form).exit_code == 0
        assert KEY not in (tmp_path / form).read_text()
        assert run("audit", tmp_path / form, "--only", "secrets").exit_code == 0


def test_convert_a_folder_into_a_folder(run, weather, tmp_path):
    (tmp_path / "other.json").write_text('{"exchanges": []}')
    (tmp_path / "package.json").write_text('{"name": "x"}')
    result = run("convert", tmp_path, "--to", "ruby", "--output", tmp_path / "new")
    assert result.exit_code == 0
    assert sorted(one.name for one in (tmp_path / "new").iterdir()) == ["other.yml", "weather.yml"]


def test_convert_refuses_two_results_in_one_place(run, weather, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "weather.json").write_text(loop(), encoding="utf-8")
    result = run("convert", tmp_path, "--output", tmp_path / "new")
    assert result.exit_code == 2
    assert "two cassettes would be written there" in result.stderr
    assert not (tmp_path / "new").exists()


def test_convert_refuses_output_and_in_place(run, weather):
    result = run("convert", weather, "--in-place", "--output", "x")
    assert (result.exit_code, result.stderr) == (
        2,
        "assistants-simulator: --output and --in-place: which of the two?\n",
    )


def test_convert_refuses_a_form_that_there_is_not(run, weather):
    result = run("convert", weather, "--to", "har")
    assert result.exit_code == 2
    assert "'har' is not one of 'own', 'vcrpy', 'vcrpy-json', 'ruby', 'corpus'" in " ".join(result.stderr.split())


def test_convert_of_a_broken_file_writes_nothing(run, broken, tmp_path):
    result = run("convert", broken, "-o", tmp_path / "new.yaml")
    assert result.exit_code == 2
    assert not (tmp_path / "new.yaml").exists()


# distill


def test_distill_prints_a_test(run, weather):
    result = run("distill", weather)
    assert result.exit_code == 0
    assert "def test_weather(simulator, openai_client):" in result.stdout


def test_distill_writes_a_test_and_overwrites_nothing(run, weather, tmp_path):
    target = tmp_path / "tests" / "test_weather.py"
    result = run("distill", weather, "-o", target)
    assert result.exit_code == 0
    assert f"python -m pytest {target}" in result.stdout
    assert target.read_text(encoding="utf-8") == run("distill", weather).stdout
    again = run("distill", weather, "-o", target)
    assert (again.exit_code, again.stdout.startswith(f"{target} is there already, the same.")) == (0, True)
    target.write_text("mine")
    assert run("distill", weather, "-o", target).exit_code == 2
    assert target.read_text() == "mine"


def test_distill_leaves_no_half_of_a_file_on_a_full_disk(run, weather, tmp_path, monkeypatch):
    def full(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    folder = tmp_path / "new"
    result = run("distill", weather, "-o", folder / "test_weather.py")
    assert result.exit_code == 2
    assert "it cannot be written: No space left on device. Nothing was written." in " ".join(result.stderr.split())
    assert list(folder.iterdir()) == []


def test_distill_of_what_holds_no_run_is_refused(run, tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"exchanges": []}')
    result = run("distill", path)
    assert result.exit_code == 2
    assert result.stderr == f"assistants-simulator: {path}: no run of the Assistants API is in this session.\n"


# What all have in common.


def test_the_command_knows_every_form():
    assert tuple(FormName) == forms.NAMES


def test_commands_that_examine_nothing_do_not_load_what_does():
    code = "import sys, simulator.cli; print(sorted({'yaml', 'pydantic', 'vcr', 'openai'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


@pytest.mark.parametrize("command", ["audit", "show", "convert", "distill"])
def test_a_file_that_is_not_there_is_said_on_stderr(run, tmp_path, command):
    result = run(command, tmp_path / "none.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "none.yaml: " in result.stderr


@pytest.mark.parametrize("command", ["audit", "show", "diff", "convert", "distill"])
def test_a_command_without_a_path_says_what_it_needs(run, command):
    result = run(command)
    assert result.exit_code == 2
    assert "Missing argument" in result.stderr


@pytest.mark.parametrize("command", ["audit", "show", "diff", "convert", "distill"])
def test_each_command_explains_itself(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Usage: assistants-simulator" in result.stdout


def test_output_fits_a_terminal_that_has_no_arrows(weather):
    command = [sys.executable, "-m", "simulator", "show", str(weather)]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    assert b"queued ? requires_action" in done.stdout
    assert "It is 18 °C.".encode("cp1252") in done.stdout


# show --html


def test_show_writes_the_page_of_a_session(run, weather, tmp_path):
    page = tmp_path / "pages" / "weather.html"
    result = run("show", weather, "--html", page)
    assert (result.exit_code, result.stdout) == (0, f"Wrote {page}.\n")
    found = re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    rows = json.loads(found[1])["rows"]
    assert [row["cells"] for row in rows if row["kind"] == "status"] == [
        {"run": [f"run_1 {before} → {after}"]}
        for before, after in [
            ("new", "queued"),
            ("queued", "requires_action"),
            ("requires_action", "queued"),
            ("queued", "completed"),
        ]
    ]
    assert [row["cells"]["tools"] for row in rows if "tools" in row["cells"]] == [
        ['get_weather({"city": "Paris"}) → 18']
    ]
    assert sum(len(row["more"]) + 1 for row in rows if row["status"]) == 7


@pytest.mark.parametrize("form", forms.NAMES)
def test_show_writes_the_same_page_whatever_the_form(run, weather, tmp_path, form):
    name, page = tmp_path / "same.x", tmp_path / "page.html"
    assert run("convert", weather, "--to", form, "-o", name).exit_code == 0
    assert run("show", name, "--html", page).exit_code == 0
    shown = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)[1])
    assert [row["what"] for row in shown["rows"] if row["status"]][-2:] == ["runs.retrieve", "messages.list"]


def test_show_writes_no_page_over_the_cassette(run, weather):
    before = weather.read_bytes()
    result = run("show", weather, "--html", weather)
    assert result.exit_code == 2
    assert result.stderr == f"assistants-simulator: {weather} is the cassette itself: name another file for the page.\n"
    assert weather.read_bytes() == before


def test_show_writes_no_page_of_what_cannot_be_read(run, broken, tmp_path):
    assert run("show", broken, "--html", tmp_path / "page.html").exit_code == 2
    assert not (tmp_path / "page.html").exists()


def test_show_says_where_no_page_can_be_written(run, weather, tmp_path):
    (tmp_path / "file").write_text("")
    result = run("show", weather, "--html", tmp_path / "file" / "page.html")
    assert result.exit_code == 2
    assert "page.html cannot be written: " in result.stderr


def test_show_cannot_do_both(run, weather, tmp_path):
    result = run("show", weather, "--json", "--html", tmp_path / "page.html")
    assert (result.exit_code, result.stderr) == (2, "assistants-simulator: --json and --html: which of the two?\n")


def test_a_page_shows_no_secret_of_a_cassette(run, weather, tmp_path):
    text = weather.read_text(encoding="utf-8").replace("How is Paris?", "sk-proj-abcdefghijklmnopqrstuvwx1234567890?")
    weather.write_text(text, encoding="utf-8")
    assert run("show", weather, "--html", tmp_path / "page.html").exit_code == 0
    assert "sk-proj" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_distill_writes_a_scenario(run, weather, tmp_path):
    target = tmp_path / "weather.scenario.yaml"
    result = run("distill", weather, "--to", "scenario", "-o", target)
    assert (result.exit_code, "assistants-simulator run" in result.stdout) == (0, True)
    assert target.read_text(encoding="utf-8") == run("distill", weather, "--to", "scenario").stdout
    assert run("run", target).exit_code == 0


def test_a_scenario_has_its_suffix(run, weather, tmp_path):
    result = run("distill", weather, "--to", "scenario", "-o", tmp_path / "weather.yaml")
    assert (result.exit_code, "a scenario ends in .scenario.yaml" in result.stderr) == (2, True)
    assert not (tmp_path / "weather.yaml").exists()
