"""Which HTTP libraries are there, and which one carries the SDK."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import openai
import pytest

from simulator.transport import libraries

ROOT = Path(libraries.__file__).parents[2]


def test_the_library_of_the_sdk_is_found():
    expected = "httpx2" if int(openai.__version__.split(".")[0]) >= 3 else "httpx"
    assert libraries.which_library() == expected
    assert libraries.sdk_library().__name__ == expected
    assert isinstance(openai.OpenAI(api_key="sk-test")._client, libraries.sdk_library().Client)


def test_the_libraries_that_are_loaded_are_found():
    assert [library.__name__ for library in libraries.loaded()] == [name for name in libraries.NAMES if find_spec(name)]


@pytest.mark.parametrize("module", [None, ModuleType("httpx")], ids=["barred", "being imported"])
def test_a_library_that_is_not_whole_is_left_out(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "httpx", module)
    assert "httpx" not in [library.__name__ for library in libraries.loaded()]


def test_two_names_of_one_module_are_one_library(monkeypatch):
    # as after alias_httpx of httpx2
    library = libraries.loaded()[0]
    for name in libraries.NAMES:
        monkeypatch.setitem(sys.modules, name, library)
    assert libraries.loaded() == (library,)


@pytest.mark.usefixtures("aiohttp")
def test_the_aiohttp_transport_is_known_where_the_sdk_has_one():
    classes = libraries.aiohttp_transports()
    assert [kind.__name__ for kind in classes] == ["AiohttpTransport"]
    assert issubclass(classes[0], libraries.sdk_library().AsyncBaseTransport)


def test_importing_the_room_loads_no_http_library_and_no_sdk():
    modules = sorted(f"simulator.transport.{file.stem}" for file in Path(libraries.__file__).parent.glob("[a-z]*.py"))
    code = (
        f"import {', '.join(modules)}, sys; "
        "print(*{'openai', 'httpx', 'httpx2', 'respx', 'vcr', 'asyncio', 'anyio', 'aiohttp', 'ssl'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, "", "")
