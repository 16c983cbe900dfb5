"""Who may import whom: read from the source, never by importing it.

`LEVELS` is the architecture. A module imports from levels below its own and from its own level, where no
circle may form. What an `import` says counts wherever it stands: at the top, inside a function, under
`if TYPE_CHECKING:`.

Every rule is a function from sources to complaints, so that each is tried on a tree that breaks it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "simulator"
MAX_LINES = 500

# From the bottom up. A room is a folder or a module directly inside the package.
LEVELS = (
    {"errors", "importing", "whole_files"},
    {"backend"},
    {"api"},
    {"transport", "brains"},
    {"simulator", "decorator", "options", "saving", "exact_tokens", "findings", "observations"},
    {"scenario", "recording"},
    {"checks", "migration", "report", "server"},
    {"pytest_plugin", "pytest_baselines", "pytest_scenarios", "cli"},
    {"__main__"},
)
LEVEL_OF = {room: number for number, rooms in enumerate(LEVELS) for room in rooms}
# Rooms that stand beside the levels, and all that they may import.
BESIDE = {"client": {"client", "errors"}}
# The package itself names everything, lazily; nothing inside imports it.
DOOR = "__init__"

# The core computes: no I/O, no wall clock, no randomness but what it is handed.
CORE = {"backend", "api", "brains"}
# typing_extensions is the standard library of later Pythons: pydantic needs its TypedDict before 3.12.
CORE_THIRD_PARTIES = {"pydantic", "pydantic_core", "jsonschema", "typing_extensions"}
# Only what is named here: a module that is missing may be added if it does no I/O and keeps no time.
CORE_STDLIB = {
    "__future__",
    "abc",
    "array",
    "ast",
    "base64",
    "binascii",
    "bisect",
    "codecs",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "email",
    "enum",
    "fnmatch",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "html",
    "inspect",
    "itertools",
    "json",
    "keyword",
    "math",
    "numbers",
    "operator",
    "random",
    "re",
    "reprlib",
    "string",
    "struct",
    "textwrap",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "urllib.parse",
    "warnings",
    "weakref",
    "zlib",
}
# The parts of allowed modules that read the clock of the machine or the randomness of the process. Of
# `random` only the class: it is seeded by whoever makes it.
CORE_RANDOM = {"Random"}
CORE_CLOCK_READERS = {"now", "utcnow", "today"}
CORE_BUILTINS = {"open", "input", "print", "breakpoint", "exec", "eval", "__import__"}


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Module:
    """One source file; `path` is relative to the package, with slashes."""

    path: str
    source: str

    @property
    def name(self) -> str:
        parts = [PACKAGE, *self.path.removesuffix(".py").split("/")]
        return ".".join(parts[:-1] if self.is_package else parts)

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    @property
    def room(self) -> str:
        return self.path.split("/")[0].removesuffix(".py")

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    def at(self, line: int) -> str:
        return f"{PACKAGE}/{self.path}:{line}"


@dataclass(frozen=True)
class Import:
    """One name that one import statement asks for."""

    target: str  # the module, in full; for `from x import y` that is `x.y` if it is a module, else `x`
    name: str | None  # what is taken from it, if not a module
    relative: bool
    line: int

    @property
    def is_internal(self) -> bool:
        return self.target == PACKAGE or self.target.startswith(f"{PACKAGE}.")

    @property
    def room(self) -> str:
        return self.target.split(".")[1] if "." in self.target else DOOR


def tree_of(files: Mapping[str, str]) -> list[Module]:
    return [Module(path, source) for path, source in files.items()]


def real_tree() -> list[Module]:
    folder = ROOT / PACKAGE
    files = sorted(folder.rglob("*.py"))
    return tree_of({file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in files})


def imports_of(module: Module, known: Iterable[str]) -> Iterator[Import]:
    """Every import of a module, at whatever depth; `known` are the full names of the modules of the package."""
    known = set(known)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, None, relative=False, line=node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(module, node)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                is_module = full in known or (base == PACKAGE and alias.name in LEVEL_OF.keys() | BESIDE.keys())
                target, name = (full, None) if is_module else (base, alias.name)
                yield Import(target, name, relative=node.level > 0, line=node.lineno)


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """The full name of the module that a `from … import` names."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*parts, node.module] if node.module else parts)


def all_imports(tree: list[Module]) -> Iterator[tuple[Module, Import]]:
    known = {module.name for module in tree}
    for module in tree:
        for found in imports_of(module, known):
            yield module, found


# ── the rules ────────────────────────────────────────────────────────────────────────────────────────────────────────


