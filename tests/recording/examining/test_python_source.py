"""Source from values means those values, and keeps to its width."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.recording.examining.python_source import (
    WIDTH,
    Code,
    Invoke,
    columns,
    flat,
    identifier,
    quoted,
    statement,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=10,
)


@given(VALUES, st.sampled_from([0, 4, 24]))
def test_the_lines_of_a_value_mean_the_value(value, indent):
    lines = statement("x = ", value, indent)
    tree = ast.parse("\n".join(["if 1:" if indent else "", *lines]))
    assign = tree.body[0].body[0] if indent else tree.body[0]
    assert ast.literal_eval(assign.value) == value


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), max_size=3))
def test_no_text_is_wider_than_the_line(texts):
    for line in statement("x = ", texts, 4):
        assert columns(line) <= WIDTH


@given(TEXT)
def test_a_literal_means_its_text(text):
    assert ast.literal_eval(quoted(text)) == text


def test_a_call_is_broken_where_it_does_not_fit():
    short = Invoke("f", [Code("x")], {"a": 1, "b": None})
    assert flat(short) == "f(x, a=1, b=None)"
    long = Invoke("simulator.script", ["a" * 60, short], {"repeat": True, "when": "b" * 10})
    assert statement("", long, 4) == [
        "    simulator.script(",
        f'        "{"a" * 60}",',
        "        f(x, a=1, b=None),",
        "        repeat=True,",
        f'        when="{"b" * 10}",',
        "    )",
    ]


@pytest.mark.parametrize(
    "text,name",
    [
        ("FunctionToolsWork_d2ff44c", "function_tools_work_d2ff44c"),
        ("class", "class_"),
        ("…", "session"),
        ("a--b", "a_b"),
    ],
)
def test_a_name_is_made_of_words(text, name):
    assert identifier(text) == name
