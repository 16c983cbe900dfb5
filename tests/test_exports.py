"""The public names are those of `simulator.__all__`, and naming them costs nothing until one is used."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import simulator

# Slow to load, or patched by somebody's tests before ours may look at it.
LATE = {
    "asyncio",
    "httpx",
    "httpx2",
    "hypothesis",
    "jsonschema",
    "openai",
    "pydantic",
    "pydantic_core",
    "pytest",
    "respx",
    "rich",
    "ssl",
    "typer",
    "vcr",
    "yaml",
}


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement loads into a fresh interpreter, beyond what the interpreter starts with."""
    code = f"import json, sys; before = set(sys.modules); {statement}; print(json.dumps([*set(sys.modules) - before]))"
    # -I: neither the environment nor the current folder has a say.
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_all_is_sorted_and_names_nothing_twice():
    assert list(simulator.__all__) == sorted(set(simulator.__all__))


@pytest.mark.parametrize("name", simulator.__all__)
def test_each_public_name_is_there(name):
    value = getattr(simulator, name)
    assert getattr(simulator, name) is value


def test_a_star_import_brings_exactly_the_public_names():
    names = {}
    exec("from simulator import *", names)
    names.pop("__builtins__")
    assert sorted(names) == list(simulator.__all__)


def test_dir_shows_the_public_names():
    assert set(simulator.__all__) <= set(dir(simulator))


def test_a_name_that_is_not_there_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match=r"simulator.*no_such_name"):
        _ = simulator.no_such_name


def test_no_public_name_is_that_of_a_submodule():
    # `from simulator import x` would mean one or the other, depending on what was imported before.
    submodules = {module.name for module in pkgutil.iter_modules(simulator.__path__)}
    assert submodules
    assert submodules.isdisjoint(simulator.__all__)


def test_importing_the_package_loads_nothing_that_is_slow():
    loaded = loaded_by("import simulator")
    assert "simulator" in loaded
    assert not loaded & LATE


def test_looking_at_the_public_names_loads_nothing_either():
    assert not loaded_by("import simulator; dir(simulator); simulator.__all__") & LATE


def test_what_loads_late_would_be_noticed():
    assert "asyncio" in loaded_by("import asyncio")