def upward_imports(tree: list[Module]) -> list[str]:
    """Imports go down, or stay on their level; what stands beside the levels imports only what it is granted."""
    complaints = []
    for module, found in all_imports(tree):
        if module.room == DOOR or not found.is_internal:
            continue
        here, there = module.room, found.room
        if here in BESIDE:
            wrong = there not in BESIDE[here]
        elif there in BESIDE or there == DOOR:
            wrong = True
        else:
            wrong = LEVEL_OF.get(there, -1) > LEVEL_OF.get(here, len(LEVELS))
        if wrong:
            there = f"the package itself ({found.name})" if there == DOOR else there
            complaints.append(f"{module.at(found.line)}: {here} must not import {there}")
    return complaints


def unknown_rooms(tree: list[Module]) -> list[str]:
    """Each folder and module directly inside the package has its place in the levels."""
    rooms = {module.room for module in tree} - LEVEL_OF.keys() - BESIDE.keys() - {DOOR}
    return [f"{PACKAGE}/{room}: has no place in LEVELS" for room in sorted(rooms)]


def absolute_imports(tree: list[Module]) -> list[str]:
    """Inside the package imports are relative, so that it works under another name as well."""
    return [
        f"{module.at(found.line)}: import {found.target} by a relative import"
        for module, found in all_imports(tree)
        if not found.relative and (found.is_internal or found.target.split(".")[0] == "assistants_simulator")
    ]


def circles(tree: list[Module]) -> list[str]:
    """No module reaches itself through imports. Each circle is named once, from its first module."""
    graph: dict[str, list[str]] = {module.name: [] for module in tree}
    for module, found in all_imports(tree):
        if module.room != DOOR and found.target in graph:
            graph[module.name].append(found.target)
    seen: set[str] = set()
    complaints = []
    for start in sorted(graph):
        path = way_back(graph, start, seen)
        if path:
            complaints.append("circle: " + " → ".join(path))
            seen.update(path)
    return complaints


def way_back(graph: Mapping[str, list[str]], start: str, without: set[str]) -> list[str]:
    """The shortest way from a module to itself around the modules in `without`, or none."""
    ways = [[start]]
    visited = set(without)
    for way in ways:
        for target in graph[way[-1]]:
            if target == start:
                return [*way, start]
            if target not in visited:
                visited.add(target)
                ways.append([*way, target])
    return []


def impure_imports(tree: list[Module]) -> list[str]:
    """The core imports its allowed third parties and harmless parts of the standard library."""
    return [
        f"{module.at(found.line)}: {module.room} must not import {found.target}"
        for module, found in all_imports(tree)
        if module.room in CORE and not found.is_internal and not is_allowed_in_core(found)
    ]


def is_allowed_in_core(found: Import) -> bool:
    if found.target.split(".")[0] in CORE_THIRD_PARTIES:
        return True
    full = f"{found.target}.{found.name}" if found.name else found.target
    return any(f"{full}.".startswith(f"{allowed}.") for allowed in CORE_STDLIB)


def impure_calls(tree: list[Module]) -> list[str]:
    """The core does not read the wall clock or global randomness through the modules that it may import."""
    return [
        f"{module.at(line)}: {module.room} must not use {what}"
        for module in tree
        if module.room in CORE
        for line, what in impure_uses(module)
    ]


def impure_uses(module: Module) -> Iterator[tuple[int, str]]:
    origins = {}  # local name → where it comes from
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            origins |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            origins |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            for alias in node.names:
                if is_impure(f"{node.module}.{alias.name}"):
                    yield node.lineno, f"{node.module}.{alias.name}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            head, *rest = dotted(node)
            full = ".".join([origins.get(head, ""), *rest])
            if is_impure(full):
                yield node.lineno, full
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CORE_BUILTINS:
            yield node.lineno, f"{node.func.id}()"


def dotted(node: ast.expr) -> list[str]:
    """The parts of `a.b.c`; of an attribute of anything but a name, with an empty first part."""
    if isinstance(node, ast.Attribute):
        return [*dotted(node.value), node.attr]
    return [node.id if isinstance(node, ast.Name) else ""]


def is_impure(full: str) -> bool:
    """Whether a dotted name reads the clock of the machine or the randomness of the process."""
    parts = full.split(".")
    if parts[0] == "random":
        return len(parts) > 1 and parts[1] not in CORE_RANDOM
    return parts[0] == "datetime" and parts[-1] in CORE_CLOCK_READERS


def long_modules(tree: list[Module]) -> list[str]:
    """A module that grows past the limit has become two."""
    return [
        f"{PACKAGE}/{module.path}: {lines} lines, more than {MAX_LINES}"
        for module in tree
        if (lines := len(module.source.splitlines())) > MAX_LINES
    ]


