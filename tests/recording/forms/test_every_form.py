"""What every form does: it is recognised by what stands in it, and keeps a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import UsageError
from simulator.recording import forms
from simulator.recording.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from simulator.recording.events import Event, stream_of

FORMS = forms.NAMES


@pytest.mark.parametrize("form", FORMS)
def test_a_session_survives_a_form(session, rewritten, meaning, form):
    again = rewritten(session, form)
    assert meaning(again) == meaning(session)
    assert again.form == form
    assert (again.head.api_version, again.head.recorded_at) == ("v2", "2024-05-01T10:00:00Z")


@pytest.mark.parametrize("second", FORMS)
@pytest.mark.parametrize("first", FORMS)
def test_a_session_survives_going_to_another_form_and_back(session, rewritten, meaning, first, second):
    assert meaning(rewritten(rewritten(rewritten(session, first), second), first)) == meaning(session)


@pytest.mark.parametrize("form", FORMS)
def test_what_was_written_is_written_the_same_again(session, rewritten, form):
    once = replace(rewritten(session, form), path=None)
    text = forms.write(once, form)
    assert forms.write(replace(rewritten(once, form), path=None), form) == text


@pytest.mark.parametrize("form", FORMS)
def test_each_interaction_knows_its_line(session, saved, form):
    path = saved(forms.write(session, form))
    lines = path.read_text().split("\n")
    for one in forms.load(path).interactions:
        assert any("method" in line or one.request.method in line for line in lines[one.line - 1 : one.line + 25])
    found = [one.line for one in forms.load(path).interactions]
    assert found == sorted(set(found))


@pytest.mark.parametrize("form", FORMS)
def test_every_recorded_session_survives_a_form_and_the_way_back(corpus, rewritten, meaning, form):
    files = sorted(corpus.rglob("*.json"))
    assert len(files) > 300
    for file in files:
        cassette = forms.load(file)
        again = rewritten(rewritten(cassette, form), "corpus")
        assert meaning(again) == meaning(cassette), file.name
        assert again.head.api_version == cassette.head.api_version or form in {"vcrpy", "vcrpy-json", "ruby"}


def test_a_form_that_there_is_not_is_refused(session):
    with pytest.raises(UsageError, match=r"no form 'vcrpi'\. Did you mean 'vcrpy'\? There are: own, vcrpy,"):
        forms.write(session, "vcrpi")
    with pytest.raises(UsageError, match="no form 'x'"):
        forms.suffix_of("x")


# Any interaction.

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TOKEN = st.sampled_from(["accept", "x-a", "openai-beta", "user-agent", "server", "cf-ray"])
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20).map(str.strip)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
NAME = st.sampled_from(["thread.run.created", "done", "error", "x"])
HOSTS = ["https://api.openai.com", "http://127.0.0.1:8080", "https://x.openai.azure.com", "https://a"]
PATHS = ["/", "/v1/threads", "/openai/threads/t%20x/runs", "/https://b/"]
QUERIES = ["", "?limit=2", "?a=1&b=%C3%A4&a=2", "?order=asc&after=msg_1"]
# A carriage return ends a line of a stream, so no datum has one; nor is an event without name and data one.
DATA = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=20)
EVENTS = st.lists(st.builds(Event, NAME | st.just(""), DATA), max_size=3)


def json_bytes(value):
    from pydantic_core import to_json

    return to_json(value)


BODY = st.binary(max_size=40) | TEXT.map(str.encode) | JSON.map(json_bytes)
REQUEST = st.builds(
    RecordedRequest,
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    uri=st.builds("{}{}{}".format, st.sampled_from(HOSTS), st.sampled_from(PATHS), st.sampled_from(QUERIES)),
    headers=st.dictionaries(TOKEN, HEADER, max_size=3),
    body=BODY,
)
ANSWER = st.builds(
    RecordedResponse,
    status=st.integers(100, 599),
    headers=st.dictionaries(TOKEN, HEADER, max_size=3).map(lambda given: {**given, "content-type": "application/json"}),
    body=BODY,
)
STREAM = st.builds(
    RecordedResponse,
    status=st.just(200),
    headers=st.just({"content-type": "text/event-stream"}),
    body=EVENTS.map(stream_of),
)
INTERACTION = st.builds(
    Interaction,
    request=REQUEST,
    response=ANSWER | STREAM,
    recorded_at=st.none()
    | st.integers(1, 2**32).map(lambda at: datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")),
)


@pytest.mark.parametrize("form", FORMS)
def test_any_interaction_survives_a_form(tmp_path_factory, meaning, form):
    path = tmp_path_factory.mktemp("any") / "cassette"

    @settings(max_examples=60)
    @given(st.lists(INTERACTION, max_size=2))
    def survives(interactions):
        cassette = Cassette(interactions=interactions)
        path.write_bytes(forms.write(cassette, form).encode("utf-8", "surrogateescape"))
        again = forms.load(path)
        assert meaning(again) == meaning(cassette)
        assert [one.recorded_at for one in again.interactions] == [one.recorded_at for one in interactions]

    survives()
