"""Bodies are compared by what they mean."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.recording.gate.bodies import MAX_SHOWN, Body, Rules, likeness

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


@pytest.mark.parametrize("length, cut", [(MAX_SHOWN - 2, False), (MAX_SHOWN - 1, True)])
def test_what_just_fits_is_shown_whole(length, cut):
    (found,) = body({"a": "x" * length}).differences(body({"a": "y"}))
    assert ("…" in found) is cut


@pytest.mark.parametrize(
    "then, now, said",
    [
        ({"a": {"b": "é"}}, {"a": {}}, ['a.b: "é" then, not sent now']),
        ({"X": 1}, {"X": 2}, ["X: 1 then, 2 now"]),
        ({}, {"a": 1}, ["a: not sent then, 1 now"]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ["a.1.b: 2 then, 3 now"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a: [1] then, [1, 2] now"]),
        ([1], {"a": 1}, ['the body: [1] then, {"a": 1} now']),
        ("X.X", "Y", ['the body: "X.X" then, "Y" now']),
        (b"plain", b"text", ["the body: 'plain' then, 'text' now"]),
        (b"plain", {"a": 1}, ["the body: 'plain' then, '{\"a\": 1}' now"]),
        ({"a": 1.5}, {"a": 1}, ["a: 1.5 then, 1 now"]),
    ],
)
def test_a_difference_is_told_with_its_path_and_both_values(then, now, said):
    assert body(then).differences(body(now)) == said


def test_outputs_are_compared_to_the_letter_unless_another_mode_was_asked():
    then, now = (body({"tool_outputs": [{"tool_call_id": "call_1", "output": text}]}) for text in ("1", "1.0"))
    assert then.same_rest(now)
    assert len(then.output_differences(now)) == 1
    assert then.output_differences(then) == []


def test_numbers_are_compared_as_json_means_them():
    assert body(b'{"n": 1.0}').same_rest(body({"n": 1}))
    assert body(b'{"n": 1.5}').json == {"n": 1.5}


def test_a_form_is_compared_with_another_boundary_and_not_with_another_text():
    def form(boundary, text="hello"):
        return body(f'--{boundary}\r\nname="a"\r\n\r\n{text}\r\n--{boundary}--\r\n'.encode())

    assert form("x1").same_rest(form("y2"))
    assert not form("x1").same_rest(form("y2", "goodbye"))
    assert form("x1").rest == form("boundary").raw


def test_likeness_is_that_of_the_whole_bodies():
    asked = body({"content": "Where is Rome?"})
    assert likeness(asked, asked) == 1
    near, far = body({"content": "Where is Paris?"}), body({"content": "Zzz"})
    assert 1 > likeness(near, asked) > likeness(far, asked) > 0
    assert likeness(asked, near) > likeness(asked, far)


def test_likeness_reads_no_more_than_the_beginning_of_long_bodies():
    long, longer = (body({"content": "x" * 3_000 + end}) for end in ("", "y" * 3_000))
    assert likeness(long, longer) == 1
