"""Which Pythons are found, and what is said of them."""

from __future__ import annotations

import os
import sys

import pytest

from tests.sdks import pythons as module
from tests.sdks.pythons import Count, Python, counted, main, of_uv, on_this_machine, probed, summary, youngest


def python(*version):
    return Python(version=version, path=f"/bin/python{version[1]}")


def test_what_starts_and_is_cpython_is_found(tmp_path):
    (tmp_path / "shim").write_text("#!/bin/sh\necho 'pyenv: python3.14: command not found' >&2\nexit 127\n")
    (tmp_path / "pypy").write_text("#!/bin/sh\necho '" + '{"kind": "PyPy", "version": [3, 11, 9], "path": "p"}' + "'\n")
    for file in tmp_path.iterdir():
        file.chmod(0o755)
    (found,) = probed([str(tmp_path / "shim"), sys.executable, str(tmp_path / "pypy")])
    assert (found.version, found.path) == (sys.version_info[:3], sys.executable)
    assert found.name.startswith(f"{found.minor}.")


def test_path_and_pyenv_are_looked_through(tmp_path, monkeypatch):
    for place in (
        "path/python3.12",
        "path/python3.9",
        "pyenv/versions/3.13.0/bin/python3",
        "pyenv/versions/2.7.18/bin/python3",
    ):
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    found = [os.path.relpath(one, tmp_path) for one in on_this_machine()]
    assert found == ["path/python3.12", "pyenv/versions/3.13.0/bin/python3"]


def test_uv_is_asked_for_each_and_what_it_cannot_bring_is_left_out(tmp_path):
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\n[ "$2 $3" = "find 3.14" ] && echo /uv/python3.14\n')
    uv.chmod(0o755)
    assert list(of_uv(str(uv))) == ["/uv/python3.14"]
    assert list(of_uv("")) == []


def test_of_each_minor_the_youngest_is_taken():
    found = [python(3, 13, 0), python(3, 11, 7), python(3, 12, 10), python(3, 12, 9), python(3, 10, 13)]
    assert youngest(found) == [python(3, 11, 7), python(3, 12, 10), python(3, 13, 0)]


def test_the_counts_are_those_of_the_report():
    xml = '<testsuites><testsuite tests="9" skipped="2" failures="1" errors="1"/><testsuite tests="1"/></testsuites>'
    assert counted(xml) == Count(tests=10, skipped=2, failed=2)
    assert str(counted(xml)) == "6 passed, 2 skipped, 2 failed"


def test_the_summary_says_which_ran_and_which_were_not_found():
    assert list(summary({python(3, 11, 7): Count(tests=5, skipped=1, failed=0), python(3, 13, 0): None})) == [
        "CPython 3.11.7   4 passed, 1 skipped, 0 failed   (/bin/python11)",
        "CPython 3.13.0   did not finish: see above   (/bin/python13)",
        "not found: 3.12, 3.14, 3.15",
    ]


@pytest.mark.parametrize(
    "counts", [[], [Count(tests=3, skipped=0, failed=1)], [Count(tests=3, skipped=0, failed=0), None]]
)
def test_what_did_not_pass_everywhere_fails(counts, monkeypatch, capsys):
    outcomes = {python(3, 11 + number, 0): count for number, count in enumerate(counts)}
    monkeypatch.setattr(module, "probed", lambda paths: iter(outcomes))
    monkeypatch.setattr(module, "suite", lambda one, uv, arguments: outcomes[one])
    with pytest.raises(SystemExit):
        main(["--uv", ""])
    assert "not found: " in capsys.readouterr().out
    monkeypatch.setattr(module, "suite", lambda one, uv, arguments: Count(tests=1, skipped=0, failed=0))
    if outcomes:
        main(["--uv", ""])
