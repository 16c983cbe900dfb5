"""Tool outputs: where each API keeps them, and how the modes compare them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.recording.gate.outputs import MAX_DIFF_LINES, OutputMode, differences, taken_from

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
OUTPUTS = st.dictionaries(st.text(min_size=1, max_size=3), st.text(max_size=8) | JSON.map(json.dumps), max_size=3)


@pytest.mark.parametrize(
    "body",
    [
        {"tool_outputs": [{"tool_call_id": "call_1", "output": "22"}]},
        {"input": [{"role": "user"}, {"type": "function_call_output", "call_id": "call_1", "output": "22"}]},
        {"messages": [{"role": "user"}, {"role": "tool", "tool_call_id": "call_1", "content": "22"}]},
    ],
)
def test_outputs_are_found_in_every_api(body):
    taken = taken_from(body)
    assert taken.by_call == {"call_1": "22"}
    assert "22" not in json.dumps(taken.rest)
    (changed,) = (json.loads(json.dumps(body).replace("22", "23")),)
    assert taken_from(changed).rest == taken.rest


def test_all_but_the_outputs_stays_in_the_rest():
    asked = {"role": "user", "output": "no output"}
    answer = {"type": "function_call_output", "call_id": "call_1", "output": "22"}
    taken = taken_from({"model": "m", "input": [asked, answer]})
    without = {"type": "function_call_output", "call_id": "call_1"}
    assert taken == ({"model": "m", "input": [asked, without]}, {"call_1": "22"})
    submitted = {"stream": True, "tool_outputs": [{"tool_call_id": "call_1", "output": "22"}]}
    assert taken_from(submitted) == ({"stream": True, "tool_outputs": None}, {"call_1": "22"})


def test_an_item_that_is_no_output_stays_whatever_the_order_of_its_keys():
    one, other = (
        {"tool_outputs": [{"tool_call_id": "call_1", "output": "1"}, odd]}
        for odd in ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    )
    assert taken_from(one) == taken_from(other)
    assert taken_from(one).rest["tool_outputs"] == ['{"a": 1, "b": 2}', '{"tool_call_id": "call_1"}']


@pytest.mark.parametrize(
    "body", [None, [], "text", {}, {"tool_outputs": None}, {"tool_outputs": ["odd"]}, {"input": "Hi"}]
)
def test_a_body_without_outputs_is_its_rest(body):
    assert taken_from(body) == (body, {})


@pytest.mark.parametrize(
    "body",
    [
        {"input": [{"type": "function_call", "call_id": "call_1", "output": "x"}]},
        {"messages": [{"role": "assistant", "tool_call_id": "call_1", "content": "x"}]},
        {"tool_outputs": [{"call_id": "call_1", "output": "x"}]},
    ],
)
def test_what_is_not_marked_as_an_output_is_none(body):
    assert taken_from(body) == (body, {})


def test_the_order_of_messages_counts():
    first, second = ({"role": "tool", "tool_call_id": id, "content": "x"} for id in ("call_1", "call_2"))
    assert taken_from({"messages": [first, second]}).rest != taken_from({"messages": [second, first]}).rest


def test_the_order_counts_where_it_means_something():
    first, second = ({"type": "function_call_output", "call_id": id, "output": "x"} for id in ("call_1", "call_2"))
    assert taken_from({"input": [first, second]}).rest != taken_from({"input": [second, first]}).rest
    one, two = ({"tool_call_id": id, "output": "x"} for id in ("call_1", "call_2"))
    assert taken_from({"tool_outputs": [one, two]}).rest == taken_from({"tool_outputs": [two, one]}).rest
    assert taken_from({"tool_outputs": [one, two, two]}).rest != taken_from({"tool_outputs": [one, two]}).rest


def test_the_modes_are_spelled_as_in_an_option():
    assert list(OutputMode) == ["strict", "shape", "ignore"]


def test_the_order_of_keys_is_no_difference_between_outputs_that_are_no_text():
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    for then, now in ((one, other), (other, one)):
        assert differences({"call_1": then}, {"call_1": now}, OutputMode.STRICT) == []


@given(OUTPUTS, OUTPUTS)
def test_each_mode_forgives_what_the_stricter_one_does(then, now):
    found = [len(differences(then, now, mode)) for mode in (OutputMode.STRICT, OutputMode.SHAPE, OutputMode.IGNORE)]
    assert found == sorted(found, reverse=True)
    assert (found[0] == 0) is (then == now)
    assert (found[2] == 0) is (then.keys() == now.keys())


@pytest.mark.parametrize(
    "then, now, same",
    [
        ("[1, 2]", "[3]", True),
        ('["a", 1]', "[1]", False),
        ('[{"a": 1}]', '[{"a": 2}, {"a": 3}]', True),
        ('[{"a": 1, "b": "x"}]', '[{"b": "y", "a": 2}]', True),
        ('[{"a": 1, "b": "x"}, {"b": "y", "a": 2}]', '[{"a": 1, "b": "x"}]', True),
        ("1", "1.5", True),
        ("1", '"number"', False),
        ("true", "null", False),
        ("true", "false", True),
        ("true", "1", False),
        ("null", "0", False),
        ("text", "other text", True),
        ([{"type": "text", "text": "a"}], [{"type": "text", "text": "b"}], True),
    ],
)
def test_a_shape_is_keys_and_types(then, now, same):
    assert (differences({"call_1": then}, {"call_1": now}, OutputMode.SHAPE) == []) is same


def test_a_diff_is_of_indented_json_and_not_without_end():
    then, now = ({"rows": [row * factor for row in range(100)]} for factor in (1, 2))
    (found,) = differences({"call_1": json.dumps(then)}, {"call_1": json.dumps(now)}, OutputMode.STRICT)
    lines = found.splitlines()
    assert lines[1:3] == ["    --- then", "    +++ now"]
    assert len(lines) == MAX_DIFF_LINES + 2
    assert lines[-1].endswith("lines more")


def test_a_diff_shows_two_lines_around_what_differs_and_leaves_nothing_out_that_fits():
    then, now = ({"rows": [*range(8), last]} for last in (8, 9))
    (found,) = differences({"call_1": json.dumps(then)}, {"call_1": json.dumps(now)}, OutputMode.STRICT)
    assert found.splitlines()[3:] == [
        "    @@ -9,5 +9,5 @@",
        "         6,",
        "         7,",
        "    -    8",
        "    +    9",
        "       ]",
        "     }",
    ]


def test_a_diff_has_letters_as_they_are_and_keys_in_order():
    (found,) = differences({"call_1": '{"b": "é", "a": 1}'}, {"call_1": '{"a": 2, "b": "é"}'}, OutputMode.STRICT)
    assert found.splitlines()[4:] == ["     {", '    -  "a": 1,', '    +  "a": 2,', '       "b": "é"', "     }"]


@pytest.mark.parametrize("more, last", [(0, "    +r"), (1, "    … and 1 lines more")])
def test_what_is_too_long_by_a_line_is_cut(more, last):
    """The head of a diff is three lines."""
    now = "\n".join(["r"] * (MAX_DIFF_LINES - 4 + more))
    (found,) = differences({"call_1": "text"}, {"call_1": now}, OutputMode.STRICT)
    assert found.splitlines()[-1] == last


def test_of_an_output_that_is_no_text_the_order_of_keys_does_not_count():
    assert differences({"call_1": {"b": 1, "a": 2}}, {"call_1": {"a": 2, "b": 1}}, OutputMode.STRICT) == []


def test_what_differs_in_spelling_only_is_shown_as_it_is():
    (found,) = differences({"call_1": '{"é":1}'}, {"call_1": '{"é": 1}'}, OutputMode.STRICT)
    assert found.splitlines()[1:] == ['    then "{\\"é\\":1}"', '    now  "{\\"é\\": 1}"']
