"""The command `run`: what it prints, how it ends, and how it fares with apps of every kind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app

ROOT = Path(__file__).parents[1]
HELLO = """\
scenario: {title}
conversation:
  - user: Hello?
    model: [{{say: Hello.}}]
    expect: {{reply: Hello.}}
"""
WEATHER = """\
scenario: The weather in {city}
parameters: {city: Paris, days: 3, deep: true, share: 0.5}
tools: {get_weather: {returns: sunny}, get_time: {}, get_stars: {}}
conversation:
  - user: "{city}?"
    model: [{call: {get_weather: {}}}, {say: "{days} {deep} {share}"}]
    expect: {reply: 3 True 0.5}
"""
# Apps as people write them; `hello` needs a simulator that is the same from its first line to its last.
APPS = """\
import os, subprocess, sys, time
import openai

client = openai.OpenAI()
threads = {}


def hello(user_id, text):
    print("chatty")
    subprocess.run(["echo", "chatty child"])
    assistant = client.beta.assistants.create(model="gpt-4o")
    messages = [{"role": "user", "content": text}]
    run = client.beta.threads.create_and_run(assistant_id=assistant.id, thread={"messages": messages})
    while run.status != "completed":
        time.sleep(1)
        run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    return client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value


async def hello_async(user_id, text):
    return hello(user_id, text)


class Bot:
    made = []

    def __init__(self):
        self.made.append(self)
        assert len(client.beta.assistants.list().data) == 0

    def __call__(self, user_id, text):
        return hello(user_id, text)


def make():
    return Bot()


def make_nothing():
    return None


async def make_async():
    return hello


async def make_yielding():
    yield hello


def make_coroutine():
    return make_async()


def make_failing():
    raise LookupError("no database")


def keeps_threads(user_id, text):
    if user_id not in threads:
        threads[user_id] = client.beta.threads.create().id
    client.beta.threads.messages.create(threads[user_id], role="user", content=text)
    return hello(user_id, text)


def raises(user_id, text):
    raise LookupError("no such thing")


def nothing(user_id, text):
    pass


def exits(user_id, text):
    sys.exit(3)


def leaves(user_id, text):
    os._exit(0)


def busy(user_id, text):
    while True:
        pass


def stubborn(user_id, text):
    while True:
        try:
            while True:
                pass
        except:
            pass


def polls_for_ever(user_id, text):
    while True:
        time.sleep(1)
        client.beta.assistants.list()


def swallows(user_id, text):
    try:
        raises(user_id, text)
    except Exception:
        return "Something went wrong."


def one(text):
    return hello("", text)


