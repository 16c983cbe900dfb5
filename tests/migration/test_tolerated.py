"""Differences that are meant: a file with reasons, and those that every move brings."""

from __future__ import annotations

import pytest

from simulator.errors import BaselineError
from simulator.migration import tolerated
from simulator.migration.kinds import WHY, Difference, Kind
from simulator.migration.record import Record, UserTurn
from simulator.migration.report import Comparison, text_of

STRICT = Difference(
    kind=Kind.TOOL_STRICTNESS, turn=2, user="Weather?", about="get_weather", old={"strict": False}, new={"strict": True}
)


@pytest.fixture
def read(tmp_path):
    def write_and_read(text):
        path = tmp_path / "tolerated.yaml"
        path.write_text(text, encoding="utf-8")
        return tolerated.read(path)

    return write_and_read


@pytest.mark.parametrize(
    "entry,fits",
    [
        ("kind: tool_strictness", True),
        ("kind: tool_schema", False),
        ("kind: tool_strictness, about: get_*", True),
        ("kind: tool_strictness, about: set_*", False),
        ("kind: tool_strictness, in: 'tests/*::test_weather'", True),
        ("kind: tool_strictness, in: test_other", False),
        ("kind: tool_strictness, turn: 2", True),
        ("kind: tool_strictness, turn: 1", False),
    ],
)
def test_an_entry_fits_what_it_names(read, entry, fits):
    entries = read(f"tolerated:\n- {{{entry}, reason: on purpose}}")
    judged = tolerated.judge([STRICT], entries, "tests/test_x.py::test_weather")
    assert (len(judged.open), judged.meant, judged.used) == (
        (0, [(STRICT, "on purpose")], {0}) if fits else (1, [], frozenset())
    )


def test_what_every_move_brings_needs_no_entry():
    change = {"kind": Kind.TRUNCATION_CHANGED, "turn": 1, "user": "Hi", "about": "truncation"}
    silent = Difference(**change, old="auto", new="disabled")
    meant = Difference(**change, old={"last_messages": 3}, new="disabled")
    judged = tolerated.judge([silent, meant], [], "test")
    assert judged.open == [meant]
    assert [one for one, _ in judged.meant] == [silent]
    assert "`truncation: auto` brings the old behaviour back" in judged.meant[0][1]


@pytest.mark.parametrize(
    "text,message",
    [
        ("tolerated:\n- {kind: tool_strictness}", "2: tolerated[0]: `reason` is missing."),
        (
            "tolerated:\n- {kind: tool_strictness, reason: ''}",
            "2: tolerated[0].reason: String should have at least 1 character",
        ),
        (
            "tolerated:\n- {kind: strictness, reason: x}",
            "2: tolerated[0].kind: there is no kind 'strictness'. Did you mean 'tool_strictness'?",
        ),
        ("tolerated:\n- {kind: tool_strictness, tool: f, reason: x}", "2: tolerated[0].tool: there is no such key."),
        ("differences: []", "1: this has no `tolerated` at its top"),
    ],
)
def test_a_mistake_is_told_with_its_line(read, tmp_path, text, message):
    with pytest.raises(BaselineError) as caught:
        read(text)
    assert str(caught.value).startswith(f"{tmp_path / 'tolerated.yaml'}:{message}")


def test_a_folder_without_the_file_tolerates_nothing(tmp_path):
    assert tolerated.read_beside(tmp_path) == []


def test_the_report_shows_the_table_both_sides_and_why():
    turns = [UserTurn(conversation="1", user="Hello?"), UserTurn(conversation="1", user="Weather?")]
    record = Record(of="test", turns=turns)
    lost = Difference(kind=Kind.HISTORY_LOST, turn=2, user="Weather?", old=[("user", "Hello?"), ("assistant", "Hi.")])
    old, new = (record.model_copy(update={"surface": name}) for name in ("assistants", "responses"))
    comparison = Comparison(
        of="test",
        old=old,
        new=new,
        open=[lost],
        meant=[(STRICT, "on purpose")],
        unused=["kind: x"],
        skipped=["step 1: y"],
    )
    assert (
        text_of(comparison)
        == f"""\
test: 1 difference (assistants → responses): history_lost

turn            instructions  history  tools  settings  calls  outputs  reply
1     Hello?         =           =       =       =        =       =       =
2     Weather?       =           ≠       ~       =        =       =       =

history_lost in turn 2 ('Weather?')
    old: user: Hello?
         assistant: Hi.
    new: (nothing)
    why: {WHY[Kind.HISTORY_LOST]}

meant: tool_strictness of get_weather: on purpose (turn 2)
never needed, of the tolerated differences: kind: x
skipped: step 1: y"""
    )


def test_long_texts_are_shown_where_they_part():
    old, new = "a" * 1_000 + "b" * 900, "a" * 1_000 + "c" * 900
    one = Difference(kind=Kind.INSTRUCTIONS_CHANGED, turn=1, user="Hi", old=old, new=new)
    record = Record(of="test", turns=[UserTurn(conversation="1", user="Hi")])
    text = text_of(Comparison(of="test", old=record, new=record, open=[one]))
    assert f"old: …{'a' * 40}b" in text
    assert f"new: …{'a' * 40}c" in text
    assert len(text) < 1_400


def test_where_nothing_differs_a_line_is_enough():
    record = Record(of="test")
    assert text_of(Comparison(of="test", old=record, new=record)) == "test: no differences"
