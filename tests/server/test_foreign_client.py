"""The official `openai` package for node against the server: what another language sees is what Python sees."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from simulator import Simulator, call, say
from simulator.server import serving

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("foreign_client.mjs")
PACKAGE = "openai@6.30.1"
SECONDS = 120


@pytest.fixture(scope="module")
def program():
    """The program, beside the package that it imports; installed once, in a folder that git ignores."""
    for command in ("node", "npm"):
        if shutil.which(command) is None:
            pytest.skip(f"{command} is not installed")
    folder = ROOT / "build" / PACKAGE.replace("@", "-")
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", str(folder), PACKAGE]
        done = subprocess.run(install, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot install {PACKAGE}: {done.stderr.strip()[-200:]}")
        (folder / "installed").touch()
    copy = folder / PROGRAM.name
    copy.write_bytes(PROGRAM.read_bytes())
    return copy


def test_it_polls_answers_and_streams(program):
    sim = Simulator()
    sim.script(call("get_weather", city="Paris"), say("It is sunny in Paris."), say("Still sunny.", chunks=3))
    with serving(sim) as base_url:
        done = subprocess.run(
            ["node", str(program), base_url], capture_output=True, text=True, timeout=SECONDS, check=False
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "statuses": ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"],
        "reply": "It is sunny in Paris.",
        "streamed": "Still sunny.",
        "last": "thread.run.completed",
        "refused": [404, "No thread found with id 'thread_unknown'."],
    }
    assert [one.output for one in sim.calls] == ["sunny in Paris"]
    sim.check()
