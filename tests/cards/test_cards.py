"""The table of libraries, what is kept of them, and the adapter of the SDK, which is there in every environment."""

from __future__ import annotations

import re
from importlib import import_module

import openai
import pytest
from packaging.requirements import Requirement

from simulator.checks.battery import Battery
from simulator.checks.hazards import BY_ID
from tests.cards import __main__ as command
from tests.cards.causes import ADAPTERS, CAUSES, OWN, Cause
from tests.cards.libraries import LIBRARIES, NEWEST
from tests.cards.playing import kept, told
from tests.cards.record import FINDINGS, SIGNS, Card, matrix, read, sections, summary, write
from tests.sdks.pins import ROOT

KEPT = read()
PLAYED = ["failed", "function-raises", "no-message", "refusal-part", "server-error", "stream-ends-early"]
CARD = Card(
    versions={"python": "3.11.7", "langchain": "0.3.30"},
    results={"failed": {"outcome": "survived"}, "no-message": {"outcome": "hung", "findings": {"the_loop_ends": "on"}}},
    lines={cause.key: 7 for cause in CAUSES["langchain"]},
)


@pytest.mark.parametrize("library", LIBRARIES.values(), ids=LIBRARIES)
def test_a_library_is_pinned_and_has_an_adapter(library):
    pins = {one.name: str(one.specifier) for one in map(Requirement, library.pins)}
    assert all(re.fullmatch(r"==[\w.]+", pin) for pin in pins.values()), pins
    assert {*library.shown} <= {*pins}
    module, _, name = library.app.partition(":")
    text = (ROOT / ADAPTERS / f"{module}.py").read_text("utf-8")
    assert f"class {name}" in text
    assert "def __call__(self, user_id: str, text: str) -> str:" in text
    environment = LIBRARIES[library.within].environment if library.within else library.environment
    assert environment == library.environment, "who shares an environment has the same in it"


def test_a_card_is_kept_of_each_library():
    assert [*KEPT] == [*LIBRARIES] == [*CAUSES], "make cards writes them anew"
    for name, card in KEPT.items():
        assert {*card.results} <= {*BY_ID}, "make cards writes them anew"
        assert {result["outcome"] for result in card.results.values()} <= {*SIGNS}
        pinned = {one.name: one.specifier for one in map(Requirement, LIBRARIES[name].pins)}
        assert all(version in pinned[shown] for shown, version in card.versions.items() if shown != "python")


@pytest.mark.parametrize("name", LIBRARIES)
def test_each_finding_has_its_cause_and_each_cause_its_findings(name):
    named = [hazard for cause in CAUSES[name] for hazard in cause.hazards]
    assert sorted(named) == sorted(KEPT[name].found)
    assert [*KEPT[name].lines] == list(dict.fromkeys(cause.key for cause in CAUSES[name]))


def test_the_lines_of_our_own_files_are_as_they_were_kept(tmp_path):
    for name, causes in CAUSES.items():
        for cause in causes:
            if cause.file.startswith((ADAPTERS, OWN)):
                assert command.line_of(cause, tmp_path) == KEPT[name].lines[cause.key], "make cards writes it anew"


def cause(nth=0):
    return Cause(hazards=(), file="module.py", code="one = ", what="", nth=nth)


def test_code_that_stands_nowhere_is_named(tmp_path):
    (tmp_path / "module.py").write_text("one = 1\ntwo = 2\none = 3\n", encoding="utf-8")
    assert command.line_of(cause(), tmp_path) == 1
    assert command.line_of(cause(1), tmp_path) == 3
    with pytest.raises(SystemExit, match=r"module.py has 2 lines with 'one = '; .* asks for no. 3"):
        command.line_of(cause(2), tmp_path)


def test_an_unknown_library_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["langchian"])
    assert "there is no library langchian; there are program, sdk-1-polling" in capsys.readouterr().err


def test_what_is_kept_is_read_again(tmp_path):
    write({"langchain": CARD}, tmp_path / "cards.json")
    assert read(tmp_path / "cards.json") == {"langchain": CARD}


def test_the_tables_tell_what_was_found():
    cards = {"langchain": CARD}
    assert (CARD.found, CARD.count("survived"), CARD.count("misbehaved")) == (["no-message"], 1, 0)
    heads, (row,) = summary(cards)
    assert dict(zip(heads, row, strict=True)) == {
        "who": LIBRARIES["langchain"].title,
        "with": "langchain 0.3.30",
        "survived": "1",
        "misbehaved": "0",
        "hung": "1",
        "not applicable": "0",
    }
    heads, rows = matrix(cards)
    assert [row[0] for row in rows] == [f"`{hazard}`" for hazard in BY_ID]
    assert {row[0]: row[1] for row in rows if row[1]} == {"`failed`": "✓", "`no-message`": "hung"}
    ((title, about, (_, causes)),) = sections(cards)
    assert title.startswith("LangChain's")
    assert ".venv-card-langchain/bin/assistants-simulator doctor tests.cards.adapters.langchain_agent:App" in about
    assert causes[0][:2] == ("`lock-outlives-run`", "`langchain/agents/openai_assistant/base.py:7`")


@pytest.fixture(scope="module")
def results():
    app = import_module("tests.cards.adapters.sdk_polling").App
    return list(Battery(app).play([BY_ID[one] for one in PLAYED]))


@pytest.mark.skipif(f"openai=={openai.__version__}" != NEWEST, reason="this card is of another SDK")
def test_the_adapter_of_the_sdk_comes_through_as_its_card_says(results):
    card = KEPT["sdk-3-polling"]
    assert {one.hazard.id: kept(one) for one in results} == {one: card.results[one] for one in PLAYED}


def test_what_is_told_of_a_result_is_what_is_to_be_mended(results):
    lines = {one.hazard.id: list(told(one)) for one in results}
    assert lines["failed"] == lines["stream-ends-early"] == []
    assert lines["no-message"] == [
        "misbehaved: no-message",
        "    the_reply_is_of_this_run: the reply 'Hello?' is what a user said",
    ]
    assert [one for one in KEPT["sdk-3-polling"].found if one in PLAYED] == [
        one.hazard.id for one in results if one.outcome in FINDINGS
    ]
