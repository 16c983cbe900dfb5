"""A service on a real socket, and clients of it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import openai
import pytest

HERE = Path(__file__).parent


def _module(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def load_module():
    """Load a module that stands beside the tests."""
    return _module


@pytest.fixture(scope="session")
def serving():
    """Serve a simulator on a real socket: a context manager that gives the base URL."""
    return _module("api_server").serving


@pytest.fixture
def service(serving, monkeypatch):
    """A service that answers with functions' results, and the environment of a program that uses it."""
    with serving() as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdef")
        yield url


@pytest.fixture
def client(service):
    with openai.OpenAI(max_retries=0) as made:
        yield made


class Project:
    """A folder with tests and their cassettes, in which a pytest runs inside this process."""

    def __init__(self, pytester):
        self.pytester = pytester
        self.path = pytester.path
        pytester.makeini(
            "[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
            "addopts = --strict-markers -p no:cacheprovider -p no:recording"
        )

    def write(self, **files):
        self.pytester.makepyfile(**files)

    def test(self, *args):
        return self.pytester.runpytest_inprocess("-p", "assistants_simulator.pytest_entry", *args)

    def python(self, *args):
        """Run a fresh interpreter; the package stands behind the project, as what is installed does."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parents[2]), *sys.path])}
        command = [sys.executable, *args]
        return subprocess.run(
            command, cwd=self.path, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    def files(self):
        found = self.path.rglob("*.yaml")
        return sorted(str(path.relative_to(self.path)) for path in found)


@pytest.fixture
def project(warm, pytester, monkeypatch, service):
    """A project whose environment names a service on a real socket."""
    monkeypatch.setenv("COLUMNS", "250")
    return Project(pytester)
