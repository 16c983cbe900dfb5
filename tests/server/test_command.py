"""The command `serve`: its first line, its end, and what it says where it cannot begin."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

ROOT = Path(__file__).parents[2]


def start(*arguments):
    command = [sys.executable, "-m", "simulator", "serve", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_on_a_signal(number):
    with start("--brain", "auto") as server:
        line = server.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        assert line.endswith("/v1\n")
        health = line.split()[-1].replace("/v1", "/_simulator/health")
        with urllib.request.urlopen(health) as answer:
            assert answer.status == 200
        server.send_signal(number)
        assert server.communicate(timeout=30) == ("", "")
    assert server.returncode == 0


@pytest.mark.parametrize(
    "arguments,told",
    [
        (["--brain", "json:dumpz"], "'json' has no 'dumpz'. Did you mean 'dump'?"),
        (["--brain", "json"], "write MODULE:CALLABLE"),
        (["--brain", "no_such:x"], "the module 'no_such' cannot be imported: ModuleNotFoundError"),
        (["--brain", "json:__name__"], "it is no callable, but of type str."),
    ],
)
def test_a_brain_that_is_none_is_said(arguments, told):
    with start(*arguments) as server:
        output, errors = server.communicate(timeout=30)
    assert (server.returncode, output, told in errors) == (1, "", True), errors


def test_a_host_that_others_reach_is_warned_of():
    with start("--host", "198.51.100.1") as server:  # an address of documentation: nobody's, so nothing is opened
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 1
    assert "198.51.100.1 can be reached from other machines. Whoever reaches it can read and change every" in errors
    assert "Cannot listen on 198.51.100.1, port 0: Cannot assign requested address. Name an address of this" in errors


def test_a_scenario_is_what_the_model_says():
    with start("--scenario", "scenarios/shapes/plain.scenario.yaml") as server:
        root = server.stdout.readline().split()[-1].replace("/v1", "/_simulator")
        with urllib.request.urlopen(f"{root}/state") as answer:
            pieces = json.load(answer)["scripts"]["pieces"]
        server.terminate()
        server.communicate(timeout=30)
    assert pieces
    assert all(piece["turns"] for piece in pieces)


def test_a_scenario_that_is_none_is_said():
    with start("--scenario", "nowhere.yaml") as server:
        output, errors = server.communicate(timeout=30)
    assert (server.returncode, output) == (1, "")
    assert "nowhere.yaml cannot be read: No such file or directory." in errors


def test_a_taken_port_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start("--port", str(port)) as server:
            output, errors = server.communicate(timeout=30)
    assert (server.returncode, output) == (1, "")
    assert f"Cannot listen on 127.0.0.1, port {port}: Address already in use. Name another with --port" in errors
