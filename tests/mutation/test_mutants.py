"""That mistakes are made where they should be, and that the explained ones are there."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from tests.mutation.survivors import EXPLAINED
from tests.mutation.targets import MODULES, ROOT, TESTS

SOURCE = """
TABLE = {"a": 1, "b": 2}

class Door:
    limit: int = 3

    @property
    def is_open(self) -> bool:
        if self.limit > 2:
            note("open")
        return self.limit > 2
"""


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The mutants of `SOURCE`: (function, was, now)."""
    pytest.importorskip("mutmut", reason="`make mutation` installs it, in an environment of its own")
    from tests.mutation import mutants

    (tmp_path / "door.py").write_text(SOURCE)
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    return list(mutants.mutants("door.py"))


def test_mistakes_are_made_inside_functions_and_outside(made):
    assert {mutant.function for mutant in made} == {None, "Door.is_open"}
    changes = {(mutant.line, mutant.now) for mutant in made}
    assert changes >= {
        (2, 'TABLE = {"a": 1, }'),
        (2, 'TABLE = {"b": 2}'),
        (2, 'TABLE = {"XXaXX": 1, "b": 2}'),
        (5, "limit: int = 4"),
        (9, "if not (self.limit > 2):"),
        (9, "if self.limit >= 2:"),
        (10, "None"),
        (11, "return self.limit > 3"),
    }


def test_a_function_gets_the_code_of_its_mutant(made, monkeypatch):
    from tests.mutation.trials import swap

    door = ModuleType("door")
    exec(compile(SOURCE, "door.py", "exec"), vars(door))
    monkeypatch.setitem(sys.modules, "door", door)
    one = door.Door()
    one.limit = 2
    assert not one.is_open
    swap(next(mutant for mutant in made if mutant.now == "return self.limit >= 2"))
    assert one.is_open


def test_what_is_explained_stands_in_a_module_that_is_mutated():
    assert set(EXPLAINED) <= set(MODULES)
    for path, rows in EXPLAINED.items():
        source = " ".join(line.strip() for line in (ROOT / path).read_text(encoding="utf-8").splitlines())
        missing = [row.was for row in rows if row.was not in source]
        assert missing == [], f"survivors.py explains lines that {path} has not"
        assert all(row.why for row in rows)


def test_the_modules_and_the_tests_are_there():
    assert [one for one in (*MODULES, *TESTS) if not (ROOT / one).exists()] == []
