"""`make schema`: schemathesis over the official specification, all checks.

    python -m tests.fuzz [SPECIFICATION] [--cases 20000] [--seed 0] [--only "POST /threads"] [--examples]

Shows every finding once, and how often each listed departure was met. Fails if there is a finding.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.fuzz.cases import Findings, Fuzzer
from tests.fuzz.departures import amended

# Not part of this repository.
SPECIFICATION = Path(__file__).parents[3] / "shared" / "spec" / "assistants-openapi.yaml"


def main() -> int:
    """Run the command."""
    given = _arguments()
    if not given.specification.exists():
        sys.stdout.write(f"There is no {given.specification}: nothing was tried.\n")
        return 0
    began = time.monotonic()
    spec = amended(yaml.safe_load(given.specification.read_text(encoding="utf-8")))
    fuzzer = Fuzzer(json.dumps(spec).encode(), given.seed)
    fuzzer.run(given.cases, given.only)
    findings = fuzzer.findings
    for line in _report(findings):
        sys.stdout.write(f"{line}\n")
    if given.examples:
        sys.stdout.write("\n\n".join(findings.examples.values()))
    took = f"{time.monotonic() - began:.0f} s"
    sys.stdout.write(f"schemathesis: {fuzzer.door.count} cases, {len(findings.found)} findings, {took}\n")
    return bool(findings.found)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("specification", type=Path, nargs="?", default=SPECIFICATION)
    parser.add_argument("--cases", type=int, default=20_000, help="how often it is asked, at least")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn")
    parser.add_argument("--only", default="", help="the operations whose method and path contain this")
    parser.add_argument("--examples", action="store_true", help="show an example of each finding")
    return parser.parse_args()


def _report(findings: Findings) -> Iterator[str]:
    for key, count in sorted(findings.found.items()):
        yield f"{count} x {' | '.join(key)}"
    for reason, count in sorted(findings.excused.items()):
        yield f"listed, {count} times: {reason}"
    yield f"answers by status: {dict(sorted(findings.statuses.items()))}"


if __name__ == "__main__":
    sys.exit(main())
