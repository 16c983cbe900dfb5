"""Plays the hazards against an app, in the environment of its library: `python -m tests.cards.playing APP [HAZARD]...`.

Prints a line for each hazard that is not survived; with `--json FILE` it writes what came of all of them.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from simulator.checks.battery import Battery, Result
from simulator.checks.hazards import hazards_named
from simulator.checks.verdicts import Outcome

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 200


def main() -> None:
    """Play what the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m tests.cards.playing", description=__doc__)
    parser.add_argument("app", metavar="APP", help="MODULE:CALLABLE")
    parser.add_argument("hazards", nargs="*", metavar="HAZARD", help="all of them, where none is named")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the results are written")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    results = {}
    for result in played(options.app, options.hazards):
        results[result.hazard.id] = kept(result)
        sys.stdout.writelines(f"{line}\n" for line in told(result))
    if options.json is not None:
        options.json.write_text(json.dumps(results), encoding="utf-8")


def played(app: str, hazards: list[str]) -> Iterator[Result]:
    """Play hazards against an app, `MODULE:CALLABLE`; what it prints while it is loaded is not heard."""
    module, _, name = app.partition(":")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        target = getattr(import_module(module), name)
    yield from Battery(target).play(hazards_named(hazards))


def kept(result: Result) -> dict[str, Any]:
    """Return what is kept of a result."""
    found = {one.invariant.__name__: one.text.replace(f"{ROOT}/", "")[:LONGEST] for one in reversed(result.findings)}
    more: dict[str, Any] = {"why": result.why} if result.why else {}
    return {"outcome": str(result.outcome), **more, **({"findings": dict(sorted(found.items()))} if found else {})}


def told(result: Result) -> Iterator[str]:
    """Yield the lines of what is to be mended."""
    if result.outcome in {Outcome.MISBEHAVED, Outcome.HUNG}:
        yield f"{result.outcome}: {result.hazard.id}"
        yield from (f"    {one.invariant.__name__}: {one.text[:LONGEST]}" for one in result.findings)


if __name__ == "__main__":
    main()
