import re

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.finding_files import find, nearly_scenarios, scenario_files


@pytest.fixture
def project(tmp_path):
    for name in (
        "scenarios/b.scenario.yaml",
        "scenarios/shapes/a.scenario.yaml",
        "scenarios/shapes/twice.scenario.yaml",
        "scenarios/faults/twice.scenario.yaml",
        "scenarios/.venv/hidden.scenario.yaml",
        "scenarios/c.scenario.yml",
        "scenarios/notes.yaml",
        "tests/deep/beside.scenario.yaml",
        "tests/scenarios/b.scenario.yaml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(paths, folder):
    return [path.relative_to(folder).as_posix() for path in paths]


def test_a_folder_stands_for_the_scenarios_below_it(project):
    folder = project / "scenarios"
    expected = ["b.scenario.yaml", "faults/twice.scenario.yaml", "shapes/a.scenario.yaml", "shapes/twice.scenario.yaml"]
    assert names(scenario_files(folder), folder) == expected


def test_a_file_is_meant_whatever_its_name(project):
    assert scenario_files(project / "scenarios" / "notes.yaml") == [project / "scenarios" / "notes.yaml"]


def test_where_there_is_nothing_it_is_said(project):
    with pytest.raises(ScenarioError, match=r"nowhere: there is no such file or folder\."):
        scenario_files(project / "nowhere")
    (project / "empty").mkdir()
    with pytest.raises(
        ScenarioError, match=r"empty: there is no scenario in it: their names end in \.scenario\.yaml\."
    ):
        scenario_files(project / "empty")


def test_what_is_nearly_a_scenario_is_known(project):
    assert names(nearly_scenarios(project), project) == ["scenarios/c.scenario.yml"]
    assert nearly_scenarios(project / "scenarios" / "b.scenario.yaml") == []


@pytest.mark.parametrize(
    "name, found",
    [
        ("beside", "tests/deep/beside.scenario.yaml"),
        ("beside.scenario.yaml", "tests/deep/beside.scenario.yaml"),
        ("b", "tests/scenarios/b.scenario.yaml"),
        ("a", "scenarios/shapes/a.scenario.yaml"),
        ("shapes/twice", "scenarios/shapes/twice.scenario.yaml"),
        ("../scenarios/b", "tests/scenarios/b.scenario.yaml"),
    ],
)
def test_a_name_stands_for_the_nearest(project, name, found):
    assert find(name, project / "tests" / "deep", project).resolve() == project / found


def test_above_the_project_nothing_is_looked_for(project):
    with pytest.raises(ScenarioError, match="There is no scenario 'b'"):
        find("b", project / "tests" / "deep", project / "tests" / "deep")


def test_a_name_for_several_or_none_is_refused(project):
    with pytest.raises(
        ScenarioError, match=r"There are several scenarios 'twice': .*faults.*, .*shapes.*Name its folder"
    ):
        find("twice", project / "tests", project)
    with pytest.raises(ScenarioError, match=re.escape("There is no scenario 'besid'. Did you mean 'beside'?")):
        find("besid", project / "tests" / "deep", project)
