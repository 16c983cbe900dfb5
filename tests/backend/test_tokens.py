import pytest

from simulator import call, call_tools, refusal, run_code, say, search_files
from simulator.backend import objects
from simulator.backend.brain import Output, View
from simulator.backend.tokens import (
    estimate,
    tokens_beside_messages,
    tokens_of_call,
    tokens_of_message,
    tokens_of_messages,
    tokens_of_turn,
)


@pytest.mark.parametrize("text, tokens", [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("x" * 400, 100)])
def test_four_characters_are_a_token(text, tokens):
    assert estimate(text) == estimate(text, "gpt-4o") == tokens


def test_an_empty_view_costs_nothing():
    view = View(user="", messages=())
    assert (tokens_of_messages(view, estimate), tokens_beside_messages(view, estimate)) == ([], 0)


def test_everything_that_is_shown_counts():
    view = View(
        user="abcd",
        messages=[("user", "abcd"), ("assistant", "abcdefgh")],  # 1 + 2, and 4 for each
        instructions="abcde",  # 2
        functions={"f": {}},  # 1, and 1 for its schema
        outputs=[Output("f", "{}", "abcde")],  # 1 + 2
    )
    assert tokens_of_messages(view, estimate) == [5, 6]
    assert tokens_beside_messages(view, estimate) == 2 + 2 + 3


@pytest.mark.parametrize(
    "turn, tokens",
    [
        (call_tools(call("abcd", x=1)), 1 + 2 + 8),
        (call_tools(call("abcd", x=1), call("b")), 1 + 2 + 8 + 1 + 1 + 8),
        (run_code("x" * 40), 10 + 6),
        (search_files("abcde"), 2 + 8),
    ],
)
def test_what_calls_cost(turn, tokens):
    assert tokens_of_turn(turn, "gpt-4o", estimate) == tokens


@pytest.mark.parametrize("parts, tokens", [((), 1), (("abcd", "e"), 2 + 1), ((refusal("abcdefgh"),), 2 + 1)])
def test_what_a_message_costs_without_its_end(parts, tokens):
    kinds = {str: objects.text_part, type(refusal("x")): lambda part: {"type": "refusal", "refusal": part.text}}
    content = [kinds[type(part)](part) for part in say(*parts).parts]
    assert tokens_of_message(content, "gpt-4o", estimate) == tokens


def test_the_counter_is_told_the_model():
    asked = []

    def count(text, model):
        asked.append((text, model))
        return 1

    assert tokens_of_call("function", ("name", "{}"), "gpt-4o", count) == 1 + 1 + 8
    assert asked == [("name", "gpt-4o"), ("{}", "gpt-4o")]
