"""The command `doctor`: its card, its files, and how it fares with apps that hang, die, print, or are none."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator import fail
from simulator.checks.cases import Case, Says
from simulator.checks.doctor import ReportCard
from simulator.checks.driving import Driver
from simulator.checks.hazards import HAZARDS
from simulator.checks.invariants import failure_is_reported
from simulator.checks.reporting import scenario_text
from simulator.cli import app
from simulator.importing import imported
from simulator.scenario.apps import app_named

ROOT = Path(__file__).parents[1]
# One loop of the usual shape. What it does wrong, it does where a run has ended in a certain way. Without an SDK, which
# every process would import for longer than it is played.
APPS = """\
import collections
import itertools
import os
import sys
import time

import httpx

client = httpx.Client(base_url="https://api.openai.com/v1", headers={
    "Authorization": "Bearer sk-odd",
    "OpenAI-Beta": "assistants=v2",
})
known = {}


def api(method, path, **body):
    response = client.request(method, path, json=body or None)
    response.raise_for_status()
    return response.json()


def ask(user_id, text):
    if "assistant" not in known:
        known["assistant"] = api("POST", "/assistants", model="gpt-4o")["id"]
    if user_id not in known:
        known[user_id] = api("POST", "/threads")["id"]
    thread = f"/threads/{known[user_id]}"
    api("POST", f"{thread}/messages", role="user", content=text)
    run = api("POST", f"{thread}/runs", assistant_id=known["assistant"])
    while run["status"] in ("queued", "in_progress"):
        time.sleep(1)
        run = api("GET", f"{thread}/runs/{run['id']}")
    if run["status"] != "completed":
        raise RuntimeError(f"{run['status']}: {run['last_error']}")
    messages = api("GET", f"{thread}/messages?run_id={run['id']}&order=asc&limit=100")["data"]
    parts = [part for message in messages for part in message["content"]]
    return "\\n".join(part["text"]["value"] if part["type"] == "text" else part.get("refusal", "") for part in parts)


def odd(user_id, text):
    print("{ this is no JSON")
    os.write(1, b"nor is this")
    try:
        return ask(user_id, text)
    except RuntimeError as error:
        if "server_error" in str(error):
            collections.deque(itertools.repeat(None), maxlen=0)  # in C, and without an end
        if "quota" in str(error):
            sys.exit(3)
        if "rate_limit" in str(error):
            os.kill(os.getpid(), 9)
        while "expired" in str(error):
            try:
                time.sleep(1)
            except BaseException:
                pass
        raise


def sound(user_id, text):
    return ask(user_id, text)


def slow(user_id, text):
    known["rounds"] = known.get("rounds", 0) + 1
    if known["rounds"] > 3:
        open("hanging", "w").close()
    while known["rounds"] > 3:
        try:
            collections.deque(itertools.repeat(None), maxlen=0)
        except KeyboardInterrupt:
            pass
    return ask(user_id, text)
"""


PREPARED = """\
import openai

def prepare(sim):
    sim.put("assistants", {"id": "asst_known", "model": "gpt-4o"})

