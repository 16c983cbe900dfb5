"""What `python -m tests.sdks` keeps, and when it fails."""

from __future__ import annotations

import pytest

from tests.sdks import __main__ as module
from tests.sdks.__main__ import main
from tests.sdks.environments import environments
from tests.sdks.results import Result

VERSIONS = {"python": "3.11.7", "openai": "1.3.9", "httpx": "0.27.2", "pydantic": "2.8"}


@pytest.fixture
def kept(monkeypatch):
    """What was written; each environment passes, but those in `failing`."""
    written = []

    def result(environment, python, uv):
        outcome = "failed" if environment.name in failing else "ran"
        return Result(name=environment.name, versions=VERSIONS, checks={"loop": {"sync": outcome}}, others={})

    failing: set[str] = set()
    monkeypatch.setattr(module, "_result", result)
    monkeypatch.setattr(module, "write", written.append)
    return written, failing


def test_a_whole_run_is_kept(kept, capsys):
    main([])
    ((results,), _) = kept
    assert [one.name for one in results] == list(environments())
    assert capsys.readouterr().out.startswith("7 of 7 pass\n")


def test_a_run_of_some_is_not_kept(kept, capsys):
    main(["lowest", "1.14.3"])
    assert kept[0] == []
    assert capsys.readouterr().out == "2 of 2 pass\n"


def test_what_fails_is_kept_too_and_fails_the_command(kept, capsys):
    kept[1].add("1.40.0")
    with pytest.raises(SystemExit, match="1"):
        main([])
    assert [one.name for one in kept[0][0] if not one.passed] == ["1.40.0"]
    assert "6 of 7 pass" in capsys.readouterr().out


def test_a_name_that_there_is_not_is_refused_with_those_there_are(kept, capsys):
    with pytest.raises(SystemExit):
        main(["1.2.3"])
    assert "there is no environment 1.2.3; there are 1.3.9, " in capsys.readouterr().err
