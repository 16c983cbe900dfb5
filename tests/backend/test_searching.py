"""The ranking beside bm25s, which is an implementation of its own."""

import random

import bm25s
import pytest

from simulator.backend.documents import chunks, extension
from simulator.backend.searching import _gained, _weight, as_chunk, scores


def test_the_gain_of_each_chunk_is_that_of_bm25s():
    source = random.Random(0)
    vocabulary = [f"w{number}" for number in range(40)]
    found = [as_chunk(" ".join(source.choices(vocabulary, k=source.randint(1, 60)))) for _ in range(50)]
    query = vocabulary[:5]
    index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    index.index([list(chunk.words.elements()) for chunk in found], show_progress=False)
    ours = _gained({word: _weight(word, found) for word in query}, found)
    assert ours == pytest.approx([float(one) for one in index.get_scores(query)], abs=1e-5)


def test_scores_are_between_0_and_1_and_repeat_to_the_digit():
    found = [as_chunk("cake " * 1000), as_chunk("cake and tea"), as_chunk("")]
    first = scores(["cake"], found)
    assert first == scores(["cake"], found)
    assert 1 > first[0] > first[1] > first[2] == 0.0


def test_nothing_is_found_in_nothing():
    assert scores(["cake"], []) == []


@pytest.mark.parametrize(
    "length, size, overlap, lengths",
    [
        (0, 100, 50, []),
        (1, 100, 50, [1]),
        (400, 100, 50, [400]),
        (401, 100, 50, [400, 201]),
        (1000, 100, 0, [400, 400, 200]),
        (1000, 100, 99, [400, 400, 400, 400]),
    ],
)
def test_a_text_is_cut_into_chunks_that_overlap(length, size, overlap, lengths):
    text = "".join(chr(ord("a") + number % 26) for number in range(length))
    cut = chunks(text, size, overlap)
    assert [len(one) for one in cut] == lengths
    assert all(one in text for one in cut)
    assert text.endswith(cut[-1] if cut else "")


@pytest.mark.parametrize(
    "filename, shown",
    [("a.TXT", ".txt"), ("a/b.c.md", ".md"), ("a", ""), (".hidden", ""), ("a.", ""), ("a.b/c", ""), ("", "")],
)
def test_the_extension_is_what_stands_behind_the_last_dot_of_the_name(filename, shown):
    assert extension(filename) == shown
