"""The command whose output nobody reads to its end: it says nothing more, and ends as SIGPIPE ends other programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.cli import main

ROOT = Path(__file__).parents[1]
CASSETTE = str(ROOT / "cassettes" / "stream.yaml")
ANOTHER = str(ROOT / "cassettes" / "two_rounds.yaml")
SCENARIOS = str(ROOT / "scenarios" / "moves")
ENDED_BY_SIGPIPE = 141

COMMANDS = [
    ("--help",),
    ("--version",),
    ("show", CASSETTE),
    ("show", CASSETTE, "--json"),
    ("diff", CASSETTE, ANOTHER),
    ("audit", CASSETTE),
    ("audit", CASSETTE, "--json"),
    ("verify", CASSETTE),
    ("verify", CASSETTE, "--json"),
    ("distill", CASSETTE),
    ("run", SCENARIOS),
    ("run", SCENARIOS, "--json"),
    ("run", "--help"),
    ("demo",),
]


@pytest.fixture
def nobody_reads():
    """A stdout that is a pipe without a reader."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stdout:
        yield stdout


def ended(monkeypatch, stdout, *arguments):
    """Run a command, and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["assistants-simulator", *arguments])
    with monkeypatch.context() as here:
        here.setattr(sys, "stdout", stdout)
        with pytest.raises(SystemExit) as end:
            main()
    return end.value.code


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: " ".join(Path(one).name for one in arguments))
def test_a_closed_pipe_ends_the_command_without_a_word(nobody_reads, monkeypatch, capsys, arguments):
    assert ended(monkeypatch, nobody_reads, *arguments) == ENDED_BY_SIGPIPE
    assert capsys.readouterr().err == ""


def test_the_rest_is_not_played(nobody_reads, monkeypatch, tmp_path):
    (tmp_path / "app.py").write_text("def app(user_id, text):\n    said.append(text)\n    return text\n\n\nsaid = []\n")
    for name in ("first", "second"):
        text = f"scenario: {name}\nconversation:\n  - user: {name}\n"
        (tmp_path / f"{name}.scenario.yaml").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    assert ended(monkeypatch, nobody_reads, "run", str(tmp_path), "--app", "app:app") == ENDED_BY_SIGPIPE
    assert sys.modules.pop("app").said == ["first"]


def test_in_a_process_of_its_own_nothing_is_said_at_its_end_either(nobody_reads):
    command = [sys.executable, "-m", "simulator", "show", CASSETTE]
    done = subprocess.run(command, cwd=ROOT, stdout=nobody_reads, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (ENDED_BY_SIGPIPE, b"")


def test_without_a_stdout_the_exit_code_tells(monkeypatch):
    assert ended(monkeypatch, None, "diff", CASSETTE, CASSETTE) == 0
