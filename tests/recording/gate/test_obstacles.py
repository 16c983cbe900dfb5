"""What stands between a request and its answers."""

from __future__ import annotations

from simulator.recording.gate.obstacles import Kind, Missed, Obstacle


def test_the_nearest_miss_comes_first():
    """Outputs that differ are one step from an answer; what was made already is far from any."""
    names = ["OUTPUTS", "NOT_SEEN", "NOT_SHOWN", "NOT_DONE", "PASSED_BY", "BODY", "MADE", "STUCK"]
    assert [kind.name for kind in sorted(Kind)] == names


def test_a_miss_begins_with_nothing_in_its_way():
    one, other = Missed(), Missed()
    assert (one.obstacles, one.is_bounded) == ([], False)
    one.obstacles.append(Obstacle(kind=Kind.MADE, entry=None))
    assert other.obstacles == []
    assert (one.obstacles[0].missing, one.obstacles[0].details) == ((), ())