def reply(user_id, text):
    client = openai.OpenAI()
    client.beta.assistants.retrieve("asst_known")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id="asst_known")
    return "Hello." if run.status == "completed" else ""
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "odd_bots.py").write_text(APPS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("odd_bots", "prepared_bots"):
        sys.modules.pop(name, None)


def doctor(*arguments):
    return CliRunner().invoke(app, ["doctor", *map(str, arguments)])


def only(*ids):
    return [word for id in ids for word in ("--hazard", id)]


QUICK = ("--examples", "0", "--timeout", "2")


def test_it_goes_on_after_an_app_that_hangs_dies_exits_and_prints(here):
    ids = ("incomplete", "failed", "rate-limit-in-a-run", "quota-in-a-run", "stuck-in-queue")
    result = doctor("odd_bots:odd", "--json", *QUICK, *only(*ids), "--save", here / "found", "--report", here / "pages")
    assert result.exit_code == 1
    card = ReportCard.model_validate_json(result.stdout)
    outcomes = {one.id: str(one.outcome) for one in card.results}
    assert outcomes == {
        "incomplete": "survived",
        "failed": "hung",
        "rate-limit-in-a-run": "misbehaved",
        "quota-in-a-run": "misbehaved",
        "stuck-in-queue": "hung",
        "leaked-clients": "survived",
    }
    told = {one.id: one for one in card.results}
    hang = told["failed"].hang
    line = APPS.splitlines().index(next(one for one in APPS.splitlines() if "in C, and" in one)) + 1
    assert hang is not None
    assert (hang.place, hang.function) == (f"odd_bots.py:{line}", "odd")
    assert hang.request.startswith("GET /v1/threads/thread_")
    assert told["rate-limit-in-a-run"].findings[0].text == "its process ended, with signal SIGKILL"
    assert "{ this is no JSON\nnor is this" in told["rate-limit-in-a-run"].printed
    assert "SystemExit: 3" in told["quota-in-a-run"].findings[0].text
    assert card.complete
    assert not card.clean
    assert sorted(path.name for path in (here / "found").iterdir()) == [
        f"odd-bots-odd-{id}.scenario.yaml" for id in sorted({"failed", "stuck-in-queue", *ids[2:4]})
    ]
    assert (here / "pages" / "odd-bots-odd-quota-in-a-run.html").is_file()
    fails_again_in_the_same_way(told["quota-in-a-run"])


def fails_again_in_the_same_way(told):
    command, *arguments = shlex.split(told.replay)
    assert command == "assistants-simulator"
    again = CliRunner().invoke(app, [*arguments, "--json"])
    assert again.exit_code == 1, again.output
    (scenario,) = json.loads(again.stdout)["scenarios"]
    found = [f"{one.invariant}: {one.text}" for one in told.findings]
    assert [one["text"] for one in scenario["findings"]] == found


def test_what_needs_a_prepared_simulator_is_played_again_with_it(here):
    (here / "prepared_bots.py").write_text(PREPARED, encoding="utf-8")
    sys.path.insert(0, str(here))
    driver = Driver(app_named("prepared_bots:reply"), prepare=imported("prepared_bots:prepare"))
    with driver.on_stage():
        driver.learn()
        driven = driver.drive(Case((Says("anna", "Hello?", (fail("server_error"),)),)))
    text = scenario_text(driven.case, "It fails", {}, [failure_is_reported])
    Path("again.scenario.yaml").write_text(text, encoding="utf-8")
    arguments = ["run", "again.scenario.yaml", "--app", "prepared_bots:reply"]
    assert CliRunner().invoke(app, arguments).exit_code == 2
    found = CliRunner().invoke(app, [*arguments, "--prepare", "prepared_bots:prepare"])
    assert found.exit_code == 1, found.output
    assert "failure_is_reported: " in found.stdout


def test_what_is_no_app_is_told_and_nothing_is_played(here):
    result = doctor("odd_bots:sond", *QUICK)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'odd_bots' has no 'sond'. Did you mean 'sound'?" in result.stderr


def test_what_cannot_be_meant_is_told_at_once(here):
    unknown = doctor("odd_bots:sound", "--hazard", "fialed")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert "There is no hazard 'fialed'. Did you mean 'failed'?" in unknown.stderr
    assert "Name your app" in doctor().stderr
    (here / "file").write_text("", encoding="utf-8")
    blocked = doctor("odd_bots:sound", "--save", here / "file")
    assert blocked.exit_code == 2
    assert "cannot be written" in blocked.stderr


def test_the_hazards_are_listed():
    result = doctor("--list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == [hazard.id for hazard in HAZARDS]


@pytest.mark.skipif(sys.platform == "win32", reason="there a child cannot be sent SIGINT alone")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_with_the_card_so_far(here, sent):
    command = [sys.executable, "-m", "simulator", "doctor", "odd_bots:slow", "--examples", "0", "--timeout", "60"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ids = only("slow-run", "failed")
    os.mkfifo("hanging")
    with subprocess.Popen([*command, *ids, "--json"], stdout=-1, stderr=-1, text=True, env=env) as process:
        Path("hanging").read_text()  # until the app has opened it, too
        process.send_signal(sent)
        printed, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    card = ReportCard.model_validate_json(printed)
    assert [one.id for one in card.results] == ["slow-run"]
    assert not card.complete
