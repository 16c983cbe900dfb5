"""The fast reader of our own form: it gives what the loader gives, or nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import CassetteError
from simulator.recording import own_yaml, safe_yaml
from simulator.recording.cassette import Cassette, Head, Interaction, RecordedRequest, RecordedResponse
from simulator.recording.events import Event, stream_of
from simulator.recording.forms import load, write

PATH = Path("x.yaml")
# Texts as they come, and those that YAML makes trouble of.
SHORT = "1 0x1F 1e5 1_000 12:30:00 null Null ~ yes No off y a:b a: a#b #a 2024-04-29 ' \" it's \\ { [] */* &a !x % 🌮"
LONG = ("word " * 2_100, '{"a": "' + "long 'text' " * 900 + '"}', "a\\ b\n" * 1_500)
BROKEN = ("a: b", "a #b", "- a", "a\nb", "a\n", "\na", " a\nb", "a\n\nb", "a\n \nb", "tab\there")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    [*SHORT.split(), *BROKEN, *LONG]
)
NAME = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True) | st.sampled_from(["on", "no", "null", "y"])
HEADERS = st.dictionaries(NAME, TEXT, max_size=4)
BODY = TEXT.map(str.encode) | st.binary(max_size=20)
STREAM = st.lists(st.builds(Event, NAME, TEXT.filter(lambda text: text and "\r" not in text)), min_size=1, max_size=4)


@st.composite
def interactions(draw):
    is_stream = draw(st.booleans())
    kind = {"content-type": "text/event-stream"} if is_stream else {}
    body = stream_of(draw(STREAM)) if is_stream else draw(BODY)
    return Interaction(
        request=RecordedRequest(method="POST", uri=draw(TEXT), headers=draw(HEADERS), body=draw(BODY)),
        response=RecordedResponse(status=draw(st.integers(100, 599)), headers={**draw(HEADERS), **kind}, body=body),
        recorded_at=draw(st.none() | TEXT),
    )


CASSETTES = st.builds(
    lambda found, at: Cassette(interactions=found, head=Head(recorded_at=at)),
    st.lists(interactions(), min_size=1, max_size=4),
    st.none() | TEXT,
)


def loaded(text):
    try:
        return safe_yaml.load(text, PATH)
    except CassetteError:
        return None


@settings(max_examples=60, deadline=None)
@given(CASSETTES)
def test_what_we_write_is_read_as_the_loader_reads_it(cassette):
    text = write(cassette, "own")
    assert own_yaml.read(text) in (loaded(text), None)


@settings(max_examples=100, deadline=None)
@given(CASSETTES, st.data())
def test_what_somebody_edited_is_read_as_the_loader_reads_it_or_left_to_it(cassette, data):
    text = write(cassette, "own")
    place = data.draw(st.integers(len("cassette: 1\n"), len(text)))
    put = data.draw(
        st.sampled_from([" ", "\n", "'", '"', ":", "# ", "- ", "\\", "|", "  a: 1\n", "\t", "\r", "&a ", "0"])
    )
    edited = text[:place] + put + text[place + data.draw(st.integers(0, 3)) :]
    read = own_yaml.read(edited)
    assert read is None or read == loaded(edited)


def test_the_usual_file_is_read_fast(tape):
    """If it were left to the loader, nothing would tell."""
    cassette = tape.cassette_of(
        tape.exchange("POST", "/threads", {"id": "thread_1", "said": "It's 🌮 o'clock."}, {"metadata": {}}),
        tape.exchange("GET", "/threads/thread_1/messages?limit=2", {"data": ["line " * 2_500]}, line=3),
        tape.exchange("POST", "/threads/thread_1/runs", events=[tape.event("a", {"b": "it's " * 2_500})]),
        tape.exchange(
            "POST", "/files", {"id": "file-1"}, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n--x--'
        ),
    )
    text = write(cassette, "own")
    assert own_yaml.read(text) == safe_yaml.load(text, PATH)


def test_every_recorded_session_is_read_fast(tape):
    files = tape.corpus()
    if not files:
        pytest.skip("the recorded sessions, ../shared/corpus, are not here")
    texts = [write(load(path), "own") for path in files]
    assert [path.name for path, text in zip(files, texts, strict=True) if own_yaml.read(text) is None] == []


@pytest.mark.parametrize(
    "text",
    [
        "cassette: 1\ninteractions: []\n",
        "cassette: 1\n",
        "cassette: 2\ninteractions:\n- request:\n    method: GET\n",
        "interactions:\n- a: b\n",
        "cassette: 1\ninteractions:\n- request: {}\n",
        "cassette: 1\na: b\na: c\n",
        "cassette: 1\na: &b c\n",
        "cassette: 1\na: b # c\n",
        "cassette: 1\na: 'b\n",
        "cassette: 1\na: 'b\n\n  c'\n",
        'cassette: 1\na: "\\ud83c\\udf2e"\n',
        'cassette: 1\na: "\\x41"\n',
        "cassette: 1\na:\n",
        "cassette: 1\n  a: b\n",
        "cassette: 1\na: |\n",
        "cassette: 1\na: |\n    b\n",
        "cassette: 1\na: |+\n  b\n",
        "cassette: 1\na: b\u2028c\n",
        "cassette: 1\non: b\n",
        "cassette: 1\na: b",
    ],
)
def test_what_is_not_ours_is_left_to_the_loader(text):
    read = own_yaml.read(text)
    assert read is None or read == loaded(text)
    assert read is None or "interactions" not in text


def test_a_quote_that_never_ends_costs_no_more_than_its_length():
    start = time.perf_counter()
    assert own_yaml.read("cassette: 1\na: 'b\n" + "  c'd e\n" * 100_000) is None
    assert time.perf_counter() - start < 5
