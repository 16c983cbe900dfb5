"""The command of `make cards`: `python -m tests.cards [NAME]...`, all of them where none is named.

Makes an environment for each library, plays the hazards there, finds the lines of causes, and writes docs/cards.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.sdks.environments import bare_variables, make
from tests.sdks.pins import ROOT

from .causes import CAUSES, Cause
from .libraries import LIBRARIES, Library
from .record import RECORD, Card, read, write

PROBE = """
import json, sys, sysconfig
from importlib.metadata import version
print(json.dumps({"python": sys.version.split()[0], **{name: version(name) for name in sys.argv[1:]}}))
print(sysconfig.get_paths()["purelib"])
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the cards of some libraries, and keep them with those of the others.

    Raises:
        SystemExit: a library cannot be played, or the code of a cause is not where it is said to be.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.cards", description="Play the hazards against libraries.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(LIBRARIES)}")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the environments")
    parser.add_argument("--uv", default=shutil.which("uv") or "", help="the path of uv; empty: venv and pip")
    options = parser.parse_args(arguments)
    if strange := set(options.names) - set(LIBRARIES):
        parser.error(f"there is no library {', '.join(sorted(strange))}; there are {', '.join(LIBRARIES)}")
    cards = read() if RECORD.is_file() else {}
    for name in options.names or LIBRARIES:
        library = LIBRARIES[name]
        if not library.is_there:
            _say(f"{name:26} is not here; its card stays as it is")
            continue
        cards[name] = card = _card(library, options.python, options.uv)
        counts = ", ".join(f"{card.count(one)} {one}" for one in ("survived", "misbehaved", "hung", "not applicable"))
        _say(f"{name:26} {counts}")
    write(cards)
    _say(f"{RECORD.relative_to(ROOT)} is written; `make docs` makes the tables of it.")


def _card(library: Library, python: str, uv: str) -> Card:
    make(library.environment, python, uv)
    interpreter = library.environment.python
    versions, packages = _run([str(interpreter), "-I", "-c", PROBE, *library.shown]).splitlines()
    lines = {cause.key: line_of(cause, Path(packages)) for cause in CAUSES[library.name]}
    return Card(versions=json.loads(versions), results=_results(interpreter, library.target), lines=lines)


def _results(interpreter: Path, app: str) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "results.json")
        _run([str(interpreter), "-m", "tests.cards.playing", app, "--json", str(path)], folder)
        results: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return results


def line_of(cause: Cause, packages: Path) -> int:
    """Return the line in which the code of a cause stands.

    Args:
        packages: the folder of the packages of its environment.

    Raises:
        SystemExit: it stands in none, or in several.
    """
    path = cause.path(packages)
    found = [at for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if cause.code in line]
    if len(found) <= cause.nth:
        sys.exit(
            f"{path} has {len(found)} lines with {cause.code!r}; tests/cards/causes.yaml asks for no. {cause.nth + 1}"
        )
    return found[cause.nth]


def _run(command: list[str], folder: str | Path = ROOT) -> str:
    """Run a command in a folder: what a library writes where it is started is not to lie about here."""
    variables = {**bare_variables(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _say(text: str) -> None:
    sys.stdout.write(text + os.linesep)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
