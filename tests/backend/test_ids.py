import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.backend.ids import STAMPED, Ids

# recorded-traffic.md 2: asst_ thread_ msg_ run_ step_ call_ + 24 base62; file- + 22 since autumn 2024.
SHAPES = {
    **dict.fromkeys(("asst_", "thread_", "msg_", "run_", "step_", "call_"), 24),
    "file-": 22,
}


@pytest.mark.parametrize("prefix, length", SHAPES.items())
def test_ids_have_the_recorded_shape(prefix, length):
    ids = Ids(0)
    made = [ids.new(prefix) for _ in range(200)]
    assert all(re.fullmatch(rf"{prefix}[0-9A-Za-z]{{{length}}}", id) for id in made)
    assert len(set(made)) == 200


def test_every_letter_and_digit_occurs():
    ids = Ids(0)
    assert len(set("".join(ids.new("") for _ in range(200)))) == 62


def test_a_request_id_is_32_hexadecimal_digits():
    assert re.fullmatch(r"req_[0-9a-f]{32}", Ids(0).request_id())


FORMS = [
    ("file-", "2024-10-15", r"file-[0-9A-Za-z]{24}"),
    ("file-", "2024-11-23", r"file-[0-9A-Za-z]{22}"),
    ("file-", None, r"file-[0-9A-Za-z]{22}"),
    ("vs_", "2024-10-15", r"vs_[0-9A-Za-z]{24}"),
    ("vs_", "2025-09-16", r"vs_68c9ee1d[0-9a-f]{24}"),
    ("vs_", None, r"vs_68c9ee1d[0-9a-f]{24}"),
    ("vsfb_ibj_", "2025-09-16", r"vsfb_[0-9a-f]{32}"),
    ("vsfb_ibj_", "2025-10-30", r"vsfb_ibj_68c9ee1d[0-9a-f]{24}"),
    ("vsfb_ibj_", None, r"vsfb_ibj_68c9ee1d[0-9a-f]{24}"),
]


@pytest.mark.parametrize("kind, as_of, shape", FORMS)
def test_ids_have_the_form_of_their_day(kind, as_of, shape):
    ids = Ids(0, as_of=as_of)
    made = [ids.stamped(kind, 0x68C9EE1D) if kind in STAMPED else ids.new(kind) for _ in range(20)]
    assert all(re.fullmatch(shape, id) for id in made)
    assert len(set(made)) == 20


@pytest.mark.parametrize("as_of, shape", [("2024-01-24", r"[0-9a-f]{32}"), ("2024-03-24", r"req_[0-9a-f]{32}")])
def test_a_request_id_has_the_form_of_its_day(as_of, shape):
    assert re.fullmatch(shape, Ids(0, as_of=as_of).request_id())


@given(st.integers())
def test_a_seed_gives_the_same_ids_again(seed):
    one, two = Ids(seed), Ids(seed)
    assert [one.new("run_") for _ in range(3)] == [two.new("run_") for _ in range(3)]
    assert one.new("run_") != Ids(seed + 1).new("run_")


KINDS = st.sampled_from(["run_", "msg_", "file-", "req_"])


@given(st.lists(KINDS), KINDS)
def test_kinds_do_not_disturb_each_other(others, kind):
    alone, among = Ids(7), Ids(7)
    for other in others:
        if other != kind:
            among.new(other)
            among.seconds(f"{other} seconds", 0, 1)
    assert among.new(kind) == alone.new(kind)


@given(st.lists(KINDS), st.lists(KINDS))
def test_after_a_rewind_the_same_ids_come_again(before, after):
    ids = Ids(1)
    for kind in before:
        ids.new(kind)
    counts = ids.counts
    first = [ids.new(kind) for kind in after]
    ids.rewind(counts)
    assert [ids.new(kind) for kind in after] == first


def test_counts_are_the_whole_state():
    ids = Ids(3)
    ids.new("run_")
    ids.request_id()
    again = Ids(3, ids.counts)
    assert (again.new("run_"), again.request_id()) == (ids.new("run_"), ids.request_id())


def test_counts_are_a_copy():
    ids = Ids(3)
    counts = ids.counts
    ids.new("run_")
    assert counts == {}
    ids.rewind(counts)
    ids.new("run_")
    assert counts == {}


@given(st.integers(), st.floats(0, 100), st.floats(0, 100))
def test_latencies_keep_their_bounds_to_the_millisecond(seed, low, span):
    seconds = Ids(seed).seconds("turn", low, low + span)
    assert round(low, 3) <= seconds <= round(low + span, 3)
    assert seconds == round(seconds, 3)


def test_latencies_spread_over_their_range():
    ids = Ids(0)
    drawn = [ids.seconds("turn", 0.0, 1.0) for _ in range(200)]
    assert min(drawn) < 0.05
    assert max(drawn) > 0.95
    assert len(set(drawn)) > 100
