"""`make mutation`: how many small mistakes in the heart of the simulator the tests notice.

    python -m tests.mutation [--jobs 2] [--only engine] [--every 10]

Prints the mutants that nobody noticed, and the score of each module. Fails if a score is below 90 %, if a mutant lives
that `survivors.py` does not explain, or if one is noticed that it explains.

The mistakes are mutmut's; trying them is ours. Its own command makes none outside of functions, where our tables
stand, and none in functions with decorators. cosmic-ray makes them there, but none in a text, an argument or a row,
and it changes the files in place and begins a pytest for each: three seconds here, where a fork of a session that has
collected everything needs a tenth of a second.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from .mutants import Mutant, mutants
from .survivors import EXPLAINED, Explained
from .targets import MODULES, ROOT, TESTS
from .trials import Outcome, measured, preload, tried

FLOOR = 90
ALIVE = {Outcome.SURVIVED, Outcome.UNREACHED}
Outcomes = Mapping[Mutant, Outcome]


def main() -> int:
    """Run the command."""
    given = _arguments()
    began = time.monotonic()
    paths = [path for path in MODULES if given.only in path]
    preload()
    reach = measured(TESTS, paths)
    made = [mutant for path in paths for mutant in mutants(path)][:: given.every]
    _say(f"{len(made)} mutants, {len(reach.seconds)} tests, known in {time.monotonic() - began:.0f} s")
    outcomes: dict[Mutant, Outcome] = {}
    killed_for_nothing: list[Mutant] = []

    def tell(mutant: Mutant, outcome: Outcome) -> None:
        if not mutant.was:
            killed_for_nothing.extend([mutant] if outcome not in ALIVE else [])
            return
        outcomes[mutant] = outcome
        if outcome in ALIVE and explanation(mutant) is None:
            _say(f"{outcome}: {mutant}")
        if len(outcomes) % 500 == 0:
            _say(f"{len(outcomes)} of {len(made)} tried, in {time.monotonic() - began:.0f} s")

    tried([*without_mistake(made), *made], TESTS, reach, given.jobs, tell)
    faults = [f"fails without any mistake: {test}" for test in sorted(reach.failed)]
    faults += [f"a test of {one.path} fails in a trial without any mistake" for one in killed_for_nothing]
    faults += complaints(outcomes, is_whole=given.every == 1)
    _say("\n".join([*table(outcomes), *faults, f"in {time.monotonic() - began:.0f} s"]))
    return bool(faults)


def without_mistake(made: Iterable[Mutant]) -> list[Mutant]:
    """Return modules as they are, for trials of each kind and folder: who kills these kills for nothing."""
    some = {(Path(mutant.path).parent, mutant.function is None): mutant for mutant in made}
    return [
        replace(mutant, was="", now="", source=(ROOT / mutant.path).read_text(encoding="utf-8"))
        for mutant in some.values()
    ]


def complaints(outcomes: Outcomes, *, is_whole: bool) -> Iterator[str]:
    """Yield what is wrong with the tests, or with what explains survivors."""
    alive = [mutant for mutant, outcome in outcomes.items() if outcome in ALIVE]
    used = {explanation(mutant) for mutant in alive}
    if None in used:
        yield f"{sum(explanation(mutant) is None for mutant in alive)} mutants live, and nothing explains it"
    for path in {mutant.path for mutant in outcomes} if is_whole else ():
        yield from (
            f"explained for nothing, in {path}: {one.was}" for one in EXPLAINED.get(path, ()) if one not in used
        )
    for path, count in _counts(outcomes).items():
        if _score(count) < FLOOR:
            yield f"less than {FLOOR} % are noticed in {path}"


def explanation(mutant: Mutant) -> Explained | None:
    """Return why a mutant may live."""
    rows = EXPLAINED.get(mutant.path, ())
    return next((one for one in rows if one.was == mutant.was and (not one.now or mutant.now in one.now)), None)


def table(outcomes: Outcomes) -> Iterator[str]:
    """Yield a line for each module, and one for all."""
    counts = _counts(outcomes)
    whole = sum(counts.values(), Counter[str]())
    for path, count in [*counts.items(), ("all", whole)]:
        lives = f"{count['alive']} live, {count['explained']} of them explained"
        yield f"{_score(count):5.1f} %  {path}: {count['made']} mutants, {lives}"


def _counts(outcomes: Outcomes) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant, outcome in outcomes.items():
        is_alive = outcome in ALIVE
        counts[mutant.path] += Counter(made=1, alive=is_alive, explained=is_alive and explanation(mutant) is not None)
    return counts


def _score(count: Mapping[str, int]) -> float:
    return 100 * (1 - count["alive"] / count["made"])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many are tried at a time")
    parser.add_argument("--only", default="", help="the modules whose path contains this")
    parser.add_argument("--every", type=int, default=1, help="try every so manieth mutant only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
