"""How much is measured: enough to trust, enough for a look, or enough to see that it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """One set of sizes.

    Args:
        rounds: how often both sides take turns; each round gives one ratio.
        calls: SDK calls of each side in a round.
        loops: whole conversations of each side in a round.
        deltas: pieces of the streamed answer; a round reads two such streams on each side.
        stored: messages in the full store, which is compared with one that has ten.
        remembered: messages whose memory is measured.
        fixtures: tests that use the fixture, and as many that do not.
        tests: tests of the suite that is timed.
        interactions: of the cassette that is opened.
        imports: how often the import is timed; the best counts.
        scenarios: how many of those that are shipped are played, and in how many rounds.
    """

    rounds: int
    calls: int
    loops: int
    deltas: int
    stored: int
    remembered: int
    fixtures: int
    tests: int
    interactions: int
    imports: int
    scenarios: int
    rounds_of_scenarios: int


FULL = Sizes(
    rounds=41,
    calls=60,
    loops=4,
    deltas=1_000,
    stored=100_000,
    remembered=20_000,
    fixtures=300,
    tests=2_000,
    interactions=1_000,
    imports=15,
    scenarios=1_000,
    rounds_of_scenarios=11,
)
QUICK = Sizes(
    rounds=11,
    calls=30,
    loops=2,
    deltas=1_000,
    stored=20_000,
    remembered=5_000,
    fixtures=100,
    tests=200,
    interactions=300,
    imports=5,
    scenarios=1_000,
    rounds_of_scenarios=5,
)
TINY = Sizes(
    rounds=3,
    calls=2,
    loops=1,
    deltas=10,
    stored=50,
    remembered=50,
    fixtures=3,
    tests=4,
    interactions=20,
    imports=1,
    scenarios=3,
    rounds_of_scenarios=1,
)
