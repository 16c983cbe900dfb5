"""Every benchmark runs, and gives a figure; how high it is depends on the machine and is not looked at."""

from __future__ import annotations

import json
import math

import pytest

from bench.__main__ import main
from bench.report import as_json, as_table, is_ok
from bench.rows import ROWS, Row, selected
from bench.sizes import TINY
from bench.timing import Case, Spread, compare, seconds_of

ROW = Row(name="a:b", what="something", measure=lambda sizes: Spread(1.0, 1.0, 1.0), target=2, aim=1.5)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_each_row_yields_a_figure_at_the_smallest_size(row: Row) -> None:
    middle, low, high = row.measure(TINY)
    assert low <= middle <= high
    assert math.isfinite(low)
    assert math.isfinite(high)
    # A ratio or a size is positive; the fixture is a difference of two times, which noise can turn.
    assert middle > 0 or row.name == "fixture"


def test_rows_have_names_of_their_own_that_only_selects_by() -> None:
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)
    assert [row.name for row in selected(["store:", "loop"])] == ["loop", "store:runs.retrieve", "store:messages.list"]
    assert selected([]) == list(ROWS)
    with pytest.raises(LookupError, match=r"No row begins with 'lop'. There are: client:runs.retrieve"):
        selected(["loop", "lop"])


def test_only_what_a_call_does_is_timed_and_rounds_take_turns() -> None:
    happened: list[str] = []

    def case(name: str) -> Case:
        return Case(lambda given: happened.append(f"{name}{given}"), lambda: len(happened))

    spread = compare(case("a"), case("b"), rounds=2, calls=1)
    # One of each is thrown away; the second round begins with the other.
    assert happened == ["a0", "b1", "a2", "b3", "b4", "a5"]
    assert 0 < spread.low <= spread.middle <= spread.high
    assert seconds_of(case("c"), 3) < 1


def test_a_spread_is_the_middle_and_the_ends() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)


@pytest.mark.parametrize("middle, ok", [(1.99, True), (2.0, True), (2.01, False)])
def test_what_is_over_its_target_is_said_and_nothing_more(middle: float, ok: bool) -> None:
    spread = Spread(middle, 1.0, 3.0)
    assert is_ok(ROW, spread) is ok
    (said,) = json.loads(as_json([(ROW, spread)]))
    assert said == {
        "name": "a:b",
        "what": "something",
        "measured": middle,
        "min": 1.0,
        "max": 3.0,
        "target": 2,
        "aim": 1.5,
        "unit": "×",
        "ok": ok,
    }
    assert as_table([(ROW, spread)], "title").row_count == 1


def test_the_command_prints_the_rows_that_were_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.__main__.QUICK", TINY)
    main(["--quick", "--json", "--only", "memory"])
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["memory:off", "memory:on"]
    main(["--quick", "--only", "memory:off"])
    assert "memory per stored message" in capsys.readouterr().out


def test_a_row_that_there_is_not_ends_the_command_with_advice(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "lop"])
    assert ended.value.code == 2
    assert "No row begins with 'lop'" in capsys.readouterr().err