RULES = [
    upward_imports,
    unknown_rooms,
    absolute_imports,
    circles,
    impure_imports,
    impure_calls,
    long_modules,
]


# ── the real tree ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule):
    complaints = rule(real_tree())
    assert not complaints, "\n".join(["", rule.__doc__, *complaints])


def test_the_real_tree_was_read():
    tree = real_tree()
    internal = [found for _, found in all_imports(tree) if found.is_internal]
    assert {"__init__", "errors", "backend", "api"} <= {module.room for module in tree}
    assert {"errors", "backend"} <= {found.room for found in internal}


def test_the_standard_library_of_the_core_is_spelt_right():
    assert {name.split(".")[0] for name in CORE_STDLIB} <= sys.stdlib_module_names


def test_contributing_describes_the_rooms_that_there_are():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("## Architecture")
    now, _, later = rest.partition("### What comes later")
    rooms = {module.room for module in real_tree()} - {DOOR}
    promised = (LEVEL_OF.keys() | BESIDE.keys()) - rooms
    assert rows(now) == rooms
    assert rows(later) == promised
    assert levels(now) == LEVELS


def rows(markdown: str) -> set[str]:
    """The rooms that the tables of a section have a row for, such as "| `backend` | … |"."""
    section = re.split(r"^## ", markdown, flags=re.MULTILINE)[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE))


def levels(markdown: str) -> tuple[set[str], ...]:
    """The levels that a section draws, a line each, from the bottom up."""
    lines = re.findall(r"^```text\n(.*?)^```$", markdown, flags=re.MULTILINE | re.DOTALL)[0].splitlines()
    return tuple(set(line.split()) for line in reversed(lines))


# ── trees that break the rules ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path,source,complaint",
    [
        ("backend/engine.py", "from ..api import wire", "backend must not import api"),
        ("backend/engine.py", "from ..api.wire import Request", "backend must not import api"),
        ("backend/engine.py", "from .. import api", "backend must not import api"),
        ("backend/deep/down.py", "from ...brains import scripted", "backend must not import brains"),
        ("api/runs.py", "def f():\n    from ..transport import guard", "api must not import transport"),
        ("api/runs.py", "if TYPE_CHECKING:\n    from ..simulator import Simulator", "api must not import simulator"),
        ("transport/sync.py", "from ..simulator import Simulator", "transport must not import simulator"),
        ("scenario/play.py", "from ..report import timeline", "scenario must not import report"),
        ("report/html.py", "from ..cli import main", "report must not import cli"),
        ("cli.py", "from .__main__ import main", "cli must not import __main__"),
        ("cli.py", "from . import Simulator", "cli must not import the package itself (Simulator)"),
        ("cli.py", "from .client import Loop", "cli must not import client"),
        ("client/loop.py", "from ..backend import clock", "client must not import backend"),
    ],
)
def test_an_import_that_goes_up_is_named(path, source, complaint):
    assert [text.split(": ", 1)[1] for text in upward_imports(tree_of({path: source}))] == [complaint]


def test_imports_that_go_down_are_none_of_its_business():
    files = {
        "__init__.py": "from .simulator import Simulator\nfrom .cli import main",
        "__main__.py": "from .cli import main",
        "cli.py": "from .pytest_plugin import x\nfrom .report import timeline\nimport json",
        "client/loop.py": "from ..errors import SimulatorError\nfrom .waiting import wait",
        "transport/sync.py": "from ..brains import auto\nfrom ..api.wire import Request",
        "backend/engine.py": "from . import clock\nfrom ..errors import NoTurn\nfrom .store import Store",
    }
    assert upward_imports(tree_of(files)) == []


def test_a_complaint_names_file_and_line():
    tree = tree_of({"backend/engine.py": "import json\n\n\nfrom ..cli import main\n"})
    assert upward_imports(tree) == ["simulator/backend/engine.py:4: backend must not import cli"]


def test_a_room_without_a_level_is_named():
    tree = tree_of({"utils.py": "", "misc/text.py": "", "backend/utils.py": "", "__init__.py": ""})
    assert unknown_rooms(tree) == [
        "simulator/misc: has no place in LEVELS",
        "simulator/utils: has no place in LEVELS",
    ]


@pytest.mark.parametrize(
    "source",
    ["import simulator.errors", "from simulator import errors", "def f():\n    import assistants_simulator"],
)
def test_an_absolute_import_of_ourselves_is_named(source):
    assert len(absolute_imports(tree_of({"backend/engine.py": source}))) == 1


