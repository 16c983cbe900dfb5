"""The environments of `make sdks`: what is in them, and how one is made and kept."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from .pins import ROOT, newest, pins

LOWEST = "lowest"
# The first that we support; a much-used v1 (its first with streams); v2 before the SDK marked it as deprecated;
# the last 1.x and the last 2.x. The newest 3.x comes from constraints.txt.
OLDER_SDKS = ("1.3.9", "1.14.3", "1.40.0", "1.109.1", "2.54.0")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A virtual environment with the package, one SDK, and what these two need: what a user has, and no more.

    Args:
        requirements: what is installed beside it.
        extras: of the package, as `[client]`.
        kind: stands in the name of its folder.
    """

    name: str
    constraints: str
    requirements: tuple[str, ...] = ()
    extras: str = ""
    kind: str = "sdk"

    @property
    def folder(self) -> Path:
        """Where it is kept from run to run; `make clean` removes it."""
        return ROOT / f".venv-{self.kind}-{self.name}"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"


def environments() -> dict[str, Environment]:
    """Return all seven by name, the oldest SDK first."""
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {sdk: pins(sdk, constraints) for sdk in (*OLDER_SDKS, newest(constraints))}
    pinned[LOWEST] = lowest((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {name: Environment(name=name, constraints=text) for name, text in pinned.items()}


def lowest(pyproject: str) -> str:
    """Return constraints with the lowest version of everything that a pyproject.toml names as a dependency.

    Raises:
        ValueError: a dependency has no lower bound; names it.
    """
    requirements = map(Requirement, tomllib.loads(pyproject)["project"]["dependencies"])
    return "".join(f"{one.name}=={_lower_bound(one)}\n" for one in requirements)


def _lower_bound(requirement: Requirement) -> Version:
    bounds = [Version(one.version) for one in requirement.specifier if one.operator in {">=", "==", "~="}]
    if not bounds:
        raise ValueError(f"{requirement.name} has no lower bound in pyproject.toml: write {requirement.name}>=…")
    return max(bounds)


def make(environment: Environment, python: str, uv: str) -> None:
    """Make an environment, unless it stands as it would be made.

    Args:
        python: the interpreter it is made of.
        uv: the path of uv; empty where there is none.

    Raises:
        subprocess.CalledProcessError: it cannot be made, as the output says; it is made anew the next time.
    """
    stamp = environment.folder / "ready"
    wanted = _fingerprint(environment, python)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    for command in _commands(environment, python, uv):
        _run(command)
    stamp.write_text(wanted, encoding="utf-8")


def _fingerprint(environment: Environment, python: str) -> str:
    version = _run([python, "-c", "import sys; print(sys.version)"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]  # the rest is of tools
    return hashlib.sha256(repr((environment, project, version)).encode()).hexdigest()


def _commands(environment: Environment, python: str, uv: str) -> list[list[str]]:
    folder, interpreter = str(environment.folder), str(environment.python)
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    constraints = build / f"{environment.kind}-{environment.name}.txt"
    constraints.write_text(environment.constraints, encoding="utf-8")
    package = f"{ROOT}{environment.extras}"
    what = ["--quiet", "--constraint", str(constraints), *environment.requirements, "--editable", package]
    if uv:
        return [
            [uv, "venv", "--quiet", "--clear", "--python", python, folder],
            [uv, "pip", "install", "--python", interpreter, *what],
        ]
    return [[python, "-m", "venv", "--clear", folder], [interpreter, "-m", "pip", "install", *what]]


PROBE = """
import json, sys
from importlib.metadata import version
from simulator.transport.libraries import which_library
names = ("openai", which_library(), "pydantic")
print(json.dumps({"python": sys.version.split()[0], **{name: version(name) for name in names}}))
"""


def versions(environment: Environment) -> dict[str, str]:
    """Return the versions that count: of Python, openai, the HTTP library that this SDK runs on, and pydantic."""
    found: dict[str, str] = json.loads(_run([str(environment.python), "-I", "-c", PROBE]))
    return found


# Where a request goes that nothing intercepts: to a port of this machine at which nobody listens.
NOWHERE = "http://127.0.0.1:9"


def bare_variables() -> dict[str, str]:
    """Return the environment variables of this process without keys and hosts of the API, and without a network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "AZURE_OPENAI_"))}
    return kept | dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE)


def _run(command: list[str]) -> str:
    """Run a command; return what it prints, or show it where the command fails.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        done.check_returncode()
    return done.stdout