number = 5
"""


@pytest.fixture
def run(project):
    return lambda *arguments: CliRunner().invoke(app, ["run", *map(str, arguments)], prog_name="assistants-simulator")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with scenarios and apps, to stand in; what is imported from it is forgotten."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "hello.scenario.yaml").write_text(HELLO.format(title="A greeting"))
    (tmp_path / "apps.py").write_text(APPS)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def write(project, name, text):
    (project / "scenarios" / f"{name}.scenario.yaml").write_text(text)


# What is printed.


def test_each_scenario_is_a_line_and_the_last_counts(run, project):
    write(project, "weather", WEATHER)
    result = run("scenarios")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "passed      scenarios/hello.scenario.yaml: A greeting",
        "passed      scenarios/weather.scenario.yaml: The weather in Paris",
        "2 passed.",
        "Declared, and called in no scenario: get_time, get_stars.",
    ]


def test_what_one_scenario_exercises_is_exercised(run, project):
    write(project, "weather", WEATHER)
    write(
        project, "time", WEATHER.replace("The weather in", "The time in").replace("get_weather: {}}}", "get_time: {}}}")
    )
    assert run("scenarios").output.splitlines()[-1] == "Declared, and called in no scenario: get_stars."


def test_a_failure_shows_the_step_with_its_line_and_the_timeline(run, project):
    write(project, "hello", HELLO.format(title="A greeting").replace("reply: Hello.", "reply: Bye."))
    result = run("scenarios")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[:5] == [
        "FAILED      scenarios/hello.scenario.yaml: A greeting",
        "    scenarios/hello.scenario.yaml:3: step 1, user: 'Hello?'",
        "        the reply is 'Hello.', and not 'Bye.'",
        "",
        "    virtual seconds since 2026-03-31 00:00:00 UTC",
    ]
    assert any("runs.create" in line for line in lines)
    assert lines[-1] == "1 failed."


def test_a_long_timeline_is_cut(run, project):
    step = "  - user: Hello?\n    model: [{say: Hello.}]\n    expect: {reply: Hello.}\n"
    write(project, "hello", "scenario: x\nconversation:\n" + 30 * step + step.replace("Hello.}\n", "Bye.}\n"))
    output = run("scenarios").output
    assert re.search(r"\d+ lines left out", output)
    assert len(output.splitlines()) < 50


def test_what_cannot_be_loaded_keeps_nobody_from_being_played(run, project):
    write(project, "a", "scenario: x\nconversatoin: []\n")
    result = run("scenarios")
    assert result.exit_code == 2
    assert result.output.splitlines() == [
        "not played  scenarios/a.scenario.yaml",
        "    scenarios/a.scenario.yaml:2: conversatoin: there is no such key. Did you mean 'conversation'?",
        "passed      scenarios/hello.scenario.yaml: A greeting",
        "1 passed, 1 not played.",
    ]


def test_two_scenarios_of_one_title_are_refused(run, project):
    write(project, "twin", "# Copied.\n" + HELLO.format(title="A greeting"))
    result = run("scenarios")
    assert result.exit_code == 2
    told = "scenarios/twin.scenario.yaml:2: 'A greeting' is the title of scenarios/hello.scenario.yaml too."
    assert told in result.output


def test_the_same_file_is_played_once(run, project):
    assert run("scenarios", "scenarios/hello.scenario.yaml", project / "scenarios").output.endswith("1 passed.\n")


def test_json_is_one_document(run, project):
    write(project, "weather", WEATHER)
    write(project, "bad", "scenario: 5")
    result = run("scenarios", "--json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert [told[key] for key in ("passed", "failed", "not_played", "unexercised")] == [
        2,
        0,
        1,
        ["get_time", "get_stars"],
    ]
    bad, hello, weather = told["scenarios"]
    assert set(bad) == set(hello) == set(weather)
    assert bad["error"].startswith("scenarios/bad.scenario.yaml:1: ")
    assert (bad["passed"], bad["findings"], bad["title"]) == (False, [], "")
    assert weather == {
        "path": "scenarios/weather.scenario.yaml",
        "title": "The weather in Paris",
        "passed": True,
        "error": None,
        "findings": [],
        "warnings": [],
        "replies": ["3 True 0.5"],
        "requests": weather["requests"],
        "seconds": weather["seconds"],
        "unused": ["get_time", "get_stars"],
        "skipped": [],
        "comparison": None,
    }
    assert weather["requests"] > 5
    assert weather["seconds"] > 1


def test_json_names_the_step_and_the_line_of_a_finding(run, project):
    told = json.loads(run("scenarios", "--json", "--app", "apps:nothing").stdout)
    assert told["scenarios"][0]["findings"] == [
        {"step": 1, "line": 3, "text": "the reply is None, and not a text"},
        {"step": 1, "line": 3, "text": "the model was never asked for script(say('Hello.'))"},
    ]
    assert told["scenarios"][0]["replies"] == [None]


# What is played.


def test_parameters_are_set_in_the_kind_that_they_have(run, project):
    write(project, "weather", WEATHER.replace("3 True 0.5", "5 False 2.5"))
    values = ("--set", "city=Rome", "--set", "days=5", "--set", "deep=false", "--set", "share=2.5")
    result = run("scenarios", *values)
    assert result.exit_code == 0, result.output
    assert "The weather in Rome" in result.output


@pytest.mark.parametrize(
    "setting, told",
    [
        ("days=many", "scenarios/weather.scenario.yaml: --set days=many: it is a whole number, such as 3."),
        ("deep=deep", "--set deep=deep: it is true or false, such as True."),
        ("share=x", "--set share=x: it is a number, such as 0.5."),
        ("citty=Rome", "--set citty: no scenario has such a parameter. Did you mean 'city'?"),
        ("zzz=Rome", "--set zzz: no scenario has such a parameter. There are: city, days, deep, share."),
        ("city", "--set city: write NAME=VALUE."),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_refused(run, project, setting, told):
    write(project, "weather", WEATHER)
    result = run("scenarios", "--set", setting)
    assert result.exit_code == 2
    assert told in result.output


def test_a_text_selects_by_path_and_title(run, project):
    write(project, "weather", WEATHER)
    assert run("scenarios", "-k", "HELLO").output.endswith("1 passed.\n")
    assert "weather.scenario.yaml" in run("scenarios", "-k", "in paris").output
    result = run("scenarios", "-k", "nowhere")
    assert (result.exit_code, "-k nowhere: no scenario has that in its path or title." in result.output) == (2, True)


def test_a_path_that_leads_nowhere_is_said_and_the_others_are_played(run, project):
    (project / "scenarios" / "x.scenario.yml").touch()
    result = run("nowhere", "scenarios")
    assert result.exit_code == 2
    assert "nowhere: there is no such file or folder." in result.stderr
    assert "scenarios/x.scenario.yml is passed over: the names of scenarios end in .scenario.yaml." in result.stderr
    assert result.stdout.endswith("1 passed.\n")
    assert run("nowhere").exit_code == 2


# Apps.


@pytest.mark.parametrize("name", ["hello", "hello_async", "Bot", "make"])
def test_an_app_is_a_callable_or_makes_one(run, project, name):
    result = run("scenarios", "--app", f"apps:{name}")
    assert result.exit_code == 0, result.output


def test_what_makes_an_app_makes_one_for_each_scenario_inside_its_simulator(run, project):
    write(project, "again", HELLO.format(title="Another greeting"))
    assert run("scenarios", "--app", "apps:Bot").exit_code == 0
    assert len(sys.modules["apps"].Bot.made) == 2


def test_what_an_app_keeps_from_another_scenario_is_told(run, project):
    write(project, "again", HELLO.format(title="Another greeting"))
    result = run("scenarios", "--app", "apps:keeps_threads")
    assert result.exit_code == 1
    assert result.output.splitlines()[0] == "passed      scenarios/again.scenario.yaml: Another greeting"
    assert re.search(r"warning: The app asked for the thread thread_\w+, which was never made in this", result.output)
    assert "name a class or a factory as the app: one is made for each scenario." in result.output


def test_what_an_app_knows_from_outside_can_be_placed(run, project):
    (project / "outside.py").write_text(
        "from apps import client, hello\n\ndef app(user_id, text):\n"
        "    client.beta.assistants.retrieve('asst_known')\n    return hello(user_id, text)\n"
    )
    assert run("scenarios", "--app", "outside:app").exit_code == 1
    write(project, "hello", HELLO.format(title="A greeting") + "put: {assistants: [{id: asst_known, model: gpt-4o}]}\n")
    assert run("scenarios", "--app", "outside:app").exit_code == 0
    write(project, "hello", HELLO.format(title="A greeting") + "put: {assistant: [{id: asst_known}]}\n")
    result = run("scenarios", "--app", "outside:app")
    assert result.exit_code == 2
    assert "There is no collection 'assistant'. Did you mean 'assistants'?" in result.output


@pytest.mark.parametrize(
    "name, told",
    [
        ("apps:raises", "the app failed: LookupError: no such thing. It is in raises, "),
        ("apps:exits", "the app failed: SystemExit: 3. It is in exits, "),
        ("apps:leaves", "the app failed: SystemExit: 0. It is in leaves, "),
        ("apps:nothing", "the reply is None, and not a text"),
        ("apps:swallows", "the reply is 'Something went wrong.', and not 'Hello.'"),
        (
            "apps:polls_for_ever",
            "the app goes on after 3600 virtual seconds: ",
        ),
    ],
)
def test_what_an_app_does_wrong_is_a_finding(run, project, name, told):
    result = run("scenarios", "--app", name)
    assert result.exit_code == 1
    assert told in result.output
    assert "Traceback" not in result.output


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a watchdog needs signals of POSIX")
def test_an_app_that_neither_asks_nor_returns_is_ended(run, project):
    result = run("scenarios", "--app", "apps:busy", "--timeout", "0.1")
    assert result.exit_code == 1
    assert "the app does not return, and neither asks nor sleeps: 0.1 real seconds have passed. It is in busy," in (
        result.output
    )


@pytest.mark.parametrize(
    "name, told",
    [
        ("apps", "--app apps: write MODULE:CALLABLE, such as my_tests.brains:weather, not 'apps'."),
        ("./apps.py:hello", "write MODULE:CALLABLE"),
        (
            "app:hello",
            "the module 'app' cannot be imported: ModuleNotFoundError: No module named 'app' Did you mean 'apps'?",
        ),
        ("apps:helo", "'apps' has no 'helo'. Did you mean 'hello'?"),
        ("apps:number", "it is no callable, but of type int."),
        ("apps:one", "apps:one takes (text). An app is a callable (user_id, text) -> reply, or a class or function"),
        ("apps:make_nothing", "apps:make_nothing() returned None, which is no app. An app is a callable"),
        (
            "apps:make_async",
            "apps:make_async is async, and would make the app only when it is awaited. Make the app in a",
        ),
        ("apps:make_yielding", "apps:make_yielding is async, and would make the app only when it is awaited."),
        ("apps:make_coroutine", "apps:make_coroutine() returned <coroutine object make_async at"),
        ("apps:make_failing", "apps:make_failing() failed: LookupError: no database"),
        ("broken:app", "the module 'broken' cannot be imported: ZeroDivisionError: division by zero ("),
        ("quits:app", "the module 'quits' cannot be imported: SystemExit: 5 ("),
        ("asks:app", "asks:app: its module asks POST /v1/assistants while it is imported"),
    ],
)
def test_an_app_that_is_none_is_refused(run, project, name, told):
    (project / "broken.py").write_text("1 / 0")
    (project / "quits.py").write_text("raise SystemExit(5)")
    (project / "asks.py").write_text(
        "import openai\nopenai.OpenAI().beta.assistants.create(model='gpt-4o')\napp = print\n"
    )
    result = run("scenarios", "--app", name)
    assert result.exit_code == 2, result.output
    assert told in result.output
    assert "Traceback" not in result.output


def spawn(project, *arguments):
    command = [sys.executable, "-m", "simulator", "run", "scenarios", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, check=False, timeout=60, encoding="utf-8"
    )


def test_what_an_app_prints_and_its_children_print_is_not_among_the_json(project):
    done = spawn(project, "--json", "--app", "apps:hello")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["passed"] == 1
    assert {"chatty", "chatty child"} <= set(done.stderr.splitlines())


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a watchdog needs signals of POSIX")
def test_an_app_that_swallows_its_own_end_is_ended_with_the_process(project):
    done = spawn(project, "--app", "apps:stubborn", "--timeout", "0.1")
    assert done.returncode == 2
    assert "and the app swallows every exception. It is at " in done.stderr


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e10", "soon"])
def test_a_timeout_is_a_number_of_seconds_of_a_day(run, project, seconds):
    result = run("scenarios", "--timeout", seconds)
    assert (result.exit_code, "--timeout" in result.output) == (2, True)


def test_a_folder_for_pages_that_cannot_be_is_told_before_anything_is_played(run, project):
    (project / "taken").touch()
    result = run("scenarios", "--html", "taken")
    assert result.exit_code == 2
    assert result.output.endswith("--html taken: File exists. Name a folder in which files may be made.\n")
    assert "passed" not in result.output


def test_of_links_the_file_that_comes_first_is_played_and_one_that_leads_nowhere_is_told(run, project):
    (project / "scenarios" / "link.scenario.yaml").symlink_to("hello.scenario.yaml")
    (project / "scenarios" / "old.scenario.yaml").symlink_to("gone.scenario.yaml")
    result = run("scenarios")
    assert result.exit_code == 2
    assert result.output.splitlines() == [
        "passed      scenarios/hello.scenario.yaml: A greeting",
        "not played  scenarios/old.scenario.yaml",
        "    scenarios/old.scenario.yaml cannot be read: No such file or directory.",
        "1 passed, 1 not played.",
    ]


INTERRUPTED = """\
import signal
said = []


