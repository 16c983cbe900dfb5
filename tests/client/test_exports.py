"""The public names of the client: sorted, imported late, and missed clearly where the extra is."""

from __future__ import annotations

import ast
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import simulator.client
from simulator.client import ClientError

LATE = {"anyio", "docstring_parser", "openai", "pybreaker", "pydantic", "sqlite3", "structlog", "tenacity"}
SOURCES = sorted(Path(simulator.client.__file__).parent.rglob("*.py"))


def python(code):
    return subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)


def test_all_is_sorted_and_names_nothing_twice():
    assert list(simulator.client.__all__) == sorted(set(simulator.client.__all__))


@pytest.mark.parametrize("name", simulator.client.__all__)
def test_each_public_name_is_there(name):
    value = getattr(simulator.client, name)
    assert getattr(simulator.client, name) is value
    assert name in dir(simulator.client)


def test_each_error_of_the_client_is_public():
    from simulator.client import errors

    found = {name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, ClientError)}
    assert found <= set(simulator.client.__all__)


def test_no_public_name_is_that_of_a_submodule():
    submodules = {module.name for module in pkgutil.iter_modules(simulator.client.__path__)}
    assert submodules
    assert submodules.isdisjoint(simulator.client.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"simulator\.client.*no_such_name"):
        _ = simulator.client.no_such_name


def test_naming_it_loads_nothing():
    done = python("import json, sys, simulator.client; dir(simulator.client); print(json.dumps([*sys.modules]))")
    assert not set(json.loads(done.stdout)) & LATE


@pytest.mark.parametrize("missing", ["pybreaker", "structlog"])
def test_without_the_extra_it_says_what_to_install(missing):
    done = python(f"import sys; sys.modules[{missing!r}] = None; from simulator.client import FunctionRegistry")
    assert "pip install 'assistants-simulator[client]'" in done.stderr.splitlines()[-1]
    assert missing in done.stderr.splitlines()[-1]


def undocumented():
    """What is public in the client's modules and says nothing about itself."""
    for file in SOURCES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in (tree, *public_definitions(tree)):
            if not ast.get_docstring(node) and not is_overload(node):
                yield f"{file.name}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', '')}"


def public_definitions(tree):
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node)


def is_overload(node):
    return any(getattr(one, "id", "") == "overload" for one in getattr(node, "decorator_list", ()))


def test_everything_public_is_documented():
    assert list(undocumented()) == []


def test_the_client_knows_no_simulator():
    names = {
        node.module or alias.name
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level > 1
        for alias in node.names
    }
    assert names == {"errors"}
