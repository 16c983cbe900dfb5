"""The scenarios that are shipped. Each is a test itself, of the built-in loop; here each fault fails a careless one."""

import json

import pytest

from simulator.scenario.loading import load, read, text_of
from simulator.scenario.playing import perform
from simulator.scenario.schema import json_schema

from .conftest import FOLDER, NaiveLoop
from .menu import ENTRIES

# In virtual seconds: the life of a run, and some polls.
A_RUN_AND_MORE = 700
SHIPPED = sorted(FOLDER.glob("*/*.scenario.yaml"))
FAULTS = [path for path in SHIPPED if path.parent.name == "faults"]


def name_of(path):
    return path.name.partition(".")[0]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.scenario)
def test_a_loop_that_lacks_just_this_care_fails(entry):
    scenario = load(FOLDER / "faults" / f"{entry.scenario}.scenario.yaml")
    played = perform(scenario, entry.loop(scenario), limit=A_RUN_AND_MORE)
    assert entry.finding in "\n".join(finding.text for finding in played.findings)


def test_each_scenario_is_one_entry_of_the_menu():
    assert sorted(entry.scenario for entry in ENTRIES) == [name_of(path) for path in FAULTS]


@pytest.mark.parametrize("path", FAULTS, ids=name_of)
def test_each_says_what_a_loop_must_do(path):
    assert (read(path).about or "").endswith(".")


@pytest.mark.parametrize("path", [path for path in SHIPPED if "plain" in path.name or "days" in path.name], ids=name_of)
def test_where_nothing_goes_wrong_it_is_good_enough(path):
    scenario = load(path)
    played = perform(scenario, NaiveLoop(scenario))
    assert [finding for finding in played.findings if "requests" not in finding.text] == []


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_it_survives_being_written(path, scenario):
    assert scenario(text_of(read(path))) == read(path)


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_it_names_the_schema_for_editors(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert (path.parent / first.partition("$schema=")[2]).resolve() == FOLDER / "scenario.schema.json"


def test_the_schema_is_that_of_the_models():
    published = json.loads((FOLDER / "scenario.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema(), "python docs/generate.py writes it"