def app(user_id, text):
    said.append(text)
    if len(said) == 2:
        signal.raise_signal(signal.SIGINT)
    return text
"""


def test_who_is_interrupted_hears_of_what_was_played(run, project):
    (project / "interrupted.py").write_text(INTERRUPTED)
    for name in "abc":
        write(project, name, f"scenario: {name}\nconversation: [{{user: Hello?}}]\n")
    (project / "scenarios" / "hello.scenario.yaml").unlink()
    result = run("scenarios", "--app", "interrupted:app", "--json", "--html", "pages")
    assert result.exit_code == 130
    assert [one["path"] for one in json.loads(result.stdout)["scenarios"]] == ["scenarios/a.scenario.yaml"]
    assert "Interrupted: 2 of 3 scenarios were not played to their end." in result.stderr
    assert "a.scenario.yaml" in (project / "pages" / "index.html").read_text()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a watchdog needs signals of POSIX")
def test_a_pattern_that_never_comes_to_its_end_is_a_finding(run, project):
    (project / "fast.py").write_text("def app(user_id, text):\n    return 'a' * 40\n")
    expected = "expect: {reply: {matches: '^(a+)+$b'}}"
    write(project, "hello", f"scenario: x\nconversation:\n  - user: Hello?\n    {expected}\n{expected}\n")
    result = run("scenarios", "--app", "fast:app", "--timeout", "0.5")
    assert result.exit_code == 1
    told = "to compare with `expect` takes more than 0.5 real seconds: a pattern tries too many ways to match,"
    assert result.output.count(told) == 2  # of the step, and of the whole
