"""The command: `python -m bench.stress [--times N] [--load idle|busy]`; exits with 1 if anything was wrong."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Sequence

from .running import RIGHT, SCENARIOS, burners, outcomes

TOTAL = 2_000
LOADS = {"idle": 0, "busy": os.cpu_count() or 2}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every scenario of every mode, and print the figures."""
    count = sum(map(len, SCENARIOS.values()))
    parser = argparse.ArgumentParser(prog="python -m bench.stress", description=__doc__)
    parser.add_argument("--times", type=int, default=math.ceil(TOTAL / count), help="of each scenario")
    parser.add_argument("--load", choices=LOADS, action="append", help="both, unless one is named")
    options = parser.parse_args(arguments)
    wrong = 0
    for load in options.load or LOADS:
        with burners(LOADS[load]):
            right = _run(load, options.times)
        total = options.times * count
        wrong += total - right
        print(f"{load}: {right} of {total} right\n")
    return 1 if wrong else 0


def _run(load: str, times: int) -> int:
    right = 0
    for mode, scenarios in SCENARIOS.items():
        for scenario in scenarios:
            began = time.perf_counter()
            found = outcomes(mode, scenario, times)
            each = (time.perf_counter() - began) / times * 1000
            right += found[RIGHT]
            others = {outcome: number for outcome, number in found.items() if outcome != RIGHT}
            print(
                f"{load:5}{mode:8} {scenario.__name__:18} {found[RIGHT]}/{times} {each:7.1f} ms",
                *([others] if others else []),
            )
    return right


if __name__ == "__main__":
    sys.exit(main())
