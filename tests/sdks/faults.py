"""What each major version of the SDK makes of faults: `python -m tests.sdks.faults`, kept in docs/sdk-faults.json.

The tables of docs/faults.md are made of it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from .environments import OLDER_SDKS, Environment, bare_variables, environments, make
from .pins import ROOT, newest, release

RECORD = ROOT / "docs" / "sdk-faults.json"
PROBE = ROOT / "tests" / "sdks" / "fault_probe.py"

# What one SDK showed: by kind of request, by fault.
Probed: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Any]]]


def majors(constraints: str) -> list[str]:
    """Return the last version that we try of each major one, the oldest first."""
    last = {release(version)[0]: version for version in (*OLDER_SDKS, newest(constraints))}
    return list(last.values())


def main(arguments: Sequence[str] | None = None) -> None:
    """Probe the last SDK of each major version, and write the record."""
    parser = argparse.ArgumentParser(prog="python -m tests.sdks.faults", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the environments")
    parser.add_argument("--uv", default=shutil.which("uv") or "", help="the path of uv; empty: venv and pip")
    options = parser.parse_args(arguments)
    known = environments()
    names = majors((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    write({name: _probed(known[name], options.python, options.uv) for name in names})
    sys.stdout.write(f"{RECORD.relative_to(ROOT)} is written; `make docs` makes the tables of it.{os.linesep}")


def _probed(environment: Environment, python: str, uv: str) -> Probed:
    make(environment, python, uv)
    command = [str(environment.python), "-I", str(PROBE)]
    done = subprocess.run(command, cwd=ROOT, env=bare_variables(), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the probe failed under openai {environment.name}:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    if found.pop("openai") != environment.name:
        sys.exit(f"the environment of openai {environment.name} holds another one; `make clean` removes it.")
    return found


def write(probed: Mapping[str, Probed], path: Path = RECORD) -> None:
    """Keep what was found, by SDK."""
    path.write_text(json.dumps(probed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path = RECORD) -> dict[str, Probed]:
    """Return what was kept."""
    kept: dict[str, Probed] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def rows(probed: Mapping[str, Probed], kind: str) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the table of one kind of request."""
    faults = list(next(iter(probed.values()))[kind])
    heads = ["fault", *(f"openai {name}" for name in probed)]
    return heads, [[fault, *(_cell(one[kind][fault]) for one in probed.values())] for fault in faults]


def _cell(seen: Mapping[str, Any]) -> str:
    outcome = str(seen["outcome"])
    told = f"`{outcome}`" if "." in outcome and "`" not in outcome else outcome
    if "text" in seen:
        return f"{told}; {_TEXTS[seen['text']]}"
    requests = "1 request" if seen["requests"] == 1 else f"{seen['requests']} requests"
    made = "".join(f"; {_count(count, name)} made" for name, count in seen.get("made", {}).items())
    return f"{told}; {requests}, {seen['seconds']:g} s{made}"


_TEXTS = {"whole": "the whole text", "a part": "a part of the text", "none": "no text"}


def _count(count: int, name: str) -> str:
    return f"1 {name.removesuffix('s')}" if count == 1 else f"{count} {name}"


if __name__ == "__main__":
    main()
