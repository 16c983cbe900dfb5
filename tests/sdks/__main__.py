"""The command: `python -m tests.sdks [NAME]...`, an SDK or "lowest" each; all of them where none is named."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence

from .environments import Environment, bare_variables, environments, make, versions
from .pins import ROOT
from .results import FAILED, NOT_OFFERED, RAN, RECORD, SKIPPED, Result, read_report, write

SETTINGS = ROOT / "tests" / "sdks" / "smoke.ini"
# The second is a program for one SDK, and skips under all others.
TESTS = ("tests/sdks/test_smoke.py", "tests/test_seed_program.py")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the smoke suite under the SDKs.

    Raises:
        SystemExit: something failed under one of them.
    """
    known = environments()
    parser = _parser(known)
    options = parser.parse_args(arguments)
    if strange := set(options.names) - set(known):
        parser.error(f"there is no environment {', '.join(sorted(strange))}; there are {', '.join(known)}")
    chosen = [known[name] for name in options.names or known]
    results = [_result(one, options.python, options.uv) for one in chosen]
    passed = sum(one.passed for one in results)
    _say(f"{passed} of {len(results)} pass")
    if len(results) == len(known):
        write(results)
        _say(f"{RECORD.relative_to(ROOT)} is written; `make docs` makes the README's table of it.")
    if passed < len(results):
        sys.exit(1)


def _parser(known: Collection[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.sdks", description="Run the smoke suite under the SDKs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the environments")
    parser.add_argument("--uv", default=shutil.which("uv") or "", help="the path of uv; empty: venv and pip")
    return parser


def _result(environment: Environment, python: str, uv: str) -> Result:
    """Run the tests in one environment, and say how it went."""
    make(environment, python, uv)
    report = environment.folder / "smoke.xml"
    report.unlink(missing_ok=True)  # one of an earlier run would speak for this one
    command = [
        str(environment.python),
        "-I",
        "-m",
        "pytest",
        "-q",
        "--tb=short",
        "-c",
        str(SETTINGS),
        f"--junitxml={report}",
        *TESTS,
    ]
    done = subprocess.run(command, cwd=ROOT, env=bare_variables(), capture_output=True, text=True, check=False)
    if not report.is_file():
        sys.exit(f"pytest did not come to its end under openai {environment.name}:\n{done.stdout}{done.stderr}")
    checks, others = read_report(report.read_text(encoding="utf-8"))
    result = Result(name=environment.name, versions=versions(environment), checks=checks, others=others)
    _tell(result, done.stdout)
    return result


def _tell(result: Result, printed: str) -> None:
    if not result.passed:
        _say(printed)
    counts = ", ".join(f"{result.count(outcome)} {outcome}" for outcome in (RAN, NOT_OFFERED, FAILED))
    beside = "; ".join(f"{name} {outcome}" for name, outcome in result.others.items() if outcome != SKIPPED)
    installed = " ".join(f"{name}={version}" for name, version in result.versions.items())
    _say(f"{result.name:8} {counts}   ({installed}){beside and '; '}{beside}")


def _say(text: str) -> None:
    sys.stdout.write(text + os.linesep)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