def test_a_module_of_that_name_elsewhere_is_not_ours():
    source = "import simulators\nfrom .simulator import x\nimport json.simulator"
    assert absolute_imports(tree_of({"cli.py": source})) == []


def test_a_circle_is_named_once_whatever_its_length():
    files = {
        "backend/a.py": "from .b import x",
        "backend/b.py": "def f():\n    from . import c",
        "backend/c.py": "if TYPE_CHECKING:\n    from .a import y",
        "backend/d.py": "from . import a",
    }
    path = "simulator.backend.a → simulator.backend.b → simulator.backend.c → simulator.backend.a"
    assert circles(tree_of(files)) == [f"circle: {path}"]


def test_a_circle_between_rooms_of_one_level_is_named():
    files = {"transport/a.py": "from ..brains.b import x", "brains/b.py": "from ..transport import a"}
    assert len(circles(tree_of(files))) == 1


def test_a_name_taken_from_its_own_package_closes_a_circle():
    files = {"backend/__init__.py": "from .engine import Engine", "backend/engine.py": "from . import Engine"}
    assert len(circles(tree_of(files))) == 1


def test_a_module_taken_from_its_own_package_does_not():
    files = {
        "backend/__init__.py": "from .engine import Engine",
        "backend/engine.py": "from . import clock",
        "backend/clock.py": "",
    }
    assert circles(tree_of(files)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio",
        "import http",
        "import httpx",
        "import importlib",
        "import openai",
        "import os.path",
        "import secrets",
        "import socket, json",
        "import ssl",
        "import subprocess",
        "import threading",
        "import time as t",
        "import urllib",
        "import urllib.request",
        "import uuid",
        "def f():\n    import yaml",
        "from os import environ",
        "from pathlib import Path",
        "from time import monotonic",
        "from urllib import request",
        "if TYPE_CHECKING:\n    from rich.console import Console",
    ],
)
def test_an_import_that_the_core_may_not_have_is_named(source):
    assert len(impure_imports(tree_of({"brains/auto.py": source}))) == 1
    assert impure_imports(tree_of({"transport/auto.py": source})) == []


def test_the_core_may_import_what_only_computes():
    source = """
import json, collections.abc
import urllib.parse
from urllib import parse
from urllib.parse import parse_qs
from random import Random
import pydantic
from pydantic_core import to_json
from jsonschema.validators import validator_for
from ..errors import Refusal
"""
    assert impure_imports(tree_of({"api/wire.py": source})) == []


@pytest.mark.parametrize(
    "source,use",
    [
        ("import random\nx = random.random()", "random.random"),
        ("import random as r\nx = r.choice([1])", "random.choice"),
        ("from random import shuffle", "random.shuffle"),
        ("from random import SystemRandom", "random.SystemRandom"),
        ("import datetime\nx = datetime.datetime.now(datetime.UTC)", "datetime.datetime.now"),
        ("import datetime as dt\nx = dt.date.today()", "datetime.date.today"),
        ("from datetime import datetime\ndef f():\n    return datetime.utcnow()", "datetime.datetime.utcnow"),
        ("from datetime import datetime as when\nclock = when.now", "datetime.datetime.now"),
        ("x = open('file')", "open()"),
        ("print('here')", "print()"),
        ("x = __import__('os')", "__import__()"),
    ],
)
def test_clock_randomness_and_files_are_named(source, use):
    complaints = impure_calls(tree_of({"backend/ids.py": source}))
    assert [text.split(": ", 1)[1] for text in complaints] == [f"backend must not use {use}"]
    assert impure_calls(tree_of({"cli.py": source})) == []


def test_clocks_and_randomness_that_were_handed_over_are_fine():
    source = """
import random
from datetime import UTC, datetime
def f(rng: random.Random, clock, rows):
    a = random.Random(7).random()
    b = rng.choice(rows)
    c = clock.now()
    d = datetime.fromtimestamp(0, UTC).year
    return rows.random, rows.open()
"""
    assert impure_calls(tree_of({"backend/ids.py": source})) == []


def test_the_modules_of_the_other_name_keep_the_limit_too():
    folder = ROOT / "assistants_simulator"
    files = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.py")}
    assert "pytest_entry.py" in files
    assert long_modules(tree_of(files)) == []


def test_a_module_past_the_limit_is_named():
    tree = tree_of({"cli.py": "\n" * (MAX_LINES + 1), "errors.py": "x = 1\n" * MAX_LINES})
    assert long_modules(tree) == ["simulator/cli.py: 501 lines, more than 500"]
