"""The command: `python -m tests.sdks.pythons`, the whole suite on every CPython that is found here, or that uv brings.

Of each minor version the youngest is taken. The environments are those of the Makefile: `make test` makes them,
keeps them as `.venv-3.12`, and runs the suite.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from .pins import ROOT

# From the oldest that we support to the next that is to come.
MINORS = range(11, 16)
PROBE = """
import json, platform, sys, sysconfig
free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
kind = platform.python_implementation() + " without GIL" * free_threaded
print(json.dumps({"kind": kind, "version": sys.version_info[:3], "path": sys.executable}))
"""


@dataclass(frozen=True, kw_only=True)
class Python:
    """An interpreter that works."""

    version: tuple[int, ...]
    path: str

    @property
    def minor(self) -> str:
        """Its version without the patch: "3.12"."""
        return "{}.{}".format(*self.version)

    @property
    def name(self) -> str:
        """Its version: "3.12.1"."""
        return ".".join(map(str, self.version))


@dataclass(frozen=True, kw_only=True)
class Count:
    """What pytest reported of a suite."""

    tests: int
    skipped: int
    failed: int

    def __str__(self) -> str:
        return f"{self.tests - self.skipped - self.failed} passed, {self.skipped} skipped, {self.failed} failed"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the suite on each, and say at the end which ran and which were not found.

    Raises:
        SystemExit: the suite did not pass on one of them, or there is none.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.sdks.pythons", description="Run the suite on each Python.")
    parser.add_argument("--uv", default=shutil.which("uv") or "", help="the path of uv, which can bring Pythons")
    parser.add_argument("--args", default="", help="more arguments for pytest")
    options = parser.parse_args(arguments)
    pythons = youngest(probed([*on_this_machine(), *of_uv(options.uv)]))
    counts = {one: suite(one, options.uv, options.args) for one in pythons}
    sys.stdout.write("\n".join(["", *summary(counts)]) + "\n")
    if not counts or any(one is None or one.failed for one in counts.values()):
        sys.exit(1)


def on_this_machine() -> Iterator[str]:
    """Yield the interpreters of PATH and of pyenv, whether or not they work."""
    yield from filter(None, (shutil.which(f"python3.{minor}") for minor in MINORS))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(pyenv.glob("versions/3.*/bin/python3")))


def of_uv(uv: str) -> Iterator[str]:
    """Yield the interpreters that uv has, or fetches; those that it cannot fetch are missing, without an error.

    Args:
        uv: its path; empty where there is none.
    """
    for minor in MINORS if uv else ():
        subprocess.run([uv, "python", "install", "--quiet", f"3.{minor}"], capture_output=True, check=False)
        found = subprocess.run([uv, "python", "find", f"3.{minor}"], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            yield found.stdout.strip()


def probed(paths: Iterable[str]) -> Iterator[Python]:
    """Yield those interpreters that start (a shim of pyenv may not) and are CPython with its lock."""
    for path in paths:
        done = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            said = json.loads(done.stdout)
            if said["kind"] == "CPython":
                yield Python(version=tuple(said["version"]), path=said["path"])


def youngest(pythons: Iterable[Python]) -> list[Python]:
    """Return one for each minor version that we support, the oldest first."""
    wanted = {f"3.{minor}" for minor in MINORS}
    found = {one.minor: one for one in sorted(pythons, key=lambda one: one.version) if one.minor in wanted}
    return list(found.values())


def suite(python: Python, uv: str, arguments: str) -> Count | None:
    """Run the suite on one Python.

    Args:
        python: what runs it.
        uv: its path; empty where there is none.
        arguments: more of them for pytest, as one writes them in a shell.

    Returns:
        The counts; None where pytest did not come to its end.
    """
    sys.stdout.write(f"\nCPython {python.name}\n")
    sys.stdout.flush()
    report = ROOT / "build" / f"suite-{python.minor}.xml"
    report.unlink(missing_ok=True)
    options = f"-q -n 2 --junitxml={report} {arguments}"
    variables = (f"PYTHON={python.path}", f"VENV=.venv-{python.minor}", f"UV={uv}", f"ARGS={options}")
    subprocess.run([os.environ.get("MAKE", "make"), "test", *variables], cwd=ROOT, check=False)
    return counted(report.read_text(encoding="utf-8")) if report.is_file() else None


def counted(xml: str) -> Count:
    """Return the counts of a report in JUnit's form."""
    suites = list(ET.fromstring(xml).iter("testsuite"))

    def total(*names: str) -> int:
        return sum(int(one.get(name, 0)) for one in suites for name in names)

    return Count(tests=total("tests"), skipped=total("skipped"), failed=total("failures", "errors"))


def summary(counts: dict[Python, Count | None]) -> Iterator[str]:
    """Yield a line for each Python that was found, and one for those that were not."""
    for python, count in counts.items():
        yield f"CPython {python.name:8} {count or 'did not finish: see above'}   ({python.path})"
    missing = sorted({f"3.{minor}" for minor in MINORS} - {one.minor for one in counts})
    if missing:
        yield f"not found: {', '.join(missing)}"


if __name__ == "__main__":
    main()
