"""Records in files: what was written is read again, whatever was said; names are safe; mistakes have a line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import BaselineError
from simulator.migration import files
from simulator.migration.record import ModelTurn, Output, Record, Refused, Shown, Tool, UserTurn, Watched

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
SHOWN = st.builds(
    Shown,
    instructions=TEXTS,
    model=TEXTS,
    settings=st.dictionaries(TEXTS, JSON, max_size=2),
    tools=st.dictionaries(TEXTS, st.builds(Tool, description=TEXTS, strict=st.booleans()), max_size=2),
    files=st.integers(0, 3),
    messages=st.lists(
        st.builds(lambda role, text: {role: text}, st.sampled_from(["user", "assistant"]), TEXTS), max_size=3
    ),
)
MODEL_TURNS = st.builds(
    ModelTurn,
    shown=SHOWN,
    outputs=st.lists(st.builds(Output, call=TEXTS, arguments=JSON, output=TEXTS), max_size=2),
    answers=st.builds(lambda text: {"say": text}, TEXTS),
)
USER_TURNS = st.builds(
    UserTurn,
    conversation=st.sampled_from(["anna", "1"]),
    user=TEXTS,
    model=st.lists(MODEL_TURNS, max_size=3),
    watched=st.lists(st.builds(Watched, call=TEXTS, returned=JSON), max_size=1),
    refused=st.lists(st.builds(Refused, request=TEXTS, status=st.integers(400, 599)), max_size=1),
    reply=JSON,
    error=st.none() | TEXTS,
)
RECORDS = st.builds(Record, of=st.just("test"), turns=st.lists(USER_TURNS, max_size=3))


@settings(max_examples=40)
@given(RECORDS)
def test_what_was_written_is_read_again(tmp_path_factory, record):
    folder = tmp_path_factory.getbasetemp() / "records"
    path = files.write(record, folder)
    assert files.read(path) == files.scrubbed(record)
    assert path.read_bytes() == files.write(files.read(path), folder).read_bytes()


def shown(text, *messages):
    return Shown(instructions=text, messages=[{"user": one} for one in messages])


def turn(*model, conversation="1"):
    asked = [ModelTurn(shown=one, answers={"say": "Yes."}) for one in model]
    return UserTurn(conversation=conversation, user="Is it?", model=asked)


def test_a_file_shows_what_changed(tmp_path):
    record = Record(
        of="t", turns=[turn(shown("Be kind.", "a"), shown("Be kind.", "a", "b")), turn(shown("", "a", "b", "c"))]
    )
    text = files.write(record, tmp_path).read_text("utf-8")
    assert text.count("instructions:") == 2
    assert "instructions: null" in text
    assert text.count("more_messages:") == 2
    assert files.read(tmp_path / "t.yaml") == record


def test_what_is_as_before_is_that_of_the_same_conversation(tmp_path):
    record = Record(
        of="t", turns=[turn(shown("A", "a")), turn(shown("B", "b"), conversation="2"), turn(shown("A", "a"))]
    )
    assert files.read(files.write(record, tmp_path)) == record


def test_half_a_character_is_written_as_six(tmp_path):
    record = Record(of="t", turns=[UserTurn(conversation="1", user="\ud83d")])
    assert files.read(files.write(record, tmp_path)).turns[0].user == "\\ud83d"


def test_secrets_are_scrubbed_wherever_they_stand(tmp_path):
    key = "sk-proj-" + "a1B2" * 12
    record = Record(
        of="t",
        turns=[
            UserTurn(
                conversation="1",
                user=f"Use {key}.",
                model=[ModelTurn(shown=shown(f"Key: {key}"), answers={"call": {"f": {"api_key": "hunter2hunter2"}}})],
                reply="own-word-of-the-house",
            )
        ],
    )
    text = files.write(record, tmp_path, secrets=["own-word-of-the-house"]).read_text("utf-8")
    assert key not in text
    assert "hunter2" not in text
    assert "own-word" not in text


@pytest.mark.parametrize(
    "of,path",
    [
        ("tests/test_weather.py::test_paris", "tests/test_weather/test_paris.yaml"),
        ("test_x.py::test_y[a-1]", "test_x/test_y-a-1-*.yaml"),
        ("test_x.py::TestIt::test_y", "test_x/TestIt.test_y-*.yaml"),
        ("../up.py::test", "*/up/test.yaml"),
        ("con.py::nul", "con-*/nul-*.yaml"),
        ("a.py::" + "x" * 300, "a/" + "x" * 100 + "-*.yaml"),
        ("a.py::test[\ud83d/..\\:\x00]", "a/test-*.yaml"),
        ("Weather in two cities", "Weather-in-two-cities-*.yaml"),
    ],
)
def test_names_are_safe(tmp_path, of, path):
    place = files.place_of(tmp_path, of)
    assert place.relative_to(tmp_path).match(path)
    assert place.resolve().is_relative_to(tmp_path.resolve())
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch()


@given(st.text(max_size=30), st.text(max_size=30))
def test_two_tests_never_share_a_file(tmp_path_factory, one, other):
    folder = tmp_path_factory.getbasetemp()
    places = {str(files.place_of(folder, f"a.py::test[{name}]")).lower() for name in (one, other)}
    assert len(places) == len({one, other})


@pytest.mark.parametrize(
    "text,message",
    [
        ("", "1: this has no `record` at its top"),
        ("record: 2\nof: x", "1: record: Input should be less than or equal to 1, not 2."),
        ("record: 1\nof: x\nturns:\n- user: a\n", "4: turns[0]: `conversation` is missing."),
        (
            "record: 1\nof: x\nturns:\n- {conversation: '1', user: a, reply_: b}",
            "4: turns[0].reply_: there is no such key.",
        ),
        ("record: 1\nof: x\nturns: 3", "3: turns: Input should be a valid list, not 3."),
        ("record: 1\nof: [", "3: this is no YAML"),
        (
            "record: 1\nof: x\nturns:\n- conversation: a\n  user: a\n  model:\n  - shown: {messages: [{a: b, c: d}]}\n",
            "7: turns[0].model[0].shown.messages[0]: a message is {role: text}.",
        ),
        (
            "record: 1\nof: x\nturns:\n- conversation: '1'\n  user: a\n  model:\n  - answers: {sya: x}",
            "7: turns[0].model[0].answers: {'sya': 'x'} is not a turn.",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, text, message):
    path = tmp_path / "r.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError) as caught:
        files.read(path)
    assert str(caught.value).startswith(f"{path}:{message}")


def test_what_cannot_be_read_or_written_is_named(tmp_path):
    with pytest.raises(BaselineError, match=r"nowhere\.yaml cannot be read: No such file"):
        files.read(tmp_path / "nowhere.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"record: \xff")
    with pytest.raises(BaselineError, match="not UTF-8"):
        files.read(tmp_path / "bad.yaml")
    (tmp_path / "file").touch()
    with pytest.raises(BaselineError, match="cannot be written"):
        files.write(Record(of="file/x"), tmp_path)
