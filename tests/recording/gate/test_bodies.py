"""Bodies are compared by what they mean."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.recording.gate.bodies import MAX_SHOWN, Body, Rules

LEAVES = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
    max_leaves=10,
)


def body(value, **rules):
    return Body(value if isinstance(value, bytes) else json.dumps(value).encode(), Rules(**rules))


def reordered(value):
    """The same value, its keys in another order, its whole numbers with a point."""
    if isinstance(value, dict):
        return {key: reordered(each) for key, each in reversed(value.items())}
    if isinstance(value, list):
        return [reordered(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@given(JSON)
def test_order_of_keys_and_spelling_of_numbers_do_not_count(value):
    assert body(value).same_rest(body(reordered(value)))
    assert body(value).differences(body(reordered(value))) == []


@given(JSON, JSON)
def test_bodies_are_the_same_only_if_no_field_differs(one, two):
    assert body(one).same_rest(body(two)) is (body(one).differences(body(two)) == [])


@pytest.mark.parametrize(
    "then, now", [({"a": 1}, {"a": True}), ({"a": None}, {}), ({"a": [1]}, {"a": [1, 1]}), ([], {})]
)
def test_what_only_python_takes_for_the_same_differs(then, now):
    assert not body(then).same_rest(body(now))
    assert len(body(then).differences(body(now))) == 1


@pytest.mark.parametrize(
    "path, value, left",
    [
        ("a", {"a": 1, "b": 2}, {"b": 2}),
        ("a.b", {"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}),
        ("a.*", {"a": {"b": 1}}, {"a": {}}),
        ("*.b", {"a": {"b": 1}, "c": {"b": 2}, "d": 3}, {"a": {}, "c": {}, "d": 3}),
        ("a.*.b", {"a": [{"b": 1, "c": 2}, 5]}, {"a": [{"c": 2}, 5]}),
        ("a.1", {"a": [1, 2, 3]}, {"a": [1, 3]}),
        ("a.b.c", {"a": "text"}, {"a": "text"}),
        ("x", {"a": 1}, {"a": 1}),
    ],
)
def test_a_path_leaves_out_what_stands_there(path, value, left):
    assert body(value, ignore=[path]).json == left


@given(JSON, JSON, st.sampled_from(["a", "a.b", "*", "*.a", "a.*.b", "0"]))
def test_a_path_never_makes_equal_bodies_differ(one, two, path):
    if body(one).same_rest(body(two)):
        assert body(one, ignore=[path]).same_rest(body(two, ignore=[path]))


def test_stream_false_is_not_sent():
    """SDKs differ: `create_and_poll` sends it, `create` does not."""
    assert body({"a": 1, "stream": False}).same_rest(body({"a": 1}))
    assert not body({"a": 1, "stream": True}).same_rest(body({"a": 1}))


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"plain", b"--x", b"--x\r\nno end", b"[" * 100_000])
def test_what_is_no_json_is_compared_as_it_is(raw):
    assert body(raw).same_rest(body(raw))
    assert not body(raw).same_rest(body(raw + b"!"))
    assert len(body(raw).differences(body(raw + b"!"))) == 1


def test_what_is_long_is_shown_in_part():
    (found,) = body({"a": "x" * 1_000}).differences(body({"a": "y"}))
    assert found == f'a: "{"x" * (MAX_SHOWN - 1)}… (1,002 characters) then, "y" now'
