"""How far a client has come."""

from __future__ import annotations

from simulator.recording.gate.bodies import Rules
from simulator.recording.gate.paths import Key
from simulator.recording.gate.preparing import prepared
from simulator.recording.gate.progress import Progress
from simulator.recording.gate.session import Piece, Wait

READ = Key("GET", ("threads", "t"), ())


def test_a_replay_begins_with_nothing_done_and_nothing_shown():
    begun = vars(Progress())
    assert begun == {
        "made": 0,
        "shown": set(),
        "statuses": {},
        "positions": {},
        "repeats": 0,
        "unchanged_since": 0.0,
        "settled": set(),
    }


def test_a_status_counts_as_seen_with_it_and_after_it():
    progress = Progress()
    assert not progress.has_seen(Wait("run_1", (0, 0)))
    progress.show(Piece(b"", ("run_1",), (Wait("run_1", (4, 1)),)))
    seen = [progress.has_seen(Wait("run_1", moment)) for moment in ((3, 9), (4, 1), (4, 2), (5, 0))]
    assert seen == [True, True, False, False]
    assert progress.shown == {"run_1"}


def test_an_older_status_takes_nothing_back():
    progress = Progress()
    for moment in ((4, 0), (2, 0)):
        progress.show(Piece(b"", (), (Wait("run_1", moment),)))
    assert progress.statuses == {"run_1": (4, 0)}


def test_a_copy_is_the_same_and_moves_on_its_own():
    progress = Progress(
        made=5,
        shown={"a"},
        statuses={"r": (1, 0)},
        positions={(READ, 1): 2},
        repeats=3,
        unchanged_since=4.5,
        settled={"t"},
    )
    copy = progress.copy()
    assert copy == progress
    copy.shown.add("b")
    copy.statuses["r"] = (2, 0)
    copy.positions[READ, 1] = 3
    copy.settled.add("u")
    assert (progress.shown, progress.statuses, progress.settled) == ({"a"}, {"r": (1, 0)}, {"t"})
    assert progress.positions == {(READ, 1): 2}


def test_an_effect_begins_the_count_of_repeats_anew(tape):

    session = prepared(tape.cassette_of(tape.exchange("POST", "/threads", {"id": "thread_1"}, {})), Rules())
    progress = Progress(repeats=3)
    progress.make(session.entries[0])
    assert (progress.made, progress.repeats) == (1, 0)
