"""A service on a real socket, and clients of it."""

from __future__ import annotations

import importlib.util
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
