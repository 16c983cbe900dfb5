"""What is mutated, and which tests try it.

The tests are those that stand beside a module, and need nothing but this repository: none reads recordings from
outside, starts a process, or opens a socket.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGINE = ("lifecycle", "engine", "progress", "execution", "thread_locks", "turn_checks")
GATE = ROOT / "simulator/recording/gate"
MODULES = (
    *(f"simulator/backend/{name}.py" for name in ENGINE),
    *sorted(path.relative_to(ROOT).as_posix() for path in GATE.glob("[!_]*.py")),
)

REPLAY = ("false_greens", "replay_session", "replayed_bodies", "replayed_collections", "replayed_streams")
TESTS = (
    "tests/backend",
    *(f"tests/api/test_{name}.py" for name in ("runs", "streams", "striking", "vector_stores")),
    "tests/test_simulator_state.py",
    "tests/recording/gate",
    *(f"tests/recording/test_{name}.py" for name in (*REPLAY, "replayed_twins", "replayer")),
)
