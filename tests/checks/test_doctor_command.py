"""Programs that the doctor speaks to by lines: what it sees of them, and how it ends them."""

from __future__ import annotations

import shlex
import sys

import pytest

from simulator.checks.doctor import Command, Doctor, examine
from simulator.errors import UsageError

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

# Without an SDK, which would take longer to import than all else.
PROGRAM = """\
import json, os, sys, threading, urllib.request

ways = sys.argv[1:]


def ask(method, path, **body):
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + path,
        json.dumps(body).encode() if method == "POST" else None,
        {
            "Authorization": "Bearer " + os.environ["OPENAI_API_KEY"],
            "OpenAI-Beta": "assistants=v2",
            "Content-Type": "application/json",
        },
        method=method,
    )
    return json.load(urllib.request.urlopen(request))


assistant = ask("POST", "/assistants", model="gpt-4o")["id"]
thread = ask("POST", "/threads")["id"]
for line in sys.stdin:
    ask("POST", f"/threads/{thread}/messages", role="user", content=line.strip())
    run = ask("POST", f"/threads/{thread}/runs", assistant_id=assistant)
    while run["status"] in ("queued", "in_progress"):
        run = ask("GET", f"/threads/{thread}/runs/{run['id']}")
    if run["status"] == "failed" and "hangs" in ways:
        threading.Event().wait()
    if run["status"] != "completed":
        print("Sorry, the run is", run["status"])
        continue
    messages = ask("GET", f"/threads/{thread}/messages?run_id={run['id']}&order=asc")["data"]
    print("\\n".join(message["content"][0]["text"]["value"] for message in messages) or "(nothing)")
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return shlex.join([sys.executable, "-S", str(path)])


def test_a_program_is_played_by_lines(program):
    ids = ("failed", "slow-run", "several-messages", "empty-message", "polled-without-pause")
    card = examine(Command(program), hazards=ids)
    assert card.app == program
    assert {one.id: str(one.outcome) for one in card.results} == {
        "slow-run": "survived",
        "polled-without-pause": "not applicable",
        "failed": "survived",
        "empty-message": "misbehaved",
        "several-messages": "survived",
        "drawn-conversations": "not applicable",
    }
    (broken,) = card.findings
    assert broken.findings[0].text.endswith("its process ended, with exit code 1: IndexError: list index out of range")
    assert "in <module>" in broken.printed


def test_a_program_that_never_replies_is_ended(program):
    doctor = Doctor(Command(f"{program} hangs"), hazards=["failed", "incomplete"], timeout=2)
    list(doctor.examined())
    outcomes = {one.id: one for one in doctor.results}
    assert str(outcomes["failed"].outcome) == "hung"
    assert "it has not replied for 2 real seconds" in outcomes["failed"].findings[0].text
    assert "/runs/run_" in outcomes["failed"].hang.request
    assert str(outcomes["incomplete"].outcome) == "survived"


@pytest.mark.parametrize(
    "command, said",
    [
        ("", "the command is empty"),
        ("python 'a", "cannot be read: No closing quotation"),
        ("no-such-program", "no-such-program cannot be started: No such file or directory"),
        (f"{shlex.quote(sys.executable)} -S -c 'print(input())'", "made no request to the API"),
        (f"{shlex.quote(sys.executable)} -S -c 'raise LookupError(7)'", "exit code 1: LookupError: 7"),
    ],
)
def test_what_cannot_be_spoken_to_is_told(command, said):
    with pytest.raises(UsageError) as refused:
        examine(Command(command), hazards=["failed"], timeout=10)
    assert said in str(refused.value)
