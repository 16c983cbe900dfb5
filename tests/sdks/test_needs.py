"""The table of what the suite needs of the SDK speaks of tests that there are, and of needs that can be met."""

from __future__ import annotations

import ast

import openai
import pytest

from tests.sdks import needs
from tests.sdks.needs import NEEDS, NOTICES, OFFERED, VERSION_2, reason_to_skip
from tests.sdks.pins import ROOT, newest


@pytest.mark.parametrize("key", NEEDS)
def test_each_row_names_a_test_that_there_is(key):
    file, _, test = key.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    assert not test or test in {node.name for node in ast.walk(tree) if hasattr(node, "name")}


def test_the_newest_sdk_meets_every_need():
    if openai.__version__ != newest((ROOT / "constraints.txt").read_text("utf-8")):
        pytest.skip(f"this is openai {openai.__version__}")
    assert [need for need, offered in OFFERED.items() if not offered] == []


def test_what_the_sdk_lacks_is_the_reason(monkeypatch):
    monkeypatch.setattr(needs, "NEEDS", {"test_a.py": VERSION_2, "test_b.py::test_it": NOTICES})
    monkeypatch.setattr(needs, "OFFERED", {VERSION_2: False, NOTICES: False})
    assert reason_to_skip("test_a.py", "test_any") == f"openai {openai.__version__} has no version 2 of the API"
    assert "notices" in reason_to_skip("test_b.py", "test_it")
    assert reason_to_skip("test_b.py", "test_other") is None
    monkeypatch.setattr(needs, "OFFERED", {VERSION_2: True, NOTICES: False})
    assert reason_to_skip("test_a.py", "test_any") is None


def test_every_need_is_known():
    assert set(NEEDS.values()) <= set(OFFERED)
