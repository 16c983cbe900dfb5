"""What is put into the environments, and that one is made only when it must be."""

from __future__ import annotations

import subprocess

import pytest

from tests.sdks import environments as module
from tests.sdks.environments import LOWEST, NOWHERE, Environment, bare_variables, environments, lowest, make
from tests.sdks.pins import ROOT, main, newest, pins

CONSTRAINTS = "# why\nhttpcore==1.0.9\nhttpx==0.28.1\nopenai==3.54.0\n"


def project(*dependencies):
    return f"[project]\ndependencies = {list(dependencies)!r}\n"


def test_an_sdk_takes_the_place_of_the_one_that_is_pinned():
    assert pins("2.54.0", CONSTRAINTS) == "# why\nhttpcore==1.0.9\nhttpx==0.28.1\nopenai==2.54.0\n"


@pytest.mark.parametrize("sdk,httpx", [("1.3.9", "0.27.2"), ("1.55.2", "0.27.2"), ("1.55.3", "0.28.1")])
def test_an_sdk_that_hands_over_proxies_gets_an_httpx_that_takes_them(sdk, httpx):
    assert f"httpx=={httpx}\n" in pins(sdk, CONSTRAINTS)
    assert pins(sdk, CONSTRAINTS).count("httpx==") == 1


def test_the_pins_are_printed_for_make(capsys):
    main(["1.14.3"])
    constraints = (ROOT / "constraints.txt").read_text("utf-8")
    assert capsys.readouterr().out == pins("1.14.3", constraints)


@pytest.mark.parametrize("arguments,told", [(["newest"], "'newest' is no version of openai"), ([], "Name one version")])
def test_what_is_no_version_is_refused(arguments, told):
    with pytest.raises(SystemExit, match=told):
        main(arguments)


def test_the_newest_sdk_is_that_of_the_constraints():
    assert newest(CONSTRAINTS) == "3.54.0"


def test_the_lowest_versions_are_the_lower_bounds():
    text = project("rich>=13", 'pydantic!=2.9,<3,>=2.8; python_version > "3"', "openai[aiohttp]~=1.3.9")
    assert lowest(text) == "rich==13\npydantic==2.8\nopenai==1.3.9\n"


def test_a_dependency_without_a_lower_bound_is_named():
    with pytest.raises(ValueError, match=r"vcrpy has no lower bound in pyproject.toml: write vcrpy>="):
        lowest(project("rich>=13", "vcrpy<9"))


def test_every_dependency_of_the_package_is_in_the_lowest_environment():
    found = environments()
    assert list(found)[-1] == LOWEST
    assert "openai==1.3.9\n" in found[LOWEST].constraints
    assert len(found) == 7


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """An environment in an empty project; `commands` are those that would have been run."""
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a'")
    (tmp_path / ".venv-sdk-1.2.3").mkdir()
    return Environment(name="1.2.3", constraints="openai==1.2.3\n")


@pytest.fixture
def commands(monkeypatch):
    run = []
    monkeypatch.setattr(module, "_run", lambda command: run.append(command) or "3.11.7")
    return run


def test_an_environment_is_made_once(environment, commands):
    make(environment, "python3", uv="")
    assert [command[1:3] for command in commands[1:]] == [["-m", "venv"], ["-m", "pip"]]
    commands.clear()
    make(environment, "python3", uv="")
    assert len(commands) == 1, "only the version of Python is asked for"


def test_an_environment_is_made_anew_when_anything_it_is_made_from_has_changed(environment, commands, tmp_path):
    make(environment, "python3", uv="")
    commands.clear()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a'\n[tool.ruff]")
    make(environment, "python3", uv="/bin/uv")
    assert len(commands) == 1, "the settings of a tool are not installed"
    commands.clear()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'b'")
    make(environment, "python3", uv="/bin/uv")
    assert [command[:2] for command in commands[1:]] == [["/bin/uv", "venv"], ["/bin/uv", "pip"]]
    commands.clear()
    make(Environment(name="1.2.3", constraints="openai==1.2.3\nhttpx==1\n"), "python3", uv="/bin/uv")
    assert len(commands) == 3


def test_what_could_not_be_made_is_tried_again_and_says_why(environment, capsys):
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            make(environment, "/no/such/python", uv="")
    with pytest.raises(subprocess.CalledProcessError):
        module._run(["sh", "-c", "echo out; echo why >&2; exit 3"])
    assert capsys.readouterr().err == "out\nwhy\n"
    assert not (environment.folder / "ready").exists()


def test_the_suite_sees_no_key_and_no_network(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://real")
    found = bare_variables()
    assert not {"OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"} & set(found)
    assert found["HTTPS_PROXY"] == NOWHERE
    assert "PATH" in found
