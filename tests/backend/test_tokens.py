import pytest

from simulator.backend.brain import Output, View
from simulator.backend.tokens import estimate, estimate_prompt


@pytest.mark.parametrize("text, tokens", [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("x" * 400, 100)])
def test_four_characters_are_a_token(text, tokens):
    assert estimate(text) == tokens


def test_an_empty_view_costs_nothing():
    assert estimate_prompt(View(user="", messages=())) == 0


def test_everything_that_is_shown_counts():
    view = View(
        user="abcd",
        messages=[("user", "abcd"), ("assistant", "abcdefgh")],  # 1 + 2, and 4 for each
        instructions="abcde",  # 2
        functions={"f": {}},  # 1, and 1 for its schema
        outputs=[Output("f", "{}", "abcde")],  # 1 + 2
    )
    assert estimate_prompt(view) == 3 + 8 + 2 + 2 + 3
